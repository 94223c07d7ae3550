"""The table of access: endpoint → methods, roles, objects, and who of these may have which object.

A new route takes a line in RULES (the test that misses it prints the line). Roles: none means everybody logged in,
STRANGERS everybody at all. `over`: the things of the scene (tests/web/scene.py) that its address names. `who`: words of
WHO (tests/web/access_words.py) that must all hold of the person and the thing, else it is a 404.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.web.access_words import TOLD, WHO
from tests.web.scene import ROLES, Thing

STRANGERS = frozenset({"stranger"})
GRADER, TRAINER = frozenset({"grader"}), frozenset({"trainer"})
MANAGER, ADMINISTRATOR = frozenset({"manager"}), frozenset({"administrator"})
AUTHORS = TRAINER | MANAGER


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
    reason: bool = False
    """Whether a reason is sent: without one the form comes back before anybody's right is asked."""

    def words(self, method: str) -> list[str]:
        """What must hold for a method."""
        words = self.post if self.post and method not in ("GET", "HEAD") else self.who
        return [word.strip() for word in words.split(",") if word.strip()]

    def enters(self, name: str) -> bool:
        """Whether she comes past the guard, which looks at no object."""
        return self.roles == STRANGERS or (bool(name) and (not self.roles or bool(self.roles & set(ROLES[name]))))

    def allows(self, name: str, thing: Thing, method: str) -> int:
        """0: she may; else the status of the refusal."""
        if not self.enters(name):
            return 403
        lacking = [word for word in self.words(method) if not WHO[word](name, thing)]
        return 0 if not lacking else TOLD.get(lacking[0], 404)


