"""The scene's second looks: results contested, a grader's leave, a sitting made up for who missed one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from examengine.core import clock
from examengine.core.db import session
from examengine.exams import makeup
from examengine.exams.models import Enrolment
from examengine.grading import leave
from examengine.grading import queries as grading
from examengine.results import appeals

if TYPE_CHECKING:
    from tests.web.stage import Stage

REASON = "I named the three steps that the rubric asks for."
ANSWER = "The rubric gives no points for naming steps without a reason."


def add(stage: Stage) -> None:
    """All of it."""
    _contest(stage)
    _leave(stage)


def _contest(stage: Stage) -> None:
    """Cem's (“now”) is with a grader, Mona's waits for another manager, Dan's is answered, Tara's taken back."""
    people, now = stage.scene.people, clock.now()
    for label, state in (
        ("past-cem", "marking"),
        ("older-mona", "open"),
        ("older-dan", "rejected"),
        ("older-tara", "withdrawn"),
    ):
        attempt = stage.scene.thing("attempts", label)
        attempt_id, owner = attempt.values["attempt_id"], attempt.owner
        appeal_id = appeals.ask(attempt_id, people[owner], (), REASON, now).id
        if state == "marking":
            case = next(case for case in grading.find_cases([attempt_id]) if case.maximum == 10)
            appeals.send(appeal_id, {case.slot: people["max"]}, now, people["kim"])
        elif state == "rejected":
            appeals.reject(appeal_id, ANSWER, now, people["kim"])
        elif state == "withdrawn":
            appeals.take_back(appeal_id, people[owner], now)
        session.commit()
        facts = {"exam": attempt.exam, "owner": owner, "state": state}
        stage.scene.add("appeals", f"{label} {state}", {"appeal_id": appeal_id}, **facts)
        stage.scene.add("own appeals", f"{label} {state}", {**attempt.values, "appeal_id": appeal_id}, **facts)
    own = stage.scene.thing("attempts", "past-cem")
    foreign = stage.scene.thing("appeals", "older-dan rejected").values
    stage.scene.add("own appeals", "Dan's under Cem's", {**own.values, **foreign}, owner="cem", broken=True)
    twice = stage.scene.thing("attempts", "freed-dan")
    stage.scene.add("own appeals", "of another attempt", {**twice.values, **foreign}, owner="dan", broken=True)


def _leave(stage: Stage) -> None:
    """Max is going to be away from the marking of “now”."""
    people, exams, now = stage.scene.people, stage.exams, clock.now()
    times = (now + timedelta(days=1), now + timedelta(days=3))
    made, _ = leave.set_leave(exams["now"].id, people["max"], *times, None, now, people["kim"], "a holiday")
    session.commit()
    for exam, name, broken in (
        ("now", "mia", False),
        ("now", "max", False),
        ("free", "gina", False),
        ("now", "zoe", True),
        ("free", "sam", True),
    ):
        values = {"exam_id": exams[exam].id, "person_id": people[name]}
        stage.scene.add("graders", f"{exam}-{name}", values, exam=exam, broken=broken)
    for exam, name, broken in (("now", "max", False), ("now", "mia", True), ("free", "max", True)):
        values = {"exam_id": exams[exam].id, "person_id": people[name], "leave_id": made.id}
        stage.scene.add("leaves", f"{exam}-{name}", values, exam=exam, broken=broken)


def make_up(stage: Stage) -> None:
    """Ivo missed “older”, and its make-up too; Sam has missed “freed” and is in none yet."""
    people, now = stage.scene.people, clock.now()
    opens, close = now - timedelta(minutes=30), now + timedelta(hours=23)
    named = "Old test again"
    made = makeup.plan_makeup(stage.sittings["older"], [people["ivo"]], named, opens, close, close, now, people["kim"])
    for row in session.query(Enrolment).filter_by(sitting_id=stage.sittings["freed"].id, person_id=people["sam"]):
        row.state = "absent"
    session.commit()
    stage.sittings["again"] = made
    stage.scene.add("sittings", "again", {"sitting_id": made.id}, exam="over", sitting="again")
