"""The competencies as a tree that templates can walk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext

from examengine.bank import queries as bank
from examengine.web.shell.language import language


@dataclass
class Node:
    """A competency with what is below it."""

    code: str
    title: str
    below: list[Node] = field(default_factory=list)


def competency_tree(offered: Collection[str] | None = None) -> list[Node]:
    """The top of the tree, in the reader's language, retired ones marked.

    `offered`: retired ones are left out unless their code is among these.
    """
    nodes: dict[int | None, Node] = {}
    top: list[Node] = []
    for row in bank.find_competencies():
        if row.active or offered is None or row.code in offered:
            title = row.title(language())
            node = Node(row.code, title if row.active else gettext("%(title)s (retired)", title=title))
            parent = nodes.get(row.parent_id)
            nodes[row.id] = node
            (parent.below if parent else top).append(node)
    return top


def flat(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    """Code and title of all nodes, as the tree reads."""
    return [pair for node in nodes for pair in ((node.code, node.title), *flat(node.below))]
