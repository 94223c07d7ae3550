"""A new password by a one-time code that somebody read out on the spot; for the exam page's dialog also as JSON."""

from __future__ import annotations

from flask import make_response, render_template
from werkzeug.wrappers import Response

from examengine.accounts import actions, codes, passwords, queries
from examengine.core import clock, db
from examengine.core.errors import Invalid, Problem, SignedOut, TooMany
from examengine.core.i18n import N_
from examengine.web.public import blueprint
from examengine.web.public.entering import admit, let_in, was_right
from examengine.web.public.forms import CodeForm
from examengine.web.shell.errors import retry_after
from examengine.web.shell.people import wants_json

WRONG = N_("Employee number or code is not right, or the code has been used or is out of date.")


@blueprint.get("/login/code")
def code() -> str:
    """The form."""
    return render_template("public/code.html", form=CodeForm())


@blueprint.post("/login/code")
def code_use() -> Response:
    """Spend the code: all sessions end, the new password holds, and she is in."""
    form, now = CodeForm(), clock.now()
    if not form.validate():
        first = next(error for field in form for error in field.errors)
        return _refuse(form, Invalid(str(first)))
    username, password = form.username.data or "", form.password.data or ""
    try:
        admit(username)
        with db.reading():  # without SQLite's write lock: the hashes take their time
            found = codes.check(username, form.code.data or "", now)
            db.session.rollback()
        if found is None:
            raise SignedOut(WRONG)
        was_right(username)
        made = passwords.renewed(found.password_hash, password)
        db.begin_writing()
        if not codes.use_code(found, now):
            raise SignedOut(WRONG)
    except (TooMany, SignedOut, Invalid) as problem:
        return _refuse(form, problem)
    person = queries.get_person(found.person_id)
    actions.set_hash(person, made, now, person.id)
    return let_in(person, username)


def _refuse(form: CodeForm, problem: Problem) -> Response:
    if wants_json():
        raise problem
    wait = problem if isinstance(problem, TooMany) else None
    if wait is None and not form.errors:
        form.refuse(problem)
    page = render_template("public/code.html", form=form, wait=wait)
    return make_response(page, problem.status, retry_after(problem))
