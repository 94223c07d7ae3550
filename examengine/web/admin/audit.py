"""The audit trail: who did what to what, when and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from flask import Response, current_app, render_template, request
from flask_babel import gettext
from sqlalchemy import Select

from examengine.accounts.queries import find_named, find_names
from examengine.core import audit as trail
from examengine.core import clock
from examengine.core.audit import AuditEntry, AuditFilter
from examengine.core.db import dumps
from examengine.core.i18n import N_
from examengine.delivery.conflicts import find_hidden
from examengine.delivery.queries import attempts_of
from examengine.exams.queries import enrolments_of
from examengine.formats.table_csv import Cell
from examengine.records.queries import entries_of
from examengine.web.admin import blueprint
from examengine.web.admin.words import ACTS, SUBJECTS
from examengine.web.shell.lists import asked_day, asked_number, asked_one, asked_words, csv_file, for_sheet, start_of
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me

MOST = 5_000
MOST_PEOPLE = 20
"""People whose acts are searched together."""
ALWAYS = frozenset(
    {"person", "team", "audit", "competency", "instance", "task", "people_import", "slip_list", "address"}
)


PARTS = {"acted": N_("Acted"), "concerned": N_("Was concerned")}


def _chosen() -> AuditFilter:
    """The address's filter. Who is enrolled in an exam that is not over sees nothing of exams here (semantics §4)."""
    words, first, last = asked_words("person"), asked_day("from"), asked_day("to")
    people, part = (find_named(words, MOST_PEOPLE) if words else None), asked_one("part", PARTS)
    return AuditFilter(
        action=asked_one("action", ACTS),
        subject=asked_one("subject", SUBJECTS),
        subject_id=asked_number("id") if asked_one("subject", SUBJECTS) else None,  # 7 of what?
        actors=people if part != "concerned" else None,
        upon=_upon(people) if people is not None and part != "acted" else None,
        words=asked_words("q"),
        since=start_of(first) if first else None,
        until=start_of(last + timedelta(days=1)) if last else None,
        only=ALWAYS if find_hidden(me().id, clock.now()).exams else None,
    )


def _upon(people: Sequence[int]) -> Mapping[str, Collection[int] | Select[int]]:
    """Acts upon people: on themselves, their enrolments, attempts and record entries."""
    return {
        "person": people,
        "enrolment": enrolments_of(people),
        "attempt": attempts_of(people),
        "entry": entries_of(people),
    }


@blueprint.get("/admin/audit")
def audit() -> str:
    """Latest entries first."""
    chosen = _chosen()
    page = trail.find_page(chosen, request.args.get("page", 1, int))
    return render_template(
        "admin/audit.html",
        page=page,
        names=_names(page.rows),
        hidden=chosen.only is not None,
        acts=ACTS,
        subjects=SUBJECTS,
        parts=PARTS,
        most=MOST,
        found=trail.MOST_FOUND,
        searched_to=trail.find_search_end(chosen),
        dumps=dumps,
    )


def _names(entries: Sequence[AuditEntry]) -> Mapping[int, str]:
    """Names of who acted and of the people acted upon."""
    upon = {entry.subject_id for entry in entries if entry.subject == "person"}
    return find_names([number for number in upon | {entry.actor_id for entry in entries} if number is not None])


@blueprint.get("/admin/audit/export")
def audit_export() -> Response:
    """What is filtered, as CSV, the latest entries; the export itself is logged first."""
    log_look(lambda by, now: trail.record(now, by, "audit.export", "audit", None, filter=dict(request.args)))
    entries = trail.find_latest(_chosen(), MOST)
    return csv_file(_sheet(entries), "audit", f"audit-{for_sheet(clock.now())[:10]}")


def _sheet(entries: Sequence[AuditEntry]) -> list[list[Cell]]:
    names, zone = _names(entries), current_app.config["SETTINGS"].timezone
    header: list[Cell] = [
        gettext("Time (%(zone)s)", zone=zone),
        gettext("Person"),
        gettext("Act"),
        gettext("Code of the act"),
        gettext("Subject"),
        gettext("Number"),
        gettext("Reason"),
        gettext("Details"),
    ]
    rows: list[list[Cell]] = [
        [
            for_sheet(entry.at),
            names.get(entry.actor_id or 0, ""),
            gettext(ACTS.get(entry.action, entry.action)),
            entry.action,
            gettext(SUBJECTS.get(entry.subject, entry.subject)),
            entry.subject_id,
            entry.reason,
            dumps(entry.detail) if entry.detail else "",
        ]
        for entry in entries
    ]
    return [header, *rows]
