"""The form of an exam's plan: terms, sections, and in each section fixed questions and draw rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from examengine.bank.models import Bank
from examengine.bank.queries import PoolRule
from examengine.core.i18n import N_
from examengine.exams import plans
from examengine.itemtypes import kinds
from examengine.web.author import words
from examengine.web.author.forms import NumberField, Part, PointsField, required, tidy
from examengine.web.author.tree import Node, flat
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import language, say

MOST_SECTIONS, MOST_SLOTS = 20, 100
SAME = (
    "attempts",
    "counts",
    "pass_mark",
    "page_mode",
    "release",
    "appeal_days",
    "shuffle_sections",
    "shuffle_items",
    "shuffle_options",
)
"""Terms that the form shows as they are kept."""


def _within(low: int, high: int) -> list[Any]:
    return [InputRequired(), NumberRange(low, high)]


def _difficulty(label: str, default: int) -> SelectField:
    choices = list(words.DIFFICULTIES.items())
    return SelectField(label, coerce=int, choices=choices, default=default)


class SlotForm(Part):
    """A fixed question (`item` is its id) or, without one, a draw rule."""

    item = HiddenField()
    points = PointsField(N_("Points each"), default="1")
    bank = SelectField(N_("Bank"), coerce=int)
    count = IntegerField(N_("How many"), default=1, validators=_within(1, 500))
    competencies = SelectMultipleField(N_("Competencies"))
    kind = SelectField(N_("Kind"))
    language = SelectField(N_("Language"))
    low = _difficulty(N_("Difficulty from"), 1)
    high = _difficulty(N_("to"), 5)

    @staticmethod
    def offered(field: SelectField | SelectMultipleField) -> set[Any]:
        """Values that a field may have."""
        return {choice[0] for choice in field.choices or () if isinstance(choice, tuple)}

    @property
    def item_id(self) -> int | None:
        """The fixed question's id; None for a draw rule."""
        text = self.item.data or ""
        return int(text) if text.isdecimal() and len(text) < 18 else None

    def validate(self, extra_validators: Any = None) -> bool:
        """A fixed question has nothing but points."""
        if self.item_id is not None:
            return bool(self.points.validate(self))
        fits = super().validate(extra_validators)
        if fits and self.points.points is None:
            self.points.errors = [gettext(N_("Say how many points each question gives."))]
            return False
        if fits and self.low.data > self.high.data:
            self.high.errors = [gettext(N_("The upper end is below the lower one."))]
            return False
        return fits

    @property
    def pool(self) -> PoolRule | None:
        """What a draw rule asks for; None while it makes no sense."""
        known = self.bank.data in self.offered(self.bank) and self.low.data and self.high.data
        if self.item_id is not None or not known or self.low.data > self.high.data:
            return None
        tags = tuple(code for code in self.competencies.data or () if code in self.offered(self.competencies))
        between = (self.low.data, self.high.data)
        return PoolRule(self.bank.data, tags, self.kind.data or None, self.language.data or None, between)

    def rule(self) -> plans.SlotRule:
        """As the plan has it."""
        if self.item_id is not None:
            return plans.FixedSlot(self.item_id, self.points.points)
        return plans.DrawRule(
            self.bank.data,
            self.count.data or 1,
            self.points.points or Decimal(1),
            tuple(self.competencies.data or ()),
            self.kind.data or None,
            self.language.data or None,
            (self.low.data, self.high.data),
        )


class SectionForm(Part):
    """A titled part of the exam."""

    title = StringField(N_("Title of the section"), validators=required(Length(max=200)), filters=[tidy])
    slots = FieldList(FormField(SlotForm), N_("Questions"), max_entries=MOST_SLOTS)


