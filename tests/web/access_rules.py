"""The table of access: endpoint → methods, roles, objects, and who of these may have which object.

A new route takes a line in RULES (the test that misses it prints the line). Roles: none means everybody logged in,
STRANGERS everybody at all. `over`: the things of the scene (tests/web/scene.py) that its address names. `who`: words of
WHO that must all hold of the person and the thing, else it is a 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.web.scene import ENROLLED, ROLES, Thing

STRANGERS = frozenset({"stranger"})
GRADER, TRAINER = frozenset({"grader"}), frozenset({"trainer"})
MANAGER, ADMINISTRATOR = frozenset({"manager"}), frozenset({"administrator"})
AUTHORS = TRAINER | MANAGER

WATCHES = {"open": {"ivy", "olga", "tara"}, "past": {"ivy"}, "freed": {"ivo", "olga"}, "cancelled": {"ivy"}}
SITS = {
    "past": {"cem", "dan", "sam"},
    "open": {"cem", "dan", *ENROLLED},
    "later": {"sam"},
    "cancelled": {"sam"},
    "freed": {"cem", "dan"},
    "older": {"tara", "mona", "dan"},
}
GRADES = {"now": {"mia", "max", "gina", "olga"}, "free": {"zoe", "gina", "olga"}}
LEADS = {"now": {"ada", "olga"}, "free": {"ada", "gina"}}
BARRED = {"now": {"cem", "dan", "sam", *ENROLLED}}
"""Semantics §4: who is enrolled in an exam that is not over. The same people may not see its questions elsewhere."""


def _not_barred(name: str, thing: Thing) -> bool:
    return name not in BARRED.get(thing.exam, ()) and not (thing.asked and name in BARRED["now"])


WHO: dict[str, Callable[[str, Thing], bool]] = {
    "not enrolled": _not_barred,
    "fits": lambda name, thing: not thing.broken,
    "own": lambda name, thing: thing.owner == name,
    "another's": lambda name, thing: thing.owner != name,
    "not own": lambda name, thing: thing.owner != name,
    "sits": lambda name, thing: name in SITS[thing.sitting],
    "watches": lambda name, thing: "manager" in ROLES[name] or name in WATCHES.get(thing.sitting, ()),
    "holds": lambda name, thing: thing.holder == name,
    "holds or open": lambda name, thing: thing.holder == name or (not thing.holder and thing.state == "open"),
    "grades": lambda name, thing: name in GRADES.get(thing.exam, ()),
    "leads": lambda name, thing: name in LEADS.get(thing.exam, ()),
    "decided or at the lead": lambda name, thing: thing.state in ("lead", "resolved"),
}

TOLD = {"another's": 403}
"""Words whose refusal hides nothing: 403 rather than 404."""


@dataclass(frozen=True)
class Rule:
    """Who may use a route."""

    methods: str
    roles: frozenset[str] = frozenset()
    over: str = ""
    who: str = ""
    """Words of WHO, with commas."""
    post: str = ""
    """Words in place of `who` for what is no GET, where they differ."""

    def words(self, method: str) -> list[str]:
        """What must hold for a method."""
        words = self.post if self.post and method not in ("GET", "HEAD") else self.who
        return [word.strip() for word in words.split(",") if word.strip()]

    def allows(self, name: str, thing: Thing, method: str) -> int:
        """0: she may; else the status of the refusal."""
        if self.roles and not self.roles & set(ROLES[name]) and self.roles != STRANGERS:
            return 403
        lacking = [word for word in self.words(method) if not WHO[word](name, thing)]
        return 0 if not lacking else TOLD.get(lacking[0], 404)


RULES: dict[str, Rule] = {
    # For everybody
    "public.home": Rule("GET"),
    "public.login": Rule("GET", STRANGERS),
    "public.logout": Rule("GET POST"),
    "public.preferences": Rule("POST", STRANGERS),
    "public.healthz": Rule("GET", STRANGERS),
    "public.readyz": Rule("GET", STRANGERS),
    "public.welcome": Rule("GET POST", STRANGERS, over="links"),
    "public.account": Rule("GET POST"),
    "public.notices": Rule("GET POST"),
    "public.help": Rule("GET"),
    "public.help_topic": Rule("GET", over="topics"),
    "public.help_login": Rule("GET", STRANGERS),
    # Candidates: their own, and nobody else's
    "candidate.home": Rule("GET"),
    "candidate.record": Rule("GET"),
    "candidate.lobby": Rule("GET", over="sittings", who="sits"),
    "candidate.start": Rule("POST", over="sittings", who="sits"),
    "candidate.exam": Rule("GET", over="attempts", who="own"),
    "candidate.takeover": Rule("POST", over="attempts", who="own"),
    "candidate.receipt": Rule("GET", over="attempts", who="own"),
    "candidate.result": Rule("GET", over="attempts", who="own"),
    # The attempt token speaks (its owner sends it in these tests); status knows the session too
    "saving.save": Rule("PUT", over="saves", who="own"),
    "saving.submit": Rule("POST", over="attempts", who="own"),
    "saving.status": Rule("GET", over="attempts", who="own"),
    # Invigilators: the sittings that name them; managers: all
    "invigilator.sittings": Rule("GET"),
    "invigilator.sitting": Rule("GET", over="sittings", who="watches, not enrolled"),
    "invigilator.everybody": Rule("GET", over="sittings", who="watches, not enrolled"),
    "invigilator.extra_all": Rule("POST", over="sittings", who="watches, not enrolled"),
    "invigilator.pause_all": Rule("POST", over="sittings", who="watches, not enrolled"),
    "invigilator.resume_all": Rule("POST", over="sittings", who="watches, not enrolled"),
    "invigilator.person": Rule("GET", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.extra": Rule("POST", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.readmit": Rule("POST", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.pause": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.resume": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.force": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.void": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.admit": Rule("POST", over="late", who="watches, not enrolled, fits"),
    # Trainers: questions; trainers and managers: exams
    "author.banks": Rule("GET POST", TRAINER),
    "author.items": Rule("GET", TRAINER),
    "author.items_act": Rule("POST", TRAINER),
    "author.new_item": Rule("GET POST", TRAINER),
    "author.preview": Rule("POST", TRAINER, over="kinds"),
    "author.item": Rule("GET", TRAINER, over="items", who="not enrolled"),
    "author.edit_item": Rule("GET POST", TRAINER, over="items", who="not enrolled"),
    "author.item_act": Rule("POST", TRAINER, over="item acts", who="not enrolled"),
    "author.exams": Rule("GET", AUTHORS),
    "author.new_exam": Rule("GET POST", AUTHORS),
    "author.exam": Rule("GET POST", AUTHORS, over="exams", who="not enrolled"),
    "author.copy_exam": Rule("POST", AUTHORS, over="exams", who="not enrolled"),
    "author.exam_people": Rule("GET POST", AUTHORS, over="exams", who="not enrolled"),
    "author.exam_questions": Rule("GET", AUTHORS, over="exams", who="not enrolled"),
    "author.withdraw_exam": Rule("GET POST", AUTHORS, over="exams", who="not enrolled"),
    # Graders: the tasks they hold; leads and deputies: what lies on the desk
    "marker.queue": Rule("GET", GRADER),
    "marker.next": Rule("POST", GRADER),
    "marker.marks": Rule("GET", GRADER),
    "marker.task": Rule(
        "GET POST",
        GRADER,
        over="tasks",
        who="holds, grades, not own, not enrolled",
        post="holds or open, grades, not own, not enrolled",
    ),
    "marker.give_back": Rule("POST", GRADER, over="tasks", who="holds, not enrolled"),
    "marker.desk": Rule("GET", GRADER),
    "marker.case": Rule("GET POST", GRADER, over="cases", who="leads, not own, not enrolled, decided or at the lead"),
    "marker.names": Rule("POST", GRADER, over="cases", who="leads, not own, not enrolled, decided or at the lead"),
    # Managers
    "manager.sittings": Rule("GET", MANAGER),
    "manager.sitting": Rule("GET", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_new": Rule("GET POST", MANAGER),
    "manager.sitting_edit": Rule("GET POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_withdraw": Rule("GET POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_export": Rule("GET", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_release": Rule("POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.progress": Rule("GET", MANAGER, over="exams", who="not enrolled"),
    "manager.result": Rule("GET", MANAGER, over="attempts", who="not enrolled"),
    "manager.people": Rule("GET", MANAGER),
    "manager.record": Rule("GET POST", MANAGER, over="people", post="another's"),
    # Administrators
    "admin.people": Rule("GET", ADMINISTRATOR),
    "admin.person_new": Rule("GET POST", ADMINISTRATOR),
    "admin.person": Rule("GET", ADMINISTRATOR, over="people"),
    "admin.person_deactivate": Rule("POST", ADMINISTRATOR, over="people"),
    "admin.person_reactivate": Rule("POST", ADMINISTRATOR, over="people"),
    "admin.audit": Rule("GET", ADMINISTRATOR),
    "admin.audit_export": Rule("GET", ADMINISTRATOR),
    "admin.status": Rule("GET", ADMINISTRATOR),
}

MEDIA: dict[str, str] = {}
"""Endpoint → why a file may be had without an attempt's slot or a staff question page (none may so far).

