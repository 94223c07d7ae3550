"""Verbs of grading: score what the machine can, ask people for the rest, resolve their marks, let the lead decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from examengine.bank import queries as bank
from examengine.bank.queries import Frozen
from examengine.core import audit
from examengine.core.db import Hot, dumps, insert_rows, session, to_micro
from examengine.core.errors import Conflict, Forbidden, Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.delivery import states
from examengine.delivery.conflicts import find_hidden
from examengine.delivery.models import Attempt
from examengine.delivery.submitting import HandedIn, Unusual
from examengine.exams import queries as exams
from examengine.grading import allocation, cases, following, queries, resolution, rounds
from examengine.grading.models import Adjudication, Mark, MarkingCase, MarkingTask, Score
from examengine.grading.rescoring import Row
from examengine.itemtypes.base import Rubric, Scoring
from examengine.itemtypes.rubrics import dump_rubric
from examengine.notices import actions as notices


class Response(Protocol):
    """What is scored: a kept response, or one that has just been."""

    @property
    def slot(self) -> int:
        """Its slot, from 1."""

    @property
    def version_id(self) -> int:
        """The version it answers."""

    @property
    def value(self) -> Any:
        """As the kind keeps it."""


def score_closed(attempt_id: int, now: datetime) -> bool:
    """Score a closed attempt: points for what the machine judges, marking cases for the rest. Idempotent.

    A second run after a late answer was admitted adds score rows where points change. Returns whether it did anything.
    """
    attempt = delivery.locked(attempt_id)
    if attempt.state not in states.CLOSED or attempt.scored_at is not None:
        return False
    score_held(attempt, attempts.find_responses(attempt_id), now)
    return True


def score_held(attempt: Attempt, responses: Sequence[Response], now: datetime) -> None:
    """`score_closed` for a closed, unscored attempt whose row the caller has locked, with its responses."""
    attempt_id = attempt.id
    dealt = {slot.slot: slot for slot in attempts.slots(attempt.paper)}
    frozen = bank.frozen(response.version_id for response in responses)
    earlier: Mapping[tuple[int, int], list[Row]] = {}
    standing: Mapping[int, Score] = {}
    known: Mapping[int, MarkingCase] = {}
    if attempt.rejected_late or attempt.reopened:  # only then can there have been an earlier run
        earlier = following.find_rows((attempt_id, response.slot) for response in responses)
        standing = queries.latest_scores([attempt_id]).get(attempt_id, {})
        known = {case.slot: case for case in rounds.locked_cases(attempt_id)}
    scores: list[dict[str, Any]] = []
    people: list[tuple[Response, Frozen, Decimal]] = []
    for response in responses:
        version, maximum = frozen[response.version_id], dealt[response.slot].points
        scoring = version.kind.score(version.content, version.kind.restore(response.value))
        if scoring.fraction is None:
            if response.slot not in known:
                people.append((response, version, maximum))
            elif rounds.renew(known[response.slot], response.value, standing.get(response.slot), now):
                settle(known[response.slot], now)
            continue
        if response.slot in known:
            rounds.shut(known[response.slot])  # the answer is another one now, which needs nobody
        rows = earlier.get((attempt_id, response.slot), [])
        old = next((row for row in reversed(rows) if row.correction_id is None), None)
        row = _machine_row(attempt_id, response, rows[-1].number + 1 if rows else 1, scoring, maximum, now)
        if old is None or not _same(old, row):
            scores.append(row)
    if scores:
        insert_rows(Score, scores)
    if people:
        cases.open_cases(attempt, ((one.slot, one.value, version, top) for one, version, top in people), now)
    attempt.scored_at = now
    following.follow(attempt, now)
    session.flush()


def score_at_once(hot: Hot, handed: HandedIn, now: datetime) -> list[dict[str, Any]]:
    """The score rows of an attempt that the machine alone has to judge, for the first time; they are still to be kept.

    Raises Unusual where people have to, or a correction has a say (`score_held` knows what to do).
    """
    rows = []
    for response, dealt in zip(handed.responses, handed.dealt, strict=True):
        version = handed.frozen[response.version_id]
        scoring = version.kind.score(version.content, version.kind.restore(response.value))
        if scoring.fraction is None:
            raise Unusual
        rows.append(_machine_row(handed.attempt_id, response, 1, scoring, dealt.points, now))
    if following.is_any_corrected(hot, {version.item_id for version in handed.frozen.values()}):
        raise Unusual
    return rows


def _machine_row(
    attempt_id: int, response: Response, number: int, scoring: Scoring, maximum: Decimal, now: datetime
) -> dict[str, Any]:
    fraction = scoring.fraction or Decimal(0)
    evidence = {"fraction": to_micro(fraction), "note": scoring.note, **scoring.evidence}
    points = fraction * maximum
    return _score(attempt_id, response.slot, number, response.version_id, "machine", points, maximum, evidence, now)


def _same(old: Row, row: Mapping[str, Any]) -> bool:
    return to_micro(old.points) == to_micro(row["points"]) and dumps(old.evidence) == dumps(row["evidence"])


def _score(
    attempt_id: int,
    slot: int,
    number: int,
    version_id: int,
    source: str,
    points: Decimal,
    maximum: Decimal,
    evidence: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    return {
        "attempt_id": attempt_id,
        "slot": slot,
        "number": number,
        "version_id": version_id,
        "source": source,
        "points": points,
        "maximum": maximum,
        "evidence": dict(evidence),
        "at": now,
    }


def claim_next(person_id: int, now: datetime, version_id: int | None = None) -> MarkingTask | None:
    """The next task for this grader under a fresh lease: the one she holds, else one from the queue; None: all done."""
    hidden = queries.find_barred(person_id, now)
    for held in queries.find_held(person_id, now):
        if version_id in (None, held.version_id) and not hidden.has(held.exam_id, held.version_id):
            return held
    for task in allocation.in_order(queries.open_tasks(person_id, hidden, version_id), version_id):
        if _claim(task.task_id, person_id, now):
            return queries.get_task(task.task_id, person_id)
    return None


def _claim(task_id: int, person_id: int, now: datetime) -> bool:
    """Take an open task; False when somebody else was faster."""
    lease = now + timedelta(seconds=_lease_of(task_id))
    other = aliased(MarkingTask)  # another window of hers may have taken a task of the same case meanwhile
    same = other.case_id == MarkingTask.case_id, other.round == MarkingTask.round
    hers = select(other.id).where(*same, other.holder_id == person_id).exists()
    statement = (
        update(MarkingTask)
        .where(MarkingTask.id == task_id, MarkingTask.state == "open", ~hers)
        .values(state="claimed", holder_id=person_id, lease_until=lease)
        .returning(MarkingTask.id)
    )
    try:
        with session.begin_nested():
            return session.execute(statement).one_or_none() is not None
    except IntegrityError:  # that other window, at the very same moment
        return False


def _lease_of(task_id: int) -> int:
    query = (
        select(Attempt.revision_id)
        .join(MarkingCase, MarkingCase.attempt_id == Attempt.id)
        .join(MarkingTask, MarkingTask.case_id == MarkingCase.id)
        .where(MarkingTask.id == task_id)
    )
    return exams.get_deal(session.scalars(query).one()).plan.terms.marking.lease_s


def give_back(task: MarkingTask) -> None:
    """Return a claimed task to the queue, for any grader."""
    if task.state == "claimed":
        task.state, task.holder_id, task.lease_until, task.assigned_id = "open", None, None, None
        session.flush()


def return_tasks(task_ids: Collection[int], now: datetime) -> int:
    """Return claimed tasks to the queue where the lease has run out or the grader has left. Idempotent."""
    if not task_ids:
        return 0
    statement = (
        update(MarkingTask)
        .where(MarkingTask.id.in_(task_ids), MarkingTask.state == "claimed")
        .where(or_(MarkingTask.lease_until < now, ~queries.holder_still_grades()))
        .values(state="open", holder_id=None, lease_until=None)
        .returning(MarkingTask.id)
    )
    found = session.scalars(statement).all()
    for task_id in found:
        audit.record(now, None, "task.return", "marking_task", task_id)
    return len(found)


def weigh(rubric: Rubric, levels: list[int | None], maximum: Decimal) -> tuple[Decimal, list[dict[str, Any]]]:
    """Total on the slot's scale and the criteria's points, from the chosen level of each criterion. Raises Invalid."""
    if len(levels) != len(rubric):
        raise Invalid(N_("Choose a level for every criterion."))
    criteria: list[dict[str, Any]] = []
    earned = top = Decimal(0)
    for criterion, level in zip(rubric, levels, strict=True):
        if level is None or not 0 <= level < len(criterion.levels):
            raise Invalid(N_("Choose a level for every criterion."))
        points = criterion.levels[level].points
        earned, top = earned + points, top + criterion.maximum
        criteria.append(
            {"title": criterion.title, "points": str(points), "maximum": str(criterion.maximum), "level": level}
        )
    return (earned * maximum / top if top else Decimal(0)), criteria


def give_mark(task_id: int, person_id: int, levels: list[int | None], comment: str, now: datetime) -> Mark:
    """A grader's judgement of a task she holds; a second one of the same task supersedes the first.

    Raises Missing (not hers), Conflict (lease lost, case decided), Invalid (criteria without a level).
    """
    task = queries.get_task(task_id, person_id)
    case = locked_case(task.case_id)
    if case.candidate_id == person_id or find_hidden(person_id, now).has(task.exam_id, task.version_id):
        raise Missing
    if not _is_grader(case.exam_id, person_id):
        raise Forbidden(N_("You are not a grader of this exam any more."))
    if task.round != case.open_round:
        raise Conflict(N_("This answer has been decided; your mark cannot be changed any more."))
    if task.state == "claimed" and task.lease_until is not None and task.lease_until < now:
        give_back(task)
        raise Conflict(N_("Your time for this answer ran out, and it went back to the queue."), code="lease-lost")
    rubric = queries.rubric_of(case)
    total, criteria = weigh(rubric, levels, case.maximum)
    last = select(Mark).where(Mark.task_id == task.id, Mark.marker_id == person_id).order_by(Mark.id.desc()).limit(1)
    before = session.scalar(last)
    mark = Mark(
        case_id=case.id,
        task_id=task.id,
        marker_id=person_id,
        total=total,
        criteria=criteria,
        rubric=dump_rubric(rubric),
        comment=comment.strip()[:4000],
        created_at=now,
        supersedes_id=before.id if before else None,
        round=task.round,
    )
    session.add(mark)
    task.state, task.lease_until = "done", None
    session.flush()
    session.expire(case, ["marks"])
    audit.record(now, person_id, "mark.give", "marking_case", case.id, total=str(total), task=task.id)
    if case.state == "appeal":
        _take_fresh(case, mark, now)
    else:
        settle(case, now)
    return mark


def _take_fresh(case: MarkingCase, mark: Mark, now: datetime) -> None:
    """A fresh mark after an appeal: it decides, or the lead does; what comes of it is results' to say (0071)."""
    before = points_before(case)
    if resolution.decides(mark.total, before, case.tolerance):
        case.state = "resolved"
        session.flush()
        audit.record(now, None, "case.fresh", "marking_case", case.id, before=str(before), after=str(mark.total))
    else:
        _to_lead(case, now)


