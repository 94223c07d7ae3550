"""The result page as HTML: what depends on question and language is made once, an attempt only fills it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from examengine.delivery import queries as delivery
from examengine.exams import queries as exams
from examengine.exams.queries import Deal
from examengine.itemtypes.base import Line
from examengine.notices.readers import Reader
from examengine.results import contested, review
from examengine.results.appeals import FEWEST
from examengine.results.correction_pages import find_history
from examengine.results.models import Appeal
from examengine.results.owned import Owned, Released
from examengine.results.queries import competency_titles
from examengine.results.review import Answered
from examengine.web.candidate.forms import AppealForm, appeal_form
from examengine.web.shell.correcting import told
from examengine.web.shell.framed import framed
from examengine.web.shell.frames import Frame, encoded, frame, mark
from examengine.web.shell.language import language, show_percent, show_points, show_time
from examengine.web.shell.media_urls import marked, of_slot
from examengine.web.shell.templating import rich


def make(owned: Owned, reader: Reader, now: datetime, form: AppealForm | None = None) -> bytes:
    """The page; `form`: an appeal that came back with errors."""
    deal = exams.get_deal(owned.revision_id)
    released = owned.released
    if released is None:
        main = _parts().not_yet(owned.void_reason if owned.state == "void" else None)
    else:
        main = _whole(owned, released, deal, now, form)
    return framed("candidate/result.html", reader, {"TITLE": escape(deal.title), "MAIN": main})


def _parts() -> Any:
    return current_app.jinja_env.get_template("candidate/result_parts.html").make_module()


def _part(here: str, name: str, *args: Any) -> Frame:
    """The frame that a macro makes of plain values, in a language."""
    return frame(("result", name, here, *args), lambda: str(getattr(_parts(), name)(*args)))


def _whole(owned: Owned, released: Released, deal: Deal, now: datetime, form: AppealForm | None) -> bytes:
    answers = review.review(owned, now)
    shares = released.breakdown["competencies"]
    titles = competency_titles(released.breakdown)
    history, here = _history(owned, now) if released.revision > 1 else [], language()
    chance, appeals = _chance(owned, released, deal, now)
    return _part(here, "whole").fill_in(
        {
            "SUMMARY": _summary(owned, released),
            "CORRECTED": _parts().corrected(history) if history else "",
            "TOLD": _parts().told(appeals) if appeals else "",
            "SECTIONS": _shares(here, released.breakdown["sections"], {}),
            "COMPETENCIES": _shares(here, shares, titles),
            "WITHHELD": _part(here, "withheld").fill({}) if answers and not answers[0].shown else "",
            "ANSWERS": b"".join(_answered(here, owned.id, answer) for answer in answers),
            "APPEAL": _contest(owned.id, len(answers), chance, appeals, now, form),
        }
    )


def _history(owned: Owned, now: datetime) -> list[tuple[Any, str]]:
    rows = find_history(delivery.get_attempt(owned.id), now, released_only=True)
    return [(row, told(row)) for row in rows]


def _summary(owned: Owned, released: Released) -> bytes:
    shown = frame(("result", "summary", language(), released.passed), lambda: str(_parts().summary(released)))
    return shown.fill_in(
        {
            "PERCENT": show_percent(released.percent),
            "POINTS": show_points(released.points),
            "MAXIMUM": show_points(released.maximum),
            "PASSMARK": show_percent(released.pass_mark),
            "HANDEDIN": show_time(owned.submitted_at),
            "RELEASED": show_time(released.at),
        }
    )


def _shares(here: str, rows: Iterable[Mapping[str, Any]], titles: Mapping[str, Mapping[str, str]]) -> bytes:
    shown = _part(here, "share")
    return b"".join(
        shown.fill_in(
            {
                "PART": escape(titles.get(row["label"], {}).get(here, row["label"])),
                "ITEMS": row["items"],
                "POINTS": show_points(row["points"]),
                "MAXIMUM": show_points(row["maximum"]),
            }
        )
        for row in rows
    )


def _answered(here: str, attempt_id: int, answer: Answered) -> bytes:
    key = ("result", "answered", here, answer.version.version_id, answer.version.sha256, answer.shown)
    shown = frame(key, lambda: str(_parts().answered(answer, marked)))
    media = of_slot(attempt_id, answer.number)
    return shown.fill_in(
        {
            "NUMBER": answer.number,
            "MEDIA": media,
            "GOT": _got(here, answer),
            "BLANK": _part(here, "blank").fill({}) if answer.blank else "",
            "LINES": b"".join(_line(here, answer, line, media) for line in answer.lines if _tells(answer, line)),
            "MARKED": _parts().marked(answer) if answer.marks else "",
        }
    )


def _got(here: str, answer: Answered) -> bytes:
    def render() -> str:
        if answer.points is None:
            return str(escape(gettext("is being marked again")))
        if not answer.maximum:
            return str(escape(gettext("does not count")))
        points, maximum = show_points(answer.points), show_points(answer.maximum)
        return str(escape(gettext("%(points)s of %(maximum)s points", points=points, maximum=maximum)))

    return frame(("result", "got", here, answer.points, answer.maximum), render).fill({})


def _tells(answer: Answered, line: Line) -> bool:
    if line.rich or not line.chosen:
        return line.rich or line.right is not None
    return not answer.blank  # nothing that was written is no line


def _line(here: str, answer: Answered, line: Line, media: str) -> bytes:
    chosen = not answer.blank if line.chosen else None
    if line.rich:
        text: str = rich(line.text, lambda name: f"{media}{name}")
    elif answer.version.kind.shape == "choice":  # the engine's own words, true and false
        text = escape(gettext(line.text))
    else:
        text = escape(line.text or "–")
    return _part(here, "line", line.rich, chosen, line.right).fill({b"TEXT": encoded(text)})


def _chance(owned: Owned, released: Released, deal: Deal, now: datetime) -> tuple[datetime | None, Sequence[Appeal]]:
    """Until when the result may be contested (None: not now), and the appeals that there are."""
    if not owned.contested:
        until = contested.until(released.at, deal.plan.terms.appeal_days)
        return (until if until and now <= until else None), ()
    attempt = delivery.get_attempt(owned.id)
    chance = contested.chance(attempt, now)
    open_now = chance.until is not None and now <= chance.until and not chance.open
    return (chance.until if open_now else None), contested.find_own(owned.id, attempt.person_id)


def _contest(
    attempt_id: int,
    questions: int,
    until: datetime | None,
    appeals: Sequence[Appeal],
    now: datetime,
    form: AppealForm | None,
) -> str | bytes:
    if until is None and not appeals and form is None:
        return ""
    shown_until, action = show_time(until) if until else None, url_for("candidate.appeal", attempt_id=attempt_id)
    if appeals or form is not None:
        given = form or (appeal_form(questions, blank=True) if until else None)
        return str(_parts().contest(attempt_id, appeals, given, shown_until, action, FEWEST))

    def render() -> str:
        blank = appeal_form(questions, blank=True)
        token: Any = blank["csrf_token"]
        token.current_token = mark("CSRF")
        return str(_parts().contest(None, (), blank, mark("UNTIL"), mark("ACTION"), FEWEST))

    values = {"CSRF": generate_csrf(), "UNTIL": shown_until, "ACTION": action}
    return frame(("result", "contest", language(), questions), render).fill_in(values)
