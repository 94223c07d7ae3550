"""The scene's corrections: of keys, points and single scores, in every state, in exams hidden and not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import queries as attempts
from examengine.exams import withdrawal
from examengine.grading import corrections
from examengine.grading import queries as grading
from examengine.grading.models import Correction
from tests.results.correcting import prepare

if TYPE_CHECKING:
    from tests.web.stage import Stage


def add(stage: Stage) -> None:
    """All of it; and a question that was withdrawn."""
    _keys(stage)
    _of_exams(stage)
    _scores(stage)
    _asked(stage)
    kim, now = stage.scene.people["kim"], clock.now()
    withdrawal.withdraw_item(stage.items["reworked"], now, kim, "two keys are right", retire=False)
    session.commit()


def _key(stage: Stage, code: str, **changes: Any) -> Correction:
    """The drafted correction of an item's key, by Ann."""
    item = stage.items[code]
    shown = item.published
    assert shown is not None
    made = corrections.plan_key(item, shown, {**shown.content, **changes}, clock.now(), stage.scene.people["ann"])
    session.commit()
    return made


def _keys(stage: Stage) -> None:
    """A draft in “now”, one ready in what “free” and “over” ask."""
    drafted = _key(stage, "now-fill-in", explanation="KEYNOW explained better")
    other = [{**option, "key": n == 1} for n, option in enumerate(_options(stage, "free-single-choice"))]
    ready = _key(stage, "free-single-choice", options=other)
    prepare(ready)
    for code, made, facts in (
        ("now-fill-in", drafted, {"exam": "now", "asked": True, "state": "draft"}),
        ("free-single-choice", ready, {"exam": "over", "state": "ready"}),
        ("plain", ready, {"broken": True}),
    ):
        values = {"item_id": stage.items[code].id, "correction_id": made.id}
        stage.scene.add("key corrections", code, values, **facts)
    for label, exam, made, facts in (
        ("key", "over", ready, {"state": "ready"}),
        ("hidden key", "free", drafted, {"state": "draft", "asked": True}),
        ("key elsewhere", "now", ready, {"broken": True}),
    ):
        values = {"exam_id": stage.exams[exam].id, "correction_id": made.id}
        stage.scene.add("exam corrections", label, values, exam=exam, **facts)


def _options(stage: Stage, code: str) -> list[dict[str, Any]]:
    shown = stage.items[code].published
    assert shown is not None
    found: list[dict[str, Any]] = shown.content["options"]
    return found


def _of_exams(stage: Stage) -> None:
    """Points changed for everybody: to be applied in “now”, discarded in “free”."""
    kim = stage.scene.people["kim"]
    for exam, code, kind, points, state in (
        ("now", "now-multiple-choice", "points", Decimal(4), "ready"),
        ("free", "free-single-choice", "drop", None, "discarded"),
    ):
        exam_id, item_id = stage.exams[exam].id, stage.items[code].id
        made = corrections.plan_for_exam(exam_id, item_id, kind, points, clock.now(), kim)
        prepare(made)
        if state == "discarded":
            corrections.discard(made.id, clock.now(), kim)
            session.commit()
        values = {"exam_id": exam_id, "correction_id": made.id}
        stage.scene.add("exam corrections", f"{exam} {kind}", values, exam=exam, state=state)
        values = {"item_id": item_id, "correction_id": made.id}
        stage.scene.add("key corrections", f"{exam} {kind}", values, broken=True)
    crossed = {**stage.scene.thing("exam corrections", "now points").values, "exam_id": stage.exams["free"].id}
    stage.scene.add("exam corrections", "elsewhere", crossed, exam="free", broken=True)


def _scores(stage: Stage) -> None:
    """One score applied in “over”; in “now” and “free” the lead's drafts, blind."""
    scene, now = stage.scene, clock.now()
    attempt_id = scene.thing("attempts", "older-dan").values["attempt_id"]
    applied = corrections.plan_score(attempt_id, 1, Decimal(1), now, scene.people["kim"])
    prepare(applied)
    corrections.apply(applied.id, "half right", now, scene.people["kim"])
    session.commit()
    values = {"exam_id": stage.exams["over"].id, "correction_id": applied.id}
    scene.add("exam corrections", "score", values, exam="over", state="applied")
    for label, code in (("past-cem", "now-short-answer"), ("freed-dan", "free-essay"), ("freed-dan", "now-essay")):
        attempt = scene.thing("attempts", label)
        slot = slot_of(stage, attempt.values["attempt_id"], code)
        case = next(c for c in grading.find_cases([attempt.values["attempt_id"]]) if c.slot == slot)
        lead = scene.people["ada"]
        made = corrections.plan_score(case.attempt_id, slot, Decimal("1.5"), now, lead, as_lead=True)
        session.commit()
        asked = code.startswith("now-")
        values = {"case_id": case.id, "correction_id": made.id}
        facts = {"exam": attempt.exam, "owner": attempt.owner, "asked": asked}
        scene.add("case corrections", f"{label} {code}", values, **facts)
        crossed = {"case_id": case.id, "correction_id": applied.id}
        scene.add("case corrections", f"another's under {label} {code}", crossed, **facts, broken=True)


def slot_of(stage: Stage, attempt_id: int, code: str) -> int:
    """Where the attempt's paper asks an item."""
    asked = {version.id for version in bank.find_versions(stage.items[code].id)}
    paper = attempts.get_attempt(attempt_id).paper
    return next(slot.slot for slot in attempts.slots(paper) if slot.version_id in asked)


def _asked(stage: Stage) -> None:
    """What a manager corrects: questions of exams, answers of attempts."""
    for exam, code, broken in (
        ("now", "now-essay", False),
        ("free", "free-essay", False),
        ("free", "now-essay", False),
        ("over", "free-single-choice", False),
        ("over", "plain", True),
        ("over", "now-essay", True),
    ):
        values = {"exam_id": stage.exams[exam].id, "item_id": stage.items[code].id}
        asked = code.startswith("now-")
        stage.scene.add("asked", f"{exam} {code}", values, exam=exam, asked=asked, broken=broken)
    for label, code in (
        ("past-cem", "now-true-false"),
        ("freed-dan", "free-single-choice"),
        ("freed-dan", "now-fill-in"),
        ("older-dan", "free-single-choice"),
        ("older-mona", "free-single-choice"),
    ):
        attempt = stage.scene.thing("attempts", label)
        slot = slot_of(stage, attempt.values["attempt_id"], code)
        facts = {"exam": attempt.exam, "owner": attempt.owner, "asked": code.startswith("now-")}
        stage.scene.add("answers", f"{label} {code}", {**attempt.values, "slot": slot}, **facts)
    for label, slot in (("older-dan", 9), ("open-cem", 1)):
        attempt = stage.scene.thing("attempts", label)
        values = {**attempt.values, "slot": slot}
        stage.scene.add("answers", f"{label} none", values, exam=attempt.exam, broken=True)
