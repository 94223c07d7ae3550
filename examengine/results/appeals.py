"""Verbs on appeals: ask, take back, reject, send to fresh graders, answer (docs/decisions/0071)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from examengine.accounts import queries as people
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.exams import queries as exams
from examengine.grading import fresh
from examengine.grading import queries as grading
from examengine.notices import actions as notices
from examengine.results import actions, contested, wording
from examengine.results.models import Appeal, AppealSlot, Result

FEWEST, MOST = 5, 4_000
"""Words (or Chinese characters) at least, characters at most, of a reason or an answer."""


def _worded(text: str) -> str:
    text = text.strip()
    if wording.units(text) < FEWEST:
        raise Invalid(Message(N_("Please write at least %(n)s words or Chinese characters."), {"n": FEWEST}))
    if len(text) > MOST:
        raise Invalid(Message(N_("Please write %(n)s characters at the most."), {"n": MOST}))
    return text


def ask(attempt_id: int, person_id: int, slots: Collection[int], reason: str, now: datetime) -> Appeal:
    """The operator contests her released result: some questions of it, or the whole (none named).

    Raises Missing (not hers), Conflict (not released, too late, one is open), Invalid.
    """
    attempt = delivery.locked(attempt_id)
    if attempt.person_id != person_id:
        raise Missing
    chance = contested.chance(attempt, now)
    if chance.open is not None:
        raise Conflict(N_("You have an open appeal about this result already."))
    if chance.result is None or chance.until is None or now > chance.until:
        raise Conflict(N_("This result cannot be contested, or not any more."))
    wanted = sorted(set(slots))
    if not set(wanted) <= {slot.slot for slot in attempts.slots(attempt.paper)}:
        raise Invalid(N_("This paper has no such question."))
    appeal = Appeal(
        attempt_id=attempt_id,
        result_id=chance.result.id,
        exam_id=chance.result.exam_id,
        person_id=person_id,
        slots=wanted,
        reason=_worded(reason),
        state="open",
        asked_at=now,
    )
    session.add(appeal)
    session.flush()
    audit.record(now, person_id, "appeal.ask", "appeal", appeal.id, appeal.reason, attempt=attempt_id, slots=wanted)
    barred = {person_id} | exams.find_in_conflict(chance.result.exam_id, now)
    managers = [person.id for person in people.find_people(role="manager") if person.id not in barred]
    title = exams.get_sitting(attempt.sitting_id).title
    notices.tell(managers, "appeal.opened", now, appeal.id, title=title)
    return appeal


def take_back(appeal_id: int, person_id: int, now: datetime) -> Appeal:
    """She takes an appeal back that nobody has acted on. Raises Missing, Conflict."""
    appeal = _locked(appeal_id)
    if appeal.person_id != person_id:
        raise Missing
    _expect(appeal, "open")
    appeal.state = "withdrawn"
    session.flush()
    audit.record(now, person_id, "appeal.withdraw", "appeal", appeal.id, before="open", after="withdrawn")
    return appeal


def _locked(appeal_id: int) -> Appeal:
    """The appeal, locked after its attempt as everywhere. Raises Missing."""
    delivery.locked(contested.get_appeal(appeal_id).attempt_id)
    query = select(Appeal).where(Appeal.id == appeal_id).with_for_update(of=Appeal)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _for_manager(appeal_id: int, by: int, now: datetime) -> Appeal:
    """Raises Missing for her own appeal, and for exams that she is to sit herself."""
    appeal = _locked(appeal_id)
    if appeal.person_id == by or appeal.exam_id in exams.find_conflicts(by, now):
        raise Missing
    return appeal


def _expect(appeal: Appeal, *wanted: str) -> None:
    if appeal.state not in wanted:
        raise Conflict(N_("Somebody has acted on this appeal meanwhile, or it was taken back."))


def reject(appeal_id: int, answer: str, now: datetime, by: int) -> Appeal:
    """Nothing changes, and why; official as a further ledger row. Raises Missing, Conflict, Invalid."""
    appeal = _for_manager(appeal_id, by, now)
    _expect(appeal, "open")
    return _close(appeal, "rejected", _worded(answer), now, by)


def send(appeal_id: int, graders: Mapping[int, int | None], now: datetime, by: int) -> Appeal:
    """Have answers (by slot: the grader, None: any) marked afresh. Raises Missing, Conflict, Invalid (naming slots)."""
    appeal = _for_manager(appeal_id, by, now)
    _expect(appeal, "open")
    if attempts.get_attempt(appeal.attempt_id).state == "void":
        raise Conflict(N_("The attempt is void, so nobody marks it."))
    if not graders:
        raise Invalid(N_("Choose at least one answer to be marked afresh."))
    cases = fresh.cases_of(appeal.attempt_id)
    scores = grading.latest_scores([appeal.attempt_id]).get(appeal.attempt_id, {})
    for slot, grader in sorted(graders.items()):
        if slot not in cases or slot not in scores or not scores[slot].maximum:
            raise Invalid(Message(N_("Question %(n)s is not one that people mark."), {"n": slot}))
        before = fresh.ask(cases[slot].id, grader, now, by)
        session.add(AppealSlot(appeal_id=appeal.id, slot=slot, case_id=cases[slot].id, before=before))
    appeal.state, appeal.sent_at, appeal.sent_by_id = "marking", now, by
    session.flush()
    details = {str(slot): grader for slot, grader in sorted(graders.items())}
    audit.record(now, by, "appeal.send", "appeal", appeal.id, before="open", after="marking", graders=details)
    return appeal


def answer(appeal_id: int, text: str, now: datetime, by: int, *, lower: bool | None = None) -> Appeal:
    """Close an appeal whose fresh marks are there, with an answer to the operator.

    They count unless they make the result lower: then the manager says whether they do (`lower` True) or whether the
    old points stand (False). Raises Missing, Conflict (marks awaited), Invalid (`lower` is to be said; the answer).
    """
    appeal = _for_manager(appeal_id, by, now)
    _expect(appeal, "marking")
    text = _worded(text)
    outcomes = contested.find_outcomes(appeal)
    if any(outcome is None for outcome in outcomes.values()):
        raise Conflict(N_("Fresh marks are still awaited."))
    found = {slot: outcome for slot, outcome in outcomes.items() if outcome is not None}
    falls = contested.change(found.values()) < 0
    if falls and lower is None:
        raise Invalid(N_("The fresh marks make the result lower: say whether they count."), code="lower")
    accept = not falls or bool(lower)
    for remark in appeal.remarks:
        remark.after = fresh.conclude(remark.case_id, accept, now, by)
    return _close(appeal, "answered", text, now, by, counted=accept)


def _close(appeal: Appeal, state: str, text: str, now: datetime, by: int, **details: bool) -> Appeal:
    outcome = actions.revise(appeal.attempt_id, text, now, by, always=True, tell="")
    before = appeal.state
    appeal.state, appeal.answer = state, text
    appeal.answered_at, appeal.answered_by_id = now, by
    appeal.outcome_id = outcome.id if outcome else None
    session.flush()
    figures = [str(result.percent) if result else None for result in (_contested(appeal), outcome)]
    audit.record(
        now,
        by,
        "appeal.reject" if state == "rejected" else "appeal.answer",
        "appeal",
        appeal.id,
        text,
        before={"state": before, "percent": figures[0]},
        after={"state": state, "percent": figures[1]},
        **details,
    )
    title = exams.get_sitting(attempts.get_attempt(appeal.attempt_id).sitting_id).title
    notices.tell([appeal.person_id], "appeal.answered", now, appeal.attempt_id, title=title)
    return appeal


def _contested(appeal: Appeal) -> Result | None:
    return session.get(Result, appeal.result_id)
