"""The ledger row when everything is decided; releases by policy; what may be shown of keys and when (§5)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.delivery import actions as delivery
from examengine.delivery.models import Attempt
from examengine.exams import plans
from examengine.exams.models import Exam, Sitting
from examengine.grading import actions as grading
from examengine.grading import queries as scores
from examengine.grading.models import Score
from examengine.notices.queries import find_notices
from examengine.results import actions, queries, review
from examengine.results.models import Release, Result
from examengine.results.sitting_table import sitting_table
from examengine.results.sittings import count_unreleased
from tests.grading.marking import essay, exam, hand_in, mark
from tests.making import World
from tests.racing import Racer


def complete(attempt: Attempt) -> Result | None:
    made = actions.complete(attempt.id, clock.now())
    session.commit()
    return made


def release(sitting: Sitting) -> int:
    out = actions.release_due(sitting.id, clock.now())
    session.commit()
    return out


def choices(world: World, count: int = 2, **terms: Any) -> Exam:
    return world.exam([world.item() for _ in range(count)], **terms)


def test_the_row_holds_points_percent_and_pass(world: World) -> None:
    result = complete(world.sat(world.sitting(choices(world, 3))))
    assert result is not None
    assert (result.points, result.maximum, result.percent, result.passed) == (6, 6, Decimal("100.00"), True)
    assert (result.revision, result.borderline) == (1, False)


def half_right(world: World, sitting: Sitting, right: int) -> Attempt:
    attempt = world.start(sitting)
    good, bad = world.answers(attempt), world.answers(attempt, right=False)
    values = {slot: (good if slot <= right else bad)[slot] for slot in good}
    world.save(world.token(attempt), 1, [{"slot": s, "t": s, "value": v} for s, v in values.items()])
    return world.submit(attempt, values)


@pytest.mark.parametrize(
    ("right", "pass_mark", "percent", "passed"),
    [
        (2, "66.67", "66.67", True),
        (2, "66.68", "66.67", False),
        (1, "33.33", "33.33", True),
        (1, "33.34", "33.33", False),
        (0, "0", "0.00", True),
    ],
)
def test_percent_is_rounded_half_up_once_and_compared_exactly(
    world: World, right: int, pass_mark: str, percent: str, passed: bool
) -> None:
    sitting = world.sitting(choices(world, 3, pass_mark=Decimal(pass_mark)))
    result = complete(half_right(world, sitting, right))
    assert result is not None
    assert (result.percent, result.passed) == (Decimal(percent), passed)


def test_there_is_no_row_while_something_waits_for_people(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    assert complete(attempt) is None
    mark(world, "mia", "7")
    assert complete(attempt) is None
    assert queries.find_ripe(9) == []
    mark(world, "max", "8")
    assert queries.find_ripe(9) == [attempt.id]
    result = complete(attempt)
    assert result is not None
    assert result.percent == Decimal("75.00")


def test_there_is_no_row_while_the_lead_has_to_decide(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world)))
    for name, total in (("mia", "5"), ("max", "9"), ("zoe", "7")):
        mark(world, name, total)
    assert complete(attempt) is None
    assert queries.find_ripe(9) == []


def test_there_is_no_row_of_an_open_unscored_or_void_attempt(world: World) -> None:
    attempt = world.start(world.sitting(choices(world)))
    assert complete(attempt) is None
    delivery.close_attempt(attempt.id, "force", clock.now())
    session.commit()
    assert complete(attempt) is None
    grading.score_closed(attempt.id, clock.now())
    delivery.void(attempt.id, clock.now(), world.person("kim").id, "fraud")
    session.commit()
    assert complete(attempt) is None
    assert queries.find_ripe(9) == []


def test_the_row_is_made_once(world: World) -> None:
    attempt = world.sat(world.sitting(choices(world)))
    assert complete(attempt) is not None
    assert complete(attempt) is None
    assert session.query(Result).count() == 1


def test_two_loops_at_once_make_one_row(app: Flask, world: World) -> None:
    attempt_id = world.sat(world.sitting(choices(world))).id

    def make() -> bool:
        return actions.complete(attempt_id, clock.now()) is not None

    with Racer(app, make, hold=True) as first:
        first.has_worked()
        with Racer(app, make) as second:
            second.must_wait()
            assert first.let_go()
            assert not second.result()
    assert session.query(Result).count() == 1


def test_the_breakdown_is_by_section_and_by_competency(world: World) -> None:
    one = world.item(competencies=("business.service", "skills.phone"))
    two = world.item("true_false", competencies=("skills.phone",), points="3")
    parts = {"Part A": one, "Part B": two}
    sections = tuple(plans.Section(title, (plans.FixedSlot(item.id),)) for title, item in parts.items())
    made = world.exam_of(plans.Plan(plans.Terms(), sections))
    result = complete(half_right(world, world.sitting(made), 1))
    assert result is not None
    shares = {
        (row["label"], Decimal(row["points"]), Decimal(row["maximum"]), row["items"])
        for rows in result.breakdown.values()
        for row in rows
    }
    assert shares == {
        ("Part A", 2, 2, 1),
        ("Part B", 0, 3, 1),
        ("business.service", 2, 2, 1),
        ("skills.phone", 2, 5, 2),
    }


def test_marks_on_both_sides_of_the_pass_mark_make_a_result_borderline_and_tell_the_lead(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world, pass_mark=Decimal(75))))
    mark(world, "mia", "7")
    mark(world, "max", "8")
    result = complete(attempt)
    assert result is not None
    assert (result.borderline, result.passed) == (True, True)
    assert [notice.kind for notice in find_notices(world.person("ada").id)] == ["result.borderline"]


def test_marks_on_one_side_are_not_borderline(world: World) -> None:
    attempt = hand_in(world, world.sitting(exam(world, pass_mark=Decimal(60))))
    mark(world, "mia", "7")
    mark(world, "max", "8")
    result = complete(attempt)
    assert result is not None
    assert not result.borderline
    assert find_notices(world.person("ada").id) == []


def test_borderline_adds_up_the_lowest_and_the_highest_marks_of_all_answers(world: World) -> None:
    made = exam(world, essay(world, "essay-1"), essay(world, "essay-2"), pass_mark=Decimal("72.5"))
    attempt = hand_in(world, world.sitting(made))
    for _ in range(2):
        mark(world, "mia", "7")
        mark(world, "max", "8")
    result = complete(attempt)
    assert result is not None
    assert (result.percent, result.borderline) == (Decimal("75.00"), True)


def outcome(world: World, sitting: Sitting) -> int:
    """A complete result of Cem; gives the attempt's id."""
    attempt = world.sat(sitting)
    complete(attempt)
    return attempt.id


