"""How long a text is, whatever its script (pure)."""

from __future__ import annotations

import re

# Han, kana and Hangul are counted by the character, everything else by the word.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_UNIT = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


def units(text: str) -> int:
    """Words of alphabetic scripts and characters of Chinese, Japanese and Korean, punctuation apart."""
    return len(_UNIT.findall(text))
