"""Matching of written answers with keys: one normal form for both (semantics §3), numbers as decimals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

PROFILE = "default-1"
"""Name and version of the normal form; kept beside every score that used it."""

_SPACES = str.maketrans({"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " "})
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF_KANA = re.compile(r"[\uff61-\uff9f]+")
_SIGNS = str.maketrans(
    {"。": ".", "、": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "−": "-", "–": "-", "—": "-", "・": "·"}
)
_CJK = r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK_GAP = re.compile(rf"(?<=[{_CJK}]) +(?=[{_CJK}])")
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


def normalise(text: str, *, fold_case: bool = True) -> str:
    """The default profile's normal form of `text`, in the order that semantics §3 gives."""
    text = text.translate(_SPACES)
    text = "".join(char for char in text if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})
    text = text.translate(_WIDE)
    text = _HALF_KANA.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
    text = unicodedata.normalize("NFC", text)
    text = text.translate(_SIGNS)
    text = _CJK_GAP.sub("", re.sub(" +", " ", text).strip())
    return text.casefold() if fold_case else text


def parse_number(text: str, decimal_separator: str = ".") -> Decimal | None:
    """The plain decimal number that `text` is, or None (percent signs, units and words are no numbers)."""
    text = normalise(text).replace(" ", "")
    if decimal_separator == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover (the pattern admits decimals only)
        return None


_SAID = re.compile(r"[\w]+", re.UNICODE)


def is_near(given: str, wanted: str) -> bool:
    """Whether two normal forms differ by a slip: signs and spaces only, or a letter or two by their length."""
    if not given or not wanted or given == wanted:
        return False
    if "".join(_SAID.findall(given)) == "".join(_SAID.findall(wanted)):
        return True
    longer = max(len(given), len(wanted))
    allowed = 0 if longer < 3 else 1 if longer < 8 else 2
    return _distance(given, wanted, allowed) <= allowed


def _distance(one: str, other: str, limit: int) -> int:
    """Insertions, deletions, exchanges and swaps of neighbours from one text to the other; above `limit` any figure."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def names_number(text: str, number: Decimal) -> bool:
    """Whether the one number in `text` is this one, with words or signs around it ("24 小时")."""
    found = re.findall(r"\d{1,30}(?:\.\d{1,30})?", normalise(text))
    return len(found) == 1 and Decimal(found[0]) == abs(number)


@dataclass(frozen=True)
class Tolerance:
    """How far from the key a number may be: absolute (a±t) or relative (|a|·t)."""

    amount: Decimal = Decimal(0)
    relative: bool = False

    def around(self, key: Decimal) -> Decimal:
        """The distance allowed from `key`."""
        return abs(key) * self.amount if self.relative else self.amount


EXACT = Tolerance()


def parse_tolerance(text: str) -> Tolerance:
    """'0.5' or '5%'. Raises ValueError."""
    text = text.strip()
    relative = text.endswith("%")
    amount = parse_number(text.removesuffix("%")) if text else Decimal(0)
    if amount is None or amount < 0:
        raise ValueError(f"tolerance {text!r} is neither a number nor a percentage")
    return Tolerance(amount / 100 if relative else amount, relative)


def format_tolerance(tolerance: Tolerance) -> str:
    """What parse_tolerance reads."""
    if not tolerance.amount:
        return ""
    if tolerance.relative:
        return f"{(tolerance.amount * 100).normalize():f}%"
    return f"{tolerance.amount:f}"
