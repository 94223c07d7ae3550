"""What an invigilator may do for the accounts of her candidates: a one-time code, an end to their waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from examengine.accounts import codes, failures
from examengine.accounts.permissions import is_staff
from examengine.core.errors import Conflict, Forbidden
from examengine.core.i18n import N_
from examengine.exams import accommodations
from examengine.exams.models import Enrolment


def check_may_help(enrolment: Enrolment, now: datetime) -> None:
    """Raises Conflict when the sitting is over for the person, Forbidden when she has rights of her own.

    Whoever gives a code could log in with it: for people with more rights than an operator the administrator does.
    """
    extra = accommodations.total((row.extra_s, row.extra_close_s) for row in enrolment.accommodations)
    if enrolment.sitting.state == "withdrawn" or now > enrolment.sitting.hard_close_at + timedelta(
        seconds=extra.close_s
    ):
        raise Conflict(N_("The sitting is over: an administrator helps this person to log in."))
    if is_staff(enrolment.person.roles):
        raise Forbidden(N_("This person has other roles too: only an administrator gives her a code or clears waits."))


def give_code(enrolment: Enrolment, now: datetime, by: int, reason: str) -> str:
    """A one-time code to read out. Raises Conflict, Forbidden."""
    check_may_help(enrolment, now)
    return codes.give_code(enrolment.person, now, by, reason, sitting=enrolment.sitting_id)


def clear_wait(enrolment: Enrolment, now: datetime, by: int, reason: str) -> int:
    """Let her try again at once, at the log-in and with the access code. Raises Conflict, Forbidden."""
    check_may_help(enrolment, now)
    return failures.clear_wait(enrolment.person, now, by, reason, sitting=enrolment.sitting_id)
