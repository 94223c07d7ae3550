"""Exams as files: a draft in codes becomes a plan in ids and the other way round; loading acts where a file changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from examengine.accounts import queries as people
from examengine.bank import queries as bank
from examengine.core import audit, codes, db, facts
from examengine.core.db import session
from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message
from examengine.exams import actions, assembly, plans, queries
from examengine.exams.models import Exam
from examengine.formats import exam_yaml
from examengine.formats.base import BankDraft, ExamDraft, FileProblem, ItemDraft, Place, SectionDraft, SlotDraft


@dataclass(frozen=True)
class Resolved:
    """A draft with its names looked up."""

    plan: plans.Plan
    duties: Mapping[str, list[int]]


@dataclass(frozen=True)
class Loaded:
    """What loading did: added, changed, unchanged, kept (the browser's side) or conflict (nothing was changed)."""

    exam: Exam
    outcome: str


def resolve(draft: ExamDraft, hidden_items: Collection[int] = ()) -> tuple[Resolved | None, list[FileProblem]]:
    """The plan of a draft, drawn once to see that it can be; every problem with its line.

    `hidden_items` are as if they were not there.
    """
    problems: list[FileProblem] = []
    ids = bank.find_ids([(slot.bank, slot.item) for slot in draft.slots()])
    known = {row.code for row in bank.find_competencies()}
    rules = {
        id(slot): rule
        for slot in draft.slots()
        if (rule := _rule(slot, ids, known, hidden_items, problems)) is not None
    }
    duties = _duties(draft, problems)
    if problems:
        return None, problems
    made = tuple(plans.Section(s.title, tuple(rules[id(slot)] for slot in s.slots)) for s in draft.sections)
    plan = plans.load({"terms": draft.terms, "sections": []})
    plan = plans.Plan(plan.terms, made)
    try:
        plans.check_terms(plan.terms)
    except Invalid as error:
        return None, [FileProblem(_head(draft), message) for message in error.problems]
    problems += [FileProblem(_place(draft, message), message) for message in actions.feasibility(plan)]
    return (None, problems) if problems else (Resolved(plan, duties), [])


def _head(draft: ExamDraft) -> Place:
    slots = draft.slots()
    return Place(slots[0].place.file if slots else "", 1)


def _place(draft: ExamDraft, message: Message) -> Place:
    """Where the slot stands that a message numbers."""
    number = message.values.get("n")
    slots = draft.slots()
    return slots[number - 1].place if isinstance(number, int) and 0 < number <= len(slots) else _head(draft)


def _rule(
    slot: SlotDraft,
    ids: bank.Ids,
    competencies: Collection[str],
    hidden: Collection[int],
    problems: list[FileProblem],
) -> plans.SlotRule | None:
    if slot.bank not in ids.banks:
        problems.append(FileProblem(slot.place, Message(N_("There is no bank “%(code)s”."), {"code": slot.bank})))
        return None
    if slot.item:
        item = ids.items.get((slot.bank, slot.item))
        if item is None or item in hidden:
            text = N_("There is no item “%(code)s” in the bank “%(bank)s”.")
            problems.append(FileProblem(slot.place, Message(text, {"code": slot.item, "bank": slot.bank})))
            return None
        return plans.FixedSlot(item, slot.points)
    for code in slot.competencies:
        if code not in competencies:
            text = N_("There is no competency “%(code)s”.")
            problems.append(FileProblem(slot.place, Message(text, {"code": code})))
    chosen = (slot.competencies, slot.kind, slot.language, slot.difficulty)
    return plans.DrawRule(ids.banks[slot.bank], slot.count, slot.points or Decimal(1), *chosen)


def _duties(draft: ExamDraft, problems: list[FileProblem]) -> dict[str, list[int]]:
    """The people of the duties that the file names; graders only may have them."""
    graders = {person.username: person.id for person in people.find_people(role="grader")} if draft.duties else {}
    found: dict[str, list[int]] = {}
    for duty, usernames in draft.duties.items():
        found[duty] = [graders[name] for name in usernames if name in graders]
        for name in (name for name in usernames if name not in graders):
            text = N_("There is no active grader with the employee number “%(number)s”.")
            problems.append(FileProblem(_head(draft), Message(text, {"number": name})))
    return found


def load_exam(
    draft: ExamDraft,
    resolved: Resolved,
    now: datetime,
    by: int | None,
    prefer: str = "",
    hidden_exams: Collection[int] = (),
) -> Loaded:
    """A new exam, or a new working copy of the one that has the title; what is published stays as it is.

    `prefer` "file" or "browser" decides where the exam was written in the browser since; else nothing is done.
    """
    exam = queries.find_titled(draft.title, hidden_exams)
    if exam is None:
        exam = actions.add_exam(draft.title, now, by, resolved.plan)
        return _taken(exam, draft, resolved, "added", now, by)
    before = facts.find_fact(_fact(exam)) or {}
    if before.get("hash") == draft.file_hash:
        return Loaded(exam, "unchanged")
    if plans.load(exam.plan) != resolved.plan and before.get("loaded") != fingerprint(exam):
        if prefer == "browser":
            return _kept(exam, draft.file_hash, "kept")
        if prefer != "file":
            return Loaded(exam, "conflict")
    actions.write_exam(exam, draft.title, resolved.plan, now, by)
    return _taken(exam, draft, resolved, "changed", now, by)


def _taken(exam: Exam, draft: ExamDraft, resolved: Resolved, outcome: str, now: datetime, by: int | None) -> Loaded:
    held = {duty: [person.id for person in held] for duty, held in queries.find_duties(exam.id).items()}
    if {**held, **resolved.duties} != held:
        actions.set_duties(exam, {**held, **resolved.duties}, now, by)
    audit.record(now, by, "exam.load", "exam", exam.id, hash=draft.file_hash)
    return _kept(exam, draft.file_hash, outcome)


def _kept(exam: Exam, file_hash: str, outcome: str) -> Loaded:
    facts.set_fact(_fact(exam), {"hash": file_hash, "loaded": fingerprint(exam)})
    session.flush()
    return Loaded(exam, outcome)


def _fact(exam: Exam) -> str:
    return f"exam-file:{exam.id}"


def fingerprint(exam: Exam) -> str:
    """Of the working copy: tells whether somebody has written in it."""
    return codes.sha256(db.dumps([exam.title, exam.plan]))


def draft_of(exam: Exam) -> ExamDraft:
    """The working copy in codes, with its graders."""
    plan = plans.load(exam.plan)
    banks = {row.id: row.code for row in bank.find_banks()}
    fixed = [rule.item for _, rule in plan.rules() if isinstance(rule, plans.FixedSlot)]
    items = {item.id: (item.bank.code, item.code) for item in bank.find_chosen(fixed)}
    sections = tuple(SectionDraft(s.title, tuple(_slot(rule, banks, items) for rule in s.slots)) for s in plan.sections)
    graders = {person.id for person in people.find_people(role="grader")}  # who is none any more cannot be loaded again
    held = {duty: [p.username for p in own if p.id in graders] for duty, own in queries.find_duties(exam.id).items()}
    duties = {duty: tuple(usernames) for duty, usernames in held.items() if usernames}
    return ExamDraft(exam.title, plans.dump(plan)["terms"], sections, duties)


def _slot(rule: plans.SlotRule, banks: Mapping[int, str], items: Mapping[int, tuple[str, str]]) -> SlotDraft:
    nowhere = Place("", 0)
    if isinstance(rule, plans.FixedSlot):
        return SlotDraft(nowhere, *items[rule.item], points=rule.points)
    chosen = (rule.competencies, rule.kind, rule.language, rule.difficulty)
    return SlotDraft(nowhere, banks[rule.bank], "", rule.count, rule.points, *chosen)


def save_exam(exam: Exam) -> str:
    """The exam's file; loading it again changes nothing."""
    draft = draft_of(exam)
    _kept(exam, exam_yaml.file_hash(draft), "saved")
    return exam_yaml.write(draft)


def shortages(draft: ExamDraft, banks: Sequence[BankDraft]) -> list[FileProblem]:
    """What keeps a draft from being drawn from bank folders, without a database."""
    known = {one.code: [item.draft for item in one.items] for one in banks}
    problems = [
        FileProblem(slot.place, Message(N_("There is no bank “%(code)s”."), {"code": slot.bank}))
        for slot in draft.slots()
        if slot.bank not in known
    ]
    numbers = {(code, item.code): n for n, (code, item) in enumerate((c, i) for c, own in known.items() for i in own)}
    pools = []
    for slot in draft.slots():
        fitting = [numbers[slot.bank, item.code] for item in known.get(slot.bank, ()) if fits(slot, item)]
        if slot.item and not fitting and slot.bank in known:
            text = N_("There is no item “%(code)s” in the bank “%(bank)s”.")
            problems.append(FileProblem(slot.place, Message(text, {"code": slot.item, "bank": slot.bank})))
        pools.append(assembly.Pool(fitting, slot.count))
    text = N_("Slot %(n)s cannot be filled: %(missing)s more fitting questions are needed.")
    for short in assembly.shortages(pools) if not problems else ():
        message = Message(text, {"n": short.rule + 1, "missing": short.missing})
        problems.append(FileProblem(draft.slots()[short.rule].place, message))
    return problems


def fits(slot: SlotDraft, item: ItemDraft) -> bool:
    """Whether an item of the slot's bank may be drawn for it (bank.queries.find_pool says the same of a database)."""
    if slot.item:
        return item.code == slot.item
    low, high = slot.difficulty
    return (
        item.use in ("exam", "both")
        and low <= item.difficulty <= high
        and slot.kind in (None, item.kind)
        and slot.language in (None, item.language)
        and all(any(f"{own}.".startswith(f"{code}.") for own in item.competencies) for code in slot.competencies)
    )
