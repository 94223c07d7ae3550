"""Reads of banks and items."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from examengine.bank import tree
from examengine.bank.models import Bank, Competency, Item, ItemVersion, VersionCompetency
from examengine.core.db import hot, session, spread
from examengine.core.errors import Missing
from examengine.core.pages import Page, paged
from examengine.itemtypes import get
from examengine.itemtypes.base import Content, Kind

LARGEST_CACHE = 20_000


@dataclass(frozen=True)
class Frozen:
    """A published version as other rooms need it, out of the database's hands."""

    version_id: int
    item_id: int
    code: str
    kind: Kind[Content]
    content: Content
    points: Decimal
    language: str
    competencies: tuple[str, ...]
    sha256: str


_frozen: dict[int, Frozen] = {}


def frozen(version_ids: Iterable[int]) -> Mapping[int, Frozen]:
    """Published versions by id, from this process's cache; the missing ones are read by one statement."""
    wanted = set(version_ids)
    missing = wanted - _frozen.keys()
    if missing:
        if len(_frozen) > LARGEST_CACHE:
            _frozen.clear()
            missing = wanted
        query = select(ItemVersion, Item.code).join(Item, ItemVersion.item_id == Item.id)
        for version, code in session.execute(query.where(ItemVersion.id.in_(missing))):
            made = freeze(version, code)
            if version.published_at is None:  # a draft may still change: never cached
                raise Missing
            _frozen[version.id] = made
    return {version_id: _frozen[version_id] for version_id in wanted}


def find_kept(version_ids: Iterable[int]) -> Mapping[int, Frozen] | None:
    """As `frozen`, if this process has all of them at hand: the database is not asked."""
    try:
        return {version_id: _frozen[version_id] for version_id in version_ids}
    except KeyError:
        return None


def freeze(version: ItemVersion, code: str) -> Frozen:
    """A version with its content loaded."""
    kind = get(version.kind)
    return Frozen(
        version.id,
        version.item_id,
        code,
        kind,
        kind.load(version.content),
        version.points,
        version.language,
        version.competencies,
        version.sha256,
    )


def find_banks() -> Sequence[Bank]:
    """All banks, by code."""
    return session.scalars(select(Bank).order_by(Bank.code)).all()


def find_bank(code: str) -> Bank | None:
    """The bank of this code."""
    return session.scalar(select(Bank).where(Bank.code == code))


def get_bank(bank_id: int) -> Bank:
    """Raises Missing."""
    found = session.get(Bank, bank_id)
    if found is None:
        raise Missing
    return found


def find_competencies() -> Sequence[Competency]:
    """All competencies, as the tree reads: each before those below it."""
    rows = session.scalars(select(Competency).order_by(Competency.position, Competency.id)).all()
    return [row for row, _ in tree.in_order(rows)]


