"""Before the exam: home, lobby, start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from examengine.core import clock
from examengine.core.brief import BRIEF
from examengine.core.errors import Forbidden, Missing, Problem, TooMany
from examengine.delivery import queries, starting
from examengine.delivery.models import Attempt
from examengine.exams import accommodations, plans
from examengine.exams import queries as exams
from examengine.exams.models import Enrolment, Sitting
from examengine.notices.queries import find_unread
from examengine.results import queries as results
from examengine.web.candidate import blueprint, check
from examengine.web.shell.calendar import calendar_file
from examengine.web.shell.errors import retry_after
from examengine.web.shell.lanes import FAILED
from examengine.web.shell.notices import lines
from examengine.web.shell.people import browser, me, session_pass, turn_away, wants_json


@dataclass(frozen=True)
class Place:
    """A sitting as its candidate sees it now."""

    enrolment: Enrolment
    sitting: Sitting
    terms: plans.Terms
    questions: int
    sections: tuple[plans.Section, ...]
    attempts: list[Attempt]
    limit_s: int
    now: datetime

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that goes on."""
        return next((a for a in self.attempts if a.is_open), None)

    @property
    def left(self) -> int:
        """Attempts that may still be started."""
        used = sum(a.state != "void" for a in self.attempts)
        return max(0, self.terms.attempts + self.enrolment.extra_attempts - used)

    @property
    def stage(self) -> str:
        """withdrawn, going (an attempt is open), early, open, done (attempts used) or over."""
        sitting = self.sitting
        if self.open_attempt:
            return "going"
        if sitting.state == "withdrawn" or sitting.exam.state == "withdrawn":
            return "withdrawn"
        if self.attempts and not self.left:
            return "done"
        if self.now < sitting.opens_at:
            return "early"
        return "open" if self.now <= sitting.last_start_at and self.left else "over"

    @property
    def opens_in_ms(self) -> int:
        """Milliseconds until the sitting opens."""
        return max(0, int((self.sitting.opens_at - self.now).total_seconds() * 1000))


def place_of(enrolment: Enrolment, attempts: list[Attempt], now: datetime) -> Place:
    """Put together what the lobby and the home page show of a sitting."""
    deal = exams.get_deal(enrolment.sitting.revision_id)
    extra = accommodations.total((row.extra_s, row.extra_close_s) for row in enrolment.accommodations)
    limit = deal.plan.terms.time_limit_s + extra.limit_s
    return Place(
        enrolment, enrolment.sitting, deal.plan.terms, deal.plan.count, deal.plan.sections, attempts, limit, now
    )


@blueprint.get("/home")
def home() -> str:
    """Next exams with countdown, latest results, notices."""
    person, now = me(), clock.now()
    enrolments = exams.find_own_enrolments(person.id, now)
    own: dict[int, list[Attempt]] = {}
    for attempt in queries.find_own_attempts(person.id, [e.sitting_id for e in enrolments]):
        own.setdefault(attempt.sitting_id, []).append(attempt)
    places = [place_of(e, own.get(e.sitting_id, []), now) for e in enrolments]
    order = {"going": 0, "open": 1, "early": 2}
    places.sort(key=lambda p: (order.get(p.stage, 3), p.sitting.opens_at))
    notices = lines(find_unread(person.id, 5))
    latest = results.find_own_released(person.id, 5)
    return render_template("candidate/home.html", places=places, results=latest, notices=notices)


def _place(sitting_id: int) -> Place:
    person, now = me(), clock.now()
    enrolment = exams.find_enrolment(sitting_id, person.id)
    if enrolment is None:
        raise Missing
    return place_of(enrolment, list(queries.find_own_attempts(person.id, [sitting_id])), now)


@blueprint.get("/sittings/<int:sitting_id>")
def lobby(sitting_id: int) -> str:
    """What, when, how long, under which rules; the button to start."""
    return _lobby(sitting_id)


def _lobby(sitting_id: int, problem: Problem | None = None) -> str:
    return render_template("candidate/lobby.html", place=_place(sitting_id), words=plans, problem=problem)


@blueprint.get("/sittings/<int:sitting_id>/calendar.ics")
def sitting_calendar(sitting_id: int) -> Response:
    """The sitting for one's calendar. Raises Missing."""
    enrolment = exams.find_enrolment(sitting_id, me().id)
    if enrolment is None:
        raise Missing
    return calendar_file([enrolment], f"sitting-{sitting_id}")


@blueprint.post("/sittings/<int:sitting_id>/start")
def start(sitting_id: int) -> Response:
    """Begin, or go on with the open attempt (hot path)."""
    if FAILED in request.environ:
        raise request.environ[FAILED]
    own, code, now = session_pass(), request.form.get("code", ""), clock.now()
    try:
        if own is None:
            raise Missing
        this = (sitting_id, own.person, code, browser(), now)
        wait, address = BRIEF not in request.environ, request.remote_addr
        attempt = starting.start(*this, session_version=own.session_version, address=address, wait=wait)
    except Missing:
        return turn_away(check)
    except (Forbidden, TooMany) as problem:
        if wants_json():
            raise
        return make_response(_lobby(sitting_id, problem), problem.status, retry_after(problem))
    kind, location = begun(attempt)
    return Response(status=303, content_type=kind, headers={"Location": location})


def begun(attempt: int) -> tuple[str, str]:
    """Content type and Location of the answer to a start; it has no body."""
    return "text/plain; charset=utf-8", f"/attempts/{attempt}"
