"""The competency tree, to read: administrators edit it."""

from __future__ import annotations

from flask import render_template

from examengine.web.author import blueprint
from examengine.web.author.sight import for_trainers
from examengine.web.shell.competency_rows import lines


@blueprint.get("/competencies")
@for_trainers
def competencies() -> str:
    """Titles, codes and how many questions have each."""
    return render_template("author/competencies.html", lines=lines())
