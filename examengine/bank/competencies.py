"""Verbs on the competency tree: load, add, rename, move, order, merge, retire. Codes never change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select

from examengine.bank import queries, tree
from examengine.bank.models import Competency
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message
from examengine.core.settings import LANGUAGES

CODE = re.compile(r"[a-z]+(\.[a-z_]+)*")
LONGEST_CODE, LONGEST_TITLE, DEEPEST = 80, 120, 6


def load_tree(rows: Iterable[tuple[str, Mapping[str, str]]], now: datetime, by: int | None) -> int:
    """Take a file's tree in: adds what is new, removes and moves nothing. Gives back how many were added.

    A title is taken over where the file changed it and nobody did in the browser.
    """
    known = {row.code: row for row in queries.find_competencies()}
    added: list[str] = []
    for code, given in rows:
        titles, row = dict(given), known.get(code)
        if row is None:
            parent = known.get(code.rpartition(".")[0])
            known[code] = _new(code, titles, parent)
            known[code].loaded_titles = titles
            added.append(code)
        else:
            if row.titles == (row.loaded_titles or row.titles):
                row.titles = titles
            row.loaded_titles = titles
    session.flush()
    if added:
        audit.record(now, by, "competency.load", "competency", None, added=added)
    return len(added)


def _new(code: str, titles: Mapping[str, str], parent: Competency | None) -> Competency:
    made = Competency(code=code, titles=dict(titles), parent_id=parent.id if parent else None)
    made.position = _next(made.parent_id)
    session.add(made)
    session.flush()
    return made


def _next(parent_id: int | None) -> int:
    """The position after the last one below a parent."""
    return (
        session.scalar(
            select(func.max(Competency.position)).where(
                Competency.parent_id.is_(parent_id) if parent_id is None else Competency.parent_id == parent_id
            )
        )
        or 0
    ) + 1


def add(name: str, titles: Mapping[str, str], parent: int | None, now: datetime, by: int) -> Competency:
    """A new competency below `parent` (None: at the top); `name` is the last part of its code.

    Raises Invalid (name, titles), Conflict (code taken, parent retired).
    """
    above = _usable(parent) if parent else None
    code = f"{above.code}.{name}" if above else name
    if not CODE.fullmatch(code) or "." in name or len(code) > LONGEST_CODE:
        raise Invalid(N_("A code has small letters and _ only (at the top: letters only), and at most 80 in all."))
    _check_depth(_depth(above) + 1)
    kept = checked(titles)
    if session.scalar(select(Competency.id).where(Competency.code == code)):
        raise Conflict(Message(N_("There is a competency “%(code)s” already."), {"code": code}))
    made = _new(code, kept, above)
    audit.record(now, by, "competency.add", "competency", made.id, code=code, titles=kept)
    return made


def checked(titles: Mapping[str, str]) -> dict[str, str]:
    """Titles by language without empty ones. Raises Invalid when none is left or one is too long."""
    kept = {language: titles[language].strip() for language in LANGUAGES if titles.get(language, "").strip()}
    if not kept:
        raise Invalid(N_("A title in at least one language is needed."))
    if max(map(len, kept.values())) > LONGEST_TITLE:
        raise Invalid(Message(N_("A title has at most %(n)s characters."), {"n": LONGEST_TITLE}))
    return kept


def rename(row: Competency, titles: Mapping[str, str], now: datetime, by: int) -> None:
    """Other titles. Raises Invalid."""
    kept, before = checked(titles), dict(row.titles)
    if kept != before:
        row.titles = kept
        session.flush()
        audit.record(now, by, "competency.rename", "competency", row.id, code=row.code, titles=[before, kept])


def move(row: Competency, parent: int | None, now: datetime, by: int) -> None:
    """Put a competency with all below it under another one, or at the top. Raises Conflict."""
    above = _usable(parent) if parent else None
    rows = queries.find_competencies()
    if above is not None and above.id in {row.id, *tree.below(rows, row.id)}:
        raise Conflict(N_("A competency cannot be moved below itself."))
    if (above.id if above else None) == row.parent_id:
        return
    depths = {found.id: depth for found, depth in tree.in_order(rows)}
    height = max((depths[one] for one in tree.below(rows, row.id)), default=depths[row.id]) - depths[row.id]
    _check_depth((depths[above.id] + 1 if above else 0) + 1 + height)
    before = _code(row.parent_id)
    row.parent_id, row.position = (above.id if above else None), _next(above.id if above else None)
    session.flush()
    audit.record(now, by, "competency.move", "competency", row.id, code=row.code, below=[before, _code(row.parent_id)])


def shift(row: Competency, up: bool, now: datetime, by: int) -> None:
    """Change places with the brother before or after; at the end of the line nothing happens."""
    brothers = [one for one in queries.find_competencies() if one.parent_id == row.parent_id]
    at = brothers.index(row)
    to = at - 1 if up else at + 1
    if 0 <= to < len(brothers):
        brothers[at], brothers[to] = brothers[to], brothers[at]
        for position, one in enumerate(brothers, 1):
            one.position = position
        session.flush()
        audit.record(now, by, "competency.order", "competency", row.id, code=row.code, places=[at + 1, to + 1])


def merge(row: Competency, into: int, now: datetime, by: int) -> None:
    """Let another competency take the place of this one. Published questions keep their tag and count under the other.

    What is below it goes below the other. Raises Conflict.
    """
    target = _usable(into)
    rows = queries.find_competencies()
    if target.id == row.id or target.id in tree.below(rows, row.id):
        raise Conflict(N_("A competency is merged into another one that is not below it."))
    if not row.active:
        raise Conflict(N_("This competency is retired already."))
    children = [one for one in rows if one.parent_id == row.id]
    position = _next(target.id)
    for at, child in enumerate([*children, row]):
        child.parent_id, child.position = target.id, position + at
    row.active, row.merged_into_id = False, target.id
    session.flush()
    audit.record(now, by, "competency.merge", "competency", row.id, code=row.code, into=target.code)


def retire(row: Competency, now: datetime, by: int) -> None:
    """Offer it no more for new questions; those that have it keep it. Raises Conflict."""
    if session.scalar(select(Competency.id).where(Competency.parent_id == row.id, Competency.active).limit(1)):
        raise Conflict(N_("Retire or move what is below it first."))
    if row.active:
        row.active = False
        session.flush()
        audit.record(now, by, "competency.retire", "competency", row.id, code=row.code)


def restore(row: Competency, now: datetime, by: int) -> None:
    """Offer it again; a merge ends by it. Raises Conflict."""
    above = session.get(Competency, row.parent_id) if row.parent_id else None
    if above is not None and not above.active:
        raise Conflict(N_("Restore the competency above it first."))
    if not row.active:
        row.active, row.merged_into_id = True, None
        session.flush()
        audit.record(now, by, "competency.restore", "competency", row.id, code=row.code)


def delete(row: Competency, named: bool, now: datetime, by: int) -> None:
    """Delete one that nothing uses; `named`: an exam's rules name it. Raises Conflict: retire it instead."""
    pointing = select(Competency.id).where((Competency.parent_id == row.id) | (Competency.merged_into_id == row.id))
    if named or row.code in queries.find_tagged() or session.scalar(pointing.limit(1)):
        raise Conflict(N_("It is used by questions, exams or other competencies, so it can only be retired."))
    audit.record(now, by, "competency.delete", "competency", row.id, code=row.code, titles=row.titles)
    session.delete(row)
    session.flush()


def _usable(competency_id: int) -> Competency:
    """A competency that others may go to. Raises Missing, Conflict."""
    found = queries.get_competency(competency_id)
    if not found.active:
        raise Conflict(N_("The chosen competency is retired."))
    return found


def _code(row_id: int | None) -> str:
    found = session.get(Competency, row_id) if row_id is not None else None
    return found.code if found else ""


def _depth(row: Competency | None) -> int:
    """How many levels there are down to `row`."""
    depth = 0
    while row is not None:
        depth, row = depth + 1, (session.get(Competency, row.parent_id) if row.parent_id else None)
    return depth


def _check_depth(levels: int) -> None:
    if levels > DEEPEST:
        raise Conflict(Message(N_("The tree has at most %(n)s levels."), {"n": DEEPEST}))
