"""What trainers do with questions without writing: publish, retire, restore, discard a draft; one or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from examengine.bank import actions
from examengine.bank import queries as bank
from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid, Malformed
from examengine.core.i18n import N_
from examengine.web.author import blueprint
from examengine.web.author.forms import reasons
from examengine.web.author.sight import for_trainers, hidden_items, item_in_sight
from examengine.web.shell.language import say
from examengine.web.shell.people import me, safe_next

ACTS: Mapping[str, tuple[Callable[[Item, datetime, int], object], str]] = {
    "publish": (actions.publish_item, N_("The question is published. New exams take this version.")),
    "retire": (actions.retire_item, N_("The question is retired. It can be restored at any time.")),
    "restore": (actions.restore_item, N_("The question is back in use.")),
    "discard": (actions.discard_draft, N_("The draft is discarded. The published version stays.")),
}
MOST = 200


@blueprint.post("/items/<int:item_id>/<any(publish, retire, restore, discard):act>")
@for_trainers
def item_act(item_id: int, act: str) -> Response:
    """One act on one question."""
    found = item_in_sight(item_id)
    do, done = ACTS[act]
    try:
        do(found, clock.now(), me().id)
        flash(say(done), "ok")
    except (Conflict, Invalid) as error:
        flash(_told(found, error), "bad")
    return redirect(url_for("author.item", item_id=item_id), 303)


@blueprint.post("/items")
@for_trainers
def items_act() -> Response:
    """Publish or retire the questions chosen in the list; what cannot be done is named."""
    act = request.form.get("act", "")
    if act not in ("publish", "retire"):
        raise Malformed
    chosen = _chosen()
    if not chosen:
        flash(say(N_("Choose questions first.")), "warn")
    elif act == "retire":
        _retire(chosen)
    else:
        _publish(chosen)
    return redirect(safe_next(request.form.get("next")), 303)


def _chosen() -> Sequence[Item]:
    wanted = [int(text) for text in request.form.getlist("ids")[:MOST] if text.isdecimal() and len(text) < 18]
    return bank.find_chosen(set(wanted) - hidden_items())


def _retire(chosen: Sequence[Item]) -> None:
    for found in chosen:
        actions.retire_item(found, clock.now(), me().id)
    flash(ngettext("%(num)s question is retired.", "%(num)s questions are retired.", len(chosen)), "ok")
    flash(gettext("Retired questions can be restored: choose the state “Retired”."), "info")


def _publish(chosen: Sequence[Item]) -> None:
    done, left = 0, []
    for found in chosen:
        try:
            actions.publish_item(found, clock.now(), me().id)
            done += 1
        except (Conflict, Invalid) as error:
            left.append(_told(found, error))
    if done:
        flash(ngettext("%(num)s question is published.", "%(num)s questions are published.", done), "ok")
    for text in left[:10]:
        flash(text, "warn")
    if len(left) > 10:
        flash(gettext("… and %(count)s more were not published.", count=len(left) - 10), "warn")


def _told(found: Item, error: Conflict | Invalid) -> str:
    return gettext("%(code)s: not changed. %(reasons)s", code=found.code, reasons=reasons(error))
