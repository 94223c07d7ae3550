"""The plan of an exam: its terms and its sections with fixed slots and draw rules (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from examengine.core.errors import Invalid
from examengine.core.i18n import N_, Message

COUNTS = {"best": N_("the best"), "last": N_("the last"), "first": N_("the first")}
PAGE_MODES = {"all": N_("all questions on one page"), "one": N_("one question at a time")}
RELEASES = {
    "complete": N_("when this result is complete"),
    "marked": N_("when all results of the sitting are complete"),
    "close": N_("at the close of the sitting"),
    "hand": N_("by hand"),
}


@dataclass(frozen=True)
class MarkingPolicy:
    """How people's marks become a score (semantics §4)."""

    markers: int = 2
    method: str = "mean"
    tolerance: Decimal = Decimal("0.1")
    """Share of the item's maximum."""
    step: Decimal = Decimal("0.5")
    lease_s: int = 7200


@dataclass(frozen=True)
class Terms:
    """What holds for everybody who sits the exam."""

    time_limit_s: int = 3600
    attempts: int = 1
    counts: str = "best"
    pass_mark: Decimal = Decimal("60")
    page_mode: str = "all"
    shuffle_sections: bool = False
    shuffle_items: bool = True
    shuffle_options: bool = True
    release: str = "marked"
    appeal_days: int = 7
    """For so many days after its release a result may be contested; 0: not at all."""
    marking: MarkingPolicy = field(default_factory=MarkingPolicy)


@dataclass(frozen=True)
class FixedSlot:
    """A certain item. `points` None: as many as the item says."""

    item: int
    points: Decimal | None = None
    count: int = 1


@dataclass(frozen=True)
class DrawRule:
    """So many items drawn at random from those of a bank that fit."""

    bank: int
    count: int
    points: Decimal
    competencies: tuple[str, ...] = ()
    kind: str | None = None
    language: str | None = None
    difficulty: tuple[int, int] = (1, 5)


SlotRule = FixedSlot | DrawRule


@dataclass(frozen=True)
class Section:
    """A titled part of the exam."""

    title: str
    slots: tuple[SlotRule, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Terms and sections together: what an author edits and a revision freezes."""

    terms: Terms = field(default_factory=Terms)
    sections: tuple[Section, ...] = ()

    def rules(self) -> Iterator[tuple[int, SlotRule]]:
        """All slot rules with the index of their section, in order: their numbers are the pools' numbers."""
        for index, section in enumerate(self.sections):
            for rule in section.slots:
                yield index, rule

    @property
    def items(self) -> frozenset[int]:
        """Ids of the fixed slots' items."""
        return frozenset(rule.item for _, rule in self.rules() if isinstance(rule, FixedSlot))

    @property
    def count(self) -> int:
        """How many questions a paper has."""
        return sum(rule.count for _, rule in self.rules())


def dump(plan: Plan) -> dict[str, Any]:
    """The plan's JSON."""
    terms = {k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(plan.terms).items() if k != "marking"}
    marking = {k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(plan.terms.marking).items()}
    return {
        "terms": terms | {"marking": marking},
        "sections": [{"title": s.title, "slots": [dump_rule(rule) for rule in s.slots]} for s in plan.sections],
    }


def dump_rule(rule: SlotRule) -> dict[str, Any]:
    """A slot rule's JSON."""
    if isinstance(rule, FixedSlot):
        return {"item": rule.item} | ({"points": str(rule.points)} if rule.points is not None else {})
    return {
        "bank": rule.bank,
        "count": rule.count,
        "points": str(rule.points),
        "competencies": list(rule.competencies),
        "kind": rule.kind,
        "language": rule.language,
        "difficulty": list(rule.difficulty),
    }


def load(data: Mapping[str, Any]) -> Plan:
    """The plan of stored JSON."""
    terms = dict(data.get("terms", {}))
    marking = terms.pop("marking", {})
    policy = MarkingPolicy(**{k: _typed(MarkingPolicy, k, v) for k, v in marking.items()})
    loaded = Terms(**{k: _typed(Terms, k, v) for k, v in terms.items()}, marking=policy)
    sections = tuple(
        Section(s["title"], tuple(load_rule(rule) for rule in s["slots"])) for s in data.get("sections", [])
    )
    return Plan(loaded, sections)


def load_rule(data: Mapping[str, Any]) -> SlotRule:
    """The slot rule of stored JSON."""
    if "item" in data:
        points = data.get("points")
        return FixedSlot(int(data["item"]), None if points is None else Decimal(points))
    low, high = data["difficulty"]
    return DrawRule(
        int(data["bank"]),
        int(data["count"]),
        Decimal(data["points"]),
        tuple(data.get("competencies", ())),
        data.get("kind"),
        data.get("language"),
        (int(low), int(high)),
    )


def _typed(owner: type[Terms] | type[MarkingPolicy], name: str, value: Any) -> Any:
    kind = next(f.type for f in fields(owner) if f.name == name)
    return Decimal(value) if kind == "Decimal" else value


def check_terms(terms: Terms) -> None:
    """Raises Invalid, naming every term that cannot be."""
    found: list[Message] = []
    if not 60 <= terms.time_limit_s <= 24 * 3600:
        found.append(Message(N_("The time limit must be between 1 minute and 24 hours.")))
    if not 1 <= terms.attempts <= 20:
        found.append(Message(N_("Between 1 and 20 attempts may be allowed.")))
    if not (terms.pass_mark.is_finite() and 0 <= terms.pass_mark <= 100):
        found.append(Message(N_("The pass mark is a percentage between 0 and 100.")))
    if not 0 <= terms.appeal_days <= 90:
        found.append(Message(N_("A result may be contested for 0 to 90 days.")))
    for value, allowed in ((terms.counts, COUNTS), (terms.page_mode, PAGE_MODES), (terms.release, RELEASES)):
        if value not in allowed:
            found.append(Message(N_("“%(value)s” is not one of the choices."), {"value": value}))
    marking = terms.marking
    if not 1 <= marking.markers <= 9:
        found.append(Message(N_("Between 1 and 9 graders may mark an answer.")))
    if marking.method != "mean":
        found.append(Message(N_("“%(value)s” is not one of the choices."), {"value": marking.method}))
    finite = marking.tolerance.is_finite() and marking.step.is_finite()
    if not finite or not 0 <= marking.tolerance <= 1 or not 0 < marking.step <= 10:
        found.append(Message(N_("Tolerance or mark step is out of range.")))
    if found:
        raise Invalid(problems=found)


def points(text: str) -> Decimal:
    """Points as a person writes them. Raises Invalid."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise Invalid(Message(N_("“%(text)s” is not a number of points."), {"text": text})) from None
    if not value.is_finite() or not 0 < value <= 1000 or value != value.quantize(Decimal("0.01")):
        raise Invalid(Message(N_("Points go from 0.01 to 1000 with at most two decimals.")))
    return value