def find_titles(codes: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Titles by language of the competencies with these codes, by code."""
    if not codes:
        return {}
    names, values = spread(codes)
    rows = hot().execute(f"SELECT code, titles FROM competency WHERE code IN ({names})", values)  # noqa: S608 (names only)
    return {code: json.loads(titles) for code, titles in rows}


def get_competency(competency_id: int) -> Competency:
    """Raises Missing."""
    found = session.get(Competency, competency_id)
    if found is None:
        raise Missing
    return found


def find_successors() -> Mapping[str, str]:
    """Every competency's code, with the code that takes its place since a merge (its own, when there was none)."""
    rows = session.execute(select(Competency.id, Competency.code, Competency.merged_into_id)).all()
    known = {row.id: row for row in rows}
    found = {}
    for row in rows:
        last = row
        while last.merged_into_id is not None:
            last = known[last.merged_into_id]
        found[row.code] = last.code
    return found


def has_published() -> bool:
    """Whether there is a question that an exam can take."""
    query = select(Item.id).where(Item.state == "active", Item.published_id.is_not(None)).limit(1)
    return session.scalar(query) is not None


def count_tagged() -> Mapping[str, int]:
    """By competency code: how many active questions have it on their latest version."""
    query = (
        select(VersionCompetency.code, func.count())
        .join(Item, func.coalesce(Item.draft_id, Item.published_id) == VersionCompetency.version_id)
        .where(Item.state == "active")
        .group_by(VersionCompetency.code)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def find_tagged() -> frozenset[str]:
    """Codes of competencies that any version of any question ever had."""
    return frozenset(session.scalars(select(VersionCompetency.code).distinct()))


def get_item(item_id: int) -> Item:
    """Raises Missing."""
    found = session.get(Item, item_id)
    if found is None:
        raise Missing
    return found


def find_item(bank_id: int, code: str) -> Item | None:
    """The item of a bank by its code."""
    return session.scalar(select(Item).where(Item.bank_id == bank_id, Item.code == code))


def find_bank_items(bank_id: int) -> Sequence[Item]:
    """All items of a bank, by code (for saving a bank to files)."""
    return session.scalars(select(Item).where(Item.bank_id == bank_id).order_by(Item.code)).all()


@dataclass(frozen=True)
class ItemFilter:
    """What a list of items is narrowed to; empty fields do not narrow."""

    bank_id: int | None = None
    kind: str = ""
    language: str = ""
    difficulty: int | None = None
    competency: str = ""
    state: str = ""
    """draft, published or retired."""
    use: str = ""
    words: str = ""


def _under(competency: str) -> ColumnElement[bool]:
    """A condition: the version is tagged with the competency or one below it in the tree."""
    found = select(Competency.id, Competency.code).where(Competency.code == competency).cte(recursive=True)
    found = found.union(select(Competency.id, Competency.code).join(found, Competency.parent_id == found.c.id))
    tagged = VersionCompetency.code.in_(select(found.c.code))
    return exists().where(VersionCompetency.version_id == ItemVersion.id, tagged)


def _filtered(chosen: ItemFilter) -> Select[Item]:
    latest = func.coalesce(Item.draft_id, Item.published_id)
    query = select(Item).join(ItemVersion, ItemVersion.id == latest)
    if chosen.bank_id is not None:
        query = query.where(Item.bank_id == chosen.bank_id)
    if chosen.use:
        query = query.where(Item.use == chosen.use)
    if chosen.kind:
        query = query.where(ItemVersion.kind == chosen.kind)
    if chosen.language:
        query = query.where(ItemVersion.language == chosen.language)
    if chosen.difficulty is not None:
        query = query.where(ItemVersion.difficulty == chosen.difficulty)
    if chosen.competency:
        query = query.where(_under(chosen.competency))
    if chosen.words:
        like = ItemVersion.words.icontains(chosen.words, autoescape=True)
        query = query.where(or_(like, Item.code.icontains(chosen.words, autoescape=True)))
    states = {
        "draft": Item.draft_id.is_not(None),
        "published": Item.published_id.is_not(None),
        "retired": Item.state == "retired",
    }
    if chosen.state != "retired":
        query = query.where(Item.state == "active")
    if chosen.state in states:
        query = query.where(states[chosen.state])
    return query


SORTS = {
    "code": Item.code,
    "kind": ItemVersion.kind,
    "difficulty": ItemVersion.difficulty,
    "points": ItemVersion.points,
    "changed": ItemVersion.created_at,
}


MOST_COUNTED = 10_000
"""Items of a list that are counted and paged through: a filter leads to the rest."""


def find_items(chosen: ItemFilter, page: int, sort: str = "code", excluded: Collection[int] = ()) -> Page[Item]:
    """A page of items as `chosen`, sorted by a name of SORTS (with '-' before it: descending)."""
    column = SORTS.get(sort.removeprefix("-"), Item.code)
    query = _filtered(chosen)
    if excluded:
        query = query.where(Item.id.not_in(excluded))
    order = column.desc() if sort.startswith("-") else column.asc()
    # Banks are read apart: joined, they tempt SQLite into sorting all items of each bank instead of walking the codes.
    query = query.options(selectinload(Item.bank)).order_by(order, Item.id)
    found = paged(query, page, most=MOST_COUNTED)
    load_versions(found.rows)
    return found


def load_versions(items: Sequence[Item]) -> None:
    """Read drafts and published versions of all `items` at once, so that a list makes no query a row."""
    ids = {i for item in items for i in (item.draft_id, item.published_id) if i}
    if not ids:
        return
    found = {version.id: version for version in session.scalars(select(ItemVersion).where(ItemVersion.id.in_(ids)))}
    # Set on the items themselves: the session alone does not keep what nobody refers to.
    for item in items:
        set_committed_value(item, "draft", found.get(item.draft_id or 0))
        set_committed_value(item, "published", found.get(item.published_id or 0))


class Pooled(NamedTuple):
    """A published version as far as a pool needs it: nothing of its content."""

    id: int
    kind: str
    movable: str
    points: Decimal


_POOLED = (ItemVersion.id, ItemVersion.kind, ItemVersion.movable, ItemVersion.points)


def find_pool(
    bank_id: int,
    competencies: Collection[str],
    kind: str | None,
    language: str | None,
    difficulty: tuple[int, int],
) -> list[Pooled]:
    """Published versions of a bank's active exam items that fit all conditions, ascending."""
    query = _pool(PoolRule(bank_id, tuple(competencies), kind, language, difficulty)).order_by(ItemVersion.id)
    return [Pooled(*row) for row in session.execute(query.with_only_columns(*_POOLED))]


def find_published(item_id: int) -> Pooled | None:
    """The published version of an active item."""
    query = (
        select(*_POOLED)
        .join(Item, Item.published_id == ItemVersion.id)
        .where(Item.id == item_id, Item.state == "active")
    )
    row = session.execute(query).one_or_none()
    return Pooled(*row) if row else None


def count_by_bank() -> Mapping[int, int]:
    """How many active items each bank has."""
    query = select(Item.bank_id, func.count()).where(Item.state == "active").group_by(Item.bank_id)
    return {row[0]: row[1] for row in session.execute(query)}


def find_versions(item_id: int) -> Sequence[ItemVersion]:
    """All versions of an item, newest first."""
    query = select(ItemVersion).where(ItemVersion.item_id == item_id).order_by(ItemVersion.number.desc())
    return session.scalars(query).all()


@dataclass(frozen=True)
class BankCounts:
    """How many items of a bank stand where."""

    active: int = 0
    published: int = 0
    drafts: int = 0
    retired: int = 0


def count_states() -> Mapping[int, BankCounts]:
    """Counts of items by bank; published and drafts are of the active ones."""
    active = Item.state == "active"
    query = select(
        Item.bank_id,
        func.count().filter(active),
        func.count().filter(active, Item.published_id.is_not(None)),
        func.count().filter(active, Item.draft_id.is_not(None)),
        func.count().filter(Item.state == "retired"),
    ).group_by(Item.bank_id)
    return {row[0]: BankCounts(row[1], row[2], row[3], row[4]) for row in session.execute(query)}


def suggest_code(bank_id: int) -> str:
    """A code that no item of the bank has yet: q- and a number."""
    count = session.scalar(select(func.count()).where(Item.bank_id == bank_id)) or 0
    query = select(Item.code).where(Item.bank_id == bank_id, Item.code.startswith("q-"))
    taken = set(session.scalars(query))
    return next(code for n in itertools.count(count + 1) if (code := f"q-{n:03d}") not in taken)


@dataclass(frozen=True)
class PoolRule:
    """The conditions of find_pool as one value."""

    bank_id: int
    competencies: tuple[str, ...] = ()
    kind: str | None = None
    language: str | None = None
    difficulty: tuple[int, int] = (1, 5)


def _pool(rule: PoolRule) -> Select[int]:
    query = (
        select(ItemVersion.id)
        .join(Item, Item.published_id == ItemVersion.id)
        .where(Item.bank_id == rule.bank_id, Item.state == "active", Item.use.in_(("exam", "both")))
        .where(ItemVersion.difficulty.between(*rule.difficulty), *map(_under, rule.competencies))
    )
    if rule.kind:
        query = query.where(ItemVersion.kind == rule.kind)
    return query.where(ItemVersion.language == rule.language) if rule.language else query


def count_pools(rules: Sequence[PoolRule]) -> list[int]:
    """How many questions fit each rule, by one statement."""
    if not rules:
        return []
    counts = (select(func.count()).select_from(_pool(rule).subquery()).scalar_subquery() for rule in rules)
    return [int(count) for count in session.execute(select(*counts)).one()]


@dataclass(frozen=True)
class Pick:
    """An item as an exam's author picks it: its published version's facts."""

    item_id: int
    code: str
    bank_id: int
    kind: str
    words: str
    points: Decimal
    difficulty: int
    active: bool


def _picks() -> Select[int, str, int, str, str, Decimal, int, bool]:
    return select(
        Item.id,
        Item.code,
        Item.bank_id,
        ItemVersion.kind,
        ItemVersion.words,
        ItemVersion.points,
        ItemVersion.difficulty,
        Item.state == "active",
    ).join(ItemVersion, ItemVersion.id == Item.published_id)


def find_picks(
    bank_id: int, kind: str, words: str, *, excluded: Collection[int] = (), page: int = 1, size: int = 20
) -> Page[Pick]:
    """Published exam items of a bank by words, kind; those of `excluded` left out."""
    query = _picks().where(Item.bank_id == bank_id, Item.state == "active", Item.use.in_(("exam", "both")))
    if kind:
        query = query.where(ItemVersion.kind == kind)
    if words:
        like = ItemVersion.words.icontains(words, autoescape=True)
        query = query.where(or_(like, Item.code.icontains(words, autoescape=True)))
    if excluded:
        query = query.where(Item.id.not_in(excluded))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = max(1, min(page, -(-total // size)))
    rows = session.execute(query.order_by(Item.code, Item.id).limit(size).offset((page - 1) * size))
    return Page([Pick(*row) for row in rows], page, size, total)


def find_picked(item_ids: Collection[int]) -> Mapping[int, Pick]:
    """The items that have a published version, by id; retired ones are told by `active`."""
    if not item_ids:
        return {}
    return {row[0]: Pick(*row) for row in session.execute(_picks().where(Item.id.in_(item_ids)))}


def count_items() -> int:
    """How many items there are, retired ones too."""
    return session.scalar(select(func.count()).select_from(Item)) or 0


def find_chosen(item_ids: Collection[int]) -> Sequence[Item]:
    """Those of the items that exist, with their versions, by code."""
    found = session.scalars(select(Item).where(Item.id.in_(item_ids)).order_by(Item.code, Item.id)).all()
    load_versions(found)
    return found


@dataclass(frozen=True)
class Ids:
    """Ids by code: of banks, and of items by bank and code."""

    banks: Mapping[str, int]
    items: Mapping[tuple[str, str], int]


def find_ids(names: Collection[tuple[str, str]]) -> Ids:
    """Ids of the banks and items that are named as (bank, item); an empty item names the bank alone."""
    banks = {row[1]: row[0] for row in session.execute(select(Bank.id, Bank.code))}
    items = {item for _, item in names if item}
    query = select(Item.id, Bank.code, Item.code).join(Bank, Bank.id == Item.bank_id).where(Item.code.in_(items))
    wanted = set(names)
    rows = session.execute(query) if items else ()
    return Ids(banks, {(row[1], row[2]): row[0] for row in rows if (row[1], row[2]) in wanted})
