"""The words of each kind of notice, the page that it leads to, and what its reader may switch off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from examengine.core.i18n import N_, Message

_NAMES = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class NoticeKind:
    """A sentence with the notice's details, and an endpoint that takes its subject's id as `argument`."""

    text: str
    endpoint: str
    argument: str | None = None
    label: str = ""
    """What the account page calls it; empty: it is not offered there, and always sent."""
    icon: str = "info"
    must_know: bool = True
    """Shown in the app whatever the person prefers."""
    cancels: bool = False
    """Its mail takes the sitting out of the calendar; others about a sitting put it in."""
    fresh: timedelta = timedelta(days=7)
    """How old it may be when its mail goes out at last."""


KINDS = {
    "sitting.planned": NoticeKind(
        N_("You are enrolled in “%(title)s”."), "candidate.lobby", "sitting_id", N_("A sitting is announced"), "clock"
    ),
    "sitting.changed": NoticeKind(
        N_("The times of “%(title)s” have changed."),
        "candidate.lobby",
        "sitting_id",
        N_("The times of a sitting change"),
        "clock",
    ),
    "sitting.withdrawn": NoticeKind(
        N_("“%(title)s” will not take place. You need not do anything."),
        "candidate.lobby",
        "sitting_id",
        N_("A sitting is withdrawn"),
        "x",
        cancels=True,
    ),
    "sitting.left": NoticeKind(
        N_("You are no longer enrolled in “%(title)s”."),
        "candidate.home",
        label=N_("A place in a sitting is taken back"),
        icon="x",
        cancels=True,
    ),
    "sitting.opens_soon": NoticeKind(
        N_("Reminder: “%(title)s” opens soon."),
        "candidate.lobby",
        "sitting_id",
        N_("Reminders a day and an hour before"),
        "bell",
        fresh=timedelta(minutes=50),
    ),
    "sitting.last_chance": NoticeKind(
        N_("Reminder: the last moment to start “%(title)s” is near."),
        "candidate.lobby",
        "sitting_id",
        N_("Reminders a day and an hour before the last start"),
        "warning",
        fresh=timedelta(minutes=50),
    ),
    "result.released": NoticeKind(
        N_("Your result of “%(title)s” is out."), "candidate.result", "attempt_id", N_("A result is out"), "check"
    ),
    "result.revised": NoticeKind(
        N_("Your result of “%(title)s” was corrected; the page says why."),
        "candidate.result",
        "attempt_id",
        N_("A result is corrected"),
        "edit",
    ),
    "marking.task": NoticeKind(
        N_("%(count)s answers wait for your marks."),
        "marker.queue",
        label=N_("Answers wait for your marks (once an hour at most)"),
        icon="list",
        must_know=False,
    ),
    "marking.lead": NoticeKind(
        N_("An answer in “%(title)s” needs your decision as lead."),
        "marker.desk",
        label=N_("An answer waits for your decision as lead"),
        icon="flag",
        must_know=False,
    ),
    "sitting.extended": NoticeKind(
        N_("“%(title)s” was extended: look up its new times."),
        "candidate.lobby",
        "sitting_id",
        N_("A sitting is extended"),
        "clock",
    ),
    "attempt.resit": NoticeKind(
        N_("Your attempt at “%(title)s” does not count; you may start once more."),
        "candidate.lobby",
        "sitting_id",
        N_("An attempt may be sat again"),
        "clock",
    ),
    "attempt.reopened": NoticeKind(
        N_("Your attempt at “%(title)s” is open again until its time is over."),
        "candidate.exam",
        "attempt_id",
        N_("An attempt is opened again"),
        "clock",
    ),
    "marking.assigned": NoticeKind(
        N_("Answers of “%(title)s” wait for you by name."),
        "marker.queue",
        label=N_("Answers wait for you by name"),
        icon="list",
        must_know=False,
    ),
    "result.borderline": NoticeKind(
        N_("A result in “%(title)s” is borderline: marks lie on both sides of the pass mark."),
        "marker.desk",
        label=N_("A result is borderline"),
        icon="warning",
        must_know=False,
    ),
    "appeal.answered": NoticeKind(
        N_("Your appeal about “%(title)s” is answered; the result page says how."),
        "candidate.result",
        "attempt_id",
        N_("An appeal of yours is answered"),
        "check",
    ),
    "appeal.opened": NoticeKind(
        N_("A result of “%(title)s” is contested."),
        "manager.appeal",
        "appeal_id",
        N_("A result is contested"),
        "flag",
        must_know=False,
    ),
    "account.password": NoticeKind(
        N_("Your password was changed. If it was not you, tell your administrator at once."),
        "public.account",
        icon="lock",
    ),
    "mail.test": NoticeKind(N_("This is a test mail: mail works."), "public.notices"),
}

AUDIENCES: dict[str, frozenset[str]] = {
    "marking.task": frozenset({"grader"}),
    "marking.lead": frozenset({"grader"}),
    "marking.assigned": frozenset({"grader"}),
    "result.borderline": frozenset({"grader"}),
    "appeal.opened": frozenset({"manager"}),
}
"""Kinds that come to these roles only: nobody else is asked about them."""


def wording(kind: str, details: Any) -> Message | None:
    """The notice's sentence, whatever its details are; None: a kind that this version does not know."""
    known = KINDS.get(kind)
    if known is None:
        return None
    given: Mapping[str, Any] = details if isinstance(details, dict) else {}
    return Message(known.text, {name: given.get(name, "–") for name in _NAMES.findall(known.text)})