RULES: dict[str, Rule] = {
    # For everybody
    "public.home": Rule("GET"),
    "public.login": Rule("GET", STRANGERS),
    "public.login_try": Rule("POST", STRANGERS),
    "public.code": Rule("GET", STRANGERS),
    "public.code_use": Rule("POST", STRANGERS),
    "public.ticket": Rule("GET", STRANGERS, over="tickets"),
    "public.logout": Rule("GET POST"),
    "public.preferences": Rule("POST", STRANGERS),
    "public.healthz": Rule("GET", STRANGERS),
    "public.readyz": Rule("GET", STRANGERS),
    "public.welcome": Rule("GET POST", STRANGERS, over="links"),
    "public.logo": Rule("GET", STRANGERS, over="logos", who="fits"),
    "public.calendar": Rule("GET", STRANGERS, over="calendars", who="fits"),
    "public.notice_off": Rule("GET POST", STRANGERS, over="off links", who="fits", post="signed"),
    "public.account": Rule("GET POST"),
    "public.account_calendar": Rule("POST"),
    "public.account_notices": Rule("POST"),
    "public.password": Rule("GET POST"),
    "public.notices": Rule("GET POST"),
    "public.notice_read": Rule("POST", over="notices", who="own"),
    "public.work": Rule("GET", over="work", who="own"),
    "public.work_stop": Rule("POST", over="work", who="own"),
    "public.help": Rule("GET"),
    "public.help_topic": Rule("GET", over="topics"),
    "public.help_login": Rule("GET", STRANGERS),
    # Candidates: their own, and nobody else's
    "candidate.home": Rule("GET"),
    "candidate.record": Rule("GET"),
    "candidate.lobby": Rule("GET", over="sittings", who="sits"),
    "candidate.sitting_calendar": Rule("GET", over="sittings", who="sits"),
    "candidate.start": Rule("POST", over="sittings", who="sits"),
    "candidate.exam": Rule("GET", over="attempts", who="own"),
    "candidate.takeover": Rule("POST", over="attempts", who="own"),
    "candidate.picture": Rule("GET", over="slot pictures", who="own, fits"),
    "candidate.receipt": Rule("GET", over="attempts", who="own"),
    "candidate.result": Rule("GET", over="attempts", who="own"),
    "candidate.appeal": Rule("POST", over="attempts", who="own"),
    "candidate.appeal_withdraw": Rule("POST", over="own appeals", who="own, fits"),
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
    "invigilator.waits": Rule("POST", over="sittings", who="watches, not enrolled"),
    "invigilator.extension": Rule("GET POST", over="sittings", who="watches, not enrolled"),
    "invigilator.person": Rule("GET", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.extra": Rule("POST", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.readmit": Rule("POST", over="enrolments", who="watches, not enrolled, fits"),
    "invigilator.code": Rule("POST", over="enrolments", who="watches, not enrolled, fits, no more than an operator"),
    "invigilator.wait": Rule("POST", over="enrolments", who="watches, not enrolled, fits, no more than an operator"),
    "invigilator.pause": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.resume": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.force": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.void": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.resit": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.reopen": Rule("POST", over="watched", who="watches, not enrolled, fits"),
    "invigilator.admit": Rule("POST", over="late", who="watches, not enrolled, fits"),
    # Trainers: questions; trainers and managers: exams
    "author.banks": Rule("GET POST", TRAINER),
    "author.bank_review": Rule("GET", TRAINER, over="banks"),
    "author.competencies": Rule("GET", TRAINER),
    "author.items": Rule("GET", TRAINER),
    "author.items_act": Rule("POST", TRAINER),
    "author.new_item": Rule("GET POST", TRAINER),
    "author.preview": Rule("POST", TRAINER, over="kinds"),
    "author.item": Rule("GET", TRAINER, over="items", who="not enrolled"),
    "author.edit_item": Rule("GET POST", TRAINER, over="items", who="not enrolled"),
    "author.item_picture": Rule("GET", TRAINER, over="question pictures", who="not enrolled, fits"),
    "author.new_picture": Rule("GET", TRAINER, over="new pictures", who="own, fits"),
    "author.item_act": Rule("POST", TRAINER, over="item acts", who="not enrolled"),
    "author.item_corrections": Rule("GET", TRAINER, over="items", who="not enrolled"),
    "author.correct_key": Rule(
        "GET POST",
        TRAINER,
        over="items",
        who="not enrolled, was published",
        post="not enrolled, was published, has not sat",
    ),
    "author.wrong_answers": Rule("GET POST", TRAINER, over="items", who="not enrolled, was published, lists answers"),
    "author.correction": Rule("GET", TRAINER, over="key corrections", who="not enrolled, fits"),
    "author.correction_act": Rule(
        "POST", TRAINER, over="key correction acts", who="not enrolled, fits, has not sat", reason=True
    ),
    "author.item_withdrawal": Rule("GET POST", AUTHORS, over="items", who="not enrolled"),
    "author.exams": Rule("GET", AUTHORS),
    "author.new_exam": Rule("GET POST", AUTHORS),
    "author.exam_from_file": Rule("GET POST", TRAINER),
    "author.exam_file": Rule("GET", TRAINER, over="exams", who="not enrolled"),
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
    "marker.task_picture": Rule("GET", GRADER, over="task pictures", who="holds, grades, not own, not enrolled, fits"),
    "marker.give_back": Rule("POST", GRADER, over="tasks", who="holds, not enrolled"),
    "marker.desk": Rule("GET", GRADER),
    "marker.case": Rule("GET POST", GRADER, over="cases", who="leads, not own, not enrolled, decided or at the lead"),
    "marker.case_picture": Rule(
        "GET", GRADER, over="case pictures", who="leads, not own, not enrolled, decided or at the lead, fits"
    ),
    "marker.names": Rule("POST", GRADER, over="cases", who="leads, not own, not enrolled, decided or at the lead"),
    "marker.override": Rule("GET POST", GRADER, over="cases", who="leads, not own, not enrolled, decided"),
    "marker.correction": Rule("GET", GRADER, over="case corrections", who="leads, not own, not enrolled, fits"),
    "marker.correction_act": Rule(
        "POST", GRADER, over="case correction acts", who="leads, not own, not enrolled, fits", reason=True
    ),
    # Managers
    "manager.sittings": Rule("GET", MANAGER),
    "manager.sitting": Rule("GET", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_new": Rule("GET POST", MANAGER),
    "manager.sitting_edit": Rule("GET POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_withdraw": Rule("GET POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_export": Rule("GET", MANAGER, over="sittings", who="not enrolled"),
    "manager.sitting_release": Rule("POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.makeup": Rule("GET POST", MANAGER, over="sittings", who="not enrolled"),
    "manager.progress": Rule("GET", MANAGER, over="exams", who="not enrolled"),
    "manager.grader": Rule("GET POST", MANAGER, over="graders", who="not enrolled, fits"),
    "manager.leave_end": Rule("POST", MANAGER, over="leaves", who="not enrolled, fits"),
    "manager.result": Rule("GET", MANAGER, over="attempts", who="not enrolled"),
    "manager.corrections": Rule("GET", MANAGER, over="exams", who="not enrolled"),
    "manager.correct_question": Rule("GET POST", MANAGER, over="asked", who="not enrolled, fits"),
    "manager.picture": Rule("GET", MANAGER, over="answer pictures", who="not enrolled, fits"),
    "manager.correct_score": Rule("GET POST", MANAGER, over="answers", who="not enrolled, fits"),
    "manager.correction": Rule("GET", MANAGER, over="exam corrections", who="not enrolled, fits"),
    "manager.correction_act": Rule(
        "POST", MANAGER, over="exam correction acts", who="not enrolled, fits, has not sat", reason=True
    ),
    "manager.appeals": Rule("GET", MANAGER),
    "manager.appeal": Rule("GET", MANAGER, over="appeals", who="not own, not enrolled"),
    "manager.appeal_reject": Rule("POST", MANAGER, over="appeals", who="not own, not enrolled"),
    "manager.appeal_send": Rule("POST", MANAGER, over="appeals", who="not own, not enrolled"),
    "manager.appeal_answer": Rule("POST", MANAGER, over="appeals", who="not own, not enrolled"),
    "manager.people": Rule("GET", MANAGER),
    "manager.record": Rule("GET POST", MANAGER, over="people", post="another's"),
    # Administrators: people, all of them; what somebody has asked for herself is hers
    "admin.home": Rule("GET", ADMINISTRATOR),
    "admin.steps": Rule("POST", ADMINISTRATOR),
    "admin.setup": Rule("GET POST", ADMINISTRATOR),
    "admin.settings": Rule("GET POST", ADMINISTRATOR),
    "admin.settings_steps": Rule("POST", ADMINISTRATOR),
    "admin.people": Rule("GET", ADMINISTRATOR),
    "admin.people_export": Rule("GET", ADMINISTRATOR),
    "admin.people_bulk": Rule("POST", ADMINISTRATOR),
    "admin.people_bulk_do": Rule("POST", ADMINISTRATOR, over="bulk acts"),
    "admin.people_import": Rule("GET POST", ADMINISTRATOR),
    "admin.people_import_template": Rule("GET", ADMINISTRATOR),
    "admin.people_import_preview": Rule("GET", ADMINISTRATOR, over="imports"),
    "admin.people_import_refused": Rule("GET", ADMINISTRATOR, over="imports"),
    "admin.people_import_read": Rule("POST", ADMINISTRATOR, over="imports"),
    "admin.people_import_apply": Rule("POST", ADMINISTRATOR, over="imports"),
    "admin.people_import_drop": Rule("POST", ADMINISTRATOR, over="imports"),
    "admin.slips": Rule("GET", ADMINISTRATOR, over="slips", who="own"),
    "admin.slips_print": Rule("POST", ADMINISTRATOR, over="slips", who="own"),
    "admin.slips_pdf": Rule("POST", ADMINISTRATOR, over="slips", who="own"),
    "admin.slips_forget": Rule("POST", ADMINISTRATOR, over="slips", who="own"),
    "admin.person_new": Rule("GET POST", ADMINISTRATOR),
    "admin.person": Rule("GET", ADMINISTRATOR, over="people"),
    "admin.person_deactivate": Rule("POST", ADMINISTRATOR, over="people"),
    "admin.person_reactivate": Rule("POST", ADMINISTRATOR, over="people"),
    "admin.audit": Rule("GET", ADMINISTRATOR),
    "admin.audit_export": Rule("GET", ADMINISTRATOR),
    "admin.status": Rule("GET", ADMINISTRATOR),
    "admin.person_edit": Rule("GET POST", ADMINISTRATOR, over="some people"),
    "admin.person_roles": Rule("GET POST", ADMINISTRATOR, over="some people"),
    "admin.person_team": Rule("GET POST", ADMINISTRATOR, over="some people"),
    "admin.person_team_cancel": Rule("POST", ADMINISTRATOR, over="some people"),
    "admin.person_code": Rule("POST", ADMINISTRATOR, over="some people"),
    "admin.person_wait": Rule("POST", ADMINISTRATOR, over="some people"),
    "admin.teams": Rule("GET POST", ADMINISTRATOR),
    "admin.team": Rule("GET POST", ADMINISTRATOR, over="teams"),
    "admin.team_retire": Rule("POST", ADMINISTRATOR, over="teams"),
    "admin.team_restore": Rule("POST", ADMINISTRATOR, over="teams"),
    "admin.competencies": Rule("GET POST", ADMINISTRATOR),
    "admin.competencies_suggested": Rule("POST", ADMINISTRATOR),
    "admin.competency": Rule("GET POST", ADMINISTRATOR, over="competencies"),
    "admin.competency_shift": Rule("POST", ADMINISTRATOR, over="competency ways"),
    "admin.competency_move": Rule("POST", ADMINISTRATOR, over="competencies"),
    "admin.competency_merge": Rule("POST", ADMINISTRATOR, over="competencies"),
    "admin.competency_switch": Rule("POST", ADMINISTRATOR, over="competency acts"),
    "admin.competency_delete": Rule("POST", ADMINISTRATOR, over="competencies"),
    "admin.mail": Rule("GET", ADMINISTRATOR),
    "admin.mail_test": Rule("POST", ADMINISTRATOR),
    "admin.mail_retry": Rule("POST", ADMINISTRATOR, over="mails"),
    "admin.mail_retry_all": Rule("POST", ADMINISTRATOR),
}

MEDIA: dict[str, str] = {
    "author.new_picture": "a trainer's own upload for a question that is not saved yet, so that it has no number",
    "marker.task_picture": "a grader's page of an answer is blind: it names neither attempt nor question",
    "marker.case_picture": "as blind as the lead's page of the case",
}
"""Endpoint → why a file may be had without an attempt's slot or a staff question page.

Media of questions are served only through an attempt's slot or a staff question page (issue 3): their routes carry
`attempt_id` and `slot`, or `item_id`, and take the rules of those pages above.
"""
