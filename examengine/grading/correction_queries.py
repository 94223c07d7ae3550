"""Reads of corrections: lists by item and exam, what an exam's questions are worth, wrong answers in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, and_, func, or_, select

from examengine.bank import queries as bank
from examengine.bank import rekeying
from examengine.bank.models import Item, ItemVersion
from examengine.core.db import session
from examengine.core.errors import Missing
from examengine.core.pages import SIZE, Page, paged
from examengine.delivery import states
from examengine.delivery.models import Attempt, ItemResponse
from examengine.exams.models import ExamRevision, RevisionItem, Sitting
from examengine.grading import following, queries
from examengine.grading.models import Correction, Score
from examengine.itemtypes import get
from examengine.itemtypes.base import Content, Reply

MOST_ANSWERS = 2_000
"""Different answers that are grouped at a time, the most frequent ones."""


def find_of_item(item_id: int, excluded_exams: Collection[int], page: int = 1) -> Page[Correction]:
    """Corrections about an item, latest first; those of exams that must not exist for the reader apart."""
    query = select(Correction).where(Correction.item_id == item_id)
    if excluded_exams:
        query = query.where(or_(Correction.exam_id.is_(None), Correction.exam_id.not_in(excluded_exams)))
    return paged(query.order_by(Correction.id.desc()), page)


def find_of_exam(exam_id: int, excluded_items: Collection[int], page: int = 1) -> Page[Correction]:
    """Corrections that touch an exam, latest first: its own, and of the keys of its items."""
    items = _items_of(exam_id).with_only_columns(Item.id)
    of_key = and_(Correction.kind == "key", Correction.item_id.in_(items))
    query = select(Correction).where(or_(Correction.exam_id == exam_id, of_key))
    if excluded_items:
        query = query.where(Correction.item_id.not_in(excluded_items))
    return paged(query.order_by(Correction.id.desc()), page)


def touches(correction: Correction, exam_id: int) -> bool:
    """Whether the correction is an exam's own, or of the key of one of its items."""
    if correction.exam_id is not None:
        return correction.exam_id == exam_id
    query = _items_of(exam_id).with_only_columns(Item.id).where(Item.id == correction.item_id)
    return session.scalar(query.limit(1)) is not None


def _items_of(exam_id: int) -> Select[Item]:
    used = (
        select(ItemVersion.item_id)
        .join(RevisionItem, RevisionItem.version_id == ItemVersion.id)
        .join(ExamRevision, ExamRevision.id == RevisionItem.revision_id)
        .where(ExamRevision.exam_id == exam_id)
    )
    return select(Item).where(Item.id.in_(used))


def find_by_ids(ids: Collection[int]) -> Mapping[int, Correction]:
    """Those of the corrections that are in force, by id."""
    if not ids:
        return {}
    query = select(Correction).where(Correction.id.in_(ids), Correction.state == "applied")
    return {row.id: row for row in session.scalars(query)}


@dataclass(frozen=True)
class Asked:
    """A question of an exam with what its answers are worth at present."""

    item_id: int
    code: str
    kind: str
    words: str
    answers: int
    maxima: tuple[Decimal, ...]
    """0 is among them where it does not count."""


def find_asked(exam_id: int, words: str, excluded: Collection[int], page: int = 1) -> Page[Asked]:
    """A page of an exam's questions, by code."""
    query = _items_of(exam_id).order_by(Item.code, Item.id)
    if words:
        query = query.where(Item.code.icontains(words, autoescape=True))
    if excluded:
        query = query.where(Item.id.not_in(excluded))
    found: Page[Item] = paged(query, page, SIZE)
    bank.load_versions(found.rows)
    counts, maxima = _worth(exam_id, [item.id for item in found.rows])
    rows = [
        Asked(
            item.id,
            item.code,
            item.latest.kind,
            item.latest.words,
            counts.get(item.id, 0),
            tuple(sorted(maxima.get(item.id, ()))),
        )
        for item in found.rows
    ]
    return Page(rows, found.page, found.size, found.total)


def _worth(exam_id: int, item_ids: Sequence[int]) -> tuple[Mapping[int, int], Mapping[int, set[Decimal]]]:
    sittings = select(Sitting.id).where(Sitting.exam_id == exam_id)
    versions = select(ItemVersion.id).where(ItemVersion.item_id.in_(item_ids))
    query = (
        select(ItemVersion.item_id, Score.maximum, func.count())
        .select_from(ItemResponse)
        .join(Attempt, Attempt.id == ItemResponse.attempt_id)
        .join(ItemVersion, ItemVersion.id == ItemResponse.version_id)
        .outerjoin(
            Score,
            and_(Score.attempt_id == ItemResponse.attempt_id, Score.slot == ItemResponse.slot, queries.stands()),
        )
        .where(ItemResponse.version_id.in_(versions), Attempt.sitting_id.in_(sittings))
        .where(Attempt.state.in_(states.CLOSED))
        .group_by(ItemVersion.item_id, Score.maximum)
    )
    counts: Counter[int] = Counter()
    maxima: dict[int, set[Decimal]] = {}
    for item_id, maximum, count in session.execute(query):
        counts[item_id] += count
        if maximum is not None:
            maxima.setdefault(item_id, set()).add(maximum)
    return counts, maxima


