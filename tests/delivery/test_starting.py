"""Start: who may, when, how often; one statement reads, one inserts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from examengine.accounts import actions as accounts
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Forbidden, Missing, Problem
from examengine.delivery import actions, queries, starting
from examengine.delivery.models import Attempt
from examengine.exams import actions as exams
from examengine.exams import plans
from examengine.exams import queries as exam_queries
from examengine.exams.models import Sitting
from tests.counting import statements
from tests.making import World, log_in


def begin(world: World, sitting: Sitting, name: str = "cem", code: str = "") -> int:
    sitting_id, person_id = sitting.id, world.person(name).id
    session.commit()  # a start commits itself, on a connection of its own
    return starting.start(sitting_id, person_id, code, "desk", clock.now())


def refused(world: World, sitting: Sitting, name: str = "cem", code: str = "") -> Problem:
    with pytest.raises(Problem) as caught:
        begin(world, sitting, name, code)
    session.rollback()
    return caught.value


def end(attempt_id: int) -> None:
    actions.close_attempt(attempt_id, "force", clock.now())
    session.commit()


def give_time(world: World, sitting: Sitting, seconds: int, at_close: int | None = None) -> None:
    enrolment = exam_queries.find_enrolment(sitting.id, world.person("cem").id)
    assert enrolment is not None
    exams.add_extra_time(enrolment, seconds, clock.now(), world.person("kim").id, "certificate", at_close)
    session.commit()


def length_of(world: World, sitting: Sitting) -> float:
    attempt = world.start(sitting)
    assert attempt.deadline_at is not None
    return (attempt.deadline_at - attempt.started_at).total_seconds()


def test_who_is_enrolled_gets_a_paper_and_a_deadline(world: World) -> None:
    attempt = world.start(world.sitting(), holder="desk")
    assert (attempt.state, attempt.number, attempt.epoch, attempt.holder) == ("in_progress", 1, 1, "desk")
    assert len(attempt.paper["slots"]) == 6
    assert attempt.deadline_at == attempt.started_at + timedelta(hours=1)


def test_who_is_not_enrolled_finds_nothing(world: World) -> None:
    assert isinstance(refused(world, world.sitting(), "sam"), Missing)


def test_who_was_taken_out_finds_nothing(world: World) -> None:
    sitting = world.sitting()
    exams.set_audience(sitting, (), (), clock.now(), None)
    session.commit()
    assert isinstance(refused(world, sitting), Missing)


def test_not_before_the_opening(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(opens=timedelta(minutes=10))
    assert refused(world, sitting).code == "not-open"
    travel(minutes=10, seconds=1)
    assert begin(world, sitting)


def test_not_after_the_last_start(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(last_start=clock.now() + timedelta(minutes=30))
    travel(minutes=30, seconds=1)
    assert refused(world, sitting).code == "start-over"


def test_the_last_moment_to_start_counts(world: World) -> None:
    sitting = world.sitting(last_start=clock.now() + timedelta(minutes=30))
    sitting_id, cem, last = sitting.id, world.person("cem").id, sitting.last_start_at
    session.commit()
    assert starting.start(sitting_id, cem, "", "desk", last)


def test_attempts_are_used_up(world: World) -> None:
    sitting = world.sitting(world.exam(attempts=2))
    for _ in range(2):
        end(begin(world, sitting))
    assert refused(world, sitting).code == "attempts-used"


def test_a_void_attempt_does_not_count_and_its_number_is_not_used_again(world: World) -> None:
    sitting = world.sitting()
    actions.void(begin(world, sitting), clock.now(), world.person("kim").id, "alarm")
    session.commit()
    assert queries.get_attempt(begin(world, sitting)).number == 2


def test_a_readmission_allows_one_more(world: World) -> None:
    sitting = world.sitting()
    end(begin(world, sitting))
    enrolment = exam_queries.find_enrolment(sitting.id, world.person("cem").id)
    assert enrolment is not None
    exams.readmit(enrolment, clock.now(), world.person("kim").id, "power cut")
    session.commit()
    end(begin(world, sitting))
    assert refused(world, sitting).code == "attempts-used"


@pytest.mark.parametrize("code", ["", "alpha-8", "alpha 7"])
def test_a_wrong_access_code_is_refused(world: World, code: str) -> None:
    error = refused(world, world.sitting(access_code="Alpha-7"), code=code)
    assert isinstance(error, Forbidden)
    assert error.code == "access-code"


@pytest.mark.parametrize("code", ["Alpha-7", " alpha-7 "])
def test_the_access_code_lets_in(world: World, code: str) -> None:
    assert begin(world, world.sitting(access_code="Alpha-7"), code=code)


def test_a_withdrawn_exam_lets_nobody_start_and_begun_attempts_go_on(world: World) -> None:
    exam = world.exam()
    sitting = world.sitting(exam, ["cem", "sam"])
    begun = begin(world, sitting)
    exams.withdraw_exam(exam, clock.now(), None, "a key was published")
    session.commit()
    assert refused(world, sitting, "sam").code == "withdrawn"
    assert begin(world, sitting) == begun


def test_a_withdrawn_sitting_lets_nobody_start(world: World) -> None:
    sitting = world.sitting()
    exams.withdraw_sitting(sitting, clock.now(), None, "no room")
    session.commit()
    assert refused(world, sitting).code == "withdrawn"


def test_a_second_start_goes_on_with_the_open_attempt(world: World) -> None:
    sitting = world.sitting(world.exam(attempts=3))
    assert begin(world, sitting) == begin(world, sitting)
    assert len(queries.find_attempts(sitting.id)) == 1


def test_the_database_allows_one_open_attempt_an_enrolment(world: World) -> None:
    attempt = world.start(world.sitting(world.exam(attempts=3)))
    fields = ("enrolment_id", "sitting_id", "person_id", "revision_id", "started_at", "deadline_at", "paper")
    session.add(Attempt(number=2, state="paused", **{name: getattr(attempt, name) for name in fields}))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_extra_time_lengthens_the_attempt(world: World) -> None:
    sitting = world.sitting()
    give_time(world, sitting, 900)
    give_time(world, sitting, 300)
    assert length_of(world, sitting) == 3600 + 1200


def test_the_hard_close_cuts_and_is_later_by_the_extra_time(world: World) -> None:
    sitting = world.sitting(hours=0.5, opens=timedelta(seconds=-60))
    cut = length_of(world, world.sitting(world.exam([world.item()]), hours=0.5, opens=timedelta(seconds=-60)))
    assert 1735 < cut <= 1740
    give_time(world, sitting, 600)
    assert 600 + 1735 < length_of(world, sitting) <= 600 + 1740


def test_extra_time_at_the_close_may_be_another(world: World) -> None:
    sitting = world.sitting(hours=0.5, opens=timedelta(seconds=-60))
    give_time(world, sitting, 7200, 0)
    assert 1735 < length_of(world, sitting) <= 1740


def test_a_paper_is_replayed_from_its_seed(world: World) -> None:
    attempt = world.start(world.sitting())
    deal = exam_queries.get_deal(attempt.revision_id)
    assert starting.deal_paper(deal, attempt.paper["seed"]) == attempt.paper


def test_the_seed_decides_order_of_items_and_options(world: World) -> None:
    sitting = world.sitting(world.exam([world.item() for _ in range(6)]))
    deal = exam_queries.get_deal(sitting.revision_id)
    papers = [starting.deal_paper(deal, str(n))["slots"] for n in range(8)]
    assert len({tuple(slot["version"] for slot in paper) for paper in papers}) > 1
    assert len({tuple(slot["order"]) for paper in papers for slot in paper}) > 1
    assert all(sorted(slot["order"]) == [0, 1, 2] for paper in papers for slot in paper)


def test_without_shuffles_the_author_decides_the_order(world: World) -> None:
    items = [world.item() for _ in range(4)]
    exam = world.exam(items, shuffle_items=False, shuffle_options=False)
    deal = exam_queries.get_deal(world.sitting(exam).revision_id)
    slots = starting.deal_paper(deal, "any")["slots"]
    assert [slot["version"] for slot in slots] == [item.published_id for item in items]
    assert {tuple(slot["order"]) for slot in slots} == {(0, 1, 2)}


def test_pinned_options_stay_last(world: World) -> None:
    options = [{"text": "none of these", "pinned": True}, {"text": "a", "key": True}, {"text": "b"}, {"text": "c"}]
    sitting = world.sitting(world.exam([world.item(data={"options": options})]))
    deal = exam_queries.get_deal(sitting.revision_id)
    orders = {tuple(starting.deal_paper(deal, str(n))["slots"][0]["order"]) for n in range(12)}
    assert len(orders) > 1
    assert {order[-1] for order in orders} == {0}


def test_drawn_items_are_of_the_pool_and_distinct(world: World) -> None:
    pool = {world.item(code=f"draw-{n}").published_id for n in range(8)}
    rule = plans.DrawRule(world.bank().id, 5, points=plans.points("3"))
    exam = world.exam_of(plans.Plan(plans.Terms(), (plans.Section("Drawn", (rule,)),)))
    slots = world.start(world.sitting(exam)).paper["slots"]
    versions = [slot["version"] for slot in slots]
    assert len(set(versions)) == 5
    assert set(versions) <= pool
    assert {slot["points"] for slot in slots} == {3_000_000}


def test_points_of_a_fixed_slot_are_those_of_the_item_unless_the_slot_says(world: World) -> None:
    one, two = world.item(points="2"), world.item(points="2")
    slots = (plans.FixedSlot(one.id), plans.FixedSlot(two.id, plans.points("4.5")))
    plan = plans.Plan(plans.Terms(shuffle_items=False), (plans.Section("Part", slots),))
    paper = world.start(world.sitting(world.exam_of(plan))).paper
    assert [slot["points"] for slot in paper["slots"]] == [2_000_000, 4_500_000]


@pytest.mark.parametrize("size", [3, 30])
def test_a_start_takes_two_statements_whatever_the_size(world: World, size: int) -> None:
    sitting = world.sitting(world.exam([world.item() for _ in range(size)]), ["cem", "sam"])
    world.start(sitting, "sam")  # the process knows the revision and its items from now on
    cem, sitting_id = world.person("cem").id, sitting.id
    session.commit()
    with statements() as seen:
        starting.start(sitting_id, cem, "", "desk", clock.now())
    assert len(seen) == 2, seen


@pytest.mark.parametrize("size", [3, 30])
def test_the_exam_page_takes_three_statements_whatever_the_size(world: World, client: FlaskClient, size: int) -> None:
    attempt = world.start(world.sitting(world.exam([world.item() for _ in range(size)])))
    world.answer_all(attempt)
    path = f"/attempts/{attempt.id}"
    log_in(client, "cem")
    client.get(path)
    with statements() as seen:
        page = client.get(path)
    assert page.get_data(as_text=True).count("<article") == size
    assert len(seen) <= 3, seen  # the person, the attempt with its sitting, the journal


def test_a_deactivated_member_of_a_team_is_not_enrolled(world: World) -> None:
    east = world.team()
    cem = world.person("cem", team=east)
    accounts.deactivate(cem, clock.now(), None)
    session.commit()
    sitting = world.sitting(people=(), team_ids=[east.id])
    assert isinstance(refused(world, sitting), Missing)


def test_a_start_after_the_close_by_who_never_began(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(hours=1)
    travel(hours=2)
    error = refused(world, sitting)
    assert isinstance(error, Conflict)
    assert error.code == "start-over"
