"""A candidate contests her result, or takes that back."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.delivery import queries
from examengine.results import appeals, contested
from examengine.web.candidate import blueprint
from examengine.web.candidate.forms import appeal_form
from examengine.web.candidate.results import show_result
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.post("/attempts/<int:attempt_id>/appeal")
def appeal(attempt_id: int) -> Response | tuple[Response | bytes, int]:
    """Contest some questions, or the whole result, with a reason."""
    attempt = queries.get_own(attempt_id, me().id)
    form = appeal_form(len(attempt.paper["slots"]))
    status = 422
    if form.validate():
        try:
            appeals.ask(attempt_id, me().id, form.slots.data or (), form.reason.data or "", clock.now())
            flash(say(N_("Your appeal is with the managers. You get a notice when it is answered.")), "ok")
            return redirect(url_for("candidate.result", attempt_id=attempt_id) + "#appeal", 303)
        except (Conflict, Invalid) as problem:
            form.refuse(problem)
            status = problem.status
    return show_result(attempt_id, form), status


@blueprint.post("/attempts/<int:attempt_id>/appeals/<int:appeal_id>/withdraw")
def appeal_withdraw(attempt_id: int, appeal_id: int) -> Response:
    """Take an appeal back that nobody has acted on. Raises Missing, also for one about another attempt."""
    queries.get_own(attempt_id, me().id)
    if contested.get_appeal(appeal_id).attempt_id != attempt_id:
        raise Missing
    try:
        appeals.take_back(appeal_id, me().id, clock.now())
        flash(say(N_("Your appeal is taken back.")), "ok")
    except Conflict as problem:
        flash(say(problem.detail), "info")
    return redirect(url_for("candidate.result", attempt_id=attempt_id) + "#appeal", 303)