def points_before(case: MarkingCase) -> Decimal:
    """The points that stand, on the case's scale (a correction may have changed what the question is worth)."""
    return on_scale(case, queries.latest_scores([case.attempt_id])[case.attempt_id][case.slot])


def on_scale(case: MarkingCase, score: Score) -> Decimal:
    """A score's points on the case's scale."""
    return score.points * case.maximum / score.maximum if score.maximum else Decimal(0)


def _to_lead(case: MarkingCase, now: datetime) -> None:
    case.state = "lead"
    session.flush()
    duties = exams.find_duties(case.exam_id)
    leads = {person.id for person in (*duties["lead"], *duties["deputy"])}
    title = exams.get_exam(case.exam_id).title
    notices.tell(sorted(leads), "marking.lead", now, case.id, title=title)
    audit.record(now, None, "case.lead", "marking_case", case.id)


def _is_grader(exam_id: int, person_id: int) -> bool:
    return exam_id in exams.find_exams_of_duty(person_id, ("grader",))


def locked_case(case_id: int) -> MarkingCase:
    """The case, locked after its attempt: in the order of whoever makes scores follow corrections. Raises Missing."""
    delivery.locked(queries.get_case(case_id).attempt_id)
    query = select(MarkingCase).where(MarkingCase.id == case_id).with_for_update(of=MarkingCase)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise Missing
    return found