def test_policy_complete_releases_at_once(world: World) -> None:
    sitting = world.sitting(choices(world, release="complete"))
    attempt = outcome(world, sitting)
    assert release(sitting) == 1
    released = queries.find_released(attempt)
    assert released is not None and released.release is not None
    assert released.release.policy == "complete"


def test_policy_close_waits_for_the_close(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choices(world, release="close"), hours=2)
    attempt = outcome(world, sitting)
    assert release(sitting) == 0
    assert queries.find_released(attempt) is None
    travel(hours=2)
    assert release(sitting) == 1


def test_policy_marked_waits_for_the_close_and_for_everybody(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choices(world, release="marked"), ["cem", "sam"], hours=2)
    outcome(world, sitting)
    sams = world.start(sitting, "sam")
    assert release(sitting) == 0
    travel(hours=2)
    assert release(sitting) == 0
    delivery.close_attempt(sams.id, "force", clock.now())
    grading.score_closed(sams.id, clock.now())
    session.commit()
    assert release(sitting) == 0
    complete(sams)
    assert release(sitting) == 2


def test_policy_marked_waits_for_the_close_though_all_who_came_are_marked(
    world: World, travel: Callable[..., None]
) -> None:
    sitting = world.sitting(choices(world, release="marked"), ["cem", "sam"], hours=2)
    outcome(world, sitting)
    assert release(sitting) == 0
    travel(hours=2)
    assert release(sitting) == 1


def test_policy_marked_does_not_wait_for_void_attempts(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choices(world, release="marked"), ["cem", "sam"], hours=2)
    outcome(world, sitting)
    delivery.void(world.start(sitting, "sam").id, clock.now(), world.person("kim").id, "fraud")
    session.commit()
    travel(hours=2)
    assert release(sitting) == 1


def test_policy_hand_waits_for_a_person(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choices(world, release="hand"), hours=2)
    outcome(world, sitting)
    travel(hours=3)
    assert release(sitting) == 0
    kim = world.person("kim").id
    assert actions.release_by_hand(sitting.id, clock.now(), kim) == 1
    session.commit()
    entry = audit.find_latest(audit.AuditFilter(action="sitting.release"), 1)[0]
    assert (entry.actor_id, entry.detail) == (kim, {"results": 1})
    with pytest.raises(Conflict):
        actions.release_by_hand(sitting.id, clock.now(), kim)


