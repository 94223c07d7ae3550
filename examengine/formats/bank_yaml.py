"""Bank folders: bank.yaml and item files in YAML, checked by JSON Schema; see question_banks/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from examengine.core import codes, db
from examengine.core.settings import root
from examengine.formats.base import BankDraft, FileItem, FileProblem, ItemDraft, Place
from examengine.itemtypes import get
from examengine.itemtypes.base import ContentError

LARGEST = 8 * 1024 * 1024
DEEPEST = 20
FACTS = ("id", "kind", "language", "points", "difficulty", "competencies", "source", "use")
_SCHEMAS = root() / "question_banks"


class Unreadable(Exception):
    """A file that is no YAML, with its problem."""

    def __init__(self, problem: FileProblem) -> None:
        self.problem = problem
        super().__init__(problem.reason)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((_SCHEMAS / name).read_text("utf-8")))


def read_folder(folder: Path, competencies: frozenset[str] | None = None) -> BankDraft:
    """A bank folder; every problem is named with file, line and reason. `competencies` None: codes are not checked."""
    try:
        head, node = _parse(folder / "bank.yaml", folder)
    except Unreadable as error:
        return BankDraft(folder.name, {}, {}, (), (error.problem,))
    problems = list(_schema_problems("bank.schema.json", head, node, "bank.yaml"))
    if problems:
        return BankDraft(folder.name, {}, {}, (), tuple(problems))
    if head["bank"] != folder.name:
        problems.append(
            FileProblem(_place("bank.yaml", node, ["bank"]), f"bank is not the folder's name {folder.name!r}")
        )
    items: list[FileItem] = []
    for name in head["files"]:
        found, faults = _read_items(folder, name, competencies)
        items.extend(found)
        problems.extend(faults)
    problems.extend(_repeated(items))
    return BankDraft(head["bank"], head["title"], head.get("description", {}), tuple(items), tuple(problems))


def read_competencies(path: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Codes and titles of competencies.yaml. Raises Unreadable."""
    rows, node = _parse(path, path.parent)
    for problem in _schema_problems("competencies.schema.json", rows, node, path.name):
        raise Unreadable(problem)
    return [(row["code"], row["title"]) for row in rows]


