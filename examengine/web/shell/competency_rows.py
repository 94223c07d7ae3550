"""The competency tree as a table shows it: depth, titles, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from examengine.bank import queries as bank
from examengine.bank import tree
from examengine.bank.models import Competency
from examengine.web.shell.language import language


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    row: Competency
    depth: int
    title: str
    other: str
    """The title in the other language, when there is one."""
    questions: int
    successor: str
    """Title of the one it was merged into."""
    first: bool
    last: bool


def lines() -> Sequence[Line]:
    """All competencies, as the tree reads."""
    rows = bank.find_competencies()
    counts, here = bank.count_tagged(), language()
    titles = {row.id: row.title(here) for row in rows}
    brothers: dict[int | None, list[int]] = {}
    for row in rows:
        brothers.setdefault(row.parent_id, []).append(row.id)
    return [
        Line(
            row,
            depth,
            titles[row.id],
            next((text for code, text in row.titles.items() if code != here and text != titles[row.id]), ""),
            counts.get(row.code, 0),
            titles.get(row.merged_into_id or 0, ""),
            brothers[row.parent_id][0] == row.id,
            brothers[row.parent_id][-1] == row.id,
        )
        for row, depth in tree.in_order(rows)
    ]
