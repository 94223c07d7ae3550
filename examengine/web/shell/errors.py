"""Failures as people and scripts read them: a calm page, or an RFC 9457 document; never a traceback."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, json, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from examengine.core.brief import AGAIN, WouldWait
from examengine.core.db import AWAY, BUSY, FULL, READ_ONLY, session, trouble
from examengine.core.errors import (
    Forbidden,
    Malformed,
    Missing,
    NoRoom,
    PasswordDue,
    Problem,
    ReadOnly,
    SignedOut,
    TooLarge,
    Unavailable,
)
from examengine.core.i18n import N_, Message
from examengine.core.logs import said
from examengine.web.shell.language import say
from examengine.web.shell.people import forget_reader, safe_next, wants_json
from examengine.web.shell.request_cycle import READING, route

log = structlog.get_logger("examengine.web")

_BY_STATUS: dict[int, type[Problem]] = {400: Malformed, 401: SignedOut, 403: Forbidden, 404: Missing, 413: TooLarge}


def init_app(app: Flask) -> None:
    """Hook the handlers in."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(WouldWait, _would_wait)
    app.register_error_handler(PasswordDue, _password_due)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _would_wait(_: WouldWait) -> Response:
    """No answer: the server asks again, where it may be waited."""
    request.environ[AGAIN] = True
    return Response(status=503)


def document(problem: Problem) -> Response:
    """The problem as application/problem+json."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "code": problem.code,
        "title": say(problem.title),
        "status": problem.status,
        "detail": say(problem.detail),
        "request_id": g.get("request_id", ""),
        **problem.extra,
    }
    return Response(json.dumps(body), problem.status, retry_after(problem), mimetype="application/problem+json")


def retry_after(problem: Problem) -> dict[str, str]:
    """The header that says when trying again helps, if the problem knows."""
    return {"Retry-After": str(problem.extra["retry_after"])} if "retry_after" in problem.extra else {}


def _password_due(problem: PasswordDue) -> AnyResponse:
    """Whoever reads pages goes to choose a password, and on from there to where she wanted to be."""
    if request.method != "GET" or wants_json() or getattr(g, "speaks_json", False):
        return _problem(problem)
    return redirect(url_for("public.password", next=request.full_path.rstrip("?")))


def _problem(problem: Problem) -> Response:
    session.rollback()
    if isinstance(problem, Unavailable):
        forget_reader()
    answer = _answer(problem)
    if isinstance(problem, Unavailable):
        answer.headers["Retry-After"] = str(problem.retry_after_s)
    return answer


def _answer(problem: Problem) -> Response:
    if wants_json() or getattr(g, "speaks_json", False):
        return document(problem)
    try:
        page = _calm_page(problem) if isinstance(problem, Unavailable) else _page(problem)
    except Exception:  # what keeps the page from being made (no database, say) must not become a traceback
        log.exception("error page failed", request_id=g.get("request_id"))
        page = PLAIN.format(title=escape(say(problem.title)), text=escape(say(problem.detail)))
    return Response(page, problem.status, retry_after(problem))


PLAIN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<h1>{title}</h1><p>{text}</p>
<p>Nothing that was saved is lost. Please try again in a moment.</p>
<p lang="zh-Hans">已保存的内容没有丢失，请稍后重试。</p></html>
"""


def _page(problem: Problem) -> str:
    problems = [say(message) for message in getattr(problem, "problems", ())]
    return render_template(
        "error.html",
        title=say(problem.title),
        text=say(problem.detail) or say(_NEXT.get(problem.status)),
        problems=problems,
        action_url=_back() if problem.status in (409, 422) else url_for("public.home"),
        action_label=say(N_("Go back")) if problem.status in (409, 422) else say(N_("To the front page")),
        request_id=g.get("request_id", ""),
    )


def _calm_page(problem: Unavailable) -> str:
    """Without a question to the database, which would be waited for once more."""
    reading = request.method in READING
    return render_template(
        "unavailable.html",
        title=say(problem.title),
        text=say(problem.detail) or say(_UNAVAILABLE[type(problem)]),
        form=not reading,
        again_url=request.full_path.rstrip("?") if reading else url_for("public.home"),
        request_id=g.get("request_id", ""),
    )


_UNAVAILABLE: dict[type[Unavailable], Message] = {
    Unavailable: Message(N_("Nothing that was saved is lost. Please try again in a moment.")),
    NoRoom: Message(
        N_(
            "Nothing that was saved is lost, but nothing new can be saved until there is room again. "
            "Please tell the administrator."
        )
    ),
    ReadOnly: Message(N_("Nothing that was saved is lost. Please tell the administrator, and try again later.")),
}
_TROUBLES: dict[str, type[Unavailable]] = {AWAY: Unavailable, BUSY: Unavailable, FULL: NoRoom, READ_ONLY: ReadOnly}

_NEXT: dict[int, Message] = {
    403: Message(N_("This page is for people with another role. Nothing has changed.")),
    404: Message(N_("The address may be mistyped, or the page is not for you to see. Nothing has changed.")),
}


def _back() -> str:
    """The page that the person came from, as a path of this site; else the front page."""
    came = request.referrer or ""
    if not came.startswith(request.host_url):
        return url_for("public.home")
    return safe_next(came[len(request.host_url) - 1 :])


def _csrf(error: CSRFError) -> Response:
    text = N_("This form was out of date, so nothing was changed. Go back, reload the page and send it again.")
    return _problem(Forbidden(text, code="csrf"))


def _http(error: HTTPException) -> Response:
    if error.code is not None and 300 <= error.code < 400:
        return Response(error.get_response().get_data(), error.code, dict(error.get_headers()))
    made = _BY_STATUS.get(error.code or 500)
    problem = made() if made else Problem(code=(error.name or "error").lower().replace(" ", "-"))
    problem.status = error.code or 500
    answer = _problem(problem)
    if error.code == 405:
        answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return answer


def _unforeseen(error: Exception) -> Response:
    found = trouble(error)
    if found is not None:
        log.warning(
            "database in trouble", trouble=found, said=said(error), route=route(), request_id=g.get("request_id")
        )
        return _problem(_TROUBLES[found]())
    log.exception("unforeseen failure", request_id=g.get("request_id"), route=route())
    problem = Problem(N_("Something went wrong on our side. Nothing you had saved is lost."), code="internal")
    problem.status = 500
    return _problem(problem)
