"""The exam page, takeover and receipt."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask_wtf.csrf import generate_csrf
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from examengine.core import clock, codes
from examengine.core.settings import Settings
from examengine.delivery import actions, queries, states
from examengine.delivery.models import Attempt
from examengine.delivery.opening import Opened, open_attempt
from examengine.delivery.tokens import Token
from examengine.exams import queries as exams
from examengine.web.candidate import blueprint, check, paper
from examengine.web.shell.frames import frame, mark
from examengine.web.shell.language import language, speak
from examengine.web.shell.people import browser, me, session_pass, turn_away
from examengine.web.shell.request_cycle import csp_nonce
from examengine.web.shell.templating import shell_key


def token_keys() -> list[str]:
    """The keys that attempt tokens are signed with: the present one first."""
    return keys_of(current_app.config["SETTINGS"])


def keys_of(settings: Settings) -> list[str]:
    """Those of these settings."""
    return [settings.secret_key, *settings.secret_key_fallbacks]


def token_of(attempt: Attempt, session_version: int) -> str:
    """The attempt's token for the browser that holds the pen."""
    slots = len(attempt.paper["slots"])
    return Token(attempt.id, attempt.person_id, session_version, attempt.epoch, slots).sign(token_keys()[0])


@blueprint.get("/attempts/<int:attempt_id>")
def exam(attempt_id: int) -> Response | bytes:
    """The exam and nothing but the exam: frames that the process keeps, filled by two statements (hot path)."""
    own = session_pass()
    opened = open_attempt(attempt_id, own.person, own.session_version, clock.now()) if own else None
    if opened is None:
        return turn_away(check)
    if opened.state not in states.OPEN:
        return redirect(url_for("candidate.receipt", attempt_id=attempt_id), 303)
    speak(opened.language)
    deal = exams.get_deal(opened.revision_id)
    titles = [section.title for section in deal.plan.sections]
    made = paper.make(attempt_id, opened.paper, titles, opened.folded)
    block = _block(opened, deal.plan.terms.page_mode) | {"slots": made.slots}
    shown = frame(("exam", language(), opened.theme, shell_key()), _render)
    sitting = "" if opened.sitting == deal.title else _SITTING.format(opened.sitting)
    return shown.fill_in(
        {
            "TITLE": escape(deal.title),
            "SITTING": sitting,
            "COUNT": len(made.slots),
            "MODE": "one" if deal.plan.terms.page_mode == "one" else "all",
            "SECTIONS": made.sections,
            "CELLS": made.cells,
            "BLOCK": htmlsafe_json_dumps(block, dumps=json.dumps),
            "TAKEOVER": block["urls"]["takeover"],
            "RECEIPT": block["urls"]["receipt"],
            "CSRF": generate_csrf(),
            "NONCE": csp_nonce(),
        }
    )


def _render() -> str:
    return render_template("candidate/exam.html", csp_nonce=lambda: mark("NONCE"))  # the shell's scripts have it too


_SITTING = Markup(' <span class="exam-sitting">{}</span>')


def _block(opened: Opened, page_mode: str) -> dict[str, Any]:
    """What the page's scripts are told (docs/save-protocol.md)."""
    token = ""
    if codes.same(opened.holder, browser()):
        slots = len(opened.paper["slots"])
        token = Token(opened.attempt, opened.person, opened.session_version, opened.epoch, slots).sign(token_keys()[0])
    offset = clock.now().astimezone(current_app.config["SETTINGS"].zone).utcoffset()
    path = f"/attempts/{opened.attempt}"
    return {
        "attempt": opened.attempt,
        "person": opened.person,
        "epoch": opened.epoch,
        "seq": opened.seq,
        "token": token,
        "holder": bool(token),
        "state": opened.state,
        "remaining_ms": opened.remaining_ms,
        "saved_at": opened.saved_at.isoformat() if opened.saved_at else None,
        "page_mode": page_mode,
        "language": language(),
        "zone_offset_min": int(offset.total_seconds() // 60) if offset is not None else 0,
        "urls": {
            "save": f"{path}/saves",
            "status": f"{path}/status",
            "submit": f"{path}/submit",
            "takeover": f"{path}/takeover",
            "receipt": f"{path}/receipt",
            "login": "/login",
            "code": "/login/code",
            "home": "/home",
        },
    }


@blueprint.post("/attempts/<int:attempt_id>/takeover")
def takeover(attempt_id: int) -> Response:
    """Give the pen to this browser, knowingly."""
    actions.take_over(attempt_id, me().id, browser(), clock.now())
    return redirect(url_for("candidate.exam", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<int:attempt_id>/receipt")
def receipt(attempt_id: int) -> Response | str:
    """That and when the attempt was handed in, with its receipt code."""
    attempt = queries.get_own(attempt_id, me().id)
    if attempt.is_open:
        return redirect(url_for("candidate.exam", attempt_id=attempt_id), 303)
    responses = queries.find_responses(attempt_id)
    answered = sum(not response.blank for response in responses)
    deal = exams.get_deal(attempt.revision_id)
    return render_template(
        "candidate/receipt.html", attempt=attempt, deal=deal, answered=answered, questions=len(attempt.paper["slots"])
    )
