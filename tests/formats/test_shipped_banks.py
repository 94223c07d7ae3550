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

from examengine.bank.review import review
from examengine.cli.banks import subjects_of
from examengine.core import html
from examengine.core.settings import LANGUAGES, root
from examengine.exams import files
from examengine.formats import bank_yaml, exam_yaml
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


@pytest.mark.parametrize("name", ["bank", "item", "competencies", "exam"])
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads((BANKS / f"{name}.schema.json").read_text("utf-8")))


def test_the_schema_knows_every_kind() -> None:
    schema = json.loads((BANKS / "item.schema.json").read_text("utf-8"))
    assert schema["properties"]["kind"]["enum"] == list(kinds())
    exam = json.loads((BANKS / "exam.schema.json").read_text("utf-8"))
    assert exam["$defs"]["slot"]["else"]["properties"]["kind"]["enum"] == list(kinds())
    assert [rule["if"]["properties"]["kind"]["const"] for rule in schema["allOf"]] == list(kinds())


@pytest.mark.parametrize("kind", list(kinds()))
def test_the_schema_takes_every_field_that_a_kind_writes(kind: str) -> None:
    schema = json.loads((BANKS / "item.schema.json").read_text("utf-8"))
    [rule] = [rule for rule in schema["allOf"] if rule["if"]["properties"]["kind"]["const"] == kind]
    found = get(kind)
    assert set(found.dump(found.load(found.examples().data))) <= set(rule["then"]["properties"])


NAMED = {
    "near_duplicate",
    "many_near_duplicates",
    "key_positions",
    "key_longest",
    "catch_all",
    "hidden_negation",
    "no_tolerance",
    "rubric_criteria",
    "rubric_levels",
    "rubric_repeats",
    "no_model_answer",
    "no_weak_answer",
    "no_explanation",
    "explanation_repeats",
    "no_competency",
    "no_source",
    "difficulty_spread",
    "kind_share",
    "language_share",
    "case_share",
}
"""Warnings of what the shipped banks promise not to have."""


def test_a_careful_colleague_has_nothing_to_say_against_the_shipped_banks() -> None:
    found = review(subjects_of([read(folder) for folder in FOLDERS])).findings
    said = {(finding.code, item) for finding in found if finding.code in NAMED for item in finding.items or ("",)}
    assert said == set()


def test_there_are_six_banks_with_400_items() -> None:
    counts = {folder.name: len(read(folder).items) for folder in FOLDERS}
    assert len(counts) >= 6
    assert all(count >= 50 for count in counts.values())
    assert sum(counts.values()) >= 400


EXAMS = [BANKS / "monthly-zh.yaml", BANKS / "monthly-en.yaml", *(folder / "blueprint.yaml" for folder in FOLDERS)]


@pytest.mark.parametrize("path", EXAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_exam_can_be_drawn_from_the_shipped_banks(path: Path) -> None:
    draft, problems = exam_yaml.read_file(path)
    assert [str(problem.reason) for problem in problems] == []
    assert draft is not None
    assert [str(p.reason) for p in files.shortages(draft, [read(folder) for folder in FOLDERS])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_monthly_test_is_comprehensive(language: str) -> None:
    draft, _ = exam_yaml.read_file(BANKS / f"monthly-{language}.yaml")
    assert draft is not None
    slots = draft.slots()
    own = {(folder.name, item.draft.code): item.draft.kind for folder in FOLDERS for item in read(folder).items}
    assert {slot.kind or own[slot.bank, slot.item] for slot in slots} == set(kinds())
    assert {slot.bank for slot in slots} == {folder.name for folder in FOLDERS}
    assert sum(slot.count for slot in slots) == 45
    assert sum(slot.count * (slot.points or 0) for slot in slots) == 100
    assert len(draft.sections) == 3
    assert (draft.terms["time_limit_s"], draft.terms["pass_mark"]) == (3600, "60")


@EVERY
def test_a_blueprint_is_a_test_of_20_to_25_questions_on_its_own_bank(folder: Path) -> None:
    draft, _ = exam_yaml.read_file(folder / "blueprint.yaml")
    assert draft is not None
    assert 20 <= sum(slot.count for slot in draft.slots()) <= 25
    assert {slot.bank for slot in draft.slots()} == {folder.name}
