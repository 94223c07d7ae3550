"""Record entries as the timeline component shows them, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext

from examengine.records.models import Entry
from examengine.web.shell.language import show_date, show_percent, show_points


def timeline_of(entries: Iterable[Entry], own: bool) -> list[dict[str, Any]]:
    """Rows for components/layout.html's timeline; `own`: with links to the person's own result pages."""
    return [_row(entry, own) for entry in entries]


def _row(entry: Entry, own: bool) -> dict[str, Any]:
    facts = entry.details
    row: dict[str, Any] = {"when": show_date(entry.occurred_at), "iso": entry.occurred_at.isoformat(), "id": entry.id}
    if entry.kind == "exam.result":
        words = {"points": show_points(facts["points"]), "maximum": show_points(facts["maximum"])}
        row |= {
            "title": facts["title"],
            "text": f"{show_percent(facts['percent'])} · " + gettext("%(points)s of %(maximum)s points", **words),
            "tone": "ok" if facts["passed"] else "bad",
            "badge": gettext("Passed") if facts["passed"] else gettext("Not passed"),
        }
        if own:
            row["url"] = url_for("candidate.result", attempt_id=entry.source_id)
    elif entry.kind == "exam.absent":
        absent = {"tone": "warn", "badge": gettext("Absent")}
        row |= {"title": facts["title"], "text": gettext("Did not take part."), **absent}
    elif entry.kind == "exam.back":
        lifted = gettext("The sitting was extended, so entry %(id)s does not hold.", id=entry.corrects_id)
        row |= {"title": facts["title"], "text": lifted, "tone": "info", "badge": gettext("Absence lifted")}
    else:
        text = gettext("Corrects entry %(id)s.", id=entry.corrects_id)
        row |= {"title": gettext("Correction"), "text": f"{facts['text']} ({text})", "tone": "info"}
    return row
