"""Bank folders: bank.yaml and item files in YAML, checked by JSON Schema; see question_banks/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from examengine.core import codes, db
from examengine.formats import bank_pictures, yaml_reading
from examengine.formats.bank_pictures import PictureFolder
from examengine.formats.base import BankDraft, FileItem, FileProblem, ItemDraft, Place
from examengine.formats.yaml_reading import Unreadable, place_of
from examengine.itemtypes import get
from examengine.itemtypes.base import ContentError

FACTS = ("id", "kind", "language", "points", "difficulty", "competencies", "source", "use")


def read_folder(folder: Path, competencies: frozenset[str] | None = None) -> BankDraft:
    """A bank folder; every problem is named with file, line and reason. `competencies` None: codes are not checked."""
    try:
        head, node = yaml_reading.read_file(folder / "bank.yaml", folder)
    except Unreadable as error:
        return BankDraft(folder.name, {}, {}, (), (error.problem,))
    problems = list(yaml_reading.schema_problems("bank.schema.json", head, node, "bank.yaml"))
    if problems:
        return BankDraft(folder.name, {}, {}, (), tuple(problems))
    if head["bank"] != folder.name:
        problems.append(
            FileProblem(place_of("bank.yaml", node, ["bank"]), f"bank is not the folder's name {folder.name!r}")
        )
    items: list[FileItem] = []
    pictures = PictureFolder(folder)
    for name in head["files"]:
        found, faults = _read_items(folder, name, competencies, pictures)
        items.extend(found)
        problems.extend(faults)
    problems.extend(_repeated(items))
    description = head.get("description", {})
    return BankDraft(head["bank"], head["title"], description, tuple(items), tuple(problems), pictures.found)


def read_competencies(path: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Codes and titles of competencies.yaml. Raises Unreadable."""
    rows, node = yaml_reading.read_file(path, path.parent)
    for problem in yaml_reading.schema_problems("competencies.schema.json", rows, node, path.name):
        raise Unreadable(problem)
    return [(row["code"], row["title"]) for row in rows]


def _read_items(
    folder: Path, name: str, competencies: frozenset[str] | None, pictures: PictureFolder
) -> tuple[list[FileItem], list[FileProblem]]:
    try:
        rows, node = yaml_reading.read_file(folder / name, folder)
    except Unreadable as error:
        return [], [error.problem]
    if not isinstance(rows, list) or not isinstance(node, yaml.SequenceNode):
        return [], [FileProblem(Place(name, 1), "an item file is a list of items")]
    items: list[FileItem] = []
    problems: list[FileProblem] = []
    for written, child in zip(rows, node.value, strict=True):
        row, lacking = pictures.resolved(written)
        code = row.get("id", "") if isinstance(row, dict) else ""
        faults = [FileProblem(place_of(name, child, path), f"{code}: {reason}") for path, reason in lacking]
        faults += _item_problems(row, child, name, competencies)
        problems.extend(faults)
        if not faults:
            items.append(FileItem(draft_of(row), Place(name, child.start_mark.line + 1), codes.sha256(_canonical(row))))
    return items, problems


def _canonical(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)


def _item_problems(row: Any, node: yaml.Node, file: str, competencies: frozenset[str] | None) -> Iterator[FileProblem]:
    faults = list(yaml_reading.schema_problems("item.schema.json", row, node, file))
    yield from faults
    if faults:
        return
    points = Decimal(str(row["points"]))
    if not points.is_finite() or points <= 0 or points != points.quantize(Decimal("0.01")):
        yield FileProblem(
            place_of(file, node, ["points"]), f"{row['id']}: points go from 0.01 to 1000 with at most two decimals"
        )
        return
    for code in row["competencies"]:
        if competencies is not None and code not in competencies:
            yield FileProblem(place_of(file, node, ["competencies"]), f"{row['id']}: no competency {code!r}")
    try:
        kind = get(row["kind"])
        content = kind.clean(kind.load(_data(row)))
    except ContentError as error:
        yield FileProblem(Place(file, node.start_mark.line + 1), f"{row['id']}: {error}")
        return
    for message in kind.faults(content):
        yield FileProblem(Place(file, node.start_mark.line + 1), f"{row['id']}: {message}")
    top = sum((c.maximum for c in kind.rubric(content)), Decimal(0))
    if top and top != points:
        place = place_of(file, node, ["rubric"])
        yield FileProblem(place, f"{row['id']}: the rubric's best levels sum to {top}, the points are {row['points']}")


def _repeated(items: Iterable[FileItem]) -> Iterator[FileProblem]:
    seen: dict[str, Place] = {}
    for item in items:
        first = seen.setdefault(item.draft.code, item.place)
        if first is not item.place:
            yield FileProblem(item.place, f"id {item.draft.code!r} stands in {first.file}:{first.line} already")


def _data(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in FACTS}


def draft_of(row: Mapping[str, Any]) -> ItemDraft:
    """The draft of a checked item mapping; rich text cleaned."""
    kind = get(row["kind"])
    return ItemDraft(
        code=row["id"],
        kind=row["kind"],
        language=row["language"],
        points=Decimal(str(row["points"])),
        difficulty=row["difficulty"],
        competencies=tuple(row["competencies"]),
        source=row.get("source", ""),
        use=row.get("use", "exam"),
        data=kind.dump(kind.clean(kind.load(_data(row)))),
    )


def row_of(draft: ItemDraft) -> dict[str, Any]:
    """The mapping that stands in a file for a draft."""
    points = int(draft.points) if draft.points == int(draft.points) else float(draft.points)
    facts: dict[str, Any] = {
        "id": draft.code,
        "kind": draft.kind,
        "language": draft.language,
        "points": points,
        "difficulty": draft.difficulty,
        "competencies": list(draft.competencies),
        "source": draft.source,
        "use": draft.use,
    }
    data: dict[str, Any] = json.loads(db.dumps(draft.data))
    return facts | data


def file_hash(draft: ItemDraft) -> str:
    """The hash that a saved draft will have when it is read again."""
    return codes.sha256(_canonical(yaml_reading.read_again(yaml_reading.write(row_of(draft)))))


def write_folder(folder: Path, bank: BankDraft) -> list[Path]:
    """Write a bank: bank.yaml, one item file a language, its pictures. Gives back the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    languages = sorted({item.draft.language for item in bank.items})
    files = {f"items-{code}.yaml": [i for i in bank.items if i.draft.language == code] for code in languages}
    description = {"description": dict(bank.descriptions)} if bank.descriptions else {}
    head = {"schema": 1, "bank": bank.code, "title": dict(bank.titles)} | description | {"files": list(files)}
    names = bank_pictures.file_names([(name, found.file_name) for name, found in bank.pictures.items()])
    (folder / "bank.yaml").write_text(yaml_reading.write(head), "utf-8")
    for name, items in files.items():
        rows = [bank_pictures.unresolved(row_of(item.draft), names) for item in items]
        (folder / name).write_text(yaml_reading.write(rows), "utf-8")
    return [folder / "bank.yaml", *(folder / name for name in files), *_written_pictures(folder, bank, names)]


def _written_pictures(folder: Path, bank: BankDraft, names: Mapping[str, str]) -> Iterator[Path]:
    for name, found in bank.pictures.items():
        path = folder / bank_pictures.FOLDER / names[name]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found.picture.data)
        yield path