Media of questions are served only through an attempt's slot or a staff question page (issue 3): their routes carry
`attempt_id` and `slot`, or `item_id`, and take the rules of those pages above.
"""

AWAITED: dict[str, tuple[str, ...]] = {
    "public": (
        "calendar",
        "account_calendar",
        "account_notices",
        "code",
        "code_use",
        "login_try",
        "ticket",
        "logo",
        "notice_read",
        "password",
        "notice_off",
        "work",
        "work_stop",
    ),
    "candidate": (
        "appeal",
        "appeal_withdraw",
        "sitting_calendar",
    ),
    "invigilator": (
        "code",
        "wait",
        "waits",
        "resit",
        "reopen",
        "extension",
    ),
    "author": (
        "bank_review",
        "competencies",
        "item_corrections",
        "correct_key",
        "wrong_answers",
        "correction",
        "correction_act",
        "exam_from_file",
        "exam_file",
        "item_withdrawal",
    ),
    "marker": (
        "override",
        "correction",
        "correction_act",
    ),
    "manager": (
        "appeals",
        "appeal",
        "appeal_reject",
        "appeal_send",
        "appeal_answer",
        "corrections",
        "correct_question",
        "correct_score",
        "correction",
        "correction_act",
        "grader",
        "leave_end",
        "makeup",
    ),
    "admin": (
        "person_code",
        "person_wait",
        "person_edit",
        "person_roles",
        "person_team",
        "person_team_cancel",
        "people_bulk",
        "people_bulk_do",
        "competencies",
        "competencies_suggested",
        "competency_shift",
        "competency",
        "competency_move",
        "competency_merge",
        "competency_switch",
        "competency_delete",
        "home",
        "steps",
        "people_import",
        "people_import_template",
        "people_import_preview",
        "people_import_refused",
        "people_import_read",
        "people_import_apply",
        "people_import_drop",
        "mail",
        "mail_test",
        "mail_retry",
        "mail_retry_all",
        "people_export",
        "settings",
        "settings_steps",
        "setup",
        "slips",
        "slips_print",
        "slips_pdf",
        "slips_forget",
        "teams",
        "team",
        "team_retire",
        "team_restore",
    ),
}
"""By audience, routes whose objects the scene does not have yet: tests/web/test_guards.py asks for their roles, and the
tests of their own features for their objects. Each moves to RULES with its things."""
