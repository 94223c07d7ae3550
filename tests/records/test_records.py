"""The record: entries come by themselves, once; a correction is another entry; looks are logged."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.errors import Invalid, Missing
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.records import actions, queries
from examengine.records.models import Entry
from examengine.results import actions as results
from examengine.results import queries as result_queries
from examengine.results.models import Release, Result
from tests.making import World


def released(world: World, sitting: Sitting | None = None) -> int:
    """A released result of Cem; gives its id."""
    sitting = sitting or world.sitting(world.exam([world.item()], release="complete"))
    attempt = world.sat(sitting)
    made = results.complete(attempt.id, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    assert made is not None
    return made.id


def entries(world: World) -> list[Entry]:
    session.commit()
    return list(queries.find_entries(world.person("cem").id).rows)


def test_a_released_result_becomes_an_entry_once(world: World) -> None:
    result = released(world)
    assert queries.find_unrecorded(9) == [result]
    assert actions.record_result(result, clock.now()) is not None
    assert actions.record_result(result, clock.now()) is None
    assert queries.find_unrecorded(9) == []
    [entry] = entries(world)
    facts = entry.details
    assert (entry.kind, Decimal(facts["percent"]), facts["passed"]) == ("exam.result", 100, True)
    assert entry.details["title"] == "November sitting"


def test_a_result_that_is_not_out_is_no_entry(world: World) -> None:
    attempt = world.sat(world.sitting(world.exam([world.item()], release="hand")))
    results.complete(attempt.id, clock.now())
    session.commit()
    assert queries.find_unrecorded(9) == []


def test_an_entry_is_dated_by_its_release(world: World) -> None:
    actions.record_result(released(world), clock.now())
    [entry] = entries(world)
    out = result_queries.find_released(entry.source_id)
    assert out is not None and out.release is not None
    assert entry.occurred_at == out.release.at


def test_an_absence_becomes_an_entry_once(world: World, travel: Callable[..., None]) -> None:
    sitting = world.sitting(world.exam([world.item()]), hours=1)
    place = exams.find_enrolment(sitting.id, world.person("cem").id)
    assert place is not None
    travel(hours=2)
    assert actions.record_absence(place.id, clock.now()) is not None
    assert actions.record_absence(place.id, clock.now()) is None
    [entry] = entries(world)
    assert (entry.kind, entry.occurred_at) == ("exam.absent", sitting.hard_close_at)


def test_the_database_keeps_one_entry_of_a_source(world: World) -> None:
    actions.record_result(released(world), clock.now())
    [first] = entries(world)
    names = ("person_id", "source", "source_id", "revision", "kind", "occurred_at", "details", "created_at")
    session.add(Entry(**{name: getattr(first, name) for name in names}))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_correction_is_a_new_entry_and_the_old_one_stays(world: World) -> None:
    actions.record_result(released(world), clock.now())
    [first] = entries(world)
    before = dict(first.details)
    kim = world.person("kim").id
    made = actions.correct(first, "The sitting was in Building 2.", clock.now(), kim)
    assert (made.corrects_id, made.kind, made.by_id) == (first.id, "correction", kim)
    assert [entry.id for entry in entries(world)] == [made.id, first.id]
    assert first.details == before


def test_an_entry_may_be_corrected_again_and_a_correction_too(world: World) -> None:
    actions.record_result(released(world), clock.now())
    [first] = entries(world)
    kim = world.person("kim").id
    second = actions.correct(first, "one", clock.now(), kim)
    actions.correct(first, "two", clock.now(), kim)
    actions.correct(second, "three", clock.now(), kim)
    assert len(entries(world)) == 4


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_correction_says_something(world: World, text: str) -> None:
    actions.record_result(released(world), clock.now())
    [first] = entries(world)
    with pytest.raises(Invalid):
        actions.correct(first, text, clock.now(), 1)


def test_a_correction_is_in_the_audit_trail(world: World) -> None:
    actions.record_result(released(world), clock.now())
    [first] = entries(world)
    actions.correct(first, "Building 2", clock.now(), world.person("kim").id)
    session.commit()
    entry = audit.find_latest(audit.AuditFilter(action="record.correct"), 1)[0]
    assert (entry.subject_id, entry.reason) == (first.id, "Building 2")


def test_a_look_at_somebody_elses_record_is_logged_and_one_at_ones_own_is_not(world: World) -> None:
    cem, kim = world.person("cem").id, world.person("kim").id
    actions.note_look(cem, cem, clock.now())
    actions.note_look(kim, cem, clock.now())
    session.commit()
    looks = audit.find_latest(audit.AuditFilter(action="record.look"), 9)
    assert [(look.actor_id, look.subject_id) for look in looks] == [(kim, cem)]


def test_entries_of_excluded_exams_are_left_out_with_their_corrections(world: World) -> None:
    sitting = world.sitting(world.exam([world.item()], release="complete"))
    actions.record_result(released(world, sitting), clock.now())
    [first] = entries(world)
    actions.correct(first, "Building 2", clock.now(), world.person("kim").id)
    session.commit()
    cem = world.person("cem").id
    assert queries.find_entries(cem, excluded=[sitting.exam_id]).rows == []
    assert queries.find_entries(cem, excluded=[sitting.exam_id + 1]).total == 2


def test_what_does_not_exist_is_missing(world: World) -> None:
    for act in (lambda: actions.record_result(99, clock.now()), lambda: actions.record_absence(99, clock.now())):
        with pytest.raises(Missing):
            act()
    with pytest.raises(Missing):
        queries.get_entry(99)


def test_two_revisions_that_wait_together_are_told_in_their_order(world: World) -> None:
    first = released(world)
    result = session.get(Result, first)
    assert result is not None
    kept = {c.key: getattr(result, c.key) for c in inspect(Result).column_attrs if c.key not in ("id", "revision")}
    later = Result(**kept, revision=2)
    session.add(later)
    session.flush()
    session.add(Release(result_id=later.id, at=clock.now(), policy="hand"))
    session.commit()
    ids = [first, later.id]
    assert actions.record_results(ids, clock.now()) == 1
    session.commit()
    assert queries.find_unrecorded(5) == [later.id]
    assert actions.record_results(ids, clock.now()) == 1
    made = session.query(Entry).order_by(Entry.revision).all()
    assert [entry.corrects_id for entry in made] == [None, made[0].id]
