"""An item leaves exams that run: what breaks without it, and new revisions that do without (semantics §7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.orm import undefer

from examengine.bank import actions as bank
from examengine.bank.models import Item, ItemVersion
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Missing
from examengine.core.i18n import N_
from examengine.exams import assembly, plans, queries
from examengine.exams.actions import checked_reason
from examengine.exams.models import Exam, ExamRevision, RevisionItem, Sitting, SittingRevision


@dataclass(frozen=True)
class Use:
    """A revision that may show the item, as it stands now."""

    exam: Exam
    revision: ExamRevision
    sittings: tuple[Sitting, ...]
    """Not over, and dealing from this revision."""
    fixed: tuple[int, ...]
    """Numbers of the slots that are this very item: no pool can do without it."""
    shortages: tuple[assembly.Shortage, ...]
    """Rules that cannot be met without it."""
    replaced: bool
    """The exam's present revision does without it already: its sittings can go on with that."""

    @property
    def heals(self) -> bool:
        """Whether sittings of this revision can go on without the item."""
        return self.replaced or not (self.fixed or self.shortages)

    @property
    def is_present(self) -> bool:
        """Whether it is the revision that new sittings take."""
        return self.exam.revision_id == self.revision.id


def find_uses(item_id: int, now: datetime) -> list[Use]:
    """Published exams' revisions with the item: the present ones, and those of sittings that are not over."""
    versions = frozenset(session.scalars(select(ItemVersion.id).where(ItemVersion.item_id == item_id)))
    running = (
        select(Sitting)
        .where(Sitting.state != "withdrawn", Sitting.hard_close_at > now)
        .order_by(Sitting.opens_at, Sitting.id)
    )
    query = (
        select(ExamRevision, Exam)
        .join(Exam, Exam.id == ExamRevision.exam_id)
        .where(
            ExamRevision.id.in_(select(RevisionItem.revision_id).where(RevisionItem.version_id.in_(versions))),
            Exam.state == "published",
            or_(
                ExamRevision.id == Exam.revision_id,
                ExamRevision.id.in_(running.with_only_columns(Sitting.revision_id).order_by(None)),
            ),
        )
        .options(undefer(ExamRevision.plan), undefer(ExamRevision.pools))
        .order_by(Exam.id, ExamRevision.number)
        .execution_options(populate_existing=True)
    )
    rows = [(revision, exam) for revision, exam in session.execute(query)]
    ids = {revision.id for revision, _ in rows}
    sittings: dict[int, list[Sitting]] = {}
    for sitting in session.scalars(running.where(Sitting.revision_id.in_(ids))):
        sittings.setdefault(sitting.revision_id, []).append(sitting)
    return [
        _use(revision, exam, sittings.get(revision.id, ()), versions, exam.revision_id in ids)
        for revision, exam in rows
    ]


def _use(
    revision: ExamRevision, exam: Exam, sittings: Iterable[Sitting], versions: Collection[int], present_has_it: bool
) -> Use:
    rules = [rule for _, rule in plans.load(revision.plan).rules()]
    fixed = tuple(
        number
        for number, (rule, pool) in enumerate(zip(rules, revision.pools, strict=True), 1)
        if isinstance(rule, plans.FixedSlot) and not set(versions).isdisjoint(pool["versions"])
    )
    pools = _without(revision.pools, versions)
    short = () if fixed else assembly.shortages([assembly.Pool(pool["versions"], pool["count"]) for pool in pools])
    return Use(exam, revision, tuple(sittings), fixed, short, not present_has_it)


