"""Writing a question: one form for all kinds, with a live preview beside it."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import SelectField

from examengine.bank import actions
from examengine.bank import media as bank_media
from examengine.bank import queries as bank
from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_
from examengine.core.pictures import ACCEPT
from examengine.itemtypes import get, kinds
from examengine.itemtypes.base import Content, Kind
from examengine.web.author import blueprint, media, rows
from examengine.web.author.forms import reasons
from examengine.web.author.item_forms import ItemForm, form_class, form_values
from examengine.web.author.richtext import is_rich
from examengine.web.author.samples import sample_of
from examengine.web.author.sight import for_trainers, item_in_sight, only_read
from examengine.web.author.tree import Node, competency_tree, flat
from examengine.web.shell.language import language, say
from examengine.web.shell.people import me

Answer = Response | str | tuple[str, int]


@blueprint.route("/items/new", methods=["GET", "POST"])
@for_trainers
def new_item() -> Answer:
    """A new question; without a kind the page offers them all."""
    kind = kinds().get(request.args.get("kind", ""))
    if kind is None or not bank.find_banks():
        return render_template("author/new_item.html", kinds=kinds(), banks=bank.find_banks())
    return _edit(kind, None)


@blueprint.route("/items/<int:item_id>/draft", methods=["GET", "POST"])
@for_trainers
def edit_item(item_id: int) -> Answer:
    """The item's draft; a published item gets one when it is saved."""
    item = item_in_sight(item_id)
    return _edit(get(item.latest.kind), item)


@blueprint.post("/items/preview/<kind>")
@for_trainers
def preview(kind: str) -> str:
    """What the form shows just now, as candidate and as grader; works for unfinished drafts."""
    if kind not in kinds():
        raise Missing
    only_read()
    form = form_class(kind)(request.form)
    number = request.args.get("item", None, int)
    address = media.addresses(number, None if number else _origin())
    sample = sample_of(get(kind), form.authored(get(kind)), address)
    return render_template("author/preview.html", sample=sample, form=form)


def _edit(kind: Kind[Content], item: Item | None) -> Answer:
    if request.method != "POST":
        return _page(kind, item, _made(kind, item, None, _values(item)))
    if media.sent() is not None or request.form.get("act") == "picture":
        return _with_picture(kind, item)
    fields = rows.changed(request.form, request.form.get("row", ""))
    form = _made(kind, item, fields or request.form)
    if fields is not None:
        only_read()
        return _page(kind, item, form)
    try:
        if form.validate():
            return _saved(kind, item, form)
    except (Invalid, Conflict) as error:
        form.refuse(error)
    only_read()
    return _page(kind, item, form), 422


def _with_picture(kind: Kind[Content], item: Item | None) -> Answer:
    """Take a picture in; everything entered stays, and nothing of the question is saved yet."""
    form = _made(kind, item, request.form)
    form.picture.data, item_id = None, item.id if item is not None else None
    try:
        made = media.take(item_id, form.picture_alt.data or "")
        session.commit()  # the page is made without SQLite's write lock
    except (Invalid, Conflict) as error:
        session.rollback()
        form.picture.errors = [reasons(error)]
        if media.sent() is not None:
            form.picture.errors.append(say(N_("Choose the file again: a browser does not keep it.")))
        only_read()
        return _page(kind, item, form), 422
    only_read()
    form.uploads.data = " ".join(map(str, [*media.numbers(form.uploads.data or ""), made]))
    form.picture_alt.data = ""
    if request.form.get("act") != "picture":
        flash(gettext("The picture is added, but nothing is saved yet. Put it into a text, then save."), "warn")
    return _page(kind, item, form)


def _saved(kind: Kind[Content], item: Item | None, form: ItemForm) -> Response:
    now, by = clock.now(), me().id
    if item is not None and form.seen.data != item.latest.sha256:
        form.seen.data = item.latest.sha256
        raise Conflict(N_("Somebody else has saved this question meanwhile. Save again to replace what they wrote."))
    home = item.bank if item is not None else bank.get_bank(form.bank.data)
    code = item.code if item is not None else form.code.data
    saved = actions.write_item(home, item, form.draft(kind, code or ""), now, by)
    bank_media.claim(saved, media.numbers(form.uploads.data or ""), by)
    if request.form.get("act") != "publish":
        flash(gettext("The draft is saved."), "ok")
        return redirect(url_for("author.edit_item", item_id=saved.id), 303)
    try:
        version = actions.publish_item(saved, now, by)
    except Invalid as error:  # raised before anything is changed: the draft stays saved
        flash(gettext("The draft is saved, but not published. %(reasons)s", reasons=reasons(error)), "bad")
        return redirect(url_for("author.edit_item", item_id=saved.id), 303)
    flash(gettext("Version %(number)s is published.", number=version.number), "ok")
    return redirect(url_for("author.item", item_id=saved.id), 303)


def _values(item: Item | None) -> dict[str, Any]:
    """What an editor opens with: the item's latest version, a copy of another's, or a few defaults."""
    if item is not None:
        return form_values(item, item.latest)
    origin = _origin()
    values = form_values(origin, origin.latest) if origin else {"language": language()}
    known = [row.id for row in bank.find_banks()]
    wanted = request.args.get("bank", values.get("bank"), int)
    home = wanted if wanted in known else known[0]
    return values | {"bank": home, "code": bank.suggest_code(home), "seen": ""}


def _origin() -> Item | None:
    """Whose copy a new question is. Raises Missing."""
    copied = request.args.get("copy", 0, int)
    return item_in_sight(copied) if copied else None


def _made(kind: Kind[Content], item: Item | None, fields: rows.Fields | None, values: Any = None) -> ItemForm:
    form = form_class(kind.name)(fields, data=values)
    form.competencies.choices = list(flat(_tree(item)))
    for field in form.kind.form:
        if isinstance(field, SelectField) and field.data is None:  # as a browser shows it
            field.data = next(iter(field.iter_choices()))[0]
    if item is None:
        form.bank.choices = [(row.id, row.title(language())) for row in bank.find_banks()]
    else:
        del form.bank, form.code
    return form


def _tree(item: Item | None) -> list[Node]:
    """What is offered: competencies in use, and retired ones that the question has."""
    return competency_tree(item.latest.competencies if item else ())


def _page(kind: Kind[Content], item: Item | None, form: ItemForm) -> str:
    item_id = item.id if item is not None else None
    address = media.addresses(item_id, None if item else _origin())
    sample = sample_of(kind, form.authored(kind), address)
    return render_template(
        "author/editor.html",
        kind=kind,
        item=item,
        form=form,
        sample=sample,
        offers=media.offers(kind, sample.content, item_id, media.numbers(form.uploads.data or ""), address),
        accept=ACCEPT,
        tree=_tree(item),
        rich=partial(is_rich, kind.name),
    )
