"""Pages of the author audience: banks and questions for trainers, exams for trainers and managers."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("author", __name__)
blueprint.before_request(guard("author"))

from examengine.web.author import (  # noqa: E402, F401 (views register themselves)
    bank_review,
    banks,
    competencies,
    corrections,
    exam_acts,
    exam_files,
    exam_list,
    exam_statistics,
    item_acts,
    item_editor,
    item_list,
    item_page,
    media,
    plan_editor,
    withdrawal,
)
