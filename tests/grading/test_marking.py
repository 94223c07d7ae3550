"""From marks to one score (§4): mean, tolerance, one more grader, the lead's decision; marks are never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from examengine.bank import actions as bank
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.delivery.conflicts import NOTHING
from examengine.grading import actions, queries
from examengine.grading.models import Adjudication, Mark, MarkingCase, MarkingTask, Score
from examengine.notices.queries import find_notices
from tests.grading.marking import LEVELS, answered, case_of, claim, essay, exam, hand_in, mark, mark_task, points_of
from tests.making import World

GRADERS = ("mia", "max", "zoe")


def marked(world: World, *totals: str, **terms: object) -> MarkingCase:
    """Cem's essay with these marks, each by another grader."""
    case = answered(world, **terms)  # type: ignore[arg-type]
    for name, total in zip(GRADERS, totals, strict=False):
        mark(world, name, total)
    session.expire_all()
    return queries.load_case(case.id)


def decide(world: World, case: MarkingCase, total: str = "8", reason: str = "reads better", by: str = "ada") -> None:
    actions.adjudicate(case.id, world.person(by).id, Decimal(total), reason, "", clock.now())
    session.commit()


@pytest.mark.parametrize(
    ("totals", "state", "points"),
    [
        (("7",), "waiting", None),
        (("7", "8"), "resolved", "7.5"),
        (("7", "8.5"), "waiting", None),
        (("7", "8.5", "8"), "resolved", "8.25"),
        (("6", "8", "7"), "resolved", "7"),
        (("5", "9", "7"), "lead", None),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else None,
)
def test_the_vectors_of_resolution(world: World, totals: tuple[str, ...], state: str, points: str | None) -> None:
    case = marked(world, *totals)
    assert case.state == state
    stand = queries.latest_scores([case.attempt_id]).get(case.attempt_id, {})
    assert [row.points for row in stand.values()] == ([Decimal(points)] if points else [])


def test_marks_beyond_tolerance_ask_for_one_more_grader_who_has_not_marked(world: World) -> None:
    case = marked(world, "5", "9")
    assert [(task.ordinal, task.state) for task in case.tasks] == [(1, "done"), (2, "done"), (3, "open")]
    assert claim(world, "mia") is None
    assert claim(world, "max") is None
    assert claim(world, "zoe") is not None


def test_one_more_grader_is_asked_for_once(world: World) -> None:
    case = marked(world, "5", "9")
    task = next(task for task in case.tasks if task.holder_id == world.person("mia").id)
    mark_task(world, "mia", task.id, "6")
    assert session.query(MarkingTask).count() == 3


def test_a_policy_of_one_grader_takes_her_mark(world: World) -> None:
    assert points_of(marked(world, "8.5", marking={"markers": 1}).attempt_id) == Decimal("8.5")


def test_the_score_names_its_marks_range_and_rule(world: World) -> None:
    case = marked(world, "7", "8.5", "8")
    score = queries.latest_scores([case.attempt_id])[case.attempt_id][1]
    counted = [m.id for m in case.marks if m.total >= 8]
    assert score.source == "marks"
    assert score.evidence["marks"] == 3
    assert score.evidence["rule"] == "closest"
    assert score.evidence["counted"] == counted
    assert score.evidence["range"] == 500_000
    assert score.evidence["criteria"] == [{"title": "Whole", "points": "8.2500", "maximum": "10"}]
    assert (case.low, case.high) == (Decimal(8), Decimal("8.5"))


def test_a_changed_mind_is_a_new_mark_that_supersedes(world: World) -> None:
    case = answered(world)
    first = mark(world, "mia", "5", "too short")
    second = mark_task(world, "mia", first.task_id, "8", "read again")
    session.expire_all()
    assert (first.total, first.comment, second.supersedes_id) == (Decimal(5), "too short", first.id)
    assert [m.id for m in queries.current_marks(queries.load_case(case.id))] == [second.id]
    mark(world, "max", "8.5")
    assert points_of(case.attempt_id) == Decimal("8.25")


def test_a_mark_cannot_be_changed_once_the_answer_is_decided(world: World) -> None:
    case = marked(world, "7", "8")
    task = next(task for task in case.tasks if task.holder_id == world.person("mia").id)
    with pytest.raises(Conflict):
        mark_task(world, "mia", task.id, "0")
    session.rollback()
    assert session.query(Mark).count() == 2


def test_every_criterion_needs_a_level(world: World) -> None:
    answered(world)
    task = claim(world, "mia")
    assert task is not None
    for levels in ([], [None], [0, 0], [len(LEVELS)], [-1]):
        with pytest.raises(Invalid):
            actions.give_mark(task.id, world.person("mia").id, levels, "", clock.now())
        session.rollback()


def test_a_mark_is_scaled_to_the_slots_maximum(world: World) -> None:
    hand_in(world, world.sitting(world.exam([world.item("essay", points="20")], marking={"markers": 1})))
    task = claim(world, "mia")
    assert task is not None
    mia = world.person("mia").id
    made = actions.give_mark(task.id, mia, [1, 2], "", clock.now())  # 2 and 5 of 5 + 5
    assert made.total == Decimal(14)


def test_a_mark_keeps_the_rubric_as_it_was(world: World) -> None:
    item = essay(world)
    hand_in(world, world.sitting(exam(world, item)))
    made = mark(world, "mia", "7")
    data = {**item.latest.content, "rubric": [{"criterion": "New", "levels": [{"points": "0"}, {"points": "10"}]}]}
    bank.write_item(world.bank(), item, replace(bank.draft_of(item, item.latest), data=data), clock.now(), None)
    bank.publish_item(item, clock.now(), None)
    session.commit()
    session.expire_all()
    assert [row["criterion"] for row in made.rubric] == ["Whole"]
    assert made.criteria[0]["level"] == LEVELS.index("7")


def test_an_answer_without_a_rubric_is_marked_in_steps(world: World) -> None:
    attempt = hand_in(world, world.sitting(world.exam([world.item("short_answer", points="2")])), answer="the cook")
    [criterion] = queries.rubric_of(case_of(attempt))
    assert [level.points for level in criterion.levels] == [Decimal(n) / 2 for n in range(5)]


def test_the_lead_finds_what_does_not_resolve_on_her_desk_and_is_told(world: World) -> None:
    case = marked(world, "5", "9", "7")
    ada = world.person("ada").id
    assert [found.id for found in queries.find_desk(ada, NOTHING)] == [case.id]
    assert [notice.kind for notice in find_notices(ada)] == ["marking.lead"]
    assert claim(world, "mia") is None


def test_the_lead_decides_with_a_reason(world: World) -> None:
    case = marked(world, "5", "9", "7")
    decide(world, case, "8.25", "the example is right")
    assert points_of(case.attempt_id) == Decimal("8.25")
    session.expire_all()
    assert queries.load_case(case.id).state == "resolved"
    assert session.query(Adjudication).one().reason == "the example is right"
    assert queries.latest_scores([case.attempt_id])[case.attempt_id][1].source == "lead"
    assert audit.find_latest(audit.AuditFilter(action="case.decide"), 1)[0].reason == "the example is right"
    assert queries.find_desk(world.person("ada").id, NOTHING) == []


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_the_lead_decides_nothing_without_a_reason(world: World, reason: str) -> None:
    with pytest.raises(Invalid):
        decide(world, marked(world, "5", "9", "7"), reason=reason)


@pytest.mark.parametrize("total", ["-0.5", "10.5", "NaN", "Infinity"])
def test_the_lead_stays_within_the_points(world: World, total: str) -> None:
    with pytest.raises(Invalid):
        decide(world, marked(world, "5", "9", "7"), total)


def test_only_the_lead_decides(world: World) -> None:
    case = marked(world, "5", "9", "7")
    for name in ("mia", "ann", "kim", "ben"):
        with pytest.raises(Missing):
            decide(world, case, by=name)
        session.rollback()


def test_the_lead_decides_only_what_waits_for_her_and_only_once(world: World) -> None:
    case = answered(world)
    with pytest.raises(Conflict):
        decide(world, case)
    session.rollback()
    for name, total in zip(GRADERS, ("5", "9", "7"), strict=True):
        mark(world, name, total)
    decide(world, case)
    with pytest.raises(Conflict):
        decide(world, case)


def test_a_lead_who_is_enrolled_decides_nothing_of_that_exam(world: World) -> None:
    case = marked(world, "5", "9", "7")
    world.sitting(session.get(type(exam(world)), case.exam_id), ["ada"])
    with pytest.raises(Missing):
        decide(world, case)


def test_a_lead_never_decides_her_own_answer(world: World, travel: Callable[..., None]) -> None:
    attempt = hand_in(world, world.sitting(exam(world), ["ada"], hours=1), "ada")
    travel(hours=2)
    for name, total in zip(GRADERS, ("5", "9", "7"), strict=True):
        mark(world, name, total)
    assert queries.find_desk(world.person("ada").id, NOTHING) == []
    with pytest.raises(Missing):
        decide(world, case_of(attempt))


def test_a_decision_ends_the_tasks_that_are_open_still(world: World) -> None:
    case = answered(world)
    for name, total in zip(GRADERS[:2], ("5", "9"), strict=True):
        mark(world, name, total)
    held = claim(world, "zoe")
    assert held is not None
    first = next(task for task in queries.load_case(case.id).tasks if task.holder_id == world.person("mia").id)
    mark_task(world, "mia", first.id, "8.5")
    session.expire_all()
    assert queries.load_case(case.id).state == "resolved"
    assert session.get(MarkingTask, held.id).state == "void"  # type: ignore[union-attr]
    assert claim(world, "zoe") is None


def test_resolving_writes_one_score(world: World) -> None:
    case = marked(world, "7", "8")
    assert session.query(Score).filter_by(attempt_id=case.attempt_id).count() == 1


def test_progress_counts_cases_and_marks(world: World) -> None:
    made = exam(world)
    sitting = world.sitting(made, ["cem", "sam"])
    for name in ("cem", "sam"):
        hand_in(world, sitting, name)
    mark(world, "mia", "7")
    progress = queries.progress(made.id, sitting.id)
    assert (progress.waiting, progress.lead, progress.resolved) == (2, 0, 0)
    assert (progress.marks, progress.wanted) == (1, 4)
