"""Verbs on records: pull what is new from the rooms before, add a correction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import lazyload

from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Invalid, Missing
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.records.models import Entry
from examengine.results.models import Release, Result


def record_result(result_id: int, now: datetime) -> Entry | None:
    """The entry of a released result; None when there is one already. Raises Missing."""
    result = session.get(Result, result_id)
    if result is None:
        raise Missing
    if not record_results([result_id], now):
        return None
    source = select(Entry).where(Entry.source == "results", Entry.source_id == result.attempt_id)
    return session.scalar(source.where(Entry.revision == result.revision))


def record_results(result_ids: Collection[int], now: datetime) -> int:
    """The entries of released results that have none, by a fixed number of statements. Returns how many were made."""
    query = select(Result, Release.at, Sitting.title).join(Sitting, Sitting.id == Result.sitting_id)
    query = query.outerjoin(Release, Release.result_id == Result.id).options(lazyload(Result.release))
    rows = session.execute(query.where(Result.id.in_(result_ids)).order_by(Result.revision)).all()
    known = _entries_of({result.attempt_id for result, _, _ in rows})
    made: dict[int, dict[str, Any]] = {}
    told = []
    for result, released_at, title in rows:
        if result.attempt_id in made:
            continue  # names the entry before it, so that one comes first; this one the next time
        told.append(result.id)
        earlier = known.get(result.attempt_id, {})
        if result.revision not in earlier:
            before = earlier[max(earlier)] if earlier else None
            made[result.attempt_id] = _entry(result, released_at or result.complete_at, title, before, now)
    if made:
        session.execute(insert(Entry), list(made.values()))
    session.execute(update(Release).where(Release.result_id.in_(told)).values(recorded_at=now))
    return len(made)


def _entries_of(attempt_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """By attempt and revision of its result: the entry that tells of it."""
    found: dict[int, dict[int, int]] = {}
    query = select(Entry.source_id, Entry.revision, Entry.id)
    query = query.where(Entry.source == "results", Entry.source_id.in_(attempt_ids))
    for attempt_id, revision, key in session.execute(query):
        found.setdefault(attempt_id, {})[revision] = key
    return found


def _entry(result: Result, at: datetime, title: str, before: int | None, now: datetime) -> dict[str, Any]:
    return {
        "person_id": result.person_id,
        "source": "results",
        "source_id": result.attempt_id,
        "revision": result.revision,
        "kind": "exam.result",
        "occurred_at": at,
        "details": {
            "title": title,
            "percent": str(result.percent),
            "points": str(result.points),
            "maximum": str(result.maximum),
            "passed": result.passed,
            "pass_mark": str(result.pass_mark),
        },
        "corrects_id": before,
        "created_at": now,
    }


def record_absence(enrolment_id: int, now: datetime) -> Entry | None:
    """The entry of an absence; None when there is one already that holds."""
    known = select(Entry).where(Entry.source == "exams", Entry.source_id == enrolment_id)
    last = session.scalar(known.order_by(Entry.revision.desc()).limit(1))
    if last is not None and last.kind == "exam.absent":
        return None
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise Missing
    sitting = exams.get_sitting(enrolment.sitting_id)
    entry = Entry(
        person_id=enrolment.person_id,
        source="exams",
        source_id=enrolment_id,
        revision=last.revision + 1 if last else 1,
        kind="exam.absent",
        occurred_at=sitting.hard_close_at,
        details={"title": sitting.title},
        created_at=now,
    )
    session.add(entry)
    session.flush()
    return entry


def lift_absences(enrolment_ids: Collection[int], now: datetime) -> int:
    """Their sitting was extended, so they may still come: a further entry says so. Returns how many were on record."""
    query = select(Entry).where(Entry.source == "exams", Entry.source_id.in_(enrolment_ids)).order_by(Entry.revision)
    last = {entry.source_id: entry for entry in session.scalars(query)}
    held = [entry for entry in last.values() if entry.kind == "exam.absent"]
    session.add_all(
        Entry(
            person_id=entry.person_id,
            source="exams",
            source_id=entry.source_id,
            revision=entry.revision + 1,
            kind="exam.back",
            occurred_at=now,
            details=entry.details,
            corrects_id=entry.id,
            created_at=now,
        )
        for entry in held
    )
    session.flush()
    return len(held)


def correct(entry: Entry, text: str, now: datetime, by: int) -> Entry:
    """A correction: a new entry that names the one it corrects; nothing is overwritten. Raises Invalid."""
    text = text.strip()
    if not 1 <= len(text) <= 2000:
        raise Invalid(N_("A correction has 1 to 2,000 characters."))
    last = select(func.max(Entry.revision)).where(Entry.source == "records", Entry.source_id == entry.id)
    made = Entry(
        person_id=entry.person_id,
        source="records",
        source_id=entry.id,
        revision=1 + (session.scalar(last) or 0),
        kind="correction",
        occurred_at=now,
        details={"text": text},
        corrects_id=entry.id,
        by_id=by,
        created_at=now,
    )
    session.add(made)
    session.flush()
    audit.record(now, by, "record.correct", "entry", entry.id, text)
    return made


def note_look(viewer_id: int, person_id: int, now: datetime) -> None:
    """Somebody else consults the record: each look is logged (policy P-5.4)."""
    if viewer_id != person_id:
        audit.record(now, viewer_id, "record.look", "person", person_id)
