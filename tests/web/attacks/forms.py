"""The forms of a page as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

TEXT = {"text", "search", "password", "email", "hidden", "url", "tel", "textarea", ""}


@dataclass
class Form:
    """One form: where it goes, what a browser would send, and which fields take text."""

    action: str
    method: str
    id: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    """Names of the fields that take a file."""

    def add(self, name: str, value: str, kind: str) -> None:
        """A value of a field."""
        self.fields.setdefault(name, []).append(value)
        self.kinds.setdefault(name, kind)

    def values(self) -> dict[str, list[str] | str]:
        """What is sent when nothing is changed."""
        return {name: values if len(values) > 1 else values[0] for name, values in self.fields.items()}

    @property
    def texts(self) -> list[str]:
        """Names of the fields that somebody types into."""
        return [
            name
            for name, kind in self.kinds.items()
            if kind in ("text", "search", "password", "email", "textarea", "url", "tel", "")
        ]


class _Reader(HTMLParser):
    """Collects forms; `form` attributes of controls outside are followed."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.forms = base, [Form("", "none")]
        self._inside: list[Form] = []
        self._area: tuple[Form, str] | None = None
        self._text = ""
        self._select: tuple[Form, str, bool] | None = None
        self._chosen: list[str] = []
        self._first: str | None = None
        self._outside: list[tuple[str, str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open forms, read controls."""
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.base, at.get("action") or self.base)
            parts = urlsplit(action)
            made = Form(
                parts.path + (f"?{parts.query}" if parts.query else ""),
                at.get("method", "get").lower(),
                at.get("id", ""),
            )
            self.forms.append(made)
            self._inside.append(made)
            return
        form = self._of(at)
        if form is None or "disabled" in at:
            return
        name = at.get("name", "")
        if "required" in at:
            form.required.add(name)
        if tag == "input" and name:
            kind = at.get("type", "text").lower()
            if kind in ("checkbox", "radio"):
                if "checked" in at:
                    form.add(name, at.get("value", "on"), kind)
                else:
                    form.kinds.setdefault(name, kind)
            elif kind == "file":
                form.files.append(name)
            elif kind not in ("submit", "button", "file", "image", "reset"):
                form.add(name, at.get("value", ""), kind)
        elif tag == "textarea" and name:
            self._area, self._text = (form, name), ""
        elif tag == "select" and name:
            self._select, self._chosen, self._first = (form, name, "multiple" in at), [], None
        elif tag == "option" and self._select:
            value = at.get("value", "")
            self._first = value if self._first is None else self._first
            if "selected" in at:
                self._chosen.append(value)
        elif tag == "button" and name:
            form.buttons.append((name, at.get("value", "")))

    def _of(self, at: dict[str, str]) -> Form | None:
        if at.get("form"):
            return next((form for form in self.forms if form.id == at["form"]), None)
        return self._inside[-1] if self._inside else None

    def handle_endtag(self, tag: str) -> None:
        """Close forms, take texts and choices."""
        if tag == "form" and self._inside:
            self._inside.pop()
        elif tag == "textarea" and self._area:
            form, name = self._area
            form.add(name, self._text.removeprefix("\n"), "textarea")
            self._area = None
        elif tag == "select" and self._select:
            form, name, several = self._select
            chosen = self._chosen or ([] if several or self._first is None else [self._first])
            for value in chosen:
                form.add(name, value, "select")
            self._select = None

    def handle_data(self, data: str) -> None:
        """A textarea's text."""
        self._text += data if self._area else ""


def forms_of(page: str, path: str) -> list[Form]:
    """All forms of the page at `path`."""
    reader = _Reader(path)
    reader.feed(page)
    reader.close()
    return reader.forms[1:]
