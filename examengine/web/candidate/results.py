"""After the exam: result and record."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Missing
from examengine.notices.readers import find_reader
from examengine.records import queries as records
from examengine.results.owned import find_owned
from examengine.web.candidate import blueprint, check, result_page
from examengine.web.candidate.forms import AppealForm
from examengine.web.shell.language import speak
from examengine.web.shell.people import me, session_pass, turn_away
from examengine.web.shell.timelines import timeline_of


@blueprint.get("/attempts/<int:attempt_id>/result")
def result(attempt_id: int) -> Response | bytes:
    """Points, pass, breakdown and, question by question, what may be shown (hot path)."""
    return show_result(attempt_id)


def show_result(attempt_id: int, form: AppealForm | None = None) -> Response | bytes:
    """The page of one's own result; `form`: an appeal that came back with errors. Raises Missing."""
    own = session_pass()
    reader = find_reader(own.person, own.session_version) if own else None
    if reader is None:
        return turn_away(check)
    speak(reader.language)
    owned = find_owned(attempt_id, reader.id)
    if owned is None:
        raise Missing
    return result_page.make(owned, reader, clock.now(), form)


@blueprint.get("/record")
def record() -> str:
    """One's own record as a timeline."""
    page = records.find_entries(me().id, request.args.get("page", 1, int))
    return render_template("candidate/record.html", page=page, entries=timeline_of(page.rows, own=True))
