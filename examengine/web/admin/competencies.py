"""The competency tree: add and order; one node on its own page (competency.py)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.bank import competencies as tree
from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.forms import CompetencyForm
from examengine.web.admin.suggested import suggested_tree
from examengine.web.shell.competency_rows import Line, lines
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.route("/admin/competencies", methods=["GET", "POST"])
def competencies() -> Response | str | tuple[str, int]:
    """The tree with counts; a form for a new node."""
    shown, form = lines(), CompetencyForm()
    form.parent.choices = [(0, say(N_("at the top"))), *choices(shown)]
    try:
        if form.validate_on_submit():
            tree.add(form.name.data or "", form.titles, form.parent.data or None, clock.now(), me().id)
            flash(say(N_("The competency is added.")), "ok")
            return redirect(url_for("admin.competencies"), 303)
    except (Conflict, Invalid) as error:
        form.refuse(error)
    known = {line.row.code for line in shown}
    lacking = sum(code not in known for code, _ in suggested_tree())
    page = render_template("admin/competencies.html", lines=shown, form=form, lacking=lacking)
    return (page, 422) if form.errors else page


def choices(shown: Sequence[Line], without: frozenset[int] = frozenset()) -> list[tuple[int, str]]:
    """Competencies in use to choose from, as the tree reads."""
    fitting = (line for line in shown if line.row.active and line.row.id not in without)
    return [(line.row.id, "\u2003" * line.depth + line.title) for line in fitting]


@blueprint.post("/admin/competencies/suggested")
def competencies_suggested() -> Response:
    """Add what the suggested tree has and this one has not."""
    added = tree.load_tree(suggested_tree(), clock.now(), me().id)
    flash(gettext("Competencies added: %(n)s", n=added), "ok")
    return redirect(url_for("admin.competencies"), 303)


@blueprint.post("/admin/competencies/<int:competency_id>/<any(up, down):way>")
def competency_shift(competency_id: int, way: str) -> Response:
    """Change places with a brother."""
    row = bank.get_competency(competency_id)
    tree.shift(row, way == "up", clock.now(), me().id)
    return redirect(url_for("admin.competencies", _anchor=f"c{row.id}"), 303)
