"""The figures of a review: counts and shares over the items of one bank, or of several together (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from examengine.bank.duplicates import Found
from examengine.bank.review_item import Subject

LEVELS = range(1, 6)


@dataclass(frozen=True)
class Figures:
    """Counts over the items of one bank, or of several together."""

    subjects: Sequence[Subject]
    found: Found = field(default_factory=lambda: Found((), complete=True))
    possible: int = 0
    """Pairs of items within a bank."""

    @property
    def items(self) -> int:
        """How many there are."""
        return len(self.subjects)

    @cached_property
    def kinds(self) -> Mapping[str, int]:
        """Items by kind."""
        return Counter(s.kind.name for s in self.subjects)

    @cached_property
    def languages(self) -> Mapping[str, int]:
        """Items by language."""
        return Counter(s.language for s in self.subjects)

    @cached_property
    def difficulties(self) -> Mapping[int, int]:
        """Items by difficulty."""
        return Counter(s.difficulty for s in self.subjects)

    @cached_property
    def with_case(self) -> int:
        """Items with a case, a transcript or a table."""
        return sum(s.has_case for s in self.subjects)

    @cached_property
    def single(self) -> Sequence[tuple[Subject, int]]:
        """The single-choice items and the places of their keys."""
        own = [s for s in self.subjects if s.choices and s.kind.shape == "choice"]
        return [(s, s.choices.keys[0]) for s in own if s.choices and s.choices.keys]

    @cached_property
    def positions(self) -> Mapping[int, Mapping[int, tuple[str, ...]]]:
        """By number of options and place of the key (from 0): the codes of the single-choice items."""
        rows: dict[int, dict[int, list[str]]] = {}
        for subject, key in self.single:
            count = len(subject.choices.words) if subject.choices else 0
            rows.setdefault(count, {place: [] for place in range(count)})[key].append(subject.code)
        return {count: {place: tuple(codes) for place, codes in at.items()} for count, at in sorted(rows.items())}

    @cached_property
    def key_longest(self) -> tuple[str, ...]:
        """Single-choice items whose key is longer than every other option."""
        return tuple(s.code for s, key in self.single if s.choices and _is_longest(s.choices.words, key, alone=True))

    @cached_property
    def key_among_longest(self) -> int:
        """How many there are when a key as long as another option counts too."""
        return sum(
            bool(s.choices) and _is_longest(s.choices.words, key, alone=False) for s, key in self.single if s.choices
        )

    @cached_property
    def statements(self) -> tuple[int, int]:
        """True statements, and statements to be judged at all."""
        keys = [s.every.keys[0] for s in self.subjects if s.every and s.every.worded]
        return keys.count(0), len(keys)

    def facts(self) -> dict[str, Any]:
        """As JSON, for the console."""
        true, statements = self.statements
        return {
            "items": self.items,
            "kinds": _shares(self.kinds, self.items),
            "languages": _shares(self.languages, self.items),
            "difficulties": _shares({str(level): self.difficulties.get(level, 0) for level in LEVELS}, self.items),
            "with_case": _share(self.with_case, self.items),
            "key_positions": {
                str(count): _shares(
                    {str(place + 1): len(codes) for place, codes in at.items()}, sum(map(len, at.values()))
                )
                for count, at in self.positions.items()
            },
            "key_longest": _share(len(self.key_longest), len(self.single)),
            "key_among_longest": _share(self.key_among_longest, len(self.single)),
            "true_statements": _share(true, statements),
            "near_duplicates": _share(len(self.found.pairs), self.possible) | {"complete": self.found.complete},
        }


def _is_longest(words: Sequence[str], key: int, *, alone: bool) -> bool:
    others = [len(word) for i, word in enumerate(words) if i != key]
    own = len(words[key])
    return bool(others) and (own > max(others) if alone else own >= max(others))


def _share(count: int, of: int) -> dict[str, Any]:
    return {"count": count, "of": of, "share": round(count / of, 4) if of else None}


def _shares(counts: Mapping[str, int], of: int) -> dict[str, Any]:
    return {name: {"count": count, "share": round(count / of, 4) if of else None} for name, count in counts.items()}
