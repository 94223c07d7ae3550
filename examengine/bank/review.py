"""Review of banks: what a careful colleague would say about the questions, with figures (pure).

Warnings never hinder anything; what hinders publishing is a problem of the item's kind. Each threshold has its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from examengine.bank import duplicates, review_item
from examengine.bank.duplicates import Found, Pair
from examengine.bank.review_figures import LEVELS, Figures
from examengine.bank.review_item import Subject
from examengine.core.i18n import N_, Message
from examengine.itemtypes import kinds

# Two questions that share so much give each other's answer away, and a paper that draws both asks once.
NEAR = 0.6
# A pair or two happens; beyond this share of all pairs the bank was multiplied, not written.
NEAR_SHARE = 0.01
# So many pairs are named one by one; the rest is counted.
PAIRS_NAMED, PAIRS_COUNTED = 100, 200_000
# Keys at one place: a fifth more or less than an equal share. With fewer items than five an option it is chance.
UNEVEN = 0.2
ITEMS_AN_OPTION = 5
# Whoever knows nothing and takes the longest option should not win more than a little over the quarter of chance.
KEY_LONGEST = 0.35
KEY_LONGEST_FEWEST = 20
# True statements: away from the half, "true" (or "false") is the better guess.
TRUE_LOW, TRUE_HIGH = 0.35, 0.65
TRUE_FEWEST = 6
# Below this many items one item moves a share by more than two points.
SHARES_FEWEST = 50
DIFFICULTY_LOW, DIFFICULTY_HIGH = 0.03, 0.5
KIND_LOW = 0.05
LANGUAGE_LOW = 0.3
CASE_LOW = 0.1
LANGUAGES = {"zh": N_("Chinese"), "en": N_("English")}


@dataclass(frozen=True)
class Finding:
    """A warning: a stable code, where it holds (`bank` empty: all banks together) and a sentence with figures."""

    code: str
    bank: str
    items: tuple[str, ...]
    reason: Message
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Review:
    """The findings, bank by bank and then of all together, and the figures behind them."""

    findings: tuple[Finding, ...]
    banks: Mapping[str, Figures]
    overall: Figures


def review(subjects: Sequence[Subject]) -> Review:
    """Review the items of some banks."""
    own: dict[str, list[Subject]] = {}
    for subject in subjects:
        own.setdefault(subject.bank, []).append(subject)
    banks = {bank: _figures(items) for bank, items in own.items()}
    findings = [finding for bank, figures in banks.items() for finding in _of_bank(bank, figures)]
    found = [pair for figures in banks.values() for pair in figures.found.pairs]
    complete = all(figures.found.complete for figures in banks.values())
    possible = sum(figures.possible for figures in banks.values())
    overall = Figures(subjects, Found(tuple(found), complete), possible)
    findings += _of_all(overall)
    if len(banks) > 1:
        findings += _of_keys("", overall)
    return Review(tuple(findings), banks, overall)


def _figures(items: Sequence[Subject]) -> Figures:
    possible = len(items) * (len(items) - 1) // 2
    most = min(PAIRS_COUNTED, max(PAIRS_NAMED, int(NEAR_SHARE * possible) + 1))
    return Figures(items, duplicates.near_duplicates([s.grams for s in items], NEAR, most), possible)


def _of_bank(bank: str, figures: Figures) -> Iterator[Finding]:
    for subject in figures.subjects:
        for hint in review_item.hints(subject):
            yield Finding(hint.code, bank, (subject.code,), Message(hint.text, hint.values), subject.file, subject.line)
    yield from _of_pairs(bank, figures)
    yield from _of_keys(bank, figures)
    if figures.items >= SHARES_FEWEST:
        yield from _of_difficulty(bank, figures)


def _of_pairs(bank: str, figures: Figures) -> Iterator[Finding]:
    for pair in figures.found.pairs[:PAIRS_NAMED]:
        yield _of_pair(bank, figures, pair)
    count = len(figures.found.pairs)
    if count > NEAR_SHARE * figures.possible and count > 1:
        text = N_("%(count)s pairs are near-duplicates: %(share)s %% of all pairs (at most %(most)s %%). Rewrite them.")
        shown = str(count) if figures.found.complete else f"{count}+"
        values = {"count": shown, "share": percent(count, figures.possible), "most": _whole(NEAR_SHARE)}
        yield Finding("many_near_duplicates", bank, (), Message(text, values))


def _of_pair(bank: str, figures: Figures, pair: Pair) -> Finding:
    one, other = figures.subjects[pair.one], figures.subjects[pair.other]
    text = N_("“%(one)s” and “%(other)s” are alike by %(share)s %%: keep the better one.")
    values = {"one": one.code, "other": other.code, "share": _whole(pair.similarity)}
    return Finding("near_duplicate", bank, (one.code, other.code), Message(text, values), one.file, one.line)


def _of_keys(bank: str, figures: Figures) -> Iterator[Finding]:
    for count, places in figures.positions.items():
        total = sum(map(len, places.values()))
        low, high = (1 - UNEVEN) / count, (1 + UNEVEN) / count
        for place, codes in places.items() if total >= ITEMS_AN_OPTION * count else ():
            if not low * total - 1e-9 <= len(codes) <= high * total + 1e-9:
                text = N_(
                    "Key at place %(place)s of %(options)s: %(share)s %% of %(total)s (even: %(low)s–%(high)s %%)."
                )
                values = {"place": place + 1, "options": count, "share": percent(len(codes), total), "total": total}
                values |= {"low": _whole(low), "high": _whole(high)}
                yield Finding("key_positions", bank, codes, Message(text, values))
    longest, single = figures.key_longest, len(figures.single)
    if single >= KEY_LONGEST_FEWEST and len(longest) > KEY_LONGEST * single:
        text = N_(
            "The key is the longest option in %(share)s %% of %(total)s questions (at most %(most)s %%). Shorten it."
        )
        values = {"share": percent(len(longest), single), "total": single, "most": _whole(KEY_LONGEST)}
        yield Finding("key_longest", bank, longest, Message(text, values))
    true, statements = figures.statements
    if statements >= TRUE_FEWEST and not TRUE_LOW * statements <= true <= TRUE_HIGH * statements:
        text = N_("%(share)s %% of %(total)s statements are true (even: %(low)s–%(high)s %%). Turn some round.")
        values = {"share": percent(true, statements), "total": statements}
        values |= {"low": _whole(TRUE_LOW), "high": _whole(TRUE_HIGH)}
        yield Finding("true_false_balance", bank, (), Message(text, values))


def _of_difficulty(bank: str, figures: Figures) -> Iterator[Finding]:
    for level in LEVELS:
        count = figures.difficulties.get(level, 0)
        if not DIFFICULTY_LOW * figures.items <= count <= DIFFICULTY_HIGH * figures.items:
            text = N_("%(share)s %% of %(total)s questions have difficulty %(level)s (each: %(low)s–%(high)s %%).")
            values = {"share": percent(count, figures.items), "total": figures.items, "level": level}
            values |= {"low": _whole(DIFFICULTY_LOW), "high": _whole(DIFFICULTY_HIGH)}
            yield Finding("difficulty_spread", bank, (), Message(text, values))


def _of_all(figures: Figures) -> Iterator[Finding]:
    if figures.items < SHARES_FEWEST:
        return
    shares = [("kind_share", kind.label, figures.kinds.get(name, 0), KIND_LOW) for name, kind in kinds().items()]
    shares += [
        ("language_share", label, figures.languages.get(name, 0), LANGUAGE_LOW) for name, label in LANGUAGES.items()
    ]
    for code, label, count, low in shares:
        if count < low * figures.items:
            text = N_("%(share)s %% of %(total)s questions are “%(name)s” (at least %(low)s %%). Write more of them.")
            values = {
                "share": percent(count, figures.items),
                "total": figures.items,
                "name": Message(label),
                "low": _whole(low),
            }
            yield Finding(code, "", (), Message(text, values))
    if figures.with_case < CASE_LOW * figures.items:
        text = N_("%(share)s %% of %(total)s questions bring a case, transcript or table (at least %(low)s %%).")
        values = {"share": percent(figures.with_case, figures.items), "total": figures.items, "low": _whole(CASE_LOW)}
        yield Finding("case_share", "", (), Message(text, values))


def percent(count: int, of: int) -> str:
    """A share in percent with at most one decimal."""
    return f"{100 * count / of:.1f}".removesuffix(".0") if of else "0"


def _whole(share: float) -> str:
    return f"{100 * share:.0f}"