def _parse(path: Path, folder: Path) -> tuple[Any, yaml.Node]:
    """The data of a YAML file and its node tree (for lines). Raises Unreadable."""
    name = path.name
    try:
        if path.resolve().parent != folder.resolve():
            raise Unreadable(FileProblem(Place(name, 1), "the file is outside its folder"))
        if path.stat().st_size > LARGEST:
            raise Unreadable(FileProblem(Place(name, 1), "the file is larger than 8 MiB"))
        text = path.read_text("utf-8-sig")
        _check_events(yaml.parse(text, Loader=yaml.SafeLoader), name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        twice = _key_twice(node)
        if twice is not None:
            raise Unreadable(FileProblem(Place(name, twice.start_mark.line + 1), f"{twice.value} stands twice"))
        data = yaml.safe_load(text)
    except OSError as error:
        raise Unreadable(FileProblem(Place(name, 1), f"the file cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        raise Unreadable(FileProblem(Place(name, 1), "the file is not UTF-8")) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(FileProblem(Place(name, line), f"not YAML: {error.problem}")) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(FileProblem(Place(name, 1), f"not YAML: {error}")) from None
    if node is None:
        raise Unreadable(FileProblem(Place(name, 1), "the file is empty"))
    return data, node


def _check_events(events: Iterable[yaml.Event], name: str) -> None:
    """Refuse what bank files never need and what would cost the reader dearly."""
    depth = 0
    for event in events:
        place = Place(name, event.start_mark.line + 1 if event.start_mark else 1)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(FileProblem(place, "not YAML for a bank: nested too deeply"))
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(FileProblem(place, "aliases (*name) are not allowed"))
        if isinstance(event, yaml.ScalarEvent) and any("\ud800" <= char <= "\udfff" for char in event.value):
            raise Unreadable(FileProblem(place, r"half a surrogate pair is no character; write \UXXXXXXXX"))


def _key_twice(root: yaml.Node | None) -> yaml.ScalarNode | None:
    """A key that a mapping has a second time: YAML readers would silently take the last."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        return key
                    seen.add(key.value)
                nodes.append(value)
    return None


def _place(file: str, node: yaml.Node, path: Iterable[Any]) -> Place:
    """The place of the deepest node on `path`."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step]
        else:
            found = None
        if found is None:
            break
        node = found
    return Place(file, node.start_mark.line + 1)


def _schema_problems(schema: str, data: Any, node: yaml.Node, file: str) -> Iterator[FileProblem]:
    for error in sorted(_validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.absolute_path]):
        where = "/".join(str(step) for step in error.absolute_path)
        reason = error.message if len(error.message) <= 200 else error.message[:200] + "…"
        yield FileProblem(_place(file, node, error.absolute_path), f"{where}: {reason}" if where else reason)


def _read_items(
    folder: Path, name: str, competencies: frozenset[str] | None
) -> tuple[list[FileItem], list[FileProblem]]:
    try:
        rows, node = _parse(folder / name, folder)
    except Unreadable as error:
        return [], [error.problem]
    if not isinstance(rows, list) or not isinstance(node, yaml.SequenceNode):
        return [], [FileProblem(Place(name, 1), "an item file is a list of items")]
    items: list[FileItem] = []
    problems: list[FileProblem] = []
    for row, child in zip(rows, node.value, strict=True):
        faults = list(_item_problems(row, child, name, competencies))
        problems.extend(faults)
        if not faults:
            items.append(FileItem(draft_of(row), Place(name, child.start_mark.line + 1), codes.sha256(_canonical(row))))
    return items, problems


def _canonical(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)


def _item_problems(row: Any, node: yaml.Node, file: str, competencies: frozenset[str] | None) -> Iterator[FileProblem]:
    faults = list(_schema_problems("item.schema.json", row, node, file))
    yield from faults
    if faults:
        return
    points = Decimal(str(row["points"]))
    if not points.is_finite() or points <= 0 or points != points.quantize(Decimal("0.01")):
        yield FileProblem(
            _place(file, node, ["points"]), f"{row['id']}: points go from 0.01 to 1000 with at most two decimals"
        )
        return
    for code in row["competencies"]:
        if competencies is not None and code not in competencies:
            yield FileProblem(_place(file, node, ["competencies"]), f"{row['id']}: no competency {code!r}")
    try:
        kind = get(row["kind"])
        content = kind.clean(kind.load(_data(row)))
    except ContentError as error:
        yield FileProblem(Place(file, node.start_mark.line + 1), f"{row['id']}: {error}")
        return
    for message in kind.problems(content):
        yield FileProblem(Place(file, node.start_mark.line + 1), f"{row['id']}: {message}")
    top = sum((c.maximum for c in kind.rubric(content)), Decimal(0))
    if top and top != points:
        place = _place(file, node, ["rubric"])
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
    return codes.sha256(_canonical(yaml.safe_load(_yaml(row_of(draft)))))


def _yaml(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, so that differences read well."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    rare_breaks = any(sign in text for sign in "\x85\u2028\u2029")  # YAML reads them as line breaks: written as escapes
    style = '"' if rare_breaks else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_folder(folder: Path, bank: BankDraft) -> list[Path]:
    """Write a bank: bank.yaml and one item file a language. Gives back the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    languages = sorted({item.draft.language for item in bank.items})
    files = {f"items-{code}.yaml": [i for i in bank.items if i.draft.language == code] for code in languages}
    description = {"description": dict(bank.descriptions)} if bank.descriptions else {}
    head = {"schema": 1, "bank": bank.code, "title": dict(bank.titles)} | description | {"files": list(files)}
    (folder / "bank.yaml").write_text(_yaml(head), "utf-8")
    for name, items in files.items():
        (folder / name).write_text(_yaml([row_of(item.draft) for item in items]), "utf-8")
    return [folder / "bank.yaml", *(folder / name for name in files)]
