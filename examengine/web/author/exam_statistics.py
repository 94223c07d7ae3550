"""How an exam's questions proved: facility, with words where there is too little to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, request

from examengine.analysis.item_analysis import Facility, facilities
from examengine.core.pages import SIZE, Page
from examengine.itemtypes import kinds
from examengine.web.author import blueprint, words
from examengine.web.author.item_list import resorted
from examengine.web.author.sight import exam_in_sight, hidden_items
from examengine.web.shell.people import me

ORDERS: dict[str, Callable[[Facility], Any]] = {
    # What is hidden must not show in the order either.
    "facility": lambda row: (row.standing == "hidden", 0.0 if row.standing == "hidden" else row.value, row.code),
    "code": lambda row: row.code,
    "count": lambda row: (row.count, row.code),
}


@blueprint.get("/exams/<int:exam_id>/questions")
def exam_questions(exam_id: int) -> str:
    """Facility by question, of first, finished attempts."""
    found = exam_in_sight(exam_id)
    sort = request.args.get("sort", "facility")
    order = ORDERS.get(sort.removeprefix("-"), ORDERS["facility"])
    rows = sorted((row for row in facilities(exam_id) if row.item_id not in hidden_items()), key=order)
    rows = rows[::-1] if sort.startswith("-") else rows
    last = max(1, -(-len(rows) // SIZE))
    number = max(1, min(request.args.get("page", 1, int), last))
    page = Page(rows[(number - 1) * SIZE : number * SIZE], number, SIZE, len(rows))
    facts = {"sort": sort, "kinds": kinds(), "words": words, "trainer": "trainer" in me().roles}
    return render_template("author/exam_questions.html", exam=found, page=page, resorted=resorted, **facts)
