"""YAML files of people → data with places: no aliases, no key twice, bounded; faults with file, line and reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from examengine.core.i18n import N_, Message
from examengine.core.settings import root
from examengine.formats.base import FileProblem, Place

LARGEST = 8 * 1024 * 1024
DEEPEST = 20
LONGEST_REASON = 200
SCHEMAS = root() / "question_banks"
# libyaml reads a bank of 5,000 items ten times as fast; it is not built everywhere.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(Exception):
    """A file that is no YAML, with its problem."""

    def __init__(self, problem: FileProblem) -> None:
        self.problem = problem
        super().__init__(str(problem.reason))


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """The validator of a schema that stands in question_banks/."""
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / name).read_text("utf-8")))


def read_file(path: Path, folder: Path) -> tuple[Any, yaml.Node]:
    """The data of a YAML file in `folder` and its node tree (for lines). Raises Unreadable."""
    name = path.name
    try:
        if path.resolve().parent != folder.resolve():
            raise Unreadable(FileProblem(Place(name, 1), Message(N_("the file is outside its folder"))))
        if path.stat().st_size > LARGEST:
            raise Unreadable(FileProblem(Place(name, 1), Message(N_("the file is larger than 8 MiB"))))
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        text = Message(N_("the file cannot be read: %(reason)s"), {"reason": getattr(error, "strerror", None) or error})
        raise Unreadable(FileProblem(Place(name, 1), text)) from None
    return read_bytes(content, name)


def read_bytes(content: bytes, name: str) -> tuple[Any, yaml.Node]:
    """The data of YAML in UTF-8 and its node tree; `name` is the file's in problems. Raises Unreadable."""
    not_yaml, text = N_("not YAML: %(reason)s"), ""
    try:
        text = content.decode("utf-8-sig")
        _check_events(yaml.parse(text, Loader=Loader), name)
        loader = Loader(text)
        node = loader.get_single_node()
        twice = _key_twice(node)
        if twice is not None:
            reason = Message(N_("%(key)s stands twice"), {"key": twice.value})
            raise Unreadable(FileProblem(Place(name, twice.start_mark.line + 1), reason))
        data = loader.construct_document(node) if node is not None else None
    except UnicodeDecodeError:
        raise Unreadable(FileProblem(Place(name, 1), Message(N_("the file is not UTF-8")))) from None
    except yaml.MarkedYAMLError as error:
        line = min(error.problem_mark.line + 1, len(text.splitlines())) if error.problem_mark else 1
        raise Unreadable(FileProblem(Place(name, line), Message(not_yaml, {"reason": error.problem}))) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(FileProblem(Place(name, 1), Message(not_yaml, {"reason": str(error)}))) from None
    if node is None:
        raise Unreadable(FileProblem(Place(name, 1), Message(N_("the file is empty"))))
    return data, node


def _check_events(events: Iterable[yaml.Event], name: str) -> None:
    """Refuse what such files never need and what would cost the reader dearly."""
    depth = 0
    for event in events:
        place = Place(name, event.start_mark.line + 1 if event.start_mark else 1)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(FileProblem(place, Message(N_("nested too deeply"))))
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(FileProblem(place, Message(N_("aliases (*name) are not allowed"))))
        if isinstance(event, yaml.ScalarEvent) and any("\ud800" <= char <= "\udfff" for char in event.value):
            text = N_(r"half a surrogate pair is no character; write \UXXXXXXXX")
            raise Unreadable(FileProblem(place, Message(text)))


def _key_twice(top: yaml.Node | None) -> yaml.ScalarNode | None:
    """A key that a mapping has a second time: YAML readers would silently take the last."""
    nodes = [top]
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


def place_of(file: str, node: yaml.Node, path: Iterable[Any]) -> Place:
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


def schema_problems(schema: str, data: Any, node: yaml.Node, file: str) -> Iterator[FileProblem]:
    """What the schema of this name objects to, each at its place."""
    for error in sorted(validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.absolute_path]):
        where = "/".join(str(step) for step in error.absolute_path)
        reason = _reason(error)
        if where:
            reason = Message(N_("%(where)s: %(reason)s"), {"where": where, "reason": reason})
        yield FileProblem(place_of(file, node, error.absolute_path), reason)


def _reason(error: Any) -> Message:
    """What authors do wrong every day in words that can be translated; the rest as the validator says it."""
    value = str(error.instance)[:60]
    if error.validator == "required":
        return Message(N_("%(name)s is missing"), {"name": error.message.split("'")[1]})
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = error.schema.get("properties", {})
        return Message(
            N_("%(names)s is not known here"), {"names": ", ".join(str(n) for n in error.instance if n not in known)}
        )
    if error.validator == "enum":
        names = ", ".join(str(choice) for choice in error.validator_value)
        return Message(N_("“%(value)s” is not one of %(names)s"), {"value": value, "names": names})
    if error.validator in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return Message(
            N_("%(value)s is out of range (limit %(limit)s)"), {"value": value, "limit": error.validator_value}
        )
    if error.validator == "type":
        return Message(
            N_("“%(value)s” is of the wrong type (%(type)s is needed)"), {"value": value, "type": error.validator_value}
        )
    text = error.message if len(error.message) <= LONGEST_REASON else error.message[:LONGEST_REASON] + "…"
    return Message("%(reason)s", {"reason": text})


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, so that differences read well."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    rare_breaks = any(sign in text for sign in "\x85\u2028\u2029")  # YAML reads them as line breaks: written as escapes
    style = '"' if rare_breaks else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write(data: Any) -> str:
    """The YAML text of data, for people to edit."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def read_again(text: str) -> Any:
    """The data of YAML that was just written."""
    return yaml.load(text, Loader=Loader)  # noqa: S506 (Loader is one of the two safe ones)
