"""What the marker's list pages share: the tabs over them."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext

from examengine.core.i18n import N_
from examengine.exams import queries as exams

LEAD = ("lead", "deputy")
_PAGES = (
    ("marker.queue", N_("To mark")),
    ("marker.marks", N_("Your marks")),
    ("marker.desk", N_("Lead's desk")),
)


def sections(person_id: int) -> list[dict[str, Any]]:
    """The tabs; the desk's for leads and deputies only."""
    leads = bool(exams.find_exams_of_duty(person_id, LEAD))
    return [
        {"label": gettext(label), "url": url_for(endpoint), "active": request.endpoint == endpoint}
        for endpoint, label in _PAGES
        if endpoint != "marker.desk" or leads or request.endpoint == endpoint
    ]
