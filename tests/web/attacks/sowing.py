"""Posts a corpus into every text field of every form, each form otherwise as it would be sent."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import String, cast, literal

from examengine.core.db import Base, session
from tests.conftest import forget
from tests.web.attacks.corpus import LONG, SHORT
from tests.web.attacks.forms import Form, forms_of
from tests.web.attacks.insiders import doors
from tests.web.crowd import Crowd
from tests.web.scene import Scene, Thing

LAST = ("deactivate", "withdraw", "void", "force", "password", "account", "retire", "discard", "publish", "edit")
"""Acts after which less can be done: tried when all others have been."""
NEVER = ("/logout", "/login", "/preferences", "/account")
"""What would end the session, or keeps no text."""
PLAIN = {"username": "x{n}", "code": "xx{n}", "email": "x@example.org", "old": "correct horse", "minutes": "5"}
"""What stands in the other fields of a form whose corpus is in one."""
NUMBERS = (
    "points",
    "minutes",
    "attempts",
    "pass_mark",
    "tolerance",
    "step",
    "lease",
    "appeal_days",
    "count",
    "number",
    "max_chars",
    "min_chars",
)


class Sower:
    """Knows what it has sent and where it was taken."""

    def __init__(
        self, app: Flask, scene: Scene, crowd: Crowd, corpus: str = LONG, short: tuple[str, ...] = SHORT
    ) -> None:
        self.app, self.scene, self.crowd = app, scene, crowd
        self.corpus, self.short = corpus, short
        self.taken: set[tuple[str, str]] = set()
        """Endpoint of the page and field whose text was accepted."""
        self.tried: set[tuple[str, str]] = set()
        self._count = 0
        self._numbers: set[tuple[str, str]] = set()

    def sow(self, only: tuple[str, ...] = ("",)) -> None:
        """All forms of all pages, or of those whose endpoints begin so."""
        waiting: list[tuple[str, str, Thing, Form]] = []
        seen: set[tuple[str, str]] = set()
        for endpoint, path, name, thing in doors(self.app, self.scene, "GET", all_things=only == ("",)):
            if not endpoint.startswith(only):
                continue
            page = self.crowd.ask(name, "GET", path, thing).get_data(as_text=True)
            for form in forms_of(page, path):
                known = (name, form.action)
                if form.method == "post" and known not in seen and not form.action.startswith(NEVER):
                    if endpoint.startswith("admin.person") and thing.owner != "sam":  # the others must stay logged in
                        continue
                    seen.add(known)
                    waiting.append((endpoint, name, thing, form))
        waiting.sort(key=lambda row: any(word in row[3].action for word in LAST))
        for endpoint, name, thing, form in waiting:
            self._form(endpoint, name, thing, form)

    def _form(self, endpoint: str, name: str, thing: Thing, form: Form) -> None:
        texts = [field for field in form.texts if field != "csrf_token"]
        if all((endpoint, field) in self.taken for field in texts):  # another of its kind did
            return
        self.tried |= {(endpoint, field) for field in texts}
        words = [field for field in texts if field.rsplit("-", 1)[-1] not in (*NUMBERS, *PLAIN)]
        for text in (self.corpus, *self.short[:1]):
            if words and self._post(name, thing, form, dict.fromkeys(words, text)):
                self.taken |= {(endpoint, field) for field in words}
                texts = [field for field in texts if field not in words or text != self.corpus]
                break
        for field in texts:
            if (endpoint, field) in self.taken | self._numbers:
                continue
            if field.rsplit("-", 1)[-1] in NUMBERS:  # once is enough to see that it takes no words
                self._numbers.add((endpoint, field))
            for text in (self.corpus, *self.short):
                if self._post(name, thing, form, {field: text}):
                    self.taken.add((endpoint, field))
                    break

    def _post(self, name: str, thing: Thing, form: Form, texts: dict[str, str]) -> bool:
        self._count += 1
        data = form.values()
        for field in form.texts:
            if not data.get(field) and (field in form.required or field in PLAIN):
                data[field] = PLAIN.get(field, "words {n}").format(n=self._count)
        for field in form.kinds:  # a choice is made where none is
            if field not in data and form.kinds[field] == "radio":
                data[field] = "0"
        if form.buttons and "row" not in dict(form.buttons):
            data.update(form.buttons[:1])
        data.update(texts)
        data["csrf_token"] = self.crowd.tokens[name]
        answer = self.crowd.send(name, form.action, thing, data=data)
        assert answer.status_code < 500, (form.action, texts)
        return bool(answer.status_code < 400)


PLANTED = {
    "name",
    "alt",
    "title",
    "reason",
    "comment",
    "email",
    "words",
    "void_reason",
    "undo_reason",
    "answer",
    "file_name",
}
"""Columns whose text somebody typed, in whatever table."""
MADE = {"media.name"}
"""Columns of such a name whose text nobody types: a picture's is its SHA-256."""
KEPT = {
    "titles": {"en": LONG, "zh": LONG},
    "descriptions": {"en": LONG, "zh": LONG},
    "notice.details": {"title": LONG, "count": LONG},
    "people_import.facts": {"header": [LONG], "sample": [[LONG]], "columns": {"name": 0}, "unknown": [LONG], "rows": 1},
    "people_import_row.values": {"name": LONG, "username": LONG, "team": LONG},
    "people_import_row.changes": [["name", LONG, LONG], ["team", "", LONG]],
}
"""Columns that hold such texts in JSON."""


def plant() -> None:
    """The corpus in the columns of all rows: for pages that show what no form of this walk has changed."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if f"{table.name}.{column.name}" in MADE:
                continue
            if column.name in PLANTED and isinstance(column.type, String):
                longest = column.type.length or 10_000
                text = LONG if longest >= len(LONG) + 20 else SHORT[0]
                own = literal(text) + cast(table.c.id, String) if "id" in table.c else literal(text)
                session.execute(table.update().values({column.name: own}))
            elif held := KEPT.get(column.name) or KEPT.get(f"{table.name}.{column.name}"):
                session.execute(table.update().values({column.name: held}))
    session.commit()
    forget()
