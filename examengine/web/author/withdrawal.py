"""A question leaves running exams: first what breaks without it, then one act."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.delivery import queries as delivery
from examengine.exams import withdrawal
from examengine.web.author import blueprint
from examengine.web.author.forms import WithdrawItemForm
from examengine.web.author.sight import item_in_sight, only_read
from examengine.web.shell.language import say
from examengine.web.shell.people import me


@blueprint.route("/items/<int:item_id>/withdrawal", methods=["GET", "POST"])
def item_withdrawal(item_id: int) -> Response | str | tuple[str, int]:
    """Every running exam that uses it with the solver's answer; trainers and managers may act."""
    found, form = item_in_sight(item_id), WithdrawItemForm()
    try:
        if form.validate_on_submit():
            return _withdraw(found, form)
    except (Conflict, Invalid) as error:
        form.refuse(error)
        only_read()
    uses = withdrawal.find_uses(item_id, clock.now())
    sittings = [sitting.id for use in uses for sitting in use.sittings]
    page = render_template(
        "author/withdraw_item.html",
        item=item_in_sight(item_id),
        form=form,
        uses=uses,
        begun=delivery.find_begun_sittings(sittings),
        trainer="trainer" in me().roles,
        manager="manager" in me().roles,
    )
    return (page, 422) if form.errors else page


def _withdraw(found: Item, form: WithdrawItemForm) -> Response:
    retire = form.retire.data == "retire"
    done = withdrawal.withdraw_item(found, clock.now(), me().id, form.reason.data or "", retire=retire)
    if done.healed:
        text = ngettext(
            "%(num)s sitting goes on without the question, for starts from now on.",
            "%(num)s sittings go on without the question, for starts from now on.",
            done.sittings,
        )
        flash(text, "ok")
    if retire:
        flash(say(N_("The question is retired. It can be restored at any time.")), "ok")
    for use in done.broken:
        text = gettext(
            "“%(title)s”, revision %(number)s, keeps the question: replace it and publish, then come back here.",
            title=use.exam.title,
            number=use.revision.number,
        )
        flash(text, "warn")
    return redirect(url_for("author.item_withdrawal", item_id=found.id), 303)
