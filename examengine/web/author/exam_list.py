"""The list of exams, and a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.exams import actions, plans, queries
from examengine.web.author import blueprint, words
from examengine.web.author.forms import NewExamForm, tidy
from examengine.web.author.item_list import resorted
from examengine.web.author.sight import exam_in_sight, hidden_exams
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.get("/exams")
def exams() -> str:
    """Exams by words and state, newest first."""
    state = request.args.get("state", "")
    state = state if state in words.EXAM_STATES else ""
    text = (tidy(request.args.get("words", "")) or "")[:200]
    sort = request.args.get("sort", "-created")
    page = queries.find_exam_list(text, state, request.args.get("page", 1, int), sort, hidden_exams())
    counts = queries.count_sittings([exam.id for exam in page.rows])
    facts = {"state": state, "text": text, "sort": sort, "words": words}
    return render_template("author/exams.html", page=page, counts=counts, resorted=resorted, **facts)


@blueprint.route("/exams/new", methods=["GET", "POST"])
def new_exam() -> Response | str | tuple[str, int]:
    """A title is enough to begin with."""
    form = NewExamForm()
    try:
        if form.validate_on_submit():
            plan = plans.Plan(sections=(plans.Section(gettext("Part %(number)s", number=1)),))
            made = actions.add_exam(form.title.data or "", clock.now(), me().id, plan)
            return redirect(url_for("author.exam", exam_id=made.id), 303)
    except Invalid as error:
        form.refuse(error)
    page = render_template("author/new_exam.html", form=form)
    return (page, 422) if form.errors else page


@blueprint.post("/exams/<int:exam_id>/copies")
def copy_exam(exam_id: int) -> Response:
    """Another draft with the same plan and duties."""
    found, now = exam_in_sight(exam_id), clock.now()
    title = gettext("%(title)s (copy)", title=found.title[:180])
    made = actions.add_exam(title, now, me().id, plans.load(found.plan))
    duties = queries.find_duties(exam_id)
    actions.set_duties(made, {duty: [p.id for p in people] for duty, people in duties.items()}, now, me().id)
    flash(say(N_("This is the copy. Give it a title of its own.")), "ok")
    return redirect(url_for("author.exam", exam_id=made.id), 303)