@pytest.mark.parametrize("policy", ["complete", "marked", "close"])
def test_a_release_happens_once_and_is_told_once(world: World, travel: Callable[..., None], policy: str) -> None:
    sitting = world.sitting(choices(world, release=policy), hours=2)
    outcome(world, sitting)
    travel(hours=3)
    assert (release(sitting), release(sitting)) == (1, 0)
    assert session.query(Release).count() == 1
    kinds = [notice.kind for notice in find_notices(world.person("cem").id)]
    assert kinds.count("result.released") == 1
    assert queries.find_due_releases(clock.now(), 9) == []


def test_a_void_attempts_result_is_never_released(world: World) -> None:
    sitting = world.sitting(choices(world, release="complete"))
    attempt = outcome(world, sitting)
    delivery.void(attempt, clock.now(), world.person("kim").id, "impersonation")
    session.commit()
    assert release(sitting) == 0


def test_a_part_scored_result_does_not_exist_to_be_released(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(exam(world, release="complete"), hours=2)
    attempt = hand_in(world, sitting)
    mark(world, "mia", "7")
    travel(hours=3)
    complete(attempt)
    assert release(sitting) == 0
    assert queries.find_released(attempt.id) is None
    assert queries.find_own_released(world.person("cem").id) == []


def keys(attempt_id: int) -> list[tuple[str, ...]]:
    attempt = session.get(Attempt, attempt_id)
    assert attempt is not None
    return [answer.key for answer in review.review(attempt, clock.now())]


def test_before_the_close_a_review_has_no_keys_explanations_or_verdicts(world: World) -> None:
    sitting = world.sitting(world.exam([world.item(kind) for kind in ("single_choice", "fill_in", "true_false")]))
    attempt = session.get(Attempt, outcome(world, sitting))
    assert attempt is not None
    answers = review.review(attempt, clock.now())
    assert {answer.key for answer in answers} == {()}
    assert {answer.explanation for answer in answers} == {""}
    assert {line.right for answer in answers for line in answer.lines} == {None}


def test_after_the_close_it_has_them(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(world.exam([world.item("fill_in")]), hours=2)
    attempt = session.get(Attempt, outcome(world, sitting))
    assert attempt is not None
    travel(hours=2)
    [answer] = review.review(attempt, clock.now())
    assert answer.key == ("the password / password", "24 ± 1")
    assert answer.explanation == "<p>Always.</p>"
    assert [line.right for line in answer.lines] == [True, True]


def test_a_review_shows_options_in_the_order_of_the_paper(world: World) -> None:
    options = [{"text": f"<p>{letter}</p>", "key": letter == "a"} for letter in "abcdefgh"]
    sitting = world.sitting(world.exam([world.item(data={"options": options})]))
    attempt_id = outcome(world, sitting)
    attempt = session.get(Attempt, attempt_id)
    assert attempt is not None
    [answer] = review.review(attempt, clock.now())
    order = attempt.paper["slots"][0]["order"]
    assert [line.text for line in answer.lines] == [f"<p>{'abcdefgh'[i]}</p>" for i in order]
    assert [line.chosen for line in answer.lines] == [i == 0 for i in order]


def test_keys_wait_for_the_last_sitting_that_uses_the_question_in_any_exam(
    world: World, travel: Callable[..., None]
) -> None:
    item = world.item()
    first = world.sitting(world.exam([item]), hours=1)
    attempt = outcome(world, first)
    world.sitting(world.exam([item]), ["sam"], title="make-up", hours=5)
    travel(hours=2)
    assert keys(attempt) == [()]
    travel(hours=4)
    assert keys(attempt) == [("Listen first",)]


def test_a_withdrawn_sitting_keeps_no_keys_back(world: World, travel: Callable[..., None]) -> None:
    from examengine.exams import actions as exams

    item = world.item()
    attempt = outcome(world, world.sitting(world.exam([item]), hours=1))
    later = world.sitting(world.exam([item]), ["sam"], hours=5)
    exams.withdraw_sitting(later, clock.now(), None, "cancelled")
    session.commit()
    travel(hours=2)
    assert keys(attempt) == [("Listen first",)]


def test_keys_wait_for_who_goes_on_with_extra_time_after_the_close(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(choices(world, 1), ["cem", "sam"], hours=1)
    attempt = outcome(world, sitting)
    sams = world.start(sitting, "sam").id
    travel(hours=1)
    assert keys(attempt) == [()]
    delivery.close_attempt(sams, "force", clock.now())
    session.commit()
    assert keys(attempt) == [("Listen first",)]


def test_graders_comments_come_with_the_result_and_criteria_with_the_keys(
    world: World, travel: Callable[..., None]
) -> None:
    attempt = hand_in(world, world.sitting(exam(world), hours=2))
    mark(world, "mia", "7", "Well structured.")
    mark(world, "max", "8")
    complete(attempt)
    [answer] = review.review(attempt, clock.now())
    assert (answer.comments, answer.criteria, answer.marks) == (("Well structured.",), (), 2)
    travel(hours=2)
    [answer] = review.review(attempt, clock.now())
    assert [row["title"] for row in answer.criteria] == ["Whole"]


@pytest.mark.parametrize(("counts", "percent"), [("best", 100), ("last", 0), ("first", 50)])
def test_the_attempt_that_counts(world: World, counts: str, percent: int) -> None:
    sitting = world.sitting(choices(world, 2, attempts=3, counts=counts))
    for right in (1, 2, 0):
        complete(half_right(world, sitting, right))
    [row] = sitting_table(sitting)
    assert row.result is not None
    assert (row.result.percent, row.attempts) == (percent, 3)


def test_the_sitting_table_takes_the_same_number_of_statements_whatever_its_length(world: World) -> None:
    from tests.counting import statements

    names = [f"op{n}" for n in range(6)]
    small, large = (world.sitting(choices(world), people) for people in (names[:1], names))
    for sitting, people in ((small, names[:1]), (large, names)):
        for name in people:
            complete(world.sat(sitting, name))
    counts = []
    for sitting in (small, large):
        session.expire_all()
        with statements() as seen:
            sitting_table(sitting)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 7


def revise(attempt: Attempt, points: str | None, *, always: bool = False) -> Result | None:
    """A correction's score for the first slot, if any, then the next ledger row."""
    if points is not None:
        before = scores.latest_scores([attempt.id])[attempt.id][1]
        session.add(
            Score(
                attempt_id=attempt.id,
                slot=1,
                number=before.number + 1,
                version_id=before.version_id,
                source="lead",
                points=Decimal(points),
                maximum=before.maximum,
                at=clock.now(),
            )
        )
        session.flush()
    made = actions.revise(attempt.id, "The key was wrong.", clock.now(), None, always=always)
    session.commit()
    return made


def test_a_revision_is_a_new_row_released_with_a_notice_where_the_old_one_was(world: World) -> None:
    attempt = world.sat(world.sitting(choices(world, release="complete")), right=False)
    complete(attempt)
    release(attempt.sitting)
    result = revise(attempt, "2")
    assert result is not None
    assert (result.revision, result.points, result.passed, result.reason) == (2, 2, False, "The key was wrong.")
    old = session.query(Result).filter_by(revision=1).one()
    assert (old.points, old.release is not None) == (0, True)
    assert [notice.kind for notice in find_notices(attempt.person_id)][:2] == ["result.revised", "result.released"]
    assert [row.revision for row, _ in queries.find_own_released(attempt.person_id)] == [2]
    assert queries.find_due_releases(clock.now(), 10) == []


def test_an_unreleased_result_is_revised_without_a_word_and_released_once(world: World) -> None:
    attempt = world.sat(world.sitting(choices(world, release="hand")), right=False)
    complete(attempt)
    assert revise(attempt, "2") is not None
    assert count_unreleased(attempt.sitting_id) == 1
    assert actions.release_by_hand(attempt.sitting_id, clock.now(), world.person("kim").id) == 1
    assert [notice.kind for notice in find_notices(attempt.person_id)][:1] == ["result.released"]
    assert session.query(Release).count() == 1


def test_nothing_changed_is_no_row_unless_it_is_asked_for(world: World) -> None:
    attempt = world.sat(world.sitting(choices(world)))
    assert revise(attempt, None) is None
    complete(attempt)
    assert revise(attempt, None) is None
    again = revise(attempt, None, always=True)
    assert again is not None
    assert (again.revision, again.percent) == (2, Decimal("100.00"))


def test_a_sitting_that_was_called_off_shows_no_keys(world: World, travel: Callable[..., None]) -> None:
    from examengine.exams import actions as exams

    sitting = world.sitting(choices(world, 1), hours=1)
    attempt = outcome(world, sitting)
    exams.withdraw_sitting(sitting, clock.now(), None, "the power is off")
    session.commit()
    travel(hours=2)
    assert keys(attempt) == [()]
