"""Everybody with her last result."""

from __future__ import annotations

from flask import render_template, request

from examengine.accounts.queries import find_teams
from examengine.results import people as results
from examengine.web.manager import blueprint
from examengine.web.manager.access import conflicts
from examengine.web.shell.lists import asked_number, asked_one, asked_words


@blueprint.get("/manage/people")
def people() -> str:
    """Operators by team, with their last released results; each figure is a filter."""
    chosen = results.PersonFilter(
        asked_words("q"),
        asked_number("team"),
        everyone=bool(request.args.get("everyone")),
        inactive=bool(request.args.get("inactive")),
        excluded=conflicts(),
    )
    sort = request.args.get("sort", "name")
    counts, last = results.count_last(chosen), asked_one("last", results.LAST)
    page = results.find_person_lines(chosen, counts, last, sort, request.args.get("page", 1, int))
    return render_template("manager/people.html", page=page, counts=counts, teams=find_teams(), sort=sort)
