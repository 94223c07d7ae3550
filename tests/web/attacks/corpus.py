"""Texts that would be code where a page forgot to write them as text, and the search for what they would have made."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONG = (
    "\"'><xssq onload=xssq()><img src=xssq onerror=xssq()><script>xssq()</script><svg/onload=xssq()>"
    "<a href=\"javascript:xssq()\">link</a></title></textarea></style></script><xssq><iframe srcdoc='<xssq>'>"
    "<math><mtext></form><form action=//xssq.example><input name=xssq formaction=javascript:xssq()>"
    "{{77*77}}{%xssq%}${77*77}&lt;xssq&gt;&#60;xssq&#62;<!--xssq--><style>@import'//xssq'</style>\u2028xssq"
)
SHORT = ("'\"><xssq a=b>", "javascript:xssq()", "</script><xssq>", "{{77*77}}", "<svg/onload=xssq()>")
"""For fields that take forty characters at the most."""


class Finder(HTMLParser):
    """Elements, attributes and addresses that only the corpus would have made."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        at = {name: value or "" for name, value in attrs}
        told = self.get_starttag_text() or tag
        if tag in ("xssq", "iframe", "object", "embed", "base", "math") or "xssq" in at:
            self.found.append(told)
        for name, value in at.items():
            plain = "".join(value.split()).lower()
            if name.startswith("on") or (name in ("style", "srcdoc", "formaction") and "xssq" in value):
                self.found.append(told)
            if name in ("href", "src", "action", "formaction") and plain.startswith(
                ("javascript:", "data:text", "//", "vbscript:")
            ):
                self.found.append(told)
            if name == "src" and value == "xssq":
                self.found.append(told)
        if tag in ("script", "style") and "nonce" not in at and at.get("type") != "application/json":
            self.found.append(told)


WORKED_OUT = re.compile(r"(?<![\w-])5929(?![\w-])")
"""Not as a part of a token or an address that is drawn by lot."""


def made_of(page: str) -> list[str]:
    """What the corpus made of a page."""
    finder = Finder()
    finder.feed(page)
    finder.close()
    return [*finder.found, *(["77*77 was worked out"] if WORKED_OUT.search(page) else [])]
