"""Words that give a question away or mislead its reader, in Chinese and English (pure).

A trainer who is warned for nothing stops reading warnings: each rule here asks for the whole pattern that means
trouble and lets doubtful sentences pass.
"""

from __future__ import annotations

import html
import re

# All or none of the above, as a whole option: what follows would be content ("以上内容均需告知客户" is none of these).
_CATCH_ALL = re.compile(
    r"""(?:
      (?:以上|上述|前述|前面)(?:所有|全部|各项|各|几|三|四|两|[2-5])?(?:选项|答案|说法|做法|项|点)?
        (?:都|均|全|皆|全都|全部|都不|均不|皆不|全不)?(?:是|对|非|不对|不是|错|错误|正确|不正确|可以|可|不可)
      | (?:都|均|皆)(?:是|对|非|不对|不是|正确|不正确)
      | (?:全部|全都|全)(?:都|均)?(?:是|对|正确|不对|不是|错误|错)
      | (?:没有|无)(?:一项|一个|任何一项)?(?:是)?(?:正确|对)(?:的|的选项|选项|答案|的答案)?
      | (?:选项)?[A-H](?:\s*[、,，和与及]\s*[A-H])+\s*(?:都|均|皆)(?:是|对|正确|不对|不正确|可以)
      | (?:all|none|any|neither|both|either)\s+(?:of\s+)?(?:the\s+|these\s+)?(?:above|options|these|answers|others)
        (?:\s+(?:options|answers))?(?:\s+(?:is|are)\s+(?:correct|right|true|wrong|false|incorrect))?
      | (?:all|none)\s+of\s+(?:the\s+)?(?:above|these|them|options|answers)
      | (?:both\s+)?[A-H]\s+(?:and|&)\s+[A-H](?:\s+(?:only|are\s+(?:correct|right|true)))?
      )[的]?""",
    re.VERBOSE | re.IGNORECASE,
)
_BARE = re.compile(r"^[\s“”\"'（(]+|[\s.。!！,，;；”\"')）]+$")

