"""Exams as YAML files: terms, sections, draw rules and fixed items in codes; see question_banks/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import yaml

from examengine.core import codes
from examengine.core.i18n import N_, Message
from examengine.formats import yaml_reading
from examengine.formats.base import ExamDraft, FileProblem, Place, SectionDraft, SlotDraft
from examengine.formats.yaml_reading import Unreadable, place_of

LARGEST = 256 * 1024
"""Of an uploaded file; an exam of 20 sections with 100 slots each needs less."""
SAME = ("attempts", "counts", "page_mode", "release")
SHUFFLES = ("sections", "items", "options")


def read_file(path: Path) -> tuple[ExamDraft | None, list[FileProblem]]:
    """The exam of a file; None when it has problems, each named with line and reason."""
    try:
        data, node = yaml_reading.read_file(path, path.parent)
    except Unreadable as error:
        return None, [error.problem]
    return _read(data, node, path.name)


def read_bytes(content: bytes, name: str) -> tuple[ExamDraft | None, list[FileProblem]]:
    """The same of an uploaded file's content."""
    if len(content) > LARGEST:
        return None, [FileProblem(Place(name, 1), Message(N_("the file is larger than 256 KiB")))]
    try:
        data, node = yaml_reading.read_bytes(content, name)
    except Unreadable as error:
        return None, [error.problem]
    return _read(data, node, name)


def _read(data: Any, node: yaml.Node, name: str) -> tuple[ExamDraft | None, list[FileProblem]]:
    problems = list(yaml_reading.schema_problems("exam.schema.json", data, node, name))
    if not problems:
        problems = list(_faults(data, node, name))
    return (None, problems) if problems else (_draft(data, node, name), [])


def _faults(data: Mapping[str, Any], node: yaml.Node, name: str) -> Iterator[FileProblem]:
    """What the schema cannot say."""
    if not data["title"].strip():
        yield FileProblem(place_of(name, node, ["title"]), Message(N_("A title of 1 to 200 characters is needed.")))
    numbers = [["minutes"], ["pass_mark"], *(["marking", key] for key in ("tolerance", "step", "lease_minutes"))]
    for path in numbers:
        value: Any = data
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None and not _is_short(value):
            text = Message(N_("%(name)s: at most two decimals, please"), {"name": path[-1]})
            yield FileProblem(place_of(name, node, path), text)
    for path, slot in _rows(data):
        if "points" in slot and not _is_short(slot["points"]):
            text = Message(N_("Points go from 0.01 to 1000 with at most two decimals."))
            yield FileProblem(place_of(name, node, [*path, "points"]), text)
        low, high = _levels(slot)
        if low > high:
            text = Message(N_("The upper end is below the lower one."))
            yield FileProblem(place_of(name, node, [*path, "difficulty"]), text)
    if data.get("lead") is not None and str(data["lead"]) == str(data.get("deputy")):
        text = Message(N_("The deputy must be another person than the lead."))
        yield FileProblem(place_of(name, node, ["deputy"]), text)


def _rows(data: Mapping[str, Any]) -> Iterator[tuple[list[Any], Mapping[str, Any]]]:
    for i, section in enumerate(data["sections"]):
        for j, slot in enumerate(section["slots"]):
            yield ["sections", i, "slots", j], slot


def _is_short(value: Any) -> bool:
    number = Decimal(str(value))
    return number.is_finite() and number == number.quantize(Decimal("0.01"))


def _levels(slot: Mapping[str, Any]) -> tuple[int, int]:
    found = slot.get("difficulty", (1, 5))
    low, high = found if isinstance(found, list | tuple) else (found, found)
    return int(low), int(high)


def _draft(data: Mapping[str, Any], node: yaml.Node, name: str) -> ExamDraft:
    slots: dict[int, list[SlotDraft]] = {}
    for path, slot in _rows(data):
        slots.setdefault(path[1], []).append(_slot(slot, place_of(name, node, path)))
    titles = [section["title"].strip() for section in data["sections"]]
    sections = tuple(SectionDraft(title, tuple(slots.get(i, ()))) for i, title in enumerate(titles))
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
    return ExamDraft(data["title"].strip(), _terms(data), sections, _duties(data), codes.sha256(canonical))


