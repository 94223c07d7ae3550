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
    "marking.lead": NoticeKind(N_("An answer in “%(title)s” needs your decision as lead."), "marker.desk"),
    "result.borderline": NoticeKind(
        N_("A result in “%(title)s” is borderline: marks lie on both sides of the pass mark."), "marker.desk"
    ),
}
