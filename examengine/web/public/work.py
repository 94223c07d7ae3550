"""Long work that the person asked for: how far it is, and stopping it."""

from __future__ import annotations

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.core import clock, tasks
from examengine.web.public import blueprint
from examengine.web.shell.people import me, safe_next, wants_json
from examengine.web.shell.work import KINDS, STATES, THROUGH, own_task


@blueprint.get("/work/<int:task_id>")
def work(task_id: int) -> Response | str:
    """Progress; the page asks again by itself until the work has ended."""
    task = own_task(task_id)
    if wants_json():
        return jsonify(state=task.state, done=task.done, total=task.total)
    on = safe_next(request.args.get("next"))
    if task.state == "done" and task.kind in THROUGH and not task.outcome.get("told"):
        return redirect(on)
    return render_template("public/work.html", task=task, title=KINDS.get(task.kind, task.kind), states=STATES, on=on)


@blueprint.post("/work/<int:task_id>/stop")
def work_stop(task_id: int) -> Response:
    """Ask for the work to stop."""
    tasks.stop(own_task(task_id), clock.now(), me().id)
    return redirect(url_for("public.work", task_id=task_id, next=safe_next(request.form.get("next"))), 303)
