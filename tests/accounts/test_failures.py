"""Failed tries in the database: the same for all workers and after a restart; many at once are no more than a few."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from flask import Flask

from examengine.accounts import failures, waits
from examengine.accounts.models import LoginFailure
from examengine.core import audit, clock
from examengine.core.db import begin_writing, db, session
from examengine.core.errors import TooMany
from tests.counting import statements
from tests.making import World
from tests.racing import Racer

Travel = Callable[..., None]
HERE, THERE = "192.0.2.7", "198.51.100.9"


def fail(name: str = "cem", address: str = HERE, times: int = 1) -> None:
    """So many wrong passwords, one after the other."""
    for _ in range(times):
        begin_writing()
        this = failures.at_login(name, address)
        failures.note(this, failures.look(this, clock.now()), clock.now())
        session.commit()


def wait(name: str = "cem", address: str = HERE) -> int:
    """Seconds that a try there has to wait."""
    begin_writing()
    try:
        failures.look(failures.at_login(name, address), clock.now())
    except TooMany as problem:
        assert problem.code == "wait"
        return int(problem.extra["retry_after"])
    finally:
        session.rollback()
    return 0


def fill(address: str, count: int) -> None:
    """So many failures of many names from an address."""
    session.add_all(
        LoginFailure(gate="login", account=f"{n % 100:064d}", address=address, at=clock.now(), wait_s=0)
        for n in range(count)
    )
    session.commit()


def test_five_failures_make_wait_there_and_nowhere_else_and_nobody_else(app: Flask) -> None:
    fail(times=4)
    assert wait() == 0
    fail()
    assert 29 <= wait() <= 30
    assert wait(address=THERE) == wait("sam") == 0


def test_the_wait_doubles_while_it_goes_on(app: Flask, travel: Travel) -> None:
    fail(times=5)
    for seconds in (60, 120, 240, 480, 900, 900):
        travel(seconds=wait())
        fail()
        assert seconds - 1 <= wait() <= seconds


def test_a_name_is_one_however_it_is_written(app: Flask) -> None:
    for name in ("cem", "CEM", " Cem ", "cEm", "cem\t"):
        fail(name)
    assert wait("Cem") > 0


def test_a_success_clears_that_account_from_there_only(app: Flask) -> None:
    fail(times=5)
    fail(address=THERE, times=5)
    fail("sam", times=5)
    begin_writing()
    failures.clear(failures.at_login("cem", HERE))
    session.commit()
    assert wait() == 0
    assert wait(address=THERE) > 0
    assert wait("sam") > 0


def test_failures_from_many_addresses_slow_the_account_and_never_refuse_it(app: Flask) -> None:
    for n in range(40):
        fail(address=f"198.51.100.{n}")
    begin_writing()
    standing = failures.look(failures.at_login("cem", HERE), clock.now())
    session.rollback()
    assert waits.is_slowed(standing)
    assert wait() == 0


def test_an_address_is_refused_at_three_hundred_whoever_tries_and_the_others_are_not(
    app: Flask, travel: Travel
) -> None:
    fill(HERE, 299)
    assert wait("ann") == 0
    fill(HERE, 1)
    assert 899 <= wait("ann") <= 900
    assert wait("ann", THERE) == 0
    travel(minutes=15, seconds=1)
    assert wait("ann") == 0


def test_a_whole_ipv6_network_is_one_address(app: Flask) -> None:
    for n in range(5):
        fail(address=f"2001:db8:1:2::{n}")
    assert wait(address="2001:db8:1:2:ffff::9") > 0
    assert wait(address="2001:db8:1:3::1") == 0


def test_what_was_typed_is_not_kept(app: Flask) -> None:
    fail("my password in the wrong field")
    row = session.query(LoginFailure).one()
    assert "password" not in f"{row.account} {row.gate} {row.address}"


def test_a_restart_forgets_nothing(app: Flask) -> None:
    from examengine.app import create_app

    fail(times=5)
    session.rollback()
    other = create_app(app.config["SETTINGS"])
    with other.app_context():
        assert wait() > 0
        session.remove()
        db.engine.dispose()


def test_ten_wrong_guesses_at_once_are_five_checks(app: Flask) -> None:
    def guess() -> bool:
        begin_writing()
        this = failures.at_login("cem", HERE)
        try:
            failures.note(this, failures.look(this, clock.now()), clock.now())
        except TooMany:
            return False
        return True

    with ExitStack() as stack:
        racers = [stack.enter_context(Racer(app, guess)) for _ in range(10)]
        taken = [racer.result() for racer in racers]
    assert sum(taken) == 5
    assert session.query(LoginFailure).count() == 5


def test_a_try_takes_a_fixed_number_of_statements(app: Flask) -> None:
    counts = set()
    for name in ("cem", "nobody"):
        for _ in range(3):
            session.rollback()
            with statements() as seen:
                fail(name)
            counts.add(len(seen))
    assert len(counts) == 1
    assert counts.pop() <= 3


@pytest.mark.parametrize("column", ["own", "account", "address"])
def test_each_count_has_its_index(app: Flask, column: str) -> None:
    names = {index.name for index in LoginFailure.__table__.indexes}  # type: ignore[attr-defined]
    assert f"ix_login_failure_{column}" in names


def test_the_person_sees_them_by_address_the_latest_first(world: World, travel: Travel) -> None:
    cem = world.person("cem")
    fail("CEM", THERE, times=2)
    travel(minutes=1)
    fail(times=5)
    fail("sam", times=3)
    found = failures.find_recent(cem, clock.now())
    assert [(row.address, row.count, bool(row.wait_s)) for row in found] == [(HERE, 5, True), (THERE, 2, False)]
    travel(minutes=15)
    assert failures.find_recent(cem, clock.now()) == []


def test_a_cleared_wait_is_over_and_in_the_audit_trail(world: World) -> None:
    cem, ben = world.person("cem"), world.person("ben").id
    fail(times=5)
    fail(address=THERE, times=1)
    fail("sam", times=5)
    begin_writing()
    assert failures.clear_wait(cem, clock.now(), ben, "seen her badge", sitting=7) == 6
    session.commit()
    assert wait() == 0
    assert wait("sam") > 0
    entry = audit.find_latest(audit.AuditFilter(action="person.wait"), 1)[0]
    assert (entry.actor_id, entry.subject_id, entry.reason) == (ben, cem.id, "seen her badge")
    assert entry.detail == {"failures": 6, "sitting": 7}


def test_an_address_is_cleared_as_a_whole(app: Flask) -> None:
    fill(HERE, 300)
    fill(THERE, 300)
    begin_writing()
    assert failures.clear_address(HERE, clock.now(), None) == 300
    session.commit()
    assert wait("ann") == 0
    assert wait("ann", THERE) > 0


def test_old_failures_are_swept_away_in_chunks(app: Flask, travel: Travel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "SWEPT", 10)
    fill(HERE, 25)
    travel(hours=1, seconds=1)
    fill(HERE, 2)
    for chunk in failures.find_old(clock.now()):
        assert failures.purge(chunk, clock.now()) <= 10
        session.commit()
    assert session.query(LoginFailure).count() == 2
    assert list(failures.find_old(clock.now())) == []
