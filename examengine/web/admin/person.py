"""One person: keep her out, let her in again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.accounts import actions, failures, queries
from examengine.accounts.models import Person
from examengine.core import clock
from examengine.core.errors import Conflict
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.exams.models import Exam, Sitting
from examengine.grading import leaving
from examengine.grading import queries as grading
from examengine.web.admin import blueprint
from examengine.web.admin.forms import ReasonForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.get("/admin/people/<int:person_id>")
def person(person_id: int) -> str:
    """Facts and what may be done."""
    return _page(queries.get_person(person_id), ReasonForm())


def _page(found: Person, form: ReasonForm) -> str:
    now = clock.now()
    return render_template(
        "admin/person.html",
        person=found,
        failed=failures.find_recent(found, now),
        form=form,
        attempt=delivery.find_open(found.id),
        own=found.id == me().id,
        memberships=queries.find_memberships(found.id),
        duties=duties_of(found.id, now),
        duty_words=DUTIES,
        tasks=len(grading.find_holding(found.id)),
        enrolments=exams.find_open_enrolments(found.id, now, delivery.find_begun_of(found.id)),
        led=queries.find_led_teams(found.id),
        last=is_last_administrator(found),
        may_see={"exams": bool(me().roles & {"trainer", "manager"}), "sittings": "manager" in me().roles},
    )


DUTIES = {"grader": N_("Grader"), "lead": N_("Lead grader"), "deputy": N_("Deputy")}


@dataclass(frozen=True)
class Duties:
    """What a person is named for, as far as the reader may know."""

    exams: Sequence[tuple[Exam, Sequence[str]]]
    watches: Sequence[Sitting]
    hidden: bool
    """Whether exams that the reader is to sit were left out (semantics §4)."""


def duties_of(person_id: int, now: datetime) -> Duties:
    """Exams and sittings ahead that name the person."""
    unseen = find_hidden(me().id, now).exams
    named, watches = exams.find_duties_of(person_id), exams.find_watches_ahead(person_id, now)
    seen = [row for row in named if row[0].id not in unseen], [row for row in watches if row.exam_id not in unseen]
    return Duties(*seen, len(seen[0]) < len(named) or len(seen[1]) < len(watches))


def is_last_administrator(found: Person) -> bool:
    """Whether nobody else is an active administrator."""
    return found.active and "administrator" in found.roles and queries.count_administrators() == 1


@blueprint.post("/admin/people/<int:person_id>/deactivate")
def person_deactivate(person_id: int) -> Response | tuple[str, int]:
    """Keep a person out; everything of hers stays."""
    return _switch(person_id, False, leaving.deactivate, say(N_("The person is deactivated and logged out.")))


@blueprint.post("/admin/people/<int:person_id>/reactivate")
def person_reactivate(person_id: int) -> Response | tuple[str, int]:
    """Let a person in again."""
    return _switch(person_id, True, actions.reactivate, say(N_("The person may log in again.")))


def _switch(
    person_id: int, to: bool, act: Callable[[Person, datetime, int, str], object], done: str
) -> Response | tuple[str, int]:
    found, form = other(person_id), ReasonForm()
    if not form.validate():
        return _page(found, form), 422
    if found.active is not to:  # sent twice: done once
        act(found, clock.now(), me().id, form.reason.data or "")
    flash(done, "ok")
    return redirect(url_for("admin.person", person_id=person_id))


def other(person_id: int) -> Person:
    """Somebody else. Raises Missing, Conflict for oneself: nobody locks herself out here."""
    if person_id == me().id:
        raise Conflict(N_("This is your own account; another administrator does this for you."))
    return queries.get_person(person_id)