def settle(case: MarkingCase, now: datetime) -> None:
    """Resolve a waiting case by its current marks: a score, one more grader, or the lead's desk."""
    marks = queries.current_marks(case)
    outcome = resolution.resolve([mark.total for mark in marks], case.wanted, case.tolerance)
    if outcome.verdict == "more":
        if rounds.count_tasks(case) == case.wanted:
            rounds.add_tasks(case, 1, now)
            session.flush()
            audit.record(now, None, "case.more", "marking_case", case.id)
    elif outcome.verdict == "lead":
        _to_lead(case, now)
    elif outcome.verdict == "resolved" and outcome.value is not None:
        counted = [marks[i] for i in outcome.counted]
        evidence = {
            "rule": outcome.rule,
            "method": case.method,
            "marks": len(marks),
            "counted": [mark.id for mark in counted],
            "range": to_micro((outcome.high or Decimal(0)) - (outcome.low or Decimal(0))),
            "criteria": criteria_means(counted),
        }
        case.low, case.high = outcome.low, outcome.high
        decide(case, outcome.value, "marks", evidence, now)


def criteria_means(marks: list[Mark]) -> list[dict[str, Any]]:
    """By criterion: the mean of the marks' points."""
    rows = []
    for same in zip(*(mark.criteria for mark in marks), strict=True):
        mean = sum((Decimal(entry["points"]) for entry in same), Decimal(0)) / len(same)
        rows.append({"title": same[0]["title"], "points": f"{mean:.4f}", "maximum": same[0]["maximum"]})
    return rows


