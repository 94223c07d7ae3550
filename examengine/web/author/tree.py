"""The competencies as a tree that templates can walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from examengine.bank import queries as bank
from examengine.web.shell.language import language


@dataclass
class Node:
    """A competency with what is below it."""

    code: str
    title: str
    below: list[Node] = field(default_factory=list)


def competency_tree() -> list[Node]:
    """The top of the tree, in the reader's language. A code whose parent is missing stands at the top."""
    nodes: dict[str, Node] = {}
    top: list[Node] = []
    for row in bank.find_competencies():
        node = nodes[row.code] = Node(row.code, row.title(language()))
        parent = nodes.get(row.code.rpartition(".")[0])
        (parent.below if parent else top).append(node)
    return top


def flat(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    """Code and title of all nodes, as the tree reads."""
    return [pair for node in nodes for pair in ((node.code, node.title), *flat(node.below))]
