"""One question: its facts, its versions, how it looks, where it is used."""

from __future__ import annotations

from flask import render_template, request

from examengine.accounts import queries as people
from examengine.bank import queries as bank
from examengine.core.errors import Missing
from examengine.exams import queries as exams
from examengine.web.author import blueprint, words
from examengine.web.author.samples import sample_of_version
from examengine.web.author.sight import for_trainers, hidden_exams, item_in_sight
from examengine.web.author.tree import competency_tree, flat


@blueprint.get("/items/<int:item_id>")
@for_trainers
def item(item_id: int) -> str:
    """The latest version, or the one asked for by number."""
    found = item_in_sight(item_id)
    versions = bank.find_versions(item_id)
    number = request.args.get("version", found.latest.number, int)
    shown = next((version for version in versions if version.number == number), None)
    if shown is None:
        raise Missing
    return render_template(
        "author/item.html",
        item=found,
        versions=versions,
        shown=shown,
        sample=sample_of_version(shown),
        authors=people.find_names({version.author_id for version in versions if version.author_id}),
        titles=dict(flat(competency_tree())),
        exams=exams.find_exams_using(item_id, hidden_exams()),
        words=words,
    )
