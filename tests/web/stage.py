"""Builds the scene through the rooms' own actions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from examengine.accounts import actions as accounts
from examengine.bank import actions as bank
from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.db import session
from examengine.core.errors import Conflict
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.exams import actions as exams
from examengine.exams import plans
from examengine.exams.models import Enrolment, Exam, Sitting
from examengine.grading import actions as grading
from examengine.grading.models import MarkingCase, MarkingTask
from examengine.itemtypes import kinds
from examengine.results import actions as results
from tests.making import World, _hash
from tests.web import stage_corrections, stage_marking, stage_media, stage_office
from tests.web.scene import ENROLLED, ROLES, SECRET_TITLE, Scene

LEVELS = [
    {"points": 0, "text": "KEYNOW low"},
    {"points": 5, "text": "KEYNOW middle"},
    {"points": 10, "text": "KEYNOW high"},
]
RUBRIC = [{"criterion": "KEYNOW criterion", "levels": LEVELS}]
KEYS: dict[str, dict[str, Any]] = {
    "single_choice": {},
    "multiple_choice": {},
    "true_false": {},
    "fill_in": {"blanks": [{"accept": ["KEYNOW accepted", "keynowother"]}, {"number": "7654321", "tolerance": "1"}]},
    "short_answer": {"accept": ["KEYNOW listed"], "model_answer": "KEYNOW model", "rubric": RUBRIC},
    "essay": {"model_answer": "KEYNOW model", "weak_answer": "KEYNOW weak", "rubric": RUBRIC},
}

MAILED = ("cem", "ben")
"""Who has an e-mail address."""


@contextmanager
def earlier(**by: float) -> Iterator[None]:
    """Within, it is so much earlier."""
    before = clock._shift
    clock._shift = before - timedelta(**by)
    try:
        yield
    finally:
        clock._shift = before


class Stage:
    """Builds the scene through the rooms' actions."""

    def __init__(self) -> None:
        self.world, self.scene = World(), Scene()
        self.items: dict[str, Item] = {}
        self.exams: dict[str, Exam] = {}
        self.sittings: dict[str, Sitting] = {}
        self.shown = self.told = self.free = ""
        """Pictures as texts have them: of what “now” asks, of what explains it, of “free”."""

    def build(self) -> Scene:
        """All of it."""
        with earlier(days=2):
            self._people()
            self._items()
            self._exams()
            self._past()
            stage_marking.make_up(self)
        self._present()
        stage_marking.add(self)
        stage_corrections.add(self)
        stage_office.add(self)
        self._list()
        stage_media.add(self)
        session.rollback()
        return self.scene

    def _people(self) -> None:
        team = accounts.add_team("Team East", clock.now())
        for name, roles in ROLES.items():
            facts: dict[str, Any] = {"team": team, "language": "en"}
            if name in MAILED:
                facts["email"] = f"{name}@example.org"
            made = accounts.add_person(name, f"{name.title()} {roles[-1].title()}", roles, clock.now(), **facts)
            made.password_hash = _hash()
            session.commit()
            self.world.people[name] = made
            self.scene.people[name] = made.id
            self.scene.add("people", name, {"person_id": made.id}, owner=name)
        self.scene.add("links", "link", {"token": accounts.make_link(self.world.person("sam"), clock.now(), 24 * 30)})
        session.commit()

    def _items(self) -> None:
        stage_media.make(self)
        for kind, key in KEYS.items():
            stem = kinds()[kind].examples().data["stem"]
            told = f"<p>KEYNOW explained</p><p>{self.told}</p>"
            data = {"stem": f"<p>STEMNOW-{kind}</p><p>{self.shown}</p>{stem}", "explanation": told, **key}
            self._item("now", kind, data)
        for kind in ("single_choice", "essay"):
            self._item("free", kind, {"stem": f"<p>Free {kind}</p><p>{self.free}</p>"})
        self._item("reworked", "single_choice", {"stem": "<p>STEMNOW-reworked</p>"})
        draft = self._item("retired", "true_false", {})
        bank.retire_item(draft, clock.now(), None)
        plain = self._item("plain", "true_false", {})
        shown = bank.draft_of(plain, plain.latest)
        changed = bank.draft_of(self.items["reworked"], self.items["reworked"].latest)
        bank.write_item(self.world.bank(), self.items["reworked"], changed, clock.now(), None)
        self.items["draft"] = bank.write_item(
            self.world.bank(), None, replace(shown, code="draft-only"), clock.now(), None
        )
        session.commit()

    def _item(self, name: str, kind: str, data: dict[str, Any]) -> Item:
        code = f"{name}-{kind.replace('_', '-')}" if name in ("now", "free") else name
        made = self.world.item(kind, code, points="10" if kind == "essay" else "2", data=data)
        self.items[code if name in ("now", "free") else name] = made
        return made

    def _exam(
        self, name: str, title: str, codes: list[str], duties: dict[str, list[str]], *, publish: bool = True
    ) -> None:
        slots = tuple(plans.FixedSlot(self.items[code].id) for code in codes)
        terms = plans.Terms(release="hand", attempts=2, pass_mark=plans.Decimal(50))
        exam = exams.add_exam(
            title, clock.now(), self.scene.people["olga"], plans.Plan(terms, (plans.Section("Part 1", slots),))
        )
        exams.set_duties(exam, {d: [self.scene.people[p] for p in who] for d, who in duties.items()}, clock.now(), None)
        if publish:
            exams.publish_exam(exam, clock.now(), None)
        session.commit()
        self.exams[name] = exam
        self.scene.add("exams", name, {"exam_id": exam.id}, exam=name, state="published" if publish else "draft")

    def _exams(self) -> None:
        now = [code for code in self.items if code.startswith("now-")]
        graders = {"grader": ["mia", "max", "gina", "olga"], "lead": ["ada"], "deputy": ["olga"]}
        self._exam("now", SECRET_TITLE, [*now, "reworked"], graders)
        free = ["free-single-choice", "free-essay", "now-essay", "now-fill-in"]
        self._exam("free", "Free test", free, {"grader": ["zoe", "gina", "olga"], "lead": ["ada"], "deputy": ["gina"]})
        self._exam("over", "Old test", ["free-single-choice"], {})
        self._exam("draft", "Test to be", ["free-single-choice"], {}, publish=False)
        self._exam("withdrawn", "No test", ["free-single-choice"], {})
        exams.withdraw_exam(self.exams["withdrawn"], clock.now(), None, "a mistake")
        session.commit()

    def _sitting(self, name: str, exam: str, people: tuple[str, ...], watchers: tuple[str, ...], **when: float) -> None:
        opens = clock.now() + timedelta(hours=when["opens"])
        close = opens + timedelta(hours=when["hours"])
        ids = self.scene.people
        made = exams.plan_sitting(
            self.exams[exam],
            f"{self.exams[exam].title} {name}",
            opens,
            close,
            close,
            clock.now(),
            None,
            person_ids=[ids[p] for p in people],
            invigilator_ids=[ids[p] for p in watchers],
        )
        session.commit()
        self.sittings[name] = made
        self.scene.add("sittings", name, {"sitting_id": made.id}, exam=exam, sitting=name)

    def _past(self) -> None:
        self._sitting("past", "now", ("cem", "dan", "sam"), ("ivy",), opens=-1, hours=24)
        self._sitting("freed", "free", ("cem", "dan", "sam"), ("ivo", "olga"), opens=-1, hours=24)
        self._sitting("older", "over", ("tara", "mona", "dan", "ivo"), (), opens=-1, hours=24)
        for name in ("cem", "dan", "sam"):
            self._sat("past", name)
        for name in ("cem", "dan"):
            self._sat("freed", name)
        for name in ("tara", "mona", "dan"):
            self._sat("older", name)
        void = self.world.start(self.sittings["freed"], "cem")
        delivery.void(void.id, clock.now(), self.scene.people["kim"], "a mistake")
        session.commit()
        self._attempt("void", void.id, "free", "freed", "cem", "void")
        self._mark()
        for name in ("past-cem", "freed-dan", "older-tara", "older-mona", "older-dan"):
            results.complete(self.scene.thing("attempts", name).values["attempt_id"], clock.now())
        session.commit()
        with earlier(hours=-1):
            for name in ("past", "older"):
                results.release_by_hand(self.sittings[name].id, clock.now(), self.scene.people["kim"])
            session.commit()

    def _sat(self, sitting: str, name: str) -> None:
        attempt = self.world.sat(self.sittings[sitting], name, right=False)
        exam = next(thing.exam for thing in self.scene.things["sittings"] if thing.label == sitting)
        self._attempt(f"{sitting}-{name}", attempt.id, exam, sitting, name, "submitted")

    def _attempt(self, label: str, attempt_id: int, exam: str, sitting: str, owner: str, state: str) -> None:
        self.scene.add(
            "attempts", label, {"attempt_id": attempt_id}, exam=exam, sitting=sitting, owner=owner, state=state
        )

    def _mark(self) -> None:
        """Cem's answers in “now” are decided, Dan's written ones lie with the lead, the others wait, some in hand."""
        attempt_of = {thing.label: thing.values["attempt_id"] for thing in self.scene.things["attempts"]}
        self._judge(attempt_of["past-cem"], {"mia": 1, "gina": 1})
        self._judge(attempt_of["past-dan"], {"mia": 0, "gina": 2, "max": 1}, kind="essay")
        self._judge(attempt_of["freed-dan"], {"zoe": 0, "gina": 1, "olga": 0})
        for name in ("mia", "gina", "olga", "zoe"):
            grading.claim_next(self.scene.people[name], clock.now())
            session.commit()

    def _judge(self, attempt_id: int, marks: dict[str, int], kind: str = "") -> None:
        rows = session.query(MarkingCase).filter_by(attempt_id=attempt_id).all()
        for case_id, version_id in [(case.id, case.version_id) for case in rows]:
            from examengine.bank import queries as versions

            if kind and versions.frozen([version_id])[version_id].kind.name != kind:
                continue
            for name, level in marks.items():
                self._give(case_id, name, level)

    def _give(self, case_id: int, name: str, level: int) -> None:
        task = session.query(MarkingTask).filter_by(case_id=case_id, state="open").first()
        if task is None:
            return
        task.state, task.holder_id = "claimed", self.scene.people[name]
        task.lease_until = clock.now() + timedelta(hours=1)
        session.commit()
        from examengine.grading.queries import rubric_of

        criteria = len(rubric_of(task.case))
        levels: list[int | None] = [level] * criteria
        grading.give_mark(task.id, self.scene.people[name], levels, "read with care", clock.now())
        session.commit()

    def _present(self) -> None:
        self._sitting("open", "now", ("cem", "dan", *ENROLLED), ("ivy", "olga", "tara"), opens=-1, hours=24)
        self._sitting("later", "now", ("sam",), (), opens=24, hours=24)
        self._sitting("cancelled", "now", ("sam",), ("ivy",), opens=1, hours=24)
        exams.withdraw_sitting(self.sittings["cancelled"], clock.now(), None, "a mistake")
        session.commit()
        for name, state in (("cem", "in_progress"), ("dan", "paused"), ("olga", "in_progress")):
            attempt = self.world.start(self.sittings["open"], name)
            self._attempt(f"open-{name}", attempt.id, "now", "open", name, state)
            self.scene.tokens[attempt.id] = self.world.token(attempt, name).sign("k" * 48)
            self.world.save(self.world.token(attempt, name), 1, [{"slot": 1, "t": 1, "value": None}])
            if state == "paused":
                delivery.pause(attempt.id, clock.now(), self.scene.people["kim"], "an alarm")
                session.commit()
            if name == "cem":
                self._late(attempt.id)

    def _late(self, attempt_id: int) -> None:
        attempt = attempts.get_attempt(attempt_id)
        token, after = self.world.token(attempt), clock.now() + timedelta(hours=3)
        try:
            self.world.save(token, 2, [{"slot": 1, "t": 1, "value": None}], now=after)
        except Conflict as error:
            assert error.code == "too-late"

    def _list(self) -> None:
        """What was made on the way: questions, enrolments, late saves, cases and tasks."""
        asked = {code for code in self.items if code.startswith("now-") or code == "reworked"}
        for code, item in self.items.items():
            exam = "over" if code == "free-single-choice" else ""
            facts = {
                "exam": exam,
                "asked": code in asked,
                "state": item.state if item.published_id else "draft",
                "kind": item.latest.kind,
            }
            self.scene.add("items", code, {"item_id": item.id}, **facts)
        name_of = {number: name for name, number in self.scene.people.items()}
        of = {made.id: (name, made) for name, made in self.sittings.items()}
        exam_of = {exam.id: name for name, exam in self.exams.items()}
        for row in session.query(Enrolment).order_by(Enrolment.id):
            sitting, made = of[row.sitting_id]
            values = {"sitting_id": row.sitting_id, "enrolment_id": row.id}
            facts = {"exam": exam_of[made.exam_id], "sitting": sitting, "owner": name_of[row.person_id]}
            self.scene.add("enrolments", f"{sitting}-{name_of[row.person_id]}", values, **facts)
        for thing in list(self.scene.things["attempts"]):
            values = {"sitting_id": self.sittings[thing.sitting].id, **thing.values}
            facts = {"exam": thing.exam, "sitting": thing.sitting, "owner": thing.owner, "state": thing.state}
            self.scene.add("watched", thing.label, values, **facts)
        self._crossed()
        version_asked = {v for code in asked for v in self._versions(self.items[code].id)}
        for case in session.query(MarkingCase).order_by(MarkingCase.id):
            facts = {"exam": exam_of[case.exam_id], "asked": case.version_id in version_asked, "state": case.state}
            label = f"{name_of[case.candidate_id]}-{case.slot}-{case.state}"
            self.scene.add("cases", label, {"case_id": case.id}, owner=name_of[case.candidate_id], **facts)
            for task in case.tasks:
                holder = name_of[task.holder_id] if task.holder_id else ""
                self.scene.add(
                    "tasks",
                    f"{label}-{task.state}",
                    {"task_id": task.id},
                    holder=holder,
                    **facts | {"state": task.state},
                )

    def _versions(self, item_id: int) -> set[int]:
        from examengine.bank.models import ItemVersion

        return {row.id for row in session.query(ItemVersion).filter_by(item_id=item_id)}

    def _crossed(self) -> None:
        """Addresses whose numbers do not belong together."""
        from examengine.delivery.models import RejectedSave

        open_id, freed_id = self.sittings["open"].id, self.sittings["freed"].id
        late = session.query(RejectedSave).one()
        self.scene.add("late", "late", {"sitting_id": open_id, "rejected_id": late.id}, exam="now", sitting="open")
        facts = {"exam": "free", "sitting": "freed", "broken": True}
        self.scene.add("late", "late elsewhere", {"sitting_id": freed_id, "rejected_id": late.id}, **facts)
        there = self.scene.thing("enrolments", "open-cem").values
        self.scene.add("enrolments", "elsewhere", {**there, "sitting_id": freed_id}, **facts)
        attempt = self.scene.thing("attempts", "open-cem").values
        self.scene.add("watched", "elsewhere", {**attempt, "sitting_id": freed_id}, **facts)
