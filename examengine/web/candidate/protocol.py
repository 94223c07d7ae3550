"""Save, status and submit: what the exam page's scripts say to the server (docs/save-protocol.md)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from flask import Response, g, request, session, url_for
from flask_login import current_user

from examengine.core import clock, codes, db
from examengine.core.brief import BRIEF
from examengine.core.errors import Malformed, Missing, SignedOut
from examengine.core.i18n import N_
from examengine.delivery import queries
from examengine.delivery.journal import MOST_BODY
from examengine.delivery.models import Attempt
from examengine.delivery.saving import Saved, save_answers
from examengine.delivery.tokens import Token, read
from examengine.web.candidate import saving
from examengine.web.candidate.exam import token_keys, token_of
from examengine.web.shell.closing import hand_in
from examengine.web.shell.lanes import FAILED
from examengine.web.shell.request_cycle import csrf

csrf.exempt(saving)

_CLOCK = re.compile(r"[0-9]{0,15}")
"""Milliseconds: none, or as many as a page's clock can show."""


@saving.before_request
def _speak_json() -> None:
    g.speaks_json = True


def _token(attempt_id: int) -> Token:
    """The request's attempt token. Raises SignedOut (none, or not ours), Missing (another attempt's)."""
    token = read(request.headers.get("Attempt-Token", ""), token_keys())
    if token is None:
        raise SignedOut(N_("You have been logged out. Your unsent answers are kept in this browser."))
    if token.attempt != attempt_id:
        raise Missing
    g.person_id = token.person
    return token


def _answer(facts: dict[str, Any]) -> Response:
    return Response(json.dumps(facts), mimetype="application/json")


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="microseconds") if moment else None


@saving.put("/attempts/<int:attempt_id>/saves/<int:epoch>/<int:seq>")
def save(attempt_id: int, epoch: int, seq: int) -> Response:
    """One save: acknowledged means committed."""
    if FAILED in request.environ:
        raise request.environ[FAILED]
    token = _token(attempt_id)
    age = page_clock(request.headers.get("Page-Clock", ""))
    if epoch != token.epoch or not 0 < seq < 2**31 or age is None:
        raise Malformed(N_("The save's address or clock does not fit its token."))
    request.max_content_length = MOST_BODY + 1
    body = request.get_data(cache=False)
    done = save_answers(db.hot(), token, seq, body, age, clock.now(), steady=clock.is_steady())
    return Response(acknowledgement(attempt_id, epoch, done), mimetype="application/json")


def page_clock(text: str) -> int | None:
    """The page's clock in milliseconds; 0: it has none; None: that is no clock."""
    return int(text or 0) if _CLOCK.fullmatch(text) else None


def acknowledgement(attempt_id: int, epoch: int, done: Saved) -> str:
    """What a page reads of a save that is kept."""
    facts = {
        "attempt": attempt_id,
        "epoch": epoch,
        "seq": done.seq,
        "sha256": done.sha256,
        "saved_at": _stamp(done.saved_at),
        "late": done.late,
        "remaining_ms": done.remaining_ms,
    }
    return json.dumps(facts)


@saving.post("/attempts/<int:attempt_id>/submit")
def submit(attempt_id: int) -> Response:
    """Close the attempt and score what the machine can."""
    token = _token(attempt_id)
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # nested without end
        body = None
    digest = body.get("digest") if isinstance(body, dict) else None
    if not isinstance(digest, str) or len(digest) != 64:
        raise Malformed(N_("A submit carries the digest of what the page believes is saved."))
    receipt = hand_in(token, digest, wait=BRIEF not in request.environ)
    return _answer(
        {
            "receipt": receipt.code,
            "location": url_for("candidate.receipt", attempt_id=attempt_id),
            "submitted_at": _stamp(receipt.submitted_at),
        }
    )


@saving.get("/attempts/<int:attempt_id>/status")
def status(attempt_id: int) -> Response:
    """State and true remaining time; to the session of the pen's browser also a token."""
    token = read(request.headers.get("Attempt-Token", ""), token_keys())
    if token is not None and token.attempt == attempt_id:
        attempt = queries.get_with_token(token)
        return _answer(_status(attempt, holder=attempt.epoch == token.epoch))
    if not current_user.is_authenticated:
        raise SignedOut(N_("You have been logged out. Your unsent answers are kept in this browser."))
    attempt = queries.get_own(attempt_id, current_user.id)
    holder = codes.same(attempt.holder, session.get("browser", ""))
    facts = _status(attempt, holder)
    if holder and attempt.is_open:
        facts["token"] = token_of(attempt, current_user.session_version)
    return _answer(facts)


def _status(attempt: Attempt, holder: bool) -> dict[str, Any]:
    now = clock.now()
    last = queries.find_last_saved(attempt.id)
    return {
        "attempt": attempt.id,
        "state": attempt.state,
        "epoch": attempt.epoch,
        "seq": last[1] if last and last[0] == attempt.epoch else 0,
        "holder": holder,
        "remaining_ms": queries.remaining_ms(attempt, now),
        "server_time": _stamp(now),
        "saved_at": _stamp(last[2]) if last else None,
    }
