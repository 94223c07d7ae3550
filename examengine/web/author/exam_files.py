"""Exams as files: upload a YAML file, download one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Response as File
from flask import flash, redirect, render_template, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField

from examengine.core import clock
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message
from examengine.exams import files, plans
from examengine.formats import exam_yaml
from examengine.formats.base import FileProblem
from examengine.web.author import blueprint
from examengine.web.author.sight import exam_in_sight, for_trainers, hidden_exams, hidden_items, only_read
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import say
from examengine.web.shell.people import me

SAID = {
    "added": N_("The exam is made. Look through it and publish it."),
    "changed": N_("The exam of this title has the plan of the file now. Publish it again for it to take effect."),
    "unchanged": N_("The file says nothing new; nothing was changed."),
}


class ExamFileForm(PageForm):
    """The file, and what to do where somebody wrote in the exam meanwhile."""

    file = FileField(N_("File"), description=N_("YAML as “Save as file” writes it, at most 256 KiB."))
    replace = BooleanField(
        N_("Replace what was written in the browser"),
        description=N_("Where an exam of the same title was changed here since its file was loaded."),
    )


@blueprint.route("/exams/file", methods=["GET", "POST"])
@for_trainers
def exam_from_file() -> Response | str | tuple[str, int]:
    """A new draft exam, or a new working copy of the exam that has the title; every problem with its line."""
    form, problems = ExamFileForm(), list[FileProblem]()
    try:
        if form.validate_on_submit():
            answer, problems = _loaded(form)
            if answer is not None:
                return answer
            only_read()
    except (Invalid, Conflict) as error:
        form.refuse(error)
        only_read()
    page = render_template("author/exam_file.html", form=form, problems=problems)
    return (page, 422) if form.errors or problems else page


def _loaded(form: ExamFileForm) -> tuple[Response | None, list[FileProblem]]:
    sent: Any = form.file.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        raise Invalid(N_("Choose a file first."))
    draft, problems = exam_yaml.read_bytes(sent.stream.read(exam_yaml.LARGEST + 1), sent.filename[-80:])
    if draft is None:
        return None, problems
    resolved, problems = files.resolve(draft, hidden_items())
    if resolved is None:
        return None, problems
    prefer = "file" if form.replace.data else ""
    done = files.load_exam(draft, resolved, clock.now(), me().id, prefer, hidden_exams())
    if done.outcome == "conflict":
        text = N_("“%(title)s” was changed here since its file was loaded. Nothing was done; tick to replace it.")
        raise Conflict(Message(text, {"title": done.exam.title}))
    flash(say(SAID[done.outcome]), "ok")
    return redirect(url_for("author.exam", exam_id=done.exam.id), 303), []


@blueprint.get("/exams/<int:exam_id>/file")
@for_trainers
def exam_file(exam_id: int) -> File:
    """The working copy as a YAML file."""
    found = exam_in_sight(exam_id)
    fixed = {rule.item for _, rule in plans.load(found.plan).rules() if isinstance(rule, plans.FixedSlot)}
    if fixed & hidden_items():
        raise Conflict(N_("Some of its questions are not for you to see at present."))
    text = exam_yaml.write(files.draft_of(found))
    name = re.sub(r"[^\w.-]+", "-", found.title).strip("-.")[:100] or "exam"
    disposition = f"attachment; filename=\"exam-{exam_id}.yaml\"; filename*=UTF-8''{quote(name)}.yaml"
    return File(text, headers={"Content-Disposition": disposition, "Content-Type": "application/yaml; charset=utf-8"})
