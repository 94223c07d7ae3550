"""What formats give and take: drafts of items, banks and exams, and problems with their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from examengine.core import codes, db
from examengine.core.i18n import Message
from examengine.core.pictures import Picture

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
class FilePicture:
    """A checked picture of a file, and the file's name."""

    picture: Picture
    file_name: str


@dataclass(frozen=True)
class BankDraft:
    """A bank folder as read."""

    code: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    items: tuple[FileItem, ...]
    problems: tuple[FileProblem, ...]
    pictures: Mapping[str, FilePicture] = field(default_factory=dict)
    """Those that texts show, by the engine's name for them."""


@dataclass(frozen=True)
class SlotDraft:
    """A slot rule in codes instead of ids: a certain item, or so many drawn from those of a bank that fit."""

    place: Place
    bank: str
    item: str = ""
    """Empty: a draw rule."""
    count: int = 1
    points: Decimal | None = None
    """None (fixed items only): as many as the item says."""
    competencies: tuple[str, ...] = ()
    kind: str | None = None
    language: str | None = None
    difficulty: tuple[int, int] = (1, 5)


@dataclass(frozen=True)
class SectionDraft:
    """A titled part of an exam."""

    title: str
    slots: tuple[SlotDraft, ...]


@dataclass(frozen=True)
class ExamDraft:
    """An exam as read; `terms` are the stored plan's, `duties` by name the employee numbers that the file names."""

    title: str
    terms: Mapping[str, Any]
    sections: tuple[SectionDraft, ...]
    duties: Mapping[str, tuple[str, ...]]
    file_hash: str = ""

    def slots(self) -> tuple[SlotDraft, ...]:
        """All slots in the order of their numbers."""
        return tuple(slot for section in self.sections for slot in section.slots)