class PlanForm(PageForm):
    """Title, terms and sections."""

    seen = HiddenField()
    """Fingerprint of the plan that the author has before her: tells when somebody else saved meanwhile."""
    title = StringField(N_("Title"), validators=required(Length(max=200)), filters=[tidy])
    minutes = NumberField(N_("Time limit in minutes"), validators=_within(1, 1440))
    attempts = IntegerField(N_("Attempts allowed"), validators=_within(1, 20))
    counts = SelectField(N_("Attempt that counts"), choices=list(plans.COUNTS.items()))
    pass_mark = NumberField(N_("Pass mark in percent"), validators=_within(0, 100))
    page_mode = SelectField(N_("On screen"), choices=list(plans.PAGE_MODES.items()))
    release = SelectField(N_("Results are released"), choices=list(plans.RELEASES.items()))
    appeal_days = IntegerField(
        N_("Days in which a result may be contested"),
        validators=_within(0, 90),
        description=N_("Counted from its release. 0: it cannot be contested."),
    )
    shuffle_sections = BooleanField(N_("Shuffle the sections"))
    shuffle_items = BooleanField(N_("Shuffle the questions within a section"))
    shuffle_options = BooleanField(N_("Shuffle the options of choice questions"))
    markers = IntegerField(N_("Graders for each answer"), validators=_within(1, 9))
    tolerance = NumberField(
        N_("Tolerance in percent"),
        validators=_within(0, 100),
        description=N_("Marks further apart than this share of the question's points ask for one more grader."),
    )
    step = NumberField(N_("Mark step in points"), validators=[InputRequired(), NumberRange(Decimal("0.01"), 10)])
    lease = NumberField(
        N_("A grader keeps an answer for, in minutes"),
        validators=_within(5, 10_080),
        description=N_("After that it goes back into the queue."),
    )
    sections = FieldList(FormField(SectionForm), N_("Sections"), max_entries=MOST_SECTIONS)

    def fill(self, banks: Sequence[Bank], tree: Sequence[Node]) -> None:
        """Offer what there is in every slot."""
        every = ("", say(N_("Any")))
        own_kinds = [every, *((name, say(kind.label)) for name, kind in kinds().items())]
        languages = [every, *((code, say(label)) for code, label in words.LANGUAGES.items())]
        for slot in self.slots():
            slot.bank.choices = [(row.id, row.title(language())) for row in banks]
            slot.kind.choices, slot.language.choices = own_kinds, languages
            slot.competencies.choices = list(flat(tree))

    def slots(self) -> Iterator[SlotForm]:
        """The forms of all slots, in the order of their numbers."""
        for section in self.sections:
            for slot in section.form.slots:
                yield slot.form

    def plan(self, before: plans.Plan) -> plans.Plan:
        """What the form says; what it does not speak of stays as it was."""
        marking: dict[str, Any] = {
            "markers": self.markers.data,
            "tolerance": (self.tolerance.data or Decimal(0)) / 100,
            "step": self.step.data,
            "lease_s": int((self.lease.data or 0) * 60),
        }
        terms: dict[str, Any] = {name: self[name].data for name in SAME}
        terms["time_limit_s"] = int((self.minutes.data or 0) * 60)
        terms["marking"] = replace(before.terms.marking, **marking)
        return plans.Plan(replace(before.terms, **terms), self.plan_sections())

    def plan_sections(self) -> tuple[plans.Section, ...]:
        """The sections alone, as the plan has them."""
        return tuple(
            plans.Section(section.form.title.data or "", tuple(slot.form.rule() for slot in section.form.slots))
            for section in self.sections
        )


def form_values(title: str, plan: plans.Plan) -> dict[str, Any]:
    """A plan as the form shows it."""
    terms, marking = plan.terms, plan.terms.marking
    return {name: getattr(terms, name) for name in SAME} | {
        "title": title,
        "minutes": Decimal(terms.time_limit_s) / 60,
        "markers": marking.markers,
        "tolerance": marking.tolerance * 100,
        "step": marking.step,
        "lease": Decimal(marking.lease_s) / 60,
        "sections": [{"title": s.title, "slots": [_slot_values(rule) for rule in s.slots]} for s in plan.sections],
    }


def _slot_values(rule: plans.SlotRule) -> dict[str, Any]:
    if isinstance(rule, plans.FixedSlot):
        return {"item": str(rule.item), "points": "" if rule.points is None else rule.points}
    low, high = rule.difficulty
    return {
        "bank": rule.bank,
        "count": rule.count,
        "points": rule.points,
        "competencies": list(rule.competencies),
        "kind": rule.kind or "",
        "language": rule.language or "",
        "low": low,
        "high": high,
    }
