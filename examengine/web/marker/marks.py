"""A grader's own marks."""

from __future__ import annotations

from flask import render_template, request

from examengine.core import clock
from examengine.delivery.conflicts import find_hidden
from examengine.exams import queries as exams
from examengine.grading import queries
from examengine.web.marker import blueprint
from examengine.web.marker.frame import sections
from examengine.web.shell.people import me


@blueprint.get("/marking/marks")
def marks() -> str:
    """What she has marked, latest first; what is not decided may be changed."""
    person = me()
    own = exams.find_exams_of_duty(person.id, ("grader",))
    hidden = find_hidden(person.id, clock.now())
    page = queries.find_own_marks(person.id, own, request.args.get("page", 1, int), hidden=hidden)
    return render_template(
        "marker/marks.html",
        tabs=sections(person.id),
        page=page,
        names=queries.name_cases(mark.case for mark in page.rows),
    )
