"""Who did what: entries are added in the act's transaction and found by what is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from examengine.core import audit, clock
from examengine.core.audit import AuditEntry, AuditFilter
from examengine.core.db import session
from examengine.core.heartbeat import beat, last_beat
from tests.plans import explained

NOW = clock.now()


def add(minutes: int, actor: int | None, action: str, subject: str, subject_id: int | None) -> None:
    audit.record(NOW + timedelta(minutes=minutes), actor, action, subject, subject_id, "why", n=minutes)


@pytest.fixture
def entries(app: Flask) -> None:
    add(0, 1, "item.write", "item", 7)
    add(1, 2, "item.write", "item", 8)
    add(2, None, "attempt.close", "attempt", 7)
    add(3, 1, "person.roles", "person", 3)
    add(4, 3, "exam.publish", "exam", 7)
    session.commit()


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (AuditFilter(), [4, 3, 2, 1, 0]),
        (AuditFilter(action="item.write"), [1, 0]),
        (AuditFilter(subject="item", subject_id=7), [0]),
        (AuditFilter(subject_id=7), [4, 2, 0]),
        (AuditFilter(actors=[1]), [3, 0]),
        (AuditFilter(actors=[3], upon={"person": [3]}), [4, 3]),  # acted, or was acted upon
        (AuditFilter(upon={"person": [3], "attempt": [7]}), [3, 2]),
        (AuditFilter(upon={"item": select(AuditEntry.subject_id).where(AuditEntry.subject == "attempt")}), [0]),
        (AuditFilter(actors=[]), []),
        (AuditFilter(upon={}), []),
        (AuditFilter(words="WHY"), [4, 3, 2, 1, 0]),
        (AuditFilter(words='"n":3'), [3]),
        (AuditFilter(words="%"), []),
        (AuditFilter(words="why", actors=[2]), [1]),
        (AuditFilter(since=NOW + timedelta(minutes=3)), [4, 3]),
        (AuditFilter(until=NOW + timedelta(minutes=1)), [0]),
        (AuditFilter(only=["attempt", "person"]), [3, 2]),
        (AuditFilter(action="item.write", actors=[2]), [1]),
        (AuditFilter(action="nothing"), []),
    ],
)
def test_entries_are_found_latest_first(entries: None, chosen: AuditFilter, found: list[int]) -> None:
    assert [entry.detail["n"] for entry in audit.find_page(chosen).rows] == found
    assert [entry.detail["n"] for entry in audit.find_latest(chosen, 99)] == found


def test_the_latest_are_cut_at_a_limit(entries: None) -> None:
    assert [entry.detail["n"] for entry in audit.find_latest(AuditFilter(), 2)] == [4, 3]


def test_a_search_for_words_looks_at_the_latest_entries_and_says_how_far(
    entries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_SEARCHED", 3)
    chosen = AuditFilter(words="why")
    assert [entry.detail["n"] for entry in audit.find_page(chosen).rows] == [4, 3, 2]
    assert audit.find_search_end(chosen) == NOW + timedelta(minutes=2)
    earlier = AuditFilter(words="why", until=NOW + timedelta(minutes=2))
    assert [entry.detail["n"] for entry in audit.find_page(earlier).rows] == [1, 0]
    assert audit.find_search_end(earlier) is None
    assert audit.find_search_end(AuditFilter()) is None


def test_what_is_found_is_counted_to_a_limit(entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_FOUND", 2)
    assert audit.find_page(AuditFilter()).total == 2


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (AuditFilter(actors=[1]), "ix_audit_entry_actor"),
        (AuditFilter(upon={"person": [3]}), "ix_audit_entry_subject"),
        (AuditFilter(action="item.write"), "ix_audit_entry_action"),
        (AuditFilter(since=NOW, until=NOW + timedelta(minutes=2)), "ix_audit_entry_at"),
    ],
)
def test_a_search_goes_by_its_index(app: Flask, chosen: AuditFilter, index: str) -> None:
    query = audit._chosen(chosen).limit(50).compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    values = tuple(query.params.values()) if on_sqlite else query.params
    steps = explained(str(query), values)
    assert any(index in step for step in steps), steps


def test_an_entry_says_who_what_when_and_why(entries: None) -> None:
    [entry] = audit.find_latest(AuditFilter(subject="attempt"), 1)
    facts: list[Any] = [entry.at, entry.actor_id, entry.action, entry.subject, entry.subject_id, entry.reason]
    assert facts == [NOW + timedelta(minutes=2), None, "attempt.close", "attempt", 7, "why"]


def test_an_entry_goes_with_the_act_that_failed(app: Flask) -> None:
    add(0, 1, "item.write", "item", 7)
    session.rollback()
    assert audit.find_latest(AuditFilter(), 9) == []


def test_a_heartbeat_is_the_last_one(app: Flask) -> None:
    assert last_beat("jobs") is None
    for seconds in (0, 5):
        beat("jobs", NOW + timedelta(seconds=seconds))
        session.commit()
    assert last_beat("jobs") == NOW + timedelta(seconds=5)
    assert last_beat("other") is None