@dataclass(frozen=True)
class Standing:
    """The key by which answers to what candidates saw are judged at present."""

    shown: ItemVersion
    """A version that was, or may be, dealt."""
    judging: ItemVersion
    family: tuple[ItemVersion, ...]


def find_standing(item: Item, number: int | None) -> Standing:
    """Of the version with this number (None: the published one). Raises Missing."""
    versions = [version for version in bank.find_versions(item.id) if version.published_at is not None]
    by_id = {version.id: version for version in versions}
    shown = by_id.get(item.published_id or 0)
    if number is not None:
        shown = next((version for version in versions if version.number == number), None)
    if shown is None:
        raise Missing
    family = tuple(rekeying.find_family(shown))
    keys = [c for c in following.find_applied([item.id]) if c.kind == "key" and c.version_id in {v.id for v in family}]
    published = by_id.get(item.published_id or 0)
    judging = by_id[keys[-1].version_id or shown.id] if keys else published if published in family else shown
    return Standing(shown, judging or shown, family)


def count_answers(version_ids: Collection[int]) -> Mapping[int, int]:
    """By dealt version: how many answers have been handed in."""
    query = select(ItemResponse.version_id, func.count()).join(Attempt, Attempt.id == ItemResponse.attempt_id)
    query = query.where(ItemResponse.version_id.in_(version_ids), Attempt.state.in_(states.CLOSED))
    return {row[0]: row[1] for row in session.execute(query.group_by(ItemResponse.version_id))}


@dataclass(frozen=True)
class Group:
    """Wrong answers that are the same once they are compared."""

    place: int
    compared: str
    text: str
    """As most people wrote it."""
    count: int
    near: str
    listable: bool

    @property
    def name(self) -> str:
        """What a form calls it."""
        return f"{self.place}:{self.compared}"


@dataclass(frozen=True)
class Groups:
    """All wrong answers to a question, near misses first, then the most frequent."""

    rows: tuple[Group, ...]
    right: int
    total: int
    cut: bool
    """Whether rarer answers were left out."""


def find_groups(standing: Standing) -> Groups:
    """The answers to what candidates saw, grouped as the key in force compares them; counted by the database."""
    kind = get(standing.judging.kind)
    content = kind.load(standing.judging.content)
    query = (
        select(ItemResponse.value, func.count())
        .join(Attempt, Attempt.id == ItemResponse.attempt_id)
        .where(ItemResponse.version_id.in_([version.id for version in standing.family]))
        .where(Attempt.state.in_(states.CLOSED), ~ItemResponse.blank)
        .group_by(ItemResponse.value)
        .order_by(func.count().desc(), ItemResponse.value)
        .limit(MOST_ANSWERS + 1)
    )
    rows = session.execute(query).all()
    written: dict[tuple[int, str], Counter[str]] = {}
    replies: dict[tuple[int, str], Reply] = {}
    right = total = 0
    for value, count in rows[:MOST_ANSWERS]:
        for reply in kind.replies(content, kind.restore(value)):
            total += count
            right += count if reply.right else 0
            if not reply.right:
                written.setdefault((reply.place, reply.compared), Counter())[reply.text.strip()] += count
                replies.setdefault((reply.place, reply.compared), reply)
    groups = [_group(replies[key], texts) for key, texts in written.items()]
    ordered = sorted(groups, key=lambda group: (not group.near, group.place, -group.count, group.compared))
    return Groups(tuple(ordered), right, total, len(rows) > MOST_ANSWERS)


def _group(reply: Reply, texts: Counter[str]) -> Group:
    text = texts.most_common(1)[0][0]
    return Group(reply.place, reply.compared, text, texts.total(), reply.near, reply.listable)


def accepting(standing: Standing, names: Collection[str]) -> Content:
    """The content of the key in force with the answers of these groups on its lists. Raises Missing (no such group)."""
    kind = get(standing.judging.kind)
    content = kind.load(standing.judging.content)
    known = {group.name: group for group in find_groups(standing).rows if group.listable}
    for name in names:
        if name not in known:
            raise Missing
        content = kind.accepting(content, known[name].place, known[name].text)
    return content
