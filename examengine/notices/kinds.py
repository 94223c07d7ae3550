"""The words of each kind of notice and the page that it leads to."""

from __future__ import annotations

from dataclasses import dataclass

from examengine.core.i18n import N_


@dataclass(frozen=True)
class NoticeKind:
    """A sentence with the notice's details, and an endpoint that takes its subject's id as `argument`."""

    text: str
    endpoint: str
    argument: str | None = None


KINDS = {
    "sitting.planned": NoticeKind(N_("You are enrolled in “%(title)s”."), "candidate.lobby", "sitting_id"),
    "result.released": NoticeKind(N_("Your result of “%(title)s” is out."), "candidate.result", "attempt_id"),
    "result.revised": NoticeKind(
        N_("Your result of “%(title)s” was corrected; the page says why."), "candidate.result", "attempt_id"
    ),
    "sitting.extended": NoticeKind(
        N_("“%(title)s” was extended: look up its new times."), "candidate.lobby", "sitting_id"
    ),
    "attempt.resit": NoticeKind(
        N_("Your attempt at “%(title)s” does not count; you may start once more."), "candidate.lobby", "sitting_id"
    ),
    "attempt.reopened": NoticeKind(
        N_("Your attempt at “%(title)s” is open again until its time is over."), "candidate.exam", "attempt_id"
    ),
    "appeal.opened": NoticeKind(N_("A result of “%(title)s” is contested."), "manager.appeal", "appeal_id"),
    "appeal.answered": NoticeKind(
        N_("Your appeal about “%(title)s” is answered; the result page says how."), "candidate.result", "attempt_id"
    ),
    "marking.assigned": NoticeKind(N_("Answers of “%(title)s” wait for you by name."), "marker.queue"),
    "marking.lead": NoticeKind(N_("An answer in “%(title)s” needs your decision as lead."), "marker.desk"),
    "result.borderline": NoticeKind(
        N_("A result in “%(title)s” is borderline: marks lie on both sides of the pass mark."), "marker.desk"
    ),
}
