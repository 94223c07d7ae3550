"""The exam page, takeover and receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from examengine.core import clock, codes
from examengine.core.settings import Settings
from examengine.delivery import actions, journal, queries
from examengine.delivery.models import Attempt
from examengine.delivery.tokens import Token
from examengine.exams import queries as exams
from examengine.web.candidate import blueprint
from examengine.web.shell import items
from examengine.web.shell.language import language, show_points
from examengine.web.shell.people import browser, me


def token_keys() -> list[str]:
    """The keys that attempt tokens are signed with: the present one first."""
    settings: Settings = current_app.config["SETTINGS"]
    return [settings.secret_key, *settings.secret_key_fallbacks]


def token_of(attempt: Attempt, session_version: int) -> str:
    """The attempt's token for the browser that holds the pen."""
    slots = len(attempt.paper["slots"])
    return Token(attempt.id, attempt.person_id, session_version, attempt.epoch, slots).sign(token_keys()[0])


@blueprint.get("/attempts/<int:attempt_id>")
def exam(attempt_id: int) -> Response | str:
    """The exam and nothing but the exam."""
    person = me()
    attempt = queries.get_own(attempt_id, person.id)
    if not attempt.is_open:
        return redirect(url_for("candidate.receipt", attempt_id=attempt_id), 303)
    rows = queries.find_rows(attempt_id)
    folded = journal.fold(rows)
    holder = codes.same(attempt.holder, browser())
    deal = exams.get_deal(attempt.revision_id)
    token = token_of(attempt, person.session_version) if holder else ""
    page = {
        "title": deal.title,
        "sitting": attempt.sitting.title,
        "sections": _sections(attempt, folded, [section.title for section in deal.plan.sections]),
    }
    block = _block(attempt, rows, token, deal.plan.terms.page_mode)
    block["slots"] = [
        {"slot": item["slot"], "shape": item["shape"], "max_chars": item["max_chars"]}
        for section in page["sections"]
        for item in section["items"]  # type: ignore[index]  # made just above
    ]
    return render_template("candidate/exam.html", page=page, block=block)


def _sections(attempt: Attempt, folded: journal.Folded, titles: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    last = None
    for number, shown in enumerate(queries.present(attempt.paper), 1):
        if shown.section != last:
            found.append({"title": titles[shown.section], "items": []})
            last = shown.section
        made = items.fragments(shown.version_id, shown.presentation)
        found[-1]["items"].append(
            {
                "slot": shown.slot,
                "number": number,
                "label": gettext(shown.label),
                "points": gettext("%(points)s points", points=show_points(shown.points)),
                "shape": shown.presentation.shape,
                "max_chars": shown.presentation.facts.get("max_chars"),
                "language": shown.language,
                "flagged": shown.slot in folded.flags,
                "html": items.join(made, shown.slot, number, shown.order, folded.values.get(shown.slot)),
            }
        )
    return found


def _block(attempt: Attempt, rows: Sequence[journal.Row], token: str, page_mode: str) -> dict[str, Any]:
    now = clock.now()
    zone = current_app.config["SETTINGS"].zone
    offset = now.astimezone(zone).utcoffset()
    return {
        "attempt": attempt.id,
        "person": attempt.person_id,
        "epoch": attempt.epoch,
        "seq": max((row.seq for row in rows if row.epoch == attempt.epoch), default=0),
        "token": token,
        "holder": bool(token),
        "state": attempt.state,
        "remaining_ms": queries.remaining_ms(attempt, now),
        "saved_at": rows[-1].received_at.isoformat() if rows else None,
        "page_mode": page_mode,
        "language": language(),
        "zone_offset_min": int(offset.total_seconds() // 60) if offset is not None else 0,
        "urls": {
            "save": f"/attempts/{attempt.id}/saves",
            "status": f"/attempts/{attempt.id}/status",
            "submit": f"/attempts/{attempt.id}/submit",
            "takeover": url_for("candidate.takeover", attempt_id=attempt.id),
            "receipt": url_for("candidate.receipt", attempt_id=attempt.id),
            "login": url_for("public.login"),
            "code": url_for("public.code"),
            "home": url_for("candidate.home"),
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
