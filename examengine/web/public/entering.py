"""What all ways in share: the waits before a check, the session after it, answers in words or for scripts."""

from __future__ import annotations

from flask import g, jsonify, redirect, request, session
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from examengine.accounts import actions, failures
from examengine.accounts.models import Person
from examengine.accounts.waits import Standing
from examengine.core import clock, db
from examengine.web.shell.people import browser, safe_next, wants_json


def admit(username: str) -> Standing:
    """Whether a try is taken. Raises TooMany.

    In a short transaction of its own: the try counts as failed until it succeeds, so that many at once are no more
    tries than one after the other; and no lock is held while the hash takes its time.
    """
    db.begin_writing()
    now, this = clock.now(), failures.at_login(username, request.remote_addr)
    standing = failures.look(this, now)
    failures.note(this, standing, now)
    db.session.commit()
    return standing


def was_right(username: str) -> None:
    """The try has succeeded, whatever else may be wrong with what was sent."""
    db.begin_writing()
    failures.clear(failures.at_login(username, request.remote_addr))
    db.session.commit()


def let_in(person: Person, username: str) -> Response:
    """The try has succeeded: a new session, and on to where she wanted to be."""
    failures.clear(failures.at_login(username, request.remote_addr))
    enter(person)
    if wants_json():
        return jsonify(person=person.id, csrf_token=generate_csrf())
    return redirect(safe_next(request.args.get("next")))


def enter(person: Person) -> None:
    """A new session; only the browser's mark and the switches stay."""
    mark = browser()
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept, browser=mark)
    session.permanent = True
    if actions.is_login_due(person, clock.now()):
        actions.note_login(person, clock.now())
    login_user(person)
    g.pop("csrf_token", None)
