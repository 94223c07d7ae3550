"""A paper as HTML: every question's article is made once a version and language; an attempt only puts them in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from examengine.core.db import MICRO
from examengine.delivery import journal, queries
from examengine.itemtypes.base import Shape
from examengine.web.shell import items
from examengine.web.shell.frames import LARGEST_CACHE, Frame, frame
from examengine.web.shell.items import Question
from examengine.web.shell.language import language, show_points
from examengine.web.shell.media_urls import marked, of_slot


@dataclass(frozen=True)
class Article:
    """A question as the exam page shows it, and what its scripts are told of it."""

    question: Question
    shape: Shape
    max_chars: int | None


_articles: dict[tuple[int, str], Article] = {}


@dataclass(frozen=True)
class Paper:
    """The questions of an attempt: sections, cells of the answer grid, and what the scripts are told of each slot."""

    sections: bytes
    cells: bytes
    slots: list[dict[str, Any]]


def make(attempt_id: int, paper: Mapping[str, Any], titles: Sequence[str], folded: journal.Folded) -> Paper:
    """The attempt's paper with the saved answers set. `titles`: of the plan's sections."""
    rows, lang = paper["slots"], language()
    articles = _find([row["version"] for row in rows], lang)
    points = {worth: _points(worth, lang) for worth in {row["points"] for row in rows}}
    cell = frame(("cell", lang), lambda: _parts().cell())
    sections: list[tuple[int, list[bytes]]] = []
    cells, slots = [], []
    for number, row in enumerate(rows, 1):
        article = articles[row["version"]]
        if not sections or sections[-1][0] != row["section"]:
            sections.append((row["section"], []))
        shown = b"%d" % number
        facts = {
            b"SLOT": shown,
            b"MEDIA": of_slot(attempt_id, number).encode(),
            b"NUMBER": shown,
            b"POINTS": points[row["points"]],
            b"FLAGGED": b"true" if number in folded.flags else b"false",
            b"CURRENT": b" data-current" if number == 1 else b"",
        }
        sections[-1][1].append(items.join(article.question, facts, row["order"], folded.values.get(number)))
        cells.append(cell.fill(facts))
        slots.append({"slot": number, "shape": article.shape, "max_chars": article.max_chars})
    head = frame(("section", lang), lambda: _parts().section())
    html = [
        head.fill_in({"INDEX": index, "TITLE": escape(titles[section]), "ITEMS": b"".join(made)})
        for index, (section, made) in enumerate(sections, 1)
    ]
    return Paper(b"".join(html), b"".join(cells), slots)


def _parts() -> Any:
    return current_app.jinja_env.get_template("candidate/exam_parts.html").make_module()


def _find(version_ids: Sequence[int], lang: str) -> Mapping[int, Article]:
    """Articles by version, from this process's cache; the missing ones are read by one statement."""
    missing = {version for version in version_ids if (version, lang) not in _articles}
    if missing:
        if len(_articles) > LARGEST_CACHE:
            _articles.clear()
            missing = set(version_ids)
        for version, shown in queries.find_shown(missing).items():
            _articles[version, lang] = _article(shown)
    return {version: _articles[version, lang] for version in version_ids}


def _article(shown: queries.Shown) -> Article:
    presentation = shown.presentation
    around, parts = items.render(presentation, marked)
    tag = "zh-Hans" if shown.language == "zh" else shown.language
    html = _parts().article(gettext(shown.label), presentation.shape, tag, Markup(around))  # noqa: S704 (cleaned at write)
    return Article(Question(Frame(str(html)), parts), presentation.shape, presentation.facts.get("max_chars"))


def _points(worth: int, lang: str) -> bytes:
    """The points of a slot in words (given in 10⁻⁶)."""
    points = worth * MICRO

    def render() -> str:
        shown = ngettext("%(points)s point", "%(points)s points", 1 if points == 1 else 2, points=show_points(points))
        return str(escape(shown))

    return frame(("points", lang, worth), render).fill({})
