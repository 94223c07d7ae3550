"""One sitting: everybody's state and result, the same as a file, release by hand."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from examengine.core import audit, clock
from examengine.core.errors import Conflict
from examengine.exams import plans
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.results import actions
from examengine.results import queries as results
from examengine.results.sitting_table import sitting_table
from examengine.results.sittings import count_unreleased
from examengine.web.manager import blueprint
from examengine.web.manager import sitting_table as table
from examengine.web.manager.access import visible_sitting
from examengine.web.manager.makeup import makeup_of
from examengine.web.shell.language import say
from examengine.web.shell.lists import asked_one, asked_words, csv_file
from examengine.web.shell.looks import log_look
from examengine.web.shell.people import me


def _lines(sitting: Sitting) -> list[table.Line]:
    over = clock.now() > sitting.hard_close_at
    return [table.line_of(row, over) for row in sitting_table(sitting)]


def _chosen(lines: list[table.Line]) -> list[table.Line]:
    """What figure, search, team and order of the address leave of them."""
    found = table.chosen(lines, asked_one("show", table.FIGURES), asked_words("q"), request.args.get("team", ""))
    return table.ordered(found, request.args.get("sort", "name"))


@blueprint.get("/manage/sittings/<int:sitting_id>")
def sitting(sitting_id: int) -> str:
    """Figures, then the table that they filter."""
    found, now = visible_sitting(sitting_id), clock.now()
    lines = _lines(found)
    return render_template(
        "manager/sitting.html",
        sitting=found,
        terms=exams.get_deal(found.revision_id).plan.terms,
        words=plans,
        table=table,
        figures={name: sum(map(fits, lines)) for name, (_, fits) in table.FIGURES.items()},
        teams=sorted({line.row.team for line in lines if line.row.team}),
        page=table.cut(_chosen(lines), request.args.get("page", 1, int)),
        sort=request.args.get("sort", "name"),
        unreleased=count_unreleased(sitting_id),
        incomplete=results.find_incomplete([sitting_id]).get(sitting_id, 0),
        invigilators=exams.find_invigilators(sitting_id),
        barred=exams.find_enrolled_with_duty(found) if now < found.hard_close_at else (),
        makeup=makeup_of(found, now),
        now=now,
    )


@blueprint.get("/manage/sittings/<int:sitting_id>/export")
def sitting_export(sitting_id: int) -> Response:
    """What is filtered, as CSV; the export is logged."""
    visible_sitting(sitting_id)
    log_look(lambda by, now: audit.record(now, by, "sitting.export", "sitting", sitting_id, filter=dict(request.args)))
    found = visible_sitting(sitting_id)
    rows = table.sheet(_chosen(_lines(found)), current_app.config["SETTINGS"].timezone)
    return csv_file(rows, f"sitting-{sitting_id}", found.title)


@blueprint.post("/manage/sittings/<int:sitting_id>/release")
def sitting_release(sitting_id: int) -> AnyResponse:
    """Release what is complete, by hand."""
    visible_sitting(sitting_id)
    try:
        count = actions.release_by_hand(sitting_id, clock.now(), me().id)
    except Conflict as error:
        flash(say(error.detail), "info")
    else:
        flash(ngettext("%(num)s result is out.", "%(num)s results are out.", count), "ok")
    return redirect(url_for("manager.sitting", sitting_id=sitting_id))
