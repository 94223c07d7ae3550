"""Near-duplicates among many texts: the exact Jaccard similarity of their 5-grams, without comparing all pairs (pure).

What two similar texts share is mostly rare elsewhere. A text whose grams are nearly all its own has no twin, and is put
aside at once; the others meet only where one of their rarest grams is the same (prefix filter of Bayardo 2007,
places of Xiao 2008).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GRAM = 5
"""Characters: Chinese has no spaces, and five letters of English are about a word."""
_OTHERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Pair:
    """Two texts by number and how alike they are (0..1)."""

    one: int
    other: int
    similarity: float


@dataclass(frozen=True)
class Found:
    """The pairs, most alike first; `complete` False: the search ended at `most` pairs."""

    pairs: tuple[Pair, ...]
    complete: bool


def kept(text: str) -> str:
    """Letters, digits and ideographs only, in one case."""
    return _OTHERS.sub("", text.casefold())


def grams(text: str) -> frozenset[str]:
    """The 5-grams of what is kept of a text; of a shorter one the text itself."""
    kept_ = kept(text)
    return frozenset(kept_[i : i + GRAM] for i in range(max(1, len(kept_) - GRAM + 1))) if kept_ else frozenset()


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: shared grams over all grams of both."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def near_duplicates(texts: Sequence[frozenset[str]], above: float, most: int) -> Found:
    """Pairs of gram sets that are more alike than `above`; at most `most` of them."""
    pairs: list[Pair] = []
    for pair in _pairs(texts, above):
        if len(pairs) >= most:
            return Found(_sorted(pairs), complete=False)
        pairs.append(pair)
    return Found(_sorted(pairs), complete=True)


def _sorted(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.one, pair.other)))


def _pairs(texts: Sequence[frozenset[str]], above: float) -> Iterator[Pair]:
    counts, left = _candidates(texts, above)
    left.sort(key=lambda number: len(texts[number]))
    # By gram: texts no longer than the present one that have it among their rarest, with its place there.
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number in left:
        own = texts[number]
        size = len(own)
        rare = sorted(own, key=lambda gram: (counts[gram], gram))
        met: dict[int, int] = {}
        for place, gram in enumerate(rare[: size - math.ceil(above * size) + 1]):
            for other, its in seen[gram] if counts[gram] > 1 else ():
                # Shared so far, and at best all that comes after in the shorter rest: enough for the similarity?
                best = met.get(other, 0) + min(size - place, len(texts[other]) - its)
                enough = best >= above / (1 + above) * (size + len(texts[other]))
                met[other] = met.get(other, 0) + 1 if enough else -size
        for other, shared in met.items():
            if shared > 0 and (alike := similarity(own, texts[other])) > above:
                yield Pair(min(number, other), max(number, other), alike)
        for place, gram in enumerate(rare[: size - math.ceil(2 * above / (1 + above) * size) + 1]):
            if counts[gram] > 1:
                seen[gram].append((number, place))


def _candidates(texts: Sequence[frozenset[str]], above: float) -> tuple[Counter[str], list[int]]:
    """How often each gram occurs, and the texts that share enough of theirs with anybody at all."""
    left = [number for number, text in enumerate(texts) if text]
    while True:
        counts: Counter[str] = Counter()
        for number in left:
            counts.update(texts[number])
        shared = {gram for gram, count in counts.items() if count > 1}
        staying = [n for n in left if len(texts[n] & shared) >= above * len(texts[n])]
        if len(staying) == len(left):
            return counts, left
        left = staying