def _without(pools: Sequence[Mapping[str, Any]], versions: Collection[int]) -> list[dict[str, Any]]:
    gone, found = set(versions), []
    for pool in pools:
        kept = [pair for pair in zip(pool["versions"], pool["movable"], strict=True) if pair[0] not in gone]
        found.append({**pool, "versions": [pair[0] for pair in kept], "movable": [pair[1] for pair in kept]})
    return found


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did."""

    healed: tuple[Use, ...]
    broken: tuple[Use, ...]
    """These keep the item until somebody changes the exam."""
    sittings: int
    """Sittings that deal without it from now on."""


def withdraw_item(item: Item, now: datetime, by: int, reason: str, *, retire: bool) -> Withdrawn:
    """Give every running exam that can do without the item a revision without it, for starts from now on.

    Attempts that have begun keep theirs. `retire`: the item leaves the bank's lists and future exams too.
    Raises Missing (an exam that `by` is to sit uses it), Invalid without a reason, Conflict when nothing is to do.
    """
    reason = checked_reason(reason)
    if item.id in queries.find_items(queries.find_conflicts(by, now)):
        raise Missing
    queries.hold_exams({use.exam.id for use in find_uses(item.id, now)})
    uses = find_uses(item.id, now)  # as they are now that nobody else can publish
    if not uses and not (retire and item.state == "active"):
        raise Conflict(N_("No running exam uses this question."))
    healed = tuple(use for use in uses if use.heals)
    made = _revisions([use for use in healed if not use.replaced], item.id, now, by)
    moves = {use.revision.id: use.exam.revision_id if use.replaced else made[use.revision.id].id for use in healed}
    moved = _move(healed, moves, now, by, reason)
    for use in healed:
        if use.is_present and not use.replaced:
            use.exam.revision = made[use.revision.id]
    if retire and item.state == "active":
        bank.retire_item(item, now, by, reason)
    session.flush()
    broken = tuple(use for use in uses if not use.heals)
    audit.record(
        now,
        by,
        "item.withdraw",
        "item",
        item.id,
        reason,
        before=sorted(moves),
        after={str(old): new for old, new in moves.items()},
        kept=[use.revision.id for use in broken],
        retired=retire,
    )
    return Withdrawn(healed, broken, moved)


def _revisions(uses: Sequence[Use], item_id: int, now: datetime, by: int) -> Mapping[int, ExamRevision]:
    """By revision: the same plan with pools that have the item no more. A present revision stays the latest number."""
    versions = frozenset(session.scalars(select(ItemVersion.id).where(ItemVersion.item_id == item_id)))
    numbers = dict(queries.last_numbers({use.exam.id for use in uses}))
    made: dict[int, ExamRevision] = {}
    for use in sorted(uses, key=lambda use: (use.is_present, use.revision.number)):
        old, exam_id = use.revision, use.exam.id
        numbers[exam_id] += 1
        made[old.id] = ExamRevision(
            exam_id=exam_id,
            number=numbers[exam_id],
            title=old.title,
            plan=old.plan,
            pools=_without(old.pools, versions),
            published_at=now,
            publisher_id=by,
        )
    session.add_all(made.values())
    session.flush()
    if made:
        successor = case({old: new.id for old, new in made.items()}, value=RevisionItem.revision_id)
        kept = select(successor, RevisionItem.version_id).where(RevisionItem.revision_id.in_(made))
        kept = kept.where(RevisionItem.version_id.not_in(versions))
        session.execute(insert(RevisionItem).from_select(["revision_id", "version_id"], kept))
    for new in made.values():
        audit.record(now, by, "exam.publish", "exam", new.exam_id, revision=new.number, without_item=item_id)
    return made


def _move(uses: Iterable[Use], moves: Mapping[int, int | None], now: datetime, by: int, reason: str) -> int:
    """Sittings deal from the other revision; that they had this one is kept for who has begun."""
    moved = {sitting.id: use.revision.id for use in uses for sitting in use.sittings}
    if not moved:
        return 0
    query = select(SittingRevision.sitting_id, SittingRevision.revision_id)
    known = {(row[0], row[1]) for row in session.execute(query.where(SittingRevision.sitting_id.in_(moved)))}
    history = [
        {"sitting_id": sitting, "revision_id": old, "until_at": now}
        for sitting, old in moved.items()
        if (sitting, old) not in known
    ]
    if history:
        session.execute(insert(SittingRevision), history)
    successor = case({old: new for old, new in moves.items() if new}, value=Sitting.revision_id)
    session.execute(update(Sitting).where(Sitting.id.in_(moved)).values(revision_id=successor))
    details = {sitting: {"before": old, "after": moves[old]} for sitting, old in moved.items()}
    audit.record_all(now, by, "sitting.renew", "sitting", details, reason)
    return len(moved)
