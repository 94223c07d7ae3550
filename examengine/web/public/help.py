"""Help: a page for each role and one for who cannot log in, written twice, once a language (templates/help)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from examengine.accounts.models import Person
from examengine.core import pictures
from examengine.core.i18n import N_
from examengine.exams import queries as exams
from examengine.web.public import blueprint
from examengine.web.shell.language import language
from examengine.web.shell.people import me

STATIC = Path(__file__).parents[1] / "static"
LOGIN = "login"
TOPICS = {
    "operator": N_("Help for operators"),
    "grader": N_("Help for graders"),
    "trainer": N_("Help for trainers"),
    "manager": N_("Help for managers"),
    "invigilator": N_("Help for invigilators"),
    "administrator": N_("Help for administrators"),
    LOGIN: N_("Help with logging in"),
}
"""In the order in which they are listed; whoever has several roles is led to the first."""
_HEADING = re.compile(r'<h2 id="([\w-]+)">(.+?)</h2>')


@blueprint.get("/help", endpoint="help")
def help_home() -> Response:
    """To the page of the person's own role."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login", next=request.path))
    return redirect(url_for("public.help_topic", topic=_own(me())[0]))


@blueprint.get("/help/<any(operator, grader, trainer, manager, invigilator, administrator):topic>")
def help_topic(topic: str) -> Response | str:
    """A role's page: nothing in it is secret, so whoever is logged in may read it."""
    if not current_user.is_authenticated:
        return redirect(url_for("public.login", next=request.path))
    return _page(topic, _own(me()))


@blueprint.get("/help/login")
def help_login() -> str:
    """For who stands before the log-in, strangers too."""
    settled = current_user.is_authenticated and not current_user.must_change_password
    return _page(LOGIN, _own(me()) if settled else [])


def _own(person: Person) -> list[str]:
    """The topics of what the person does here: never none."""
    found = [topic for topic in TOPICS if topic in person.roles]
    if "manager" in found or exams.find_watched(person.id):
        found.append("invigilator")
    return found or ["operator"]


def _page(topic: str, own: list[str]) -> str:
    """The topic's text in the reader's language, with its contents and, for who may read them, the other pages."""
    body = render_template(f"help/{language()}/{topic}.html", picture_of=_picture)
    return render_template(
        "public/help.html",
        topic=topic,
        title=TOPICS[topic],
        body=Markup(body),  # noqa: S704 (a template of ours, escaped as any other)
        contents=[(anchor, Markup(words)) for anchor, words in _HEADING.findall(body)],  # noqa: S704 (a part of it)
        topics=TOPICS if own else {},
        own=own,
    )


def _picture(name: str) -> tuple[str, int, int]:
    """A picture of the reader's language: its static path, width and height."""
    path = f"help/{language()}/{name}.webp"
    return path, *_size(path)


@cache
def _size(path: str) -> tuple[int, int]:
    found = pictures.checked((STATIC / path).read_bytes())
    return found.width, found.height
