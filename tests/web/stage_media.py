"""The scene's pictures: in questions and explanations of exams hidden and not, and one not yet in a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import current_app

from examengine.bank import media
from examengine.core import clock, html, pictures
from examengine.core import media as files
from examengine.core.db import session
from examengine.grading.models import MarkingCase, MarkingTask
from tests.pictures import picture
from tests.web.stage_corrections import slot_of

if TYPE_CHECKING:
    from tests.web.stage import Stage


def make(stage: Stage) -> None:
    """The files, before the questions: of what is asked, and of what explains it."""
    stage.shown = stage.world.picture(9, 5, "STEMNOW-picture")
    stage.told = stage.world.picture(10, 5, "KEYNOW picture")
    stage.free = stage.world.picture(11, 5, "a form")


def _name(code: str) -> str:
    found = re.search(html.NAME, code)
    assert found
    return found[0]


def add(stage: Stage) -> None:
    """What addresses name."""
    _of_slots(stage)
    _of_questions(stage)
    _of_answers(stage)
    _of_marking(stage)
    _on_the_way(stage)


def _of_slots(stage: Stage) -> None:
    shown, told, free = map(_name, (stage.shown, stage.told, stage.free))
    for label, code, name, broken in (
        ("open-cem", "now-essay", shown, False),
        ("open-cem", "now-essay", told, True),  # her keys are not out
        ("open-cem", "reworked", shown, True),
        ("open-cem", "now-essay", "0" * 64 + ".png", True),
        ("open-olga", "now-single-choice", shown, False),
        ("past-cem", "now-single-choice", shown, False),
        ("past-cem", "now-single-choice", told, True),
        ("older-tara", "free-single-choice", free, False),
        ("freed-dan", "free-single-choice", free, True),  # not released
        ("void", "free-single-choice", free, True),
    ):
        attempt = stage.scene.thing("attempts", label)
        values = {**attempt.values, "slot": slot_of(stage, attempt.values["attempt_id"], code), "name": name}
        facts: dict[str, Any] = {"exam": attempt.exam, "owner": attempt.owner, "broken": broken}
        stage.scene.add("slot pictures", f"{label} {code}", values, **facts)


def _of_questions(stage: Stage) -> None:
    shown, told, free = map(_name, (stage.shown, stage.told, stage.free))
    for code, name, broken in (
        ("now-essay", shown, False),
        ("now-essay", told, False),
        ("now-fill-in", shown, False),
        ("free-single-choice", free, False),
        ("free-single-choice", shown, True),
        ("plain", shown, True),
        ("plain", "x.png", True),
    ):
        values = {"item_id": stage.items[code].id, "name": name}
        facts: dict[str, Any] = {
            "exam": "over" if code == "free-single-choice" else "",
            "asked": code.startswith("now"),
        }
        stage.scene.add("question pictures", code, values, **facts, broken=broken)


def _of_answers(stage: Stage) -> None:
    """At every answer that managers correct."""
    shown, told, free = map(_name, (stage.shown, stage.told, stage.free))
    for thing in list(stage.scene.things["answers"]):
        own = shown if "now-" in thing.label else free
        for name, broken in ((own, thing.broken), (told, True)):
            facts: dict[str, Any] = {"exam": thing.exam, "owner": thing.owner, "asked": thing.asked, "broken": broken}
            stage.scene.add("answer pictures", thing.label, {**thing.values, "name": name}, **facts)


def _of_marking(stage: Stage) -> None:
    for kind, number, rows in (("cases", "case_id", MarkingCase), ("tasks", "task_id", MarkingTask)):
        for thing in list(stage.scene.things[kind]):
            row = session.get_one(rows, thing.values[number])
            case = row if isinstance(row, MarkingCase) else row.case
            asks_free = case.version_id == stage.items["free-essay"].published_id
            own, other = (stage.free, stage.shown) if asks_free else (stage.shown, stage.free)
            kept = ("exam", "owner", "holder", "asked", "state")
            facts = {name: getattr(thing, name) for name in kept}
            for code, broken in ((own, False), (other, True)):
                values = {**thing.values, "name": _name(code)}
                stage.scene.add(f"{kind[:-1]} pictures", thing.label, values, **facts, broken=broken)


def _on_the_way(stage: Stage) -> None:
    """What Ann has added to a question that is not saved; and to one that is."""
    for width, item, broken in ((12, None, False), (13, stage.items["plain"].id, True)):
        made = pictures.checked(picture(width, 5), pictures.QUESTION)
        files.keep(current_app.config["SETTINGS"].media, made.name, made.data)
        media.upload(made, "form.png", "a form", item, clock.now(), stage.scene.people["ann"])
        stage.scene.add("new pictures", f"of {item}", {"name": made.name}, owner="ann", broken=broken)
    session.commit()
