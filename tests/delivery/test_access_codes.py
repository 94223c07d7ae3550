"""Wrong access codes: counted for the person, wherever she is; a sitting without a code pays nothing for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from examengine.accounts import failures
from examengine.accounts.models import LoginFailure
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Forbidden, Problem, TooMany
from examengine.delivery import starting
from examengine.exams.models import Sitting
from tests.counting import statements
from tests.making import World

HERE, THERE = "192.0.2.7", "198.51.100.9"
CODE = "Alpha-7"


@pytest.fixture
def sitting(world: World) -> Sitting:
    return world.sitting(people=["cem", "sam"], access_code=CODE)


def begin(world: World, sitting: Sitting, code: str, name: str = "cem", address: str = HERE) -> Problem | int:
    """What comes of it; the failure is committed, as the door does."""
    person = world.person(name).id
    try:
        return starting.start(sitting.id, person, code, "desk", clock.now(), address=address)
    except (Forbidden, TooMany) as problem:
        return problem
    finally:
        session.commit()


def test_five_wrong_codes_make_the_right_one_wait(world: World, sitting: Sitting, travel: Callable[..., None]) -> None:
    for _ in range(5):
        assert isinstance(begin(world, sitting, "beta"), Forbidden)
    waiting = begin(world, sitting, CODE)
    assert isinstance(waiting, TooMany)
    assert (waiting.code, waiting.extra["retry_after"]) in {("wait", 30), ("wait", 29)}
    assert isinstance(begin(world, sitting, CODE, "sam"), int)
    travel(seconds=31)
    assert isinstance(begin(world, sitting, CODE), int)
    assert session.query(LoginFailure).count() == 0


def test_she_is_known_so_another_address_is_no_way_round(world: World, sitting: Sitting) -> None:
    for n in range(5):
        begin(world, sitting, "beta", address=f"198.51.100.{n}")
    assert isinstance(begin(world, sitting, CODE, address=THERE), TooMany)


def test_another_sitting_and_the_log_in_know_nothing_of_it(world: World, sitting: Sitting) -> None:
    for _ in range(5):
        begin(world, sitting, "beta")
    other = world.sitting(world.exam([world.item()]), access_code="Omega")
    assert isinstance(begin(world, other, "Omega"), int)
    failures.look(failures.at_login("cem", HERE), clock.now())


def test_an_open_attempt_goes_on_without_a_code(world: World, sitting: Sitting) -> None:
    attempt = begin(world, sitting, CODE)
    for _ in range(9):
        assert begin(world, sitting, "beta") == attempt


def test_the_room_is_let_try_again_at_once(world: World, sitting: Sitting) -> None:
    for name in ("cem", "sam"):
        for _ in range(5):
            begin(world, sitting, "told wrong", name)
    kim = world.person("kim").id
    assert failures.clear_sitting(sitting.id, clock.now(), kim, "a wrong code was told") == 10
    session.commit()
    assert all(isinstance(begin(world, sitting, CODE, name), int) for name in ("cem", "sam"))
    entry = audit.find_latest(audit.AuditFilter(action="sitting.waits"), 1)[0]
    assert (entry.actor_id, entry.subject_id, entry.reason) == (kim, sitting.id, "a wrong code was told")


@pytest.mark.parametrize(("code", "most"), [("", 2), (CODE, 4)])
def test_what_a_start_costs(world: World, code: str, most: int) -> None:
    sitting = world.sitting(people=["cem", "sam"], access_code=code)
    world.start(sitting, "sam")
    cem, number = world.person("cem").id, sitting.id
    session.commit()
    with statements() as seen:
        starting.start(number, cem, code, "desk", clock.now(), address=HERE)
    assert len(seen) <= most, seen
    assert code or len(seen) == 2


def test_neither_the_wrong_nor_the_right_code_is_kept(world: World, sitting: Sitting) -> None:
    begin(world, sitting, "beta-nine")
    row = session.query(LoginFailure).one()
    assert row.gate == f"sitting {sitting.id}"
    assert not {"beta", CODE} & set(f"{row.account} {row.address}".split())
