"""The banks that are shipped: no problems, the promised counts, keys that score."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from examengine.core import html
from examengine.core.settings import LANGUAGES, root
from examengine.formats import bank_yaml
from examengine.formats.base import BankDraft
from examengine.itemtypes import get, kinds

BANKS = root() / "question_banks"
FOLDERS = sorted(path.parent for path in BANKS.glob("*/bank.yaml"))
EVERY = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@cache
def read(folder: Path) -> BankDraft:
    tree = bank_yaml.read_competencies(BANKS / "competencies.yaml")
    return bank_yaml.read_folder(folder, frozenset(code for code, _ in tree))


def key_of(kind: str, data: Any) -> Any:
    """A raw answer that says what the key says; None where people judge."""
    if kind == "true_false":
        return 0 if data["answer"] else 1
    if kind == "fill_in":
        return [blank["accept"][-1] if "accept" in blank else blank["number"] for blank in data["blanks"]]
    if kind == "short_answer":
        return data["accept"][-1] if data["accept"] else None
    keys = [i for i, option in enumerate(data.get("options", ())) if option.get("key")]
    return keys[0] if kind == "single_choice" else keys if kind == "multiple_choice" else None


@EVERY
def test_a_shipped_bank_has_no_problems(folder: Path) -> None:
    assert [f"{p.place.file}:{p.place.line}: {p.reason}" for p in read(folder).problems] == []


def test_the_bank_on_complaint_handling_has_60_items_of_all_kinds_in_both_languages() -> None:
    items = read(BANKS / "complaint_handling").items
    assert Counter((item.draft.language, item.draft.kind) for item in items) == {
        ("zh", "single_choice"): 14,
        ("zh", "multiple_choice"): 7,
        ("zh", "true_false"): 5,
        ("zh", "fill_in"): 5,
        ("zh", "short_answer"): 3,
        ("zh", "essay"): 2,
        ("en", "single_choice"): 10,
        ("en", "multiple_choice"): 5,
        ("en", "true_false"): 3,
        ("en", "fill_in"): 3,
        ("en", "short_answer"): 2,
        ("en", "essay"): 1,
    }
    assert len(items) == 60


@EVERY
def test_a_shipped_bank_is_titled_in_every_language(folder: Path) -> None:
    assert set(read(folder).titles) == set(LANGUAGES)


@EVERY
def test_the_key_of_a_shipped_item_scores_everything(folder: Path) -> None:
    poor = []
    for item in read(folder).items:
        kind = get(item.draft.kind)
        content = kind.load(item.draft.data)
        answer = key_of(item.draft.kind, item.draft.data)
        if answer is not None and kind.score(content, kind.read(content, answer)).fraction != 1:
            poor.append(item.draft.code)
    assert poor == []


@EVERY
def test_every_shipped_item_explains_itself_and_names_its_source(folder: Path) -> None:
    drafts = [item.draft for item in read(folder).items]
    assert [d.code for d in drafts if not html.plain(d.data["explanation"]) or not d.source] == []


@EVERY
def test_sources_in_the_handbook_stand_there(folder: Path) -> None:
    handbook = (BANKS / "HANDBOOK.md").read_text("utf-8")
    sections = {found for item in read(folder).items for found in re.findall(r"HB (\d+\.\d+)", item.draft.source)}
    assert {s for s in sections if not re.search(rf"(?<![\d.]){re.escape(s)}(?!\d)", handbook)} == set()


@EVERY
def test_a_shipped_item_shows_only_what_candidates_may_know(folder: Path) -> None:
    for item in read(folder).items:
        kind = get(item.draft.kind)
        shown = kind.present(kind.load(item.draft.data))
        assert set(shown.facts) <= {"blanks", "max_chars", "min_chars", "many", "worded"}


@EVERY
def test_a_shipped_bank_written_and_read_again_says_the_same(folder: Path, tmp_path: Path) -> None:
    first = read(folder)
    bank_yaml.write_folder(tmp_path / folder.name, first)
    again = bank_yaml.read_folder(tmp_path / folder.name)
    assert again.problems == ()
    assert {item.draft.code: item.draft for item in again.items} == {
        item.draft.code: item.draft for item in first.items
    }
    assert {item.file_hash for item in again.items} == {bank_yaml.file_hash(item.draft) for item in first.items}


@pytest.mark.parametrize("name", ["bank", "item", "competencies"])
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads((BANKS / f"{name}.schema.json").read_text("utf-8")))


def test_the_schema_knows_every_kind() -> None:
    schema = json.loads((BANKS / "item.schema.json").read_text("utf-8"))
    assert schema["properties"]["kind"]["enum"] == list(kinds())
    assert [rule["if"]["properties"]["kind"]["const"] for rule in schema["allOf"]] == list(kinds())


@pytest.mark.parametrize("kind", list(kinds()))
def test_the_schema_takes_every_field_that_a_kind_writes(kind: str) -> None:
    schema = json.loads((BANKS / "item.schema.json").read_text("utf-8"))
    [rule] = [rule for rule in schema["allOf"] if rule["if"]["properties"]["kind"]["const"] == kind]
    found = get(kind)
    assert set(found.dump(found.load(found.examples().data))) <= set(rule["then"]["properties"])
