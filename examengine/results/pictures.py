"""Pictures through a slot: those that the page of the slot shows to its reader, and no other file."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from examengine.bank import queries as bank
from examengine.bank.queries import Frozen
from examengine.core import html
from examengine.core.errors import Missing
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.models import Attempt
from examengine.grading import queries as grading
from examengine.results import queries, review


def check_own(attempt_id: int, person_id: int, slot: int, name: str, now: datetime) -> None:
    """A picture of her own attempt: of what is asked while it is open and once its result is out.

    Those of explanation and model answer only while the keys are shown (§5). Raises Missing.
    """
    attempt = attempts.get_own(attempt_id, person_id)
    dealt = next((row for row in attempts.slots(attempt.paper) if row.slot == slot), None)
    if dealt is None:
        raise Missing
    if attempt.state in states.OPEN:
        _need(name, _asked(bank.frozen([dealt.version_id])[dealt.version_id]))
        return
    if attempt.state == "void" or queries.find_released(attempt.id) is None:
        raise Missing
    answer = next((row for row in review.review(attempt, now) if row.number == slot), None)
    if answer is None:
        raise Missing
    _need(name, [*_asked(answer.version), *(_told(answer.version) if answer.shown else ())])


def check_judged(attempt_id: int, slot: int, name: str, hidden_items: Collection[int] = ()) -> None:
    """A picture of a question as staff read it with its answer. Raises Missing, also for hidden questions."""
    judging = _judging(attempts.get_attempt(attempt_id), slot)
    if judging.item_id in hidden_items:
        raise Missing
    _need(name, _asked(judging))


def _judging(attempt: Attempt, slot: int) -> Frozen:
    """The version that the slot's score was given by, else the one that was dealt."""
    version = next((row.version_id for row in attempts.find_responses(attempt.id) if row.slot == slot), None)
    if version is None:
        raise Missing
    score = grading.latest_scores([attempt.id]).get(attempt.id, {}).get(slot)
    wanted = score.version_id if score else version
    return bank.frozen([wanted])[wanted]


def _asked(version: Frozen) -> list[str]:
    presentation = version.kind.present(version.content)
    return [presentation.stem, *presentation.parts]


def _told(version: Frozen) -> list[str]:
    return [version.content.explanation, getattr(version.content, "model_answer", "")]


def _need(name: str, texts: Iterable[str]) -> None:
    if not any(shown.name == name for text in texts for shown in html.pictures(text)):
        raise Missing
