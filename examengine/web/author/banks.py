"""Banks: what there is, and a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from examengine.bank import actions
from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_
from examengine.web.author import blueprint
from examengine.web.author.forms import BankForm
from examengine.web.author.sight import for_trainers
from examengine.web.shell.language import language, say
from examengine.web.shell.people import me


@blueprint.route("/banks", methods=["GET", "POST"])
@for_trainers
def banks() -> Response | str | tuple[str, int]:
    """All banks with counts; a form for a new one."""
    form = BankForm()
    try:
        if form.validate_on_submit():
            return _added(form)
    except (Conflict, Invalid) as error:
        form.refuse(error)
    facts = {"banks": bank.find_banks(), "counts": bank.count_states(), "none_yet": bank.BankCounts()}
    page = render_template("author/banks.html", form=form, language=language(), **facts)
    return (page, 422) if form.errors else page


def _added(form: BankForm) -> Response:
    titles = {"zh": form.title_zh.data, "en": form.title_en.data}
    about = {"zh": form.about_zh.data, "en": form.about_en.data}
    made = actions.add_bank(
        form.code.data or "",
        {name: text for name, text in titles.items() if text},
        {name: text for name, text in about.items() if text},
        clock.now(),
        me().id,
    )
    flash(say(N_("The bank is made. Write its first question.")), "ok")
    return redirect(url_for("author.items", bank=made.id), 303)