_APART = re.compile(r"<(blockquote|pre|table)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLOCKS = re.compile(r"<br\s*/?>|</(?:p|li|ul|ol|h\d|div)>|\n", re.IGNORECASE)
_STRONG = re.compile(r"<(?:strong|em|u|b)\b[^>]*>|【", re.IGNORECASE)
_STRONG_END = re.compile(r"</(?:strong|em|u|b)\s*>|】", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_ON, _OFF = "\x01", "\x02"  # no text has them: the sanitiser takes control characters out
_SENTENCES = re.compile(r"[^。！？?!]*[。！？?!]?")

# Chinese: the negation belongs to what is asked for, not to the case ("客户不能提供密码时，哪一项正确？").
_NOT_ZH = (
    r"不(?!得不|可抗|是很|能不)(?:再)?"
    r"(?:正确|属于|符合|恰当|妥当|合适|适当|适合|适宜|应|该|能|得|可以|允许|需要|必|包括|包含|算|宜|准|会|要|对|是)"
)
_THING_ZH = r"(?:一项|一个|一种|一句|一条|做法|说法|情形|行为|选项|内容|表述)?(?:是|有)"
_NEGATIVE_ZH = (
    re.compile(rf"(?:哪|下列|以下|下面)[^，,；;：:。？?]{{0,24}}?({_NOT_ZH}|有误|错误的|除外)"),
    re.compile(rf"({_NOT_ZH})[^，,；;：:。？?的时]{{0,14}}的{_THING_ZH}"),
    re.compile(rf"(错误|有误|不当|不妥|不实)的{_THING_ZH}"),
    re.compile(r"(除了?)[^，,；;：:。？?]{1,20}(?:之外|以外|外)[，,]?[^，,。？?]{0,12}(?:哪|下列|以下|下面)"),
    re.compile(r"(不(?:应当?|应该|能|得|可以|可|该|宜|要))(?:做|说|向|对|给|用|问)?(?:哪|什么)"),
)
_WHY_ZH = re.compile(r"为什么|为何|何以")

# English: only what stands before a clause about the case ("… when the caller is not the account holder?").
_CASE_EN = re.compile(
    r"\b(?:when|if|because|while|although|though|who|whom|whose|that|where|after|before|since|unless|until|so)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_WRONG_EN = r"false|incorrect|untrue|wrong|mistaken"
_LEAST_EN = r"(?<!at )least(?= (?:likely|suitable|appropriate|important|helpful|useful|urgent|acceptable))"
_NEGATIVE_EN = (
    re.compile(rf"\bwhich\b[^;?]*?\b(not|never|cannot|\w+n['’]t|{_LEAST_EN})\b", re.IGNORECASE),
    re.compile(rf"\bwhich\b[^;?]*?\b(?:is|are) ({_WRONG_EN})\b(?! \w)", re.IGNORECASE),
    re.compile(rf"\bwhich ({_WRONG_EN})(?= (?:statement|claim|sentence|answer)s?\b)", re.IGNORECASE),
    re.compile(r"\bwhat (?:must|should|may|can|could)(?: \w+){0,3}? (not|never)\b", re.IGNORECASE),
    re.compile(r"\bwhat (cannot|can['’]t|mustn['’]t|shouldn['’]t)\b", re.IGNORECASE),
)
_EXCEPT_EN = re.compile(r"\b(except)\b(?: (?:one|for|which|the following))*[\s:.?…]*$", re.IGNORECASE)

# "一定的" (some), "不一定", "一定要" in advice to the reader are no claims about all cases.
_ABSOLUTE = re.compile(
    r"(?<!不)(?<!不是)(?:一定(?!的|程度|数量|期限|时间|范围)|绝对|绝不|永远|从来不?|任何时候都?|无论如何|必然|毫无例外|一概|一律|百分之百)"
    r"|\b(?:always|never(?! mind)|under no circumstances|in every case|without exception|absolutely|invariably)\b",
    re.IGNORECASE,
)


def is_catch_all(option: str) -> bool:
    """Whether the whole option says "all (none, both) of the above"."""
    return bool(_CATCH_ALL.fullmatch(_BARE.sub("", option)))


def is_absolute(option: str) -> bool:
    """Whether the option claims something for all cases: test-wise readers take it for wrong."""
    return bool(_ABSOLUTE.search(option))


def hidden_negation(stem: str) -> str:
    """The word by which a rich stem asks for what is NOT so, where nothing stresses it; else nothing."""
    text = asking(stem)
    marks = text.replace(_ON, "").replace(_OFF, "")
    for start, end in _negations(marks):
        if not _stressed(text, start, end):
            return marks[start:end]
    return ""


def _negations(text: str) -> list[tuple[int, int]]:
    """Where the negations stand in an asking sentence."""
    if re.search(r"[\u4e00-\u9fff]", text):
        found = [] if _WHY_ZH.search(text) else [pattern.search(text) for pattern in _NEGATIVE_ZH]
    else:
        plain = _CASE_EN.sub("", text)  # a sentence that begins with the case has its question after the comma
        plain = plain if plain.strip() else text.rpartition(", ")[0] + ", " + _CASE_EN.sub("", text.rpartition(", ")[2])
        found = [_EXCEPT_EN.search(text), *(pattern.search(plain) for pattern in _NEGATIVE_EN)]
    return [match.span(1) for match in found if match]


def _stressed(text: str, start: int, end: int) -> bool:
    """Whether one of these characters stands between marks of stress, or the word is in capitals."""
    place, on, word = 0, False, ""
    for char in text:
        if char in (_ON, _OFF):
            on = char == _ON
        else:
            if start <= place < end:
                word += char
                if on:
                    return True
            place += 1
    return word.isascii() and word.isupper()


def asking(stem: str) -> str:
    """The sentence of a rich stem that asks, with marks where stress begins and ends: the last with a question mark,
    else the last. Quoted cases, tables and code do not ask."""
    text = _APART.sub("\n", stem)
    text = _STRONG_END.sub(_OFF, _STRONG.sub(_ON, text))
    lines = [html.unescape(_TAGS.sub("", line)) for line in _BLOCKS.sub("\n", text).split("\n")]
    found = [s.strip() for line in lines for s in _SENTENCES.findall(line) if s.strip(" \t" + _ON + _OFF)]
    asked = [s for s in found if re.search(r"[？?]\W*$", s)]
    return asked[-1] if asked else found[-1] if found else ""
