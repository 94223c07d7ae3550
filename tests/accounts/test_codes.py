"""One-time codes: once, for half an hour, the latest only; never kept as they are read out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from flask import Flask

from examengine.accounts import actions, codes, failures
from examengine.accounts.models import OneTimeCode
from examengine.core import audit, clock
from examengine.core.codes import READABLE
from examengine.core.db import session
from examengine.core.errors import Conflict
from tests.making import World
from tests.racing import Racer


def give(world: World, name: str = "cem") -> str:
    made = codes.give_code(world.person(name), clock.now(), world.person("ben").id, "seen her badge")
    session.commit()
    return made


def fits(code: str, name: str = "cem") -> bool:
    return codes.check(name, code, clock.now()) is not None


def test_a_code_can_be_read_out_and_typed_in_many_ways(world: World) -> None:
    code = give(world)
    assert len(code) == 9 and code[4] == "-"
    assert set(code.replace("-", "")) <= set(READABLE)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.replace("-", ""))
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' – ')} ", wide):
        assert fits(typed), typed
    assert not fits(code[:-1])
    assert not fits("")


def test_a_code_is_for_one_person(world: World) -> None:
    world.person("sam")
    code = give(world)
    assert not fits(code, "sam")
    assert not fits(code, "nobody")


def test_a_code_lives_half_an_hour(world: World, travel: Callable[..., None]) -> None:
    code = give(world)
    travel(minutes=29, seconds=50)
    assert fits(code)
    travel(seconds=11)
    assert not fits(code)
    assert codes.find_old(clock.now())
    codes.purge(0, clock.now())
    assert session.query(OneTimeCode).count() == 0


def test_a_new_code_kills_the_older(world: World) -> None:
    older, newer = give(world), give(world)
    assert not fits(older)
    assert fits(newer)


def test_a_code_is_spent_once_also_by_two_at_once(app: Flask, world: World) -> None:
    found = codes.check("cem", give(world), clock.now())
    assert found is not None
    with ExitStack() as stack:
        racers = [stack.enter_context(Racer(app, lambda: codes.use_code(found, clock.now()))) for _ in range(4)]
        assert sorted(racer.result() for racer in racers) == [False, False, False, True]


def test_a_new_password_kills_the_code(world: World) -> None:
    code = give(world)
    actions.set_password(world.person("cem"), "another horse", clock.now())
    session.commit()
    assert not fits(code)


def test_whoever_is_deactivated_gets_none_and_can_use_none(world: World) -> None:
    code = give(world)
    actions.deactivate(world.person("cem"), clock.now(), None)
    session.commit()
    assert not fits(code)
    with pytest.raises(Conflict):
        give(world)


def test_a_code_ends_the_waits(world: World) -> None:
    this = failures.at_login("cem", "192.0.2.7")
    for _ in range(5):
        failures.note(this, failures.look(this, clock.now()), clock.now())
    give(world)
    assert failures.find_recent(world.person("cem"), clock.now()) == []


def test_a_code_is_kept_as_a_digest_and_stands_in_no_audit_row(world: World) -> None:
    code = give(world)
    kept = session.query(OneTimeCode).one().digest
    assert kept.startswith("$argon2id$")
    entries = audit.find_latest(audit.AuditFilter(), 99)
    text = json.dumps([(entry.action, entry.reason, entry.detail) for entry in entries]) + kept
    assert "person.code" in text
    for form in (code, code.replace("-", ""), code.lower()):
        assert form not in text
