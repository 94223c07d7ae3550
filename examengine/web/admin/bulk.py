"""One act on many people: first a page that says what it does to whom, then long work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from examengine.accounts import queries, slips
from examengine.accounts.models import Person
from examengine.core import clock
from examengine.core.errors import Malformed
from examengine.core.i18n import N_
from examengine.web.admin import blueprint
from examengine.web.admin.forms import MoveForm, ReasonForm
from examengine.web.admin.person_edit import team_of
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me, safe_next
from examengine.web.shell.work import begin

FORMS: Mapping[str, type[PageForm]] = {"move": MoveForm, "deactivate": ReasonForm, "passwords": PageForm}
TITLES = {
    "move": N_("Move to a team"),
    "deactivate": N_("Deactivate people"),
    "passwords": N_("New first passwords"),
}
MOST = 200
Answer = Response | str | tuple[str, int]


@blueprint.post("/admin/people/bulk")
def people_bulk() -> Answer:
    """What is about to be done, to whom."""
    act = request.form.get("act", "")
    if act not in FORMS:
        raise Malformed
    people, back = _people(), safe_next(request.form.get("next"))
    if not people:
        flash(say(N_("Choose people first.")), "warn")
        return redirect(back, 303)
    form = FORMS[act](formdata=None)
    return _page(act, form, people, back)


def _people() -> Sequence[Person]:
    wanted = [int(text) for text in request.form.getlist("ids")[:MOST] if text.isdecimal() and len(text) < 18]
    return queries.find_chosen(wanted)


def _page(act: str, form: PageForm, people: Sequence[Person], back: str) -> str:
    if isinstance(form, MoveForm):
        form.fill(chosen=False)
    own = me().id in {person.id for person in people}
    return render_template(
        "admin/people_bulk.html", act=act, form=form, people=people, back=back, title=TITLES[act], own=own
    )


@blueprint.post("/admin/people/bulk/<any(move, deactivate, passwords):act>")
def people_bulk_do(act: str) -> Answer:
    """Plan the work."""
    people, back = _people(), safe_next(request.form.get("next"))
    form = FORMS[act]()
    if isinstance(form, MoveForm):
        form.fill(chosen=False)
    if not people or not form.validate():
        return _page(act, form, people, back), 422
    args: dict[str, Any] = {"people": [person.id for person in people]}
    if act == "passwords":
        made = slips.add_list(url_for("public.login", _external=True), clock.now(), me().id)
        return begin("people.passwords", {**args, "list": made.id}, url_for("admin.slips", list_id=made.id))
    if isinstance(form, MoveForm):
        team = team_of(form)
        args |= {"team": team.id if team else None, "since": form.since.isoformat() if form.since else None}
    reason = form.reason.data or ""  # type: ignore[attr-defined]  # both forms have it
    return begin("people.act", {**args, "act": act, "reason": reason}, back)
