"""One competency: rename, move, merge, retire, restore, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.bank import competencies as tree
from examengine.bank import queries as bank
from examengine.bank.models import Competency
from examengine.bank.tree import below
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.exams.queries import names_competency
from examengine.web.admin import blueprint
from examengine.web.admin.competencies import choices
from examengine.web.admin.forms import PlaceForm, TitlesForm
from examengine.web.shell.competency_rows import lines
from examengine.web.shell.language import say
from examengine.web.shell.people import me

Act = Callable[[Competency, datetime, int], None]


@blueprint.route("/admin/competencies/<int:competency_id>", methods=["GET", "POST"])
def competency(competency_id: int) -> Response | str | tuple[str, int]:
    """Titles, and what else may be done."""
    row = bank.get_competency(competency_id)
    form = TitlesForm(data={"title_zh": row.titles.get("zh", ""), "title_en": row.titles.get("en", "")})
    try:
        if form.validate_on_submit():
            tree.rename(row, form.titles, clock.now(), me().id)
            return _done(say(N_("The titles are saved.")), row)
    except Invalid as error:
        form.refuse(error)
    page = _page(row, form)
    return (page, 422) if form.errors else page


def _page(row: Competency, form: TitlesForm) -> str:
    shown = lines()
    own = next(line for line in shown if line.row.id == row.id)
    fitting = choices(shown, below([line.row for line in shown], row.id) | {row.id})
    moving, merging = PlaceForm(formdata=None, data={"place": row.parent_id or 0}), PlaceForm(formdata=None)
    moving.place.choices, merging.place.choices = [(0, say(N_("at the top"))), *fitting], [(0, "–"), *fitting]
    return render_template(
        "admin/competency.html",
        line=own,
        form=form,
        moving=moving,
        merging=merging if fitting else None,
        used=row.code in bank.find_tagged() or names_competency(row.code),
        children=sum(line.row.parent_id == row.id for line in shown),
    )


def _done(words: str, row: Competency | None = None) -> Response:
    flash(words, "ok")
    return redirect(url_for("admin.competencies", _anchor=f"c{row.id}" if row else None), 303)


def _place() -> int:
    """The competency chosen; 0: the top. Raises Invalid."""
    form = PlaceForm()
    form.place.choices = [(0, ""), *((row.id, row.code) for row in bank.find_competencies())]
    if not form.validate():
        raise Invalid(N_("Choose a competency of the list."))
    return form.place.data or 0


@blueprint.post("/admin/competencies/<int:competency_id>/move")
def competency_move(competency_id: int) -> Response:
    """Put it, with all below it, elsewhere."""
    row = bank.get_competency(competency_id)
    tree.move(row, _place() or None, clock.now(), me().id)
    return _done(say(N_("The competency is moved.")), row)


@blueprint.post("/admin/competencies/<int:competency_id>/merge")
def competency_merge(competency_id: int) -> Response:
    """Let another one take its place."""
    row, place = bank.get_competency(competency_id), _place()
    if not place:
        raise Conflict(N_("Choose a competency of the list."))
    tree.merge(row, place, clock.now(), me().id)
    return _done(say(N_("The competency is merged.")), row)


@blueprint.post("/admin/competencies/<int:competency_id>/<any(retire, restore):act>")
def competency_switch(competency_id: int, act: str) -> Response:
    """Offer it no more, or again."""
    acts: dict[str, tuple[Act, str]] = {
        "retire": (tree.retire, N_("The competency is retired.")),
        "restore": (tree.restore, N_("The competency is in use again.")),
    }
    row, (verb, words) = bank.get_competency(competency_id), acts[act]
    verb(row, clock.now(), me().id)
    return _done(say(words), row)


@blueprint.post("/admin/competencies/<int:competency_id>/delete")
def competency_delete(competency_id: int) -> Response:
    """Only what nothing uses can be deleted."""
    row = bank.get_competency(competency_id)
    tree.delete(row, names_competency(row.code), clock.now(), me().id)
    return _done(say(N_("The competency is deleted.")))
