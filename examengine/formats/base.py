"""What formats give and take: drafts of items and banks, and problems with their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from examengine.core import codes, db
from examengine.core.i18n import Message

USES = ("exam", "practice", "both")


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; lines count from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class FileProblem:
    """What is wrong in a file and where; `reason` is a sentence to be put into somebody's language, or plain words."""

    place: Place
    reason: Message | str


@dataclass(frozen=True)
class ItemDraft:
    """An item as somebody wrote it: facts and the kind's authoring data."""

    code: str
    kind: str
    language: str
    points: Decimal
    difficulty: int
    competencies: tuple[str, ...]
    source: str
    use: str
    data: Mapping[str, Any]

    def fingerprint(self) -> str:
        """SHA-256 of all that the draft says."""
        facts = [
            self.kind,
            self.language,
            str(self.points.normalize()),
            self.difficulty,
            sorted(self.competencies),
            self.source,
            self.use,
            self.data,
        ]
        return codes.sha256(db.dumps(facts))


@dataclass(frozen=True)
class FileItem:
    """A draft with its place and the hash of its text in the file."""

    draft: ItemDraft
    place: Place
    file_hash: str


@dataclass(frozen=True)
class BankDraft:
    """A bank folder as read."""

    code: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    items: tuple[FileItem, ...]
    problems: tuple[FileProblem, ...]
