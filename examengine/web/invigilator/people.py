"""One person of a sitting: how she stands, what may be done, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import render_template

from examengine.accounts import failures
from examengine.core import clock
from examengine.core.errors import Conflict, Forbidden, Problem
from examengine.delivery import journal, queries, reopening
from examengine.delivery.models import RejectedSave
from examengine.exams import helping
from examengine.exams.models import Enrolment
from examengine.results import queries as results
from examengine.web.invigilator import blueprint, roster
from examengine.web.invigilator.forms import ActForm, ExtraForm, ReasonForm, ResumeForm
from examengine.web.invigilator.history import history
from examengine.web.invigilator.watching import enrolled


@blueprint.get("/invigilation/<int:sitting_id>/people/<int:enrolment_id>")
def person(sitting_id: int, enrolment_id: int) -> str:
    """The panel; on the room's page a dialog shows it."""
    return panel(enrolled(sitting_id, enrolment_id))


def panel(enrolment: Enrolment, refused: Mapping[str, ActForm] | None = None) -> str:
    """The page with its forms; `refused`: forms that came back with errors, by act."""
    now = clock.now()
    line = roster.of_person(enrolment, now)
    late = queries.find_late([attempt.id for attempt in line.attempts])
    now, last = clock.now(), line.attempt
    complete = results.find_complete({row.attempt_id for row in late} | ({last.id} if last else set()))
    forms: dict[str, ActForm] = {
        "extra": ExtraForm("extra", blank=True),
        "pause": ReasonForm("pause", blank=True),
        "resume": ResumeForm("resume", blank=True),
        "force": ActForm("force", blank=True),
        "void": ReasonForm("void", blank=True),
        "readmit": ReasonForm("readmit", blank=True),
        "code": ResumeForm("code", blank=True),
        "wait": ResumeForm("wait", blank=True),
        "resit": ReasonForm("resit", blank=True),
        "reopen": ReasonForm("reopen", blank=True),
        **{f"admit-{row.id}": ReasonForm(f"admit-{row.id}", blank=True) for row in late},
    }
    return render_template(
        "invigilator/person.html",
        enrolment=enrolment,
        sitting=enrolment.sitting,
        line=line,
        late=[(row, _slots(row)) for row in late],
        complete=complete,
        may_start_until=enrolment.sitting.last_start_at if now <= enrolment.sitting.last_start_at else None,
        goes_until=reopening.goes_until(last, now) if last and last.id not in complete else None,
        forms={**forms, **(refused or {})},
        opened=set(refused or ()),
        entries=history(line),
        failed=failures.find_recent(enrolment.person, now),
        miscoded=failures.has_failed_code(enrolment.sitting_id, enrolment.person_id, now),
        helpless=_why_not(enrolment, now),
        words=roster.WORDS,
        tones=roster.TONES,
    )


def _why_not(enrolment: Enrolment, now: datetime) -> Problem | None:
    """Why an invigilator may not help the person to log in, if so."""
    try:
        helping.check_may_help(enrolment, now)
    except (Conflict, Forbidden) as problem:
        return problem
    return None


def _slots(row: RejectedSave) -> list[int]:
    """The questions that a late save is about."""
    entries = journal.parse(row.body.encode(), 10**6)
    return sorted({entry["slot"] for entry in entries})
