"""Exams as files: names are looked up, loading acts where a file changed, saving and loading change nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from examengine.bank import actions as bank
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.exams import actions, files, plans, queries
from examengine.exams.models import Exam
from examengine.formats import exam_yaml
from examengine.formats.base import BankDraft, ExamDraft, FileItem, ItemDraft, Place, SlotDraft
from tests.making import World

TEXT = """\
schema: 1
title: November test
minutes: 30
graders: [mia, max]
lead: ada
sections:
  - title: Part 1
    slots:
      - {bank: complaints, count: 1, kind: single_choice, points: 2}
      - {bank: complaints, item: essay-2}
"""


def draft_of(text: str = TEXT) -> ExamDraft:
    draft, problems = exam_yaml.read_bytes(text.encode(), "exam.yaml")
    assert problems == []
    assert draft is not None
    return draft


@pytest.fixture
def stage(world: World) -> World:
    """The bank and the people that TEXT names."""
    world.item("single_choice")
    world.item("essay", points="10")
    for name in ("mia", "max", "ada"):
        world.person(name)
    return world


def load(text: str = TEXT, prefer: str = "", **hidden: Any) -> files.Loaded:
    draft = draft_of(text)
    resolved, problems = files.resolve(draft)
    assert problems == []
    assert resolved is not None
    done = files.load_exam(draft, resolved, clock.now(), None, prefer, **hidden)
    session.commit()
    return done


def refused(text: str, *hidden: int) -> list[tuple[int, str]]:
    resolved, problems = files.resolve(draft_of(text), hidden)
    assert resolved is None
    return [(problem.place.line, str(problem.reason)) for problem in problems]


def edit(exam: Exam) -> None:
    """Somebody writes in the browser."""
    plan = plans.load(exam.plan)
    actions.write_exam(exam, exam.title, replace(plan, terms=replace(plan.terms, attempts=5)), clock.now(), None)
    session.commit()


def test_a_file_becomes_a_draft_exam_with_its_graders(stage: World) -> None:
    done = load()
    assert (done.outcome, done.exam.state, done.exam.title) == ("added", "draft", "November test")
    plan = plans.load(done.exam.plan)
    assert plan.terms == replace(plans.Terms(), time_limit_s=1800)
    drawn = plans.DrawRule(stage.bank().id, 1, Decimal(2), kind="single_choice")
    assert plan.sections == (plans.Section("Part 1", (drawn, plans.FixedSlot(stage.items["essay-2"].id))),)
    held = {duty: [p.username for p in people] for duty, people in queries.find_duties(done.exam.id).items()}
    assert held == {"grader": ["max", "mia"], "lead": ["ada"], "deputy": []}
    acts = [row.action for row in audit.find_page(audit.AuditFilter(subject="exam")).rows]
    assert acts == ["exam.load", "exam.duties", "exam.add"]
    actions.publish_exam(done.exam, clock.now(), None)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("{bank: complaints, count: 1", "{bank: praise, count: 1", 9, "There is no bank “praise”."),
        ("item: essay-2", "item: essay-9", 10, "There is no item “essay-9” in the bank “complaints”."),
        ("count: 1", "count: 3", 9, "Slot 1 cannot be filled: 2 more fitting questions are needed."),
        ("kind: single_choice", "language: zh", 9, "Slot 1 cannot be filled: 1 more fitting questions are needed."),
        ("points: 2", "points: 2, competencies: [magic]", 9, "There is no competency “magic”."),
        ("lead: ada", "lead: kim", 1, "There is no active grader with the employee number “kim”."),
        ("[mia, max]", "[mia, nobody]", 1, "There is no active grader with the employee number “nobody”."),
    ],
)
def test_what_cannot_be_looked_up_or_drawn_is_named_with_its_line(
    stage: World, old: str, new: str, line: int, reason: str
) -> None:
    stage.person("kim")
    assert refused(TEXT.replace(old, new)) == [(line, reason)]


def test_items_that_must_not_be_seen_are_not_there(stage: World) -> None:
    [(line, reason)] = refused(TEXT, stage.items["essay-2"].id)
    assert (line, reason) == (10, "There is no item “essay-2” in the bank “complaints”.")


def test_a_retired_item_is_named(stage: World) -> None:
    bank.retire_item(stage.items["essay-2"], clock.now(), None)
    session.commit()
    [(line, reason)] = refused(TEXT)
    assert line == 10
    assert reason.startswith("Slot 2: the item is not published")


def test_all_faults_are_named_at_once(stage: World) -> None:
    text = TEXT.replace("item: essay-2", "item: essay-9").replace("lead: ada", "lead: nobody")
    assert len(refused(text.replace("bank: complaints, count", "bank: praise, count"))) == 3


def test_loading_again_changes_nothing(stage: World) -> None:
    exam = load().exam
    before = audit.find_page(audit.AuditFilter()).total
    again = load(TEXT.replace("minutes: 30", "minutes: 30  # a remark"))
    assert (again.outcome, again.exam.id) == ("unchanged", exam.id)
    assert audit.find_page(audit.AuditFilter()).total == before


def test_a_changed_file_becomes_the_working_copy_and_what_is_published_stays(stage: World) -> None:
    exam = load().exam
    actions.publish_exam(exam, clock.now(), None)
    session.commit()
    done = load(TEXT.replace("minutes: 30", "minutes: 40"))
    assert (done.outcome, done.exam.id) == ("changed", exam.id)
    assert plans.load(exam.plan).terms.time_limit_s == 2400
    assert queries.is_behind(exam)
    assert exam.revision is not None
    assert plans.load(exam.revision.plan).terms.time_limit_s == 1800


@pytest.mark.parametrize(
    ("prefer", "outcome", "attempts"), [("", "conflict", 5), ("file", "changed", 1), ("browser", "kept", 5)]
)
def test_changed_on_both_sides(stage: World, prefer: str, outcome: str, attempts: int) -> None:
    exam = load().exam
    edit(exam)
    assert load().outcome == "unchanged"  # the file says nothing new
    changed = TEXT.replace("minutes: 30", "minutes: 40")
    done = load(changed, prefer)
    assert done.outcome == outcome
    assert plans.load(done.exam.plan).terms.attempts == attempts
    if prefer:
        assert load(changed).outcome == "unchanged"


def test_an_exam_that_never_came_from_a_file_is_not_replaced_unasked(stage: World) -> None:
    exam = actions.add_exam("November test", clock.now(), None)
    session.commit()
    assert load().outcome == "conflict"
    assert load(prefer="file").exam.id == exam.id


def test_a_withdrawn_or_hidden_exam_of_the_title_is_left_alone(stage: World) -> None:
    first = load().exam
    actions.withdraw_exam(first, clock.now(), None, "old")
    session.commit()
    second = load()
    assert (second.outcome, second.exam.id == first.id) == ("added", False)
    assert load(hidden_exams=[second.exam.id]).outcome == "added"


def test_graders_that_a_file_does_not_name_stay(stage: World) -> None:
    exam = load().exam
    load(TEXT.replace("graders: [mia, max]\nlead: ada\n", "").replace("minutes: 30", "minutes: 31"))
    assert [p.username for p in queries.find_duties(exam.id)["grader"]] == ["max", "mia"]


def test_a_saved_exam_loads_unchanged(stage: World) -> None:
    exam = load().exam
    edit(exam)
    text = files.save_exam(exam)
    session.commit()
    assert "attempts: 5" in text
    assert "item: essay-2" in text
    assert draft_of(text).duties == {"grader": ("max", "mia"), "lead": ("ada",)}
    assert load(text).outcome == "unchanged"
    resolved, _ = files.resolve(draft_of(text))
    assert resolved is not None
    assert resolved.plan == plans.load(exam.plan)


def test_who_grades_no_more_is_not_saved(stage: World) -> None:
    exam = load().exam
    from examengine.accounts import actions as accounts

    accounts.deactivate(stage.people["max"], clock.now(), None)
    session.commit()
    assert draft_of(files.save_exam(exam)).duties["grader"] == ("mia",)


def item(code: str, **facts: Any) -> ItemDraft:
    made: dict[str, Any] = {"kind": "essay", "language": "zh", "difficulty": 3, "competencies": ("business.service",)}
    made |= {"points": Decimal(1), "source": "", "use": "exam", "data": {}} | facts
    return ItemDraft(code=code, **made)


def folder(*items: ItemDraft, code: str = "calls") -> BankDraft:
    return BankDraft(code, {}, {}, tuple(FileItem(one, Place("items.yaml", 1), "") for one in items), ())


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, True),
        ({"use": "both"}, True),
        ({"use": "practice"}, False),
        ({"kind": "fill_in"}, False),
        ({"language": "en"}, False),
        ({"difficulty": 5}, False),
        ({"competencies": ("business",)}, True),
        ({"competencies": ("businesslike",)}, False),
        ({"competencies": ()}, False),
    ],
)
def test_what_fits_a_slot_in_files(facts: dict[str, Any], expected: bool) -> None:
    slot = SlotDraft(Place("exam.yaml", 4), "calls", "", 1, Decimal(2), ("business",), "essay", "zh", (2, 4))
    assert files.fits(slot, item("i-1", **facts)) is expected


def test_what_fits_in_files_fits_in_the_database(world: World) -> None:
    """The two say the same of the same items."""
    from examengine.bank import queries as bank_queries

    rows: list[dict[str, Any]] = [
        {},
        {"use": "practice"},
        {"use": "both"},
        {"language": "zh"},
        {"difficulty": 5},
        {"competencies": ("skills.phone",)},
        {"competencies": ("business", "skills.phone")},
    ]
    drafts = {}
    for n, facts in enumerate(rows):
        made = world.item(code=f"i-{n}", **facts)
        drafts[made.published_id] = bank.draft_of(made, made.latest)
    for competencies in ((), ("business",), ("skills",), ("business", "skills")):
        for language in (None, "en"):
            for difficulty in ((1, 5), (1, 4)):
                chosen = (competencies, "single_choice", language, difficulty)
                pool = [one.id for one in bank_queries.find_pool(world.bank().id, *chosen)]
                slot = SlotDraft(Place("", 0), "complaints", "", 1, Decimal(1), *chosen)
                assert pool == [key for key, draft in drafts.items() if files.fits(slot, draft)], chosen


def test_shortages_of_bank_folders_are_named_with_the_slots_line() -> None:
    text = """\
schema: 1
title: T
sections:
  - title: A
    slots:
      - {bank: calls, count: 2, kind: essay, points: 1}
      - {bank: calls, count: 1, points: 1}
      - {bank: calls, item: i-1}
"""
    good = [item("i-1"), item("i-2"), item("i-3"), item("i-4", kind="fill_in")]
    assert files.shortages(draft_of(text), [folder(*good)]) == []
    short = files.shortages(draft_of(text), [folder(*good[:3])])
    assert [(p.place.line, str(p.reason)) for p in short] == [
        (short[0].place.line, f"Slot {short[0].place.line - 5} cannot be filled: 1 more fitting questions are needed.")
    ]
    [missing] = files.shortages(draft_of(text.replace("item: i-1", "item: i-9")), [folder(*good)])
    assert (missing.place.line, str(missing.reason)) == (8, "There is no item “i-9” in the bank “calls”.")
    elsewhere = files.shortages(draft_of(text), [folder(code="letters")])
    assert [p.place.line for p in elsewhere] == [6, 7, 8]
