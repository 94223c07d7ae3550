"""All sittings: what is open, what waits for graders, what may be released."""

from __future__ import annotations

from flask import render_template, request

from examengine.core import clock
from examengine.results import sittings as results
from examengine.web.manager import blueprint
from examengine.web.manager.access import conflicts
from examengine.web.shell.lists import asked_number, asked_one, asked_words


@blueprint.get("/manage/sittings")
def sittings() -> str:
    """The list with its figures; each figure is a filter."""
    now, hidden = clock.now(), conflicts()
    sort = request.args.get("sort", "-opens")
    page = results.find_sitting_lines(
        now,
        stage=asked_one("stage", results.STAGES),
        words=asked_words("q"),
        exam_id=asked_number("exam_id"),
        excluded=hidden,
        sort=sort,
        page=request.args.get("page", 1, int),
    )
    figures = results.sitting_figures(now, hidden)
    return render_template("manager/sittings.html", page=page, figures=figures, sort=sort, now=now)
