"""The exam's page: its plan as one form, what it amounts to beside it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.exams import actions, plans, queries
from examengine.exams.files import fingerprint
from examengine.exams.models import Exam
from examengine.itemtypes import kinds
from examengine.web.author import blueprint, plan_rows, rows, words
from examengine.web.author.forms import reasons
from examengine.web.author.outlook import outlook
from examengine.web.author.picking import picker
from examengine.web.author.plan_forms import PlanForm, form_values
from examengine.web.author.rows import Fields
from examengine.web.author.sight import exam_in_sight, hidden_items, only_read
from examengine.web.author.tree import competency_tree
from examengine.web.shell.language import say
from examengine.web.shell.people import me

Answer = Response | str | tuple[str, int]


@blueprint.route("/exams/<int:exam_id>", methods=["GET", "POST"])
def exam(exam_id: int) -> Answer:
    """Read and write the plan; buttons of rows and the picker re-render the page with nothing lost."""
    found = exam_in_sight(exam_id)
    if request.method != "POST":
        values = form_values(found.title, plans.load(found.plan)) | {"seen": fingerprint(found)}
        return _page(found, _made(None, values))
    fields = _changed(request.form)
    if fields is not None:
        only_read()
        return _page(found, _made(fields), fields)
    form = _made(request.form)
    try:
        if form.validate():
            return _saved(found, form)
    except (Invalid, Conflict) as error:
        form.refuse(error)
    only_read()
    return _page(found, form, request.form), 422


def _changed(fields: Fields) -> Fields | None:
    if fields.get("act") == "check":
        return fields
    banks = bank.find_banks()
    section = gettext("Part %(number)s", number=len(rows.numbers(fields, "sections")) + 1)
    return plan_rows.changed(fields, fields.get("row", ""), str(banks[0].id) if banks else "", section)


def _saved(found: Exam, form: PlanForm) -> Response:
    if form.seen.data != fingerprint(found):
        form.seen.data = fingerprint(found)
        raise Conflict(N_("Somebody else has saved this exam meanwhile. Save again to replace what they wrote."))
    now, by, before = clock.now(), me().id, plans.load(found.plan)
    plan = form.plan(before)
    if (plan.items - before.items) & hidden_items():
        raise Invalid(N_("One of these questions does not exist."))
    actions.write_exam(found, form.title.data or "", plan, now, by)
    if request.form.get("act") == "publish":
        _publish(found)
    else:
        flash(say(N_("The exam is saved.")), "ok")
    return redirect(url_for("author.exam", exam_id=found.id), 303)


def _publish(found: Exam) -> None:
    now, by = clock.now(), me().id
    try:
        revision = actions.publish_exam(found, now, by)
    except Invalid as error:  # raised before anything is changed: the plan stays saved
        flash(gettext("The exam is saved, but not published. %(reasons)s", reasons=reasons(error)), "bad")
        return
    planned = [sitting.id for sitting in queries.find_planned(found.id, now)]
    moved = actions.renew_sittings(found, delivery.find_begun_sittings(planned), now, by)
    flash(gettext("Revision %(number)s is published.", number=revision.number), "ok")
    if moved:
        text = ngettext("%(num)s sitting not begun takes it.", "%(num)s sittings not begun take it.", moved)
        flash(text, "info")


def _made(fields: Fields | None, values: dict[str, Any] | None = None) -> PlanForm:
    form = PlanForm(fields, data=values)
    form.fill(bank.find_banks(), competency_tree())
    return form


def _page(found: Exam, form: PlanForm, fields: Fields | None = None) -> str:
    banks = bank.find_banks()
    seen = outlook(form, plans.load(found.plan))
    return render_template(
        "author/exam.html",
        exam=found,
        form=form,
        outlook=seen,
        behind=queries.is_behind(found),
        banks=banks,
        kinds=kinds(),
        tree=competency_tree(),
        words=words,
        picker=picker(fields if fields is not None else MultiDict(), banks, hidden_items() | seen.picked),
        sittings=queries.find_sittings(exam_id=found.id, size=10),
        duties=queries.find_duties(found.id),
        pages=_pages_for_managers(),
    )


def _pages_for_managers() -> set[str]:
    """Pages of the manager's that this person may follow a link to."""
    if "manager" not in me().roles:
        return set()
    return {name for name in ("manager.sitting", "manager.sitting_new") if name in current_app.view_functions}