def _slot(slot: Mapping[str, Any], place: Place) -> SlotDraft:
    points = Decimal(str(slot["points"])) if "points" in slot else None
    if "item" in slot:
        return SlotDraft(place, slot["bank"], slot["item"], points=points)
    tags = tuple(slot.get("competencies", ()))
    chosen = (slot.get("kind"), slot.get("language"), _levels(slot))
    return SlotDraft(place, slot["bank"], "", slot["count"], points, tags, *chosen)


def _terms(data: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that the file names, as a plan's JSON has them."""
    terms: dict[str, Any] = {name: data[name] for name in SAME if name in data}
    terms |= {f"shuffle_{name}": value for name, value in data.get("shuffle", {}).items()}
    if "minutes" in data:
        terms["time_limit_s"] = int(Decimal(str(data["minutes"])) * 60)
    if "pass_mark" in data:
        terms["pass_mark"] = str(data["pass_mark"])
    given = data.get("marking", {})
    marking: dict[str, Any] = {"markers": given["markers"]} if "markers" in given else {}
    if "tolerance" in given:
        marking["tolerance"] = str(Decimal(str(given["tolerance"])) / 100)
    if "step" in given:
        marking["step"] = str(given["step"])
    if "lease_minutes" in given:
        marking["lease_s"] = int(Decimal(str(given["lease_minutes"])) * 60)
    return terms | ({"marking": marking} if marking else {})


def _duties(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found = {"grader": tuple(str(number) for number in data["graders"])} if "graders" in data else {}
    return found | {duty: (str(data[duty]),) for duty in ("lead", "deputy") if duty in data}


def write(draft: ExamDraft) -> str:
    """The text of a draft; read again, it says the same."""
    terms, marking = draft.terms, draft.terms.get("marking", {})
    data: dict[str, Any] = {"schema": 1, "title": draft.title}
    if "time_limit_s" in terms:
        data["minutes"] = _minutes(terms["time_limit_s"])
    data |= {name: terms[name] for name in SAME[:2] if name in terms}
    if "pass_mark" in terms:
        data["pass_mark"] = _number(Decimal(terms["pass_mark"]))
    data |= {name: terms[name] for name in SAME[2:] if name in terms}
    shuffle = {name: terms[f"shuffle_{name}"] for name in SHUFFLES if f"shuffle_{name}" in terms}
    data |= {"shuffle": shuffle} if shuffle else {}
    people: dict[str, Any] = {}
    for name, value in marking.items():
        if name == "markers":
            people["markers"] = value
        elif name == "tolerance":
            people["tolerance"] = _number(Decimal(value) * 100)
        elif name == "step":
            people["step"] = _number(Decimal(value))
        elif name == "lease_s":
            people["lease_minutes"] = _minutes(value)
    data |= {"marking": people} if people else {}
    if "grader" in draft.duties:
        data["graders"] = list(draft.duties["grader"])
    data |= {duty: draft.duties[duty][0] for duty in ("lead", "deputy") if draft.duties.get(duty)}
    data["sections"] = [{"title": s.title, "slots": [_slot_row(slot) for slot in s.slots]} for s in draft.sections]
    return yaml_reading.write(data)


def _slot_row(slot: SlotDraft) -> dict[str, Any]:
    points = {} if slot.points is None else {"points": _number(slot.points)}
    if slot.item:
        return {"bank": slot.bank, "item": slot.item} | points
    row: dict[str, Any] = {"bank": slot.bank, "count": slot.count}
    row |= {"kind": slot.kind} if slot.kind else {}
    row |= {"language": slot.language} if slot.language else {}
    row |= {"difficulty": list(slot.difficulty)} if slot.difficulty != (1, 5) else {}
    row |= {"competencies": list(slot.competencies)} if slot.competencies else {}
    return row | points


def _minutes(seconds: int) -> int | float:
    """With two decimals at most, rounded so that reading gives the same seconds."""
    return _number((Decimal(seconds) / 60).quantize(Decimal("0.01"), ROUND_CEILING))


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def file_hash(draft: ExamDraft) -> str:
    """The hash that a draft will have when it was written and is read again."""
    again, _ = read_bytes(write(draft).encode(), "")
    return again.file_hash if again else ""
