"""A wrong key put right: the corrected key, its preview, applying and undoing it; wrong answers accepted."""

from __future__ import annotations

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.core.pages import SIZE, Page
from examengine.grading import correction_queries as queries
from examengine.grading import corrections
from examengine.grading.models import Correction
from examengine.itemtypes import get
from examengine.itemtypes.base import JSONValue
from examengine.web.author import blueprint
from examengine.web.author.item_forms import ItemForm, form_class, form_values
from examengine.web.author.richtext import is_rich
from examengine.web.author.samples import sample_of_version
from examengine.web.author.sight import LARGEST_ID, for_trainers, hidden_exams, item_in_sight, only_read
from examengine.web.shell import correcting
from examengine.web.shell.correcting import KINDS, STATES, TONES, ReasonForm
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_number
from examengine.web.shell.people import me

Answer = Response | str | tuple[str, int]


@blueprint.get("/items/<int:item_id>/corrections")
@for_trainers
def item_corrections(item_id: int) -> str:
    """What was corrected about a question, latest first."""
    item = item_in_sight(item_id)
    page = queries.find_of_item(item_id, hidden_exams(), asked_number("page") or 1)
    words = {"kinds": KINDS, "states": STATES, "tones": TONES, "change_of": correcting.change_of}
    return render_template(
        "author/item_corrections.html", item=item, page=page, people=correcting.doers(page.rows), **words
    )


@blueprint.route("/items/<int:item_id>/key", methods=["GET", "POST"])
@for_trainers
def correct_key(item_id: int) -> Answer:
    """The usual editor with what candidates saw fixed; saving it prepares the preview."""
    item = item_in_sight(item_id)
    found = queries.find_standing(item, asked_number("version"))
    kind = get(found.shown.kind)
    form = form_class(kind.name)(request.form or None, data=form_values(item, found.judging))
    for name in ("bank", "code", "language", "points", "difficulty", "use", "source", "competencies"):
        del form[name]
    if request.method == "POST":
        try:
            if form.validate():
                return _planned(item_id, found, form.authored(kind))
        except (Invalid, Conflict) as problem:
            form.refuse(problem)
        only_read()
    page = _key_page(item_id, form, found)
    return (page, 422) if form.errors else page


def _key_page(item_id: int, form: ItemForm, found: queries.Standing) -> str:
    kind = get(found.shown.kind)
    rows = {name: len(value) for name, value in form_values_of(found).items() if isinstance(value, list)}
    return render_template(
        "author/key.html",
        item=item_in_sight(item_id),
        form=form,
        kind=kind,
        standing=found,
        sample=sample_of_version(found.judging),
        counts=queries.count_answers([version.id for version in found.family]),
        rows=rows,
        rich=partial(is_rich, kind.name),
    )


def form_values_of(found: queries.Standing) -> dict[str, JSONValue]:
    """The kind's own fields of the key in force: how many rows its lists have."""
    kind = get(found.judging.kind)
    return kind.form_data(kind.load(found.judging.content))


def _planned(item_id: int, found: queries.Standing, data: dict[str, JSONValue]) -> Response:
    made = corrections.plan_key(item_in_sight(item_id), found.shown, data, clock.now(), me().id)
    return correcting.prepare(made, url_for("author.correction", item_id=item_id, correction_id=made.id))


@blueprint.route("/items/<int:item_id>/answers", methods=["GET", "POST"])
@for_trainers
def wrong_answers(item_id: int) -> Answer:
    """Wrong answers in groups, near misses first; accepting some leads into the preview of a correction."""
    item = item_in_sight(item_id)
    found = queries.find_standing(item, asked_number("version"))
    kind = get(found.judging.kind)
    if not kind.lists_answers:
        raise Missing
    chosen = request.form.getlist("take")[:50]
    if request.method == "POST" and chosen:
        try:
            return _planned(item_id, found, kind.dump(queries.accepting(found, chosen)))
        except (Invalid, Conflict) as problem:
            flash(say(problem.detail), "bad")
            return redirect(url_for("author.wrong_answers", item_id=item_id), 303)
    if request.method == "POST":
        flash(say(N_("Choose answers to accept first.")), "warn")
        return redirect(url_for("author.wrong_answers", item_id=item_id), 303)
    groups = queries.find_groups(found)
    facts = {"sample": sample_of_version(found.judging), "kind": kind, "page": _cut(groups.rows)}
    return render_template("author/answers.html", item=item, standing=found, groups=groups, **facts)


def _cut(rows: tuple[queries.Group, ...]) -> Page[queries.Group]:
    last = max(1, -(-len(rows) // SIZE))
    number = max(1, min(asked_number("page") or 1, last))
    start = (number - 1) * SIZE
    return Page(rows[start : start + SIZE], number, SIZE, len(rows))


@blueprint.get("/items/<int:item_id>/corrections/<int:correction_id>")
@for_trainers
def correction(item_id: int, correction_id: int) -> str:
    """What it changes, answer by answer, who did what when and why."""
    return _page(item_id, correction_id, ReasonForm())


@blueprint.post("/items/<int:item_id>/corrections/<int:correction_id>/<any(apply, undo, discard, renew):act>")
@for_trainers
def correction_act(item_id: int, correction_id: int, act: str) -> Answer:
    """Apply, undo, discard, or prepare anew."""
    _key_of(item_id, correction_id)
    form, back = ReasonForm(), url_for("author.correction", item_id=item_id, correction_id=correction_id)
    done = correcting.press(correction_id, act, form, back)
    if done is not None:
        return done
    only_read()
    return _page(item_id, correction_id, form), 422


def _key_of(item_id: int, correction_id: int) -> Correction:
    item_in_sight(item_id)
    if correction_id > LARGEST_ID:
        raise Missing
    found = corrections.get_correction(correction_id)
    if found.kind != "key" or found.item_id != item_id:
        raise Missing
    return found


def _page(item_id: int, correction_id: int, form: ReasonForm) -> str:
    found = _key_of(item_id, correction_id)
    act = partial(url_for, "author.correction_act", item_id=item_id, correction_id=correction_id)
    crumbs = [
        (gettext("Questions"), url_for("author.items")),
        (item_in_sight(item_id).code, url_for("author.item", item_id=item_id)),
        (gettext("Corrections"), url_for("author.item_corrections", item_id=item_id)),
    ]
    seen = correcting.facts(found, form, names="manager" in me().roles)
    return render_template("correction.html", **seen, act_url=act, crumbs=crumbs)
