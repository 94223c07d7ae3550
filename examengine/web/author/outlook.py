"""What a plan amounts to while it is written: what fits each rule, how many questions and points, what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from examengine.bank import queries as bank
from examengine.core.i18n import Message
from examengine.exams import actions, plans
from examengine.web.author.plan_forms import PlanForm, SlotForm
from examengine.web.author.sight import hidden_items


@dataclass(frozen=True)
class Slot:
    """One slot: its number over all sections, what fits it, what it adds."""

    number: int
    fits: int | None
    """None while the rule makes no sense."""
    count: int
    points: Decimal
    """All its questions together."""
    pick: bank.Pick | None
    """The fixed question; None for draw rules and for questions that cannot be shown."""

    @property
    def short(self) -> bool:
        """Whether fewer questions fit than are asked for (what other rules take left aside)."""
        return self.fits is not None and self.fits < self.count


@dataclass(frozen=True)
class Outlook:
    """All slots by their form's name, and the sums."""

    slots: Mapping[str, Slot]
    problems: list[Message] | None
    """What keeps the plan from being drawn; None while it cannot be told."""
    picked: frozenset[int]
    """Fixed questions of the plan."""

    @property
    def questions(self) -> int:
        """How many questions a paper has."""
        return sum(slot.count for slot in self.slots.values())

    @property
    def points(self) -> Decimal:
        """How many points a paper has."""
        return sum((slot.points for slot in self.slots.values()), Decimal(0))

    def part(self, prefix: str) -> tuple[int, Decimal]:
        """Questions and points of the slots whose names begin so."""
        own = [slot for name, slot in self.slots.items() if name.startswith(prefix)]
        return sum(slot.count for slot in own), sum((slot.points for slot in own), Decimal(0))


def outlook(form: PlanForm, before: plans.Plan) -> Outlook:
    """Counts by one statement; the plan is solved only where all its slots can be read."""
    slots = list(form.slots())
    rules = [slot.pool for slot in slots]
    counts = iter(bank.count_pools([rule for rule in rules if rule]))
    found = {slot.item_id for slot in slots if slot.item_id is not None}
    picks = bank.find_picked(found)
    shown: dict[str, Slot] = {}
    for number, (slot, rule) in enumerate(zip(slots, rules, strict=True), 1):
        if slot.item_id is None:
            shown[slot.item.name.removesuffix("-item")] = _drawn(number, slot, next(counts) if rule else None)
        else:
            shown[slot.item.name.removesuffix("-item")] = _fixed(number, slot, picks.get(slot.item_id))
    return Outlook(shown, _problems(form, before, shown, found), frozenset(found))


def _drawn(number: int, slot: SlotForm, fits: int | None) -> Slot:
    count = max(0, min(slot.count.data or 0, 500))
    return Slot(number, fits, count, count * _points(slot, Decimal(0)), None)


def _fixed(number: int, slot: SlotForm, pick: bank.Pick | None) -> Slot:
    points = _points(slot, pick.points if pick else Decimal(0))
    visible = pick if pick and pick.item_id not in hidden_items() else None
    return Slot(number, 1 if pick and pick.active else 0, 1, points, visible)


def _points(slot: SlotForm, otherwise: Decimal) -> Decimal:
    if slot.points.validate(slot) and slot.points.points is not None:
        return slot.points.points
    return otherwise


def _problems(
    form: PlanForm, before: plans.Plan, shown: Mapping[str, Slot], fixed: Collection[int]
) -> list[Message] | None:
    slots = list(form.slots())
    if not slots or not all(slot.item_id is not None or (slot.pool and slot.count.data) for slot in slots):
        return None
    total = sum(slot.count for slot in shown.values())
    distinct = len(fixed) == sum(slot.item_id is not None for slot in slots)
    needs = [1 if slot.item_id is not None else total for slot in slots]
    enough = (seen.fits is not None and seen.fits >= need for seen, need in zip(shown.values(), needs, strict=True))
    if distinct and all(enough):  # a rule that fits the whole paper can always be filled last: pools stay unread
        return []
    return actions.feasibility(plans.Plan(before.terms, form.plan_sections()))