def decide(case: MarkingCase, points: Decimal, source: str, evidence: Mapping[str, Any], now: datetime) -> None:
    """The case is decided: a score row, and what graders still hold or could take is void."""
    last = select(func.max(Score.number)).where(Score.attempt_id == case.attempt_id, Score.slot == case.slot)
    number = 1 + (session.scalar(last) or 0)
    row = _score(case.attempt_id, case.slot, number, case.version_id, source, points, case.maximum, evidence, now)
    session.execute(insert(Score), [row])
    case.state, case.resolved_at = "resolved", now
    open_tasks = update(MarkingTask).where(MarkingTask.case_id == case.id, MarkingTask.state.in_(("open", "claimed")))
    session.execute(open_tasks.values(state="void", holder_id=None, lease_until=None))
    session.flush()
    following.follow(delivery.locked(case.attempt_id), now)


def adjudicate(case_id: int, lead_id: int, total: Decimal, reason: str, comment: str, now: datetime) -> Adjudication:
    """The lead decides a case on her desk with a written reason. Raises Missing, Conflict, Invalid."""
    case = locked_case(case_id)
    conflicted = find_hidden(lead_id, now).has(case.exam_id, case.version_id)
    if not queries.may_lead(case.exam_id, lead_id) or case.candidate_id == lead_id or conflicted:
        raise Missing
    if case.state != "lead":
        raise Conflict(N_("This answer does not wait for a decision."))
    if case.contested_round is not None and _decided_before(case, lead_id):
        raise Forbidden(N_("You decided this answer before it was contested, so the other lead decides now."))
    if not reason.strip():
        raise Invalid(N_("A reason is needed."))
    if not (total.is_finite() and 0 <= total <= case.maximum):
        raise Invalid(Message(N_("Points go from 0 to %(maximum)s."), {"maximum": f"{case.maximum.normalize():f}"}))
    row = Adjudication(
        case_id=case.id,
        lead_id=lead_id,
        total=total,
        reason=reason.strip()[:4000],
        comment=comment.strip()[:4000],
        created_at=now,
        round=case.contested_round or case.round,
    )
    session.add(row)
    session.flush()
    if case.contested_round is None:
        evidence = {"rule": "lead", "marks": len(queries.current_marks(case)), "adjudication": row.id}
        case.low = case.high = total
        decide(case, total, "lead", evidence, now)
    else:  # after an appeal: the manager answers it, and then it counts
        case.state = "resolved"
        session.flush()
    audit.record(now, lead_id, "case.decide", "marking_case", case.id, reason, total=str(total))
    return row


def _decided_before(case: MarkingCase, lead_id: int) -> bool:
    """Whether the lead has decided the case already and somebody else, who has not, could."""
    query = select(Adjudication.lead_id).where(Adjudication.case_id == case.id)
    known = set(session.scalars(query))
    duties = exams.find_duties(case.exam_id)
    could = {person.id for person in (*duties["lead"], *duties["deputy"])} - {case.candidate_id}
    return lead_id in known and bool(could - known)


def void_cases(attempt_id: int) -> None:
    """An attempt was declared void: nobody need mark it any more."""
    for case in rounds.locked_cases(attempt_id):
        if case.state in cases.OPEN:
            rounds.shut(case)
    session.flush()


def reveal(case: MarkingCase, person_id: int, now: datetime) -> None:
    """Somebody looks at who marked or wrote this: the look is logged."""
    audit.record(now, person_id, "case.reveal", "marking_case", case.id)


def reclaim(task_id: int, person_id: int, now: datetime) -> MarkingTask:
    """Take a task again whose lease ran out, as long as nobody else has. Raises Missing, Conflict."""
    task = queries.find_task(task_id)
    if task.holder_id == person_id and task.lease_until is not None and task.lease_until < now:
        give_back(task)
    if task.holder_id == person_id and task.state == "claimed":
        return task
    free = queries.open_tasks(person_id, queries.find_barred(person_id, now), task.version_id)
    if task_id not in {other.task_id for other in free} or not _claim(task_id, person_id, now):
        raise Conflict(N_("Another grader has this answer now, or it has been decided."), code="taken")
    audit.record(now, person_id, "task.reclaim", "marking_task", task_id)
    return queries.get_task(task_id, person_id)
