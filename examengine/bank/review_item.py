"""What can be said against one question by itself: its wording, its options, what is missing (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from examengine.bank import duplicates, wording
from examengine.core import html
from examengine.core.i18n import N_
from examengine.itemtypes import matching
from examengine.itemtypes.base import Choices, Content, Hint, Kind

# A stem of more than this takes over a minute to read: a case belongs into a stimulus, or is too long for a test.
LONGEST_STEM = 1_200
# The longest option draws the eye: three times the shortest, and by more than some words, is seen at a glance.
UNEQUAL_RATIO, UNEQUAL_COLUMNS = 3.0, 24
# Shorter pieces ("24", "APN") stand within other options by chance.
NESTED_COLUMNS = 8
# One "always" may be what operators really say; two in the wrong options are a pattern.
ABSOLUTE_DISTRACTORS = 2
# An explanation of which so much stands in the question already explains nothing.
REPEATED = 0.8

_CASE = re.compile(r"<(?:blockquote|pre|table)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Subject:
    """A question under review, from a file or a database."""

    bank: str
    code: str
    kind: Kind[Content]
    content: Content
    language: str
    difficulty: int
    competencies: tuple[str, ...]
    source: str
    file: str = ""
    line: int = 0

    @cached_property
    def stem(self) -> str:
        """Plain words."""
        return html.plain(self.content.stem)

    @cached_property
    def every(self) -> Choices | None:
        """The options, the engine's own too."""
        return self.kind.choices(self.content)

    @property
    def choices(self) -> Choices | None:
        """The options that an author wrote."""
        return self.every if self.every and not self.every.worded else None

    @cached_property
    def grams(self) -> frozenset[str]:
        """Of the stem and the options, for near-duplicates."""
        return duplicates.grams(" ".join((self.stem, *(self.choices.words if self.choices else ()))))

    @property
    def has_case(self) -> bool:
        """Whether it brings a case, a transcript or a table along."""
        return bool(_CASE.search(self.content.stem))


def hints(subject: Subject) -> Iterator[Hint]:
    """All that is to be said against the question."""
    yield from subject.kind.advice(subject.content)
    yield from _wording_hints(subject.content, subject.stem, subject.choices)
    if not subject.competencies:
        yield Hint(
            N_("It is tagged with no competency, so no report on weak areas can count it."), code="no_competency"
        )
    if not subject.source.strip():
        yield Hint(N_("It names no source; who doubts the key has nowhere to look."), code="no_source")


def content_hints(kind: Kind[Content], content: Content) -> Iterator[Hint]:
    """The part of it that is known while the question is still being written."""
    found = kind.choices(content)
    yield from kind.advice(content)
    yield from _wording_hints(content, html.plain(content.stem), found if found and not found.worded else None)


def _wording_hints(content: Content, stem: str, choices: Choices | None) -> Iterator[Hint]:
    if len(stem) > LONGEST_STEM:
        text = N_("The question has %(count)s characters; more than %(most)s are not read in an exam. Cut the case.")
        yield Hint(text, {"count": len(stem), "most": LONGEST_STEM}, "long_stem")
    if choices:
        yield from _option_hints(choices)
        word = wording.hidden_negation(content.stem)
        if word:
            text = N_(
                "It asks for what is not so, but “%(word)s” is not stressed. Stress it, or ask the other way round."
            )
            yield Hint(text, {"word": word}, "hidden_negation")
    yield from _explanation_hints(stem, choices, html.plain(content.explanation))


def _option_hints(choices: Choices) -> Iterator[Hint]:
    for word in filter(wording.is_catch_all, choices.words):
        text = N_("“%(option)s” can be answered without knowing all the others. Name what is right instead.")
        yield Hint(text, {"option": word}, "catch_all")
    widths = [columns(word) for word in choices.words]
    if widths and max(widths) > UNEQUAL_RATIO * min(widths) and max(widths) - min(widths) >= UNEQUAL_COLUMNS:
        sizes = [len(word) for word in choices.words]
        text = N_(
            "The options are of very unequal length: %(short)s to %(long)s characters. Bring them closer together."
        )
        yield Hint(text, {"short": min(sizes), "long": max(sizes)}, "unequal_options")
    yield from _nested(choices.words, widths)
    absolute = [i for i, word in enumerate(choices.words) if wording.is_absolute(word)]
    if len(absolute) >= ABSOLUTE_DISTRACTORS and not set(absolute) & set(choices.keys):
        text = N_(
            "Only wrong options say “always”, “never” or the like (%(count)s of them): readers rule them out unread."
        )
        yield Hint(text, {"count": len(absolute)}, "absolute_distractors")


def _nested(words: Sequence[str], widths: Sequence[int]) -> Iterator[Hint]:
    kept = [duplicates.kept(word) for word in words]
    for i, one in enumerate(kept):
        for j, other in enumerate(kept):
            if i < j and one == other and _same(words[i], words[j]):
                yield Hint(N_("Two options say the same: “%(one)s”."), {"one": words[i]}, "same_options")
            elif i != j and one != other and widths[i] >= NESTED_COLUMNS and _within(one, other):
                text = N_(
                    "“%(one)s” is a part of “%(other)s”: where the longer one is right, the shorter one is not wrong."
                )
                yield Hint(text, {"one": words[i], "other": words[j]}, "nested_options")


def _same(one: str, other: str) -> bool:
    """Whether nothing but a full stop tells two options apart; other signs may be what is asked about."""
    return matching.normalise(one).rstrip(".!,; ") == matching.normalise(other).rstrip(".!,; ")


def _within(one: str, other: str) -> bool:
    """Whether `one` stands in `other` as it is; "1 hour" does not stand in "21 hours" that way."""
    place = other.find(one)
    cut = place > 0 and one[0].isdecimal() and other[place - 1].isdecimal()
    return place >= 0 and not cut


def _explanation_hints(stem: str, choices: Choices | None, explanation: str) -> Iterator[Hint]:
    if not explanation:
        text = N_("There is no explanation. Say why the key is right and why the tempting answer is wrong.")
        yield Hint(text, code="no_explanation")
        return
    own, asked = (
        duplicates.kept(text) for text in (explanation, " ".join((stem, *(choices.words if choices else ()))))
    )
    pieces = [own[i : i + duplicates.GRAM] for i in range(0, len(own), duplicates.GRAM)]
    if pieces and sum(piece in asked for piece in pieces) > REPEATED * len(pieces):
        text = N_("The explanation only repeats the question. Say why the key is right.")
        yield Hint(text, code="explanation_repeats")


def columns(text: str) -> int:
    """The width of a text; an ideograph is as wide as two letters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
