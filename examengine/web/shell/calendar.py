"""Sittings as a file for calendars."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response

from examengine.core import clock
from examengine.exams import calendar
from examengine.exams.models import Enrolment
from examengine.web.shell.language import say
from examengine.web.shell.own_settings import own


def calendar_file(enrolments: Iterable[Enrolment], file_name: str, name: str = "") -> Response:
    """The sittings of a person's enrolments in her language."""
    data = calendar.file_of(calendar.of_enrolments(enrolments, own().address, say), clock.now(), name)
    headers = {"Content-Disposition": f'attachment; filename="{file_name}.ics"'}
    return Response(data, headers=headers, content_type="text/calendar; charset=utf-8; method=PUBLISH")
