"""Exams as YAML: what is wrong is named with line and reason; what is written is read again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.formats import exam_yaml
from examengine.formats.base import ExamDraft, Place, SectionDraft, SlotDraft

TEXT = """\
schema: 1
title: November test
minutes: 45
attempts: 2
counts: last
pass_mark: 62.5
page_mode: one
release: hand
shuffle: {sections: true, options: false}
marking: {markers: 3, tolerance: 12.5, step: 0.25, lease_minutes: 30}
graders: [3001, "0007"]
lead: "3004"
sections:
  - title: Part 1
    slots:
      - {bank: calls, count: 8, kind: essay, language: zh, difficulty: [2, 4], competencies: [business], points: 2}
      - {bank: calls, count: 1, difficulty: 3, points: 1.5}
  - title: Part 2
    slots:
      - {bank: letters, item: l-1}
      - {bank: letters, item: l-2, points: 7}
"""


def read(text: str | bytes) -> tuple[ExamDraft | None, list[tuple[int, str]]]:
    draft, problems = exam_yaml.read_bytes(text if isinstance(text, bytes) else text.encode(), "exam.yaml")
    assert all(problem.place.file == "exam.yaml" for problem in problems)
    return draft, [(problem.place.line, str(problem.reason)) for problem in problems]


def test_an_exam_is_read_with_the_place_of_each_slot() -> None:
    draft, problems = read(TEXT)
    assert problems == []
    assert draft is not None
    assert draft.title == "November test"
    assert draft.terms == {
        "time_limit_s": 2700,
        "attempts": 2,
        "counts": "last",
        "pass_mark": "62.5",
        "page_mode": "one",
        "release": "hand",
        "shuffle_sections": True,
        "shuffle_options": False,
        "marking": {"markers": 3, "tolerance": "0.125", "step": "0.25", "lease_s": 1800},
    }
    assert draft.duties == {"grader": ("3001", "0007"), "lead": ("3004",)}
    place = Place("exam.yaml", 16)
    drawn = SlotDraft(place, "calls", "", 8, Decimal(2), ("business",), "essay", "zh", (2, 4))
    assert draft.sections[0].slots[0] == drawn
    assert draft.sections[0].slots[1].difficulty == (3, 3)
    assert draft.sections[1] == SectionDraft(
        "Part 2",
        (
            SlotDraft(Place("exam.yaml", 20), "letters", "l-1"),
            SlotDraft(Place("exam.yaml", 21), "letters", "l-2", points=Decimal(7)),
        ),
    )


def test_what_a_file_leaves_out_is_not_named() -> None:
    draft, problems = read("schema: 1\ntitle: Short\nsections:\n  - {title: A, slots: []}\n")
    assert problems == []
    assert draft is not None
    assert (draft.terms, draft.duties, draft.slots()) == ({}, {}, ())


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("schema: 1", "schema: 2", 1, "schema: 1 was expected"),
        ("title: November test", "title: ' '", 2, "A title of 1 to 200 characters"),
        ("title: November test\n", "", 1, "title is missing"),
        ("minutes: 45", "minutes: 0", 3, "minutes: 0 is out of range"),
        ("minutes: 45", "minutes: .nan", 3, "minutes: at most two decimals"),
        ("minutes: 45", "hours: 1", 1, "hours is not known here"),
        ("counts: last", "counts: all", 5, "counts: “all” is not one of best, last, first"),
        ("pass_mark: 62.5", "pass_mark: 62.555", 6, "pass_mark: at most two decimals"),
        ("markers: 3", "markers: 10", 10, "marking/markers: 10 is out of range"),
        ("graders: [3001", "graders: [[1]", 11, "graders/0: "),
        ('lead: "3004"', 'lead: "3004"\ndeputy: 3004', 13, "The deputy must be another person than the lead."),
        ("count: 8", "count: 0", 16, "sections/0/slots/0/count: 0 is out of range"),
        ("count: 8, ", "", 16, "sections/0/slots/0: count is missing"),
        ("[2, 4]", "[4, 2]", 16, "The upper end is below the lower one."),
        ("[2, 4]", "[2]", 16, "sections/0/slots/0/difficulty"),
        ("points: 1.5", "points: 1.555", 17, "Points go from 0.01 to 1000"),
        ("points: 1.5", "points: .inf", 17, "sections/0/slots/1/points: inf is out of range"),
        ("item: l-1", "item: l-1, count: 2", 20, "sections/1/slots/0: count is not known here"),
        ("item: l-1", "item: '../l-1'", 20, "sections/1/slots/0/item"),
        ("bank: letters, item: l-1", "item: l-1", 20, "sections/1/slots/0: bank is missing"),
        ("title: Part 2", "title: Part 2\n    title: Part 3", 19, "title stands twice"),
        ("[business]", "&x [business]", 16, ""),
        ("title: Part 2", "title: *x", 18, "aliases (*name)"),
        ("title: Part 2", "title: !!python/name:os.system x", 18, "not YAML: could not determine a constructor"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    assert old in TEXT
    draft, problems = read(TEXT.replace(old, new, 1))
    if not reason:
        assert problems == []
        return
    assert draft is None
    assert problems[0][0] == line
    assert problems[0][1].startswith(reason)


@pytest.mark.parametrize("text", ["", "- 1", "just words", "\x00", "[" * 50_000, "a: [", b"\xff\xfe\x00"])
def test_what_is_no_exam_at_all(text: str | bytes) -> None:
    draft, problems = read(text)
    assert draft is None
    assert problems


def test_an_upload_is_bounded() -> None:
    _, [(line, reason)] = read(b"#" * (exam_yaml.LARGEST + 1))
    assert (line, reason) == (1, "the file is larger than 256 KiB")


def test_a_file_on_disk_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "exam.yaml"
    path.write_text(TEXT, "utf-8")
    assert exam_yaml.read_file(path) == exam_yaml.read_bytes(TEXT.encode(), "exam.yaml")
    assert exam_yaml.read_file(tmp_path / "absent.yaml")[0] is None


def test_the_hash_tells_meaning_not_layout() -> None:
    one, two = read(TEXT)[0], read(TEXT.replace("attempts: 2\n", "attempts: 2   # a remark\n\n"))[0]
    other = read(TEXT.replace("attempts: 2", "attempts: 3"))[0]
    assert one is not None
    assert two is not None
    assert other is not None
    assert one.file_hash == two.file_hash != other.file_hash


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=30).filter(
    str.strip
)
POINTS = st.decimals("0.01", "1000", places=2)
CODES = st.from_regex(r"[a-z][a-z0-9_]{1,20}", fullmatch=True)
PAIRS = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda pair: (min(pair), max(pair)))
NOWHERE = Place("", 0)
SLOTS = st.one_of(
    st.builds(
        SlotDraft,
        st.just(NOWHERE),
        CODES,
        st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
        points=st.none() | POINTS,
    ),
    st.builds(
        SlotDraft,
        st.just(NOWHERE),
        CODES,
        st.just(""),
        st.integers(1, 500),
        POINTS,
        st.lists(CODES, max_size=3, unique=True).map(tuple),
        st.none() | st.sampled_from(["essay", "fill_in"]),
        st.none() | st.sampled_from(["zh", "en"]),
        PAIRS,
    ),
)
MARKING = st.fixed_dictionaries(
    {
        "markers": st.integers(1, 9),
        "tolerance": st.decimals("0", "1", places=4).map(str),
        "step": st.decimals("0.01", "10", places=2).map(str),
        "lease_s": st.integers(300, 604_800),
    }
)
TERMS = st.fixed_dictionaries(
    {
        "time_limit_s": st.integers(60, 86_400),
        "attempts": st.integers(1, 20),
        "pass_mark": st.decimals("0", "100", places=2).map(str),
        "release": st.sampled_from(["complete", "hand"]),
        "shuffle_items": st.booleans(),
        "marking": MARKING,
    }
)


def plain(terms: Any) -> Any:
    """Terms with numbers as they mean, not as they were written."""
    if isinstance(terms, dict):
        return {name: plain(value) for name, value in terms.items()}
    return Decimal(terms) if isinstance(terms, str) and terms[0].isdigit() else terms


@given(
    st.builds(
        ExamDraft,
        TITLES.map(str.strip),
        TERMS,
        st.lists(
            st.builds(SectionDraft, TITLES.map(str.strip), st.lists(SLOTS, max_size=3).map(tuple)),
            min_size=1,
            max_size=3,
        ).map(tuple),
        st.fixed_dictionaries(
            {}, optional={"grader": st.lists(CODES, unique=True, max_size=3).map(tuple), "lead": st.tuples(CODES)}
        ),
    )
)
def test_what_is_written_is_read_again(draft: ExamDraft) -> None:
    again, problems = exam_yaml.read_bytes(exam_yaml.write(draft).encode(), "exam.yaml")
    assert problems == []
    assert again is not None
    assert (again.title, plain(again.terms), again.duties) == (draft.title, plain(draft.terms), draft.duties)
    bare = [(s.title, [vars(slot) | {"place": None} for slot in s.slots]) for s in again.sections]
    assert bare == [(s.title, [vars(slot) | {"place": None} for slot in s.slots]) for s in draft.sections]
    assert exam_yaml.file_hash(draft) == again.file_hash
