"""Multiple choice: several right options, six rules of partial credit (semantics §2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import Form, SelectField

from examengine.core.i18n import N_, Message
from examengine.itemtypes import options as opts
from examengine.itemtypes.base import (
    Choices,
    Content,
    ContentError,
    Examples,
    Hint,
    JSONValue,
    Kind,
    Line,
    Presentation,
    Response,
    RichMap,
    Scoring,
    missing_stem,
    text_of,
)

Rule = Callable[[int, int, int, int], Decimal]

# n options, c correct, t right picks, f wrong picks.
RULES: Mapping[str, Rule] = {
    "all_or_nothing": lambda n, c, t, f: Decimal(int(t == c and f == 0)),
    "net": lambda n, c, t, f: max(Decimal(0), Decimal(t - f) / c),
    "coverage": lambda n, c, t, f: Decimal(t * t) / (c * (t + f)) if t + f else Decimal(0),
    "each": lambda n, c, t, f: Decimal(t + n - c - f) / n,
    "no_wrong": lambda n, c, t, f: Decimal(0) if f else Decimal(t) / c,
    "half": lambda n, c, t, f: Decimal(0) if f or not t else Decimal(1) if t == c else Decimal("0.5"),
}
LABELS: Mapping[str, str] = {
    "half": N_("Half for a part of the right options, nothing with a wrong one"),
    "all_or_nothing": N_("All or nothing"),
    "net": N_("Right picks less wrong picks"),
    "coverage": N_("Share of right options times share of right picks"),
    "each": N_("Every option counts as a true/false question"),
    "no_wrong": N_("Share of right options, nothing with a wrong one"),
}


def fraction(rule: str, n: int, c: int, t: int, f: int) -> Decimal:
    """The fraction that `rule` gives for t right and f wrong picks of n options with c correct; blank is 0."""
    return RULES[rule](n, c, t, f) if t or f else Decimal(0)


@dataclass(frozen=True)
class MultipleChoice(Content):
    """Options of which one or more are keys, and the rule of credit."""

    options: opts.Options = ()
    shuffle: bool = True
    rule: str = "half"


class MultipleChoiceForm(opts.OptionsForm):
    """Options and the rule."""

    rule = SelectField(N_("Credit"), choices=list(LABELS.items()), default="half")


class MultipleChoiceKind(Kind[MultipleChoice]):
    """Any number of picks."""

    name, label, rank = "multiple_choice", N_("Multiple choice"), 2
    marked_by = "machine"
    shape = "choices"
    AuthorForm = MultipleChoiceForm
    fixed = opts.SHOWN

    def load(self, data: Mapping[str, JSONValue]) -> MultipleChoice:
        rule = data.get("rule", "half")
        if not isinstance(rule, str) or rule not in RULES:
            raise ContentError(f"rule: one of {', '.join(RULES)}")
        return MultipleChoice(
            text_of(data, "stem"),
            text_of(data, "explanation", ""),
            opts.load_options(data),
            bool(data.get("shuffle", True)),
            rule,
        )

    def dump(self, content: MultipleChoice) -> dict[str, JSONValue]:
        return {
            "stem": content.stem,
            "explanation": content.explanation,
            "options": opts.dump_options(content.options),
            "shuffle": content.shuffle,
            "rule": content.rule,
        }

    def rich(self, content: MultipleChoice, change: RichMap) -> MultipleChoice:
        return replace(
            content,
            stem=change(content.stem),
            explanation=change(content.explanation),
            options=opts.rich_options(content.options, change),
        )

    def problems(self, content: MultipleChoice) -> list[Message]:
        return missing_stem(content) + opts.option_problems(content.options)

    def advice(self, content: MultipleChoice) -> list[Hint]:
        found = []
        if content.rule == "each":
            found.append(Hint(N_("With this rule, ticking every option earns points too."), code="rule_each"))
        if content.options and all(option.key for option in content.options):
            text = N_("Every option is right, so there is nothing to choose. Add options that are wrong.")
            found.append(Hint(text, code="all_keys"))
        return found

    def present(self, content: MultipleChoice) -> Presentation:
        return Presentation(self.name, self.shape, content.stem, tuple(o.text for o in content.options))

    def rekey(self, shown: MultipleChoice, given: MultipleChoice) -> MultipleChoice:
        options = opts.rekeyed(shown.options, given.options)
        return replace(shown, explanation=given.explanation, options=options, rule=given.rule)

    def movable(self, content: MultipleChoice) -> tuple[bool, ...]:
        return tuple(content.shuffle and not option.pinned for option in content.options)

    def read(self, content: MultipleChoice, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        picks = raw if isinstance(raw, list) else []
        found = {opts.position(pick, order, len(content.options)) for pick in picks}
        return self.restore(sorted(pick for pick in found if pick is not None))

    def score(self, content: MultipleChoice, response: Response) -> Scoring:
        keys = {i for i, option in enumerate(content.options) if option.key}
        picks = set(response.value or ())
        n, c, t, f = len(content.options), len(keys), len(picks & keys), len(picks - keys)
        return Scoring(fraction(content.rule, n, c, t, f), {"rule": content.rule, "n": n, "c": c, "t": t, "f": f})

    def summarise(self, content: MultipleChoice, response: Response) -> tuple[Line, ...]:
        return opts.option_lines(content.options, response.value or ())

    def key(self, content: MultipleChoice) -> tuple[str, ...]:
        return opts.key_lines(content.options)

    def choices(self, content: MultipleChoice) -> Choices:
        return opts.choices_of(content.options)

    def categories(self, content: MultipleChoice, response: Response) -> tuple[str, ...]:
        return tuple(str(pick) for pick in response.value) if not response.blank else ("blank",)

    def examples(self) -> Examples:
        rows = [
            {"text": "<p>Name</p>", "key": True},
            {"text": "<p>Number</p>", "key": True},
            {"text": "<p>Star sign</p>"},
            {"text": "<p>Shoe size</p>"},
        ]
        data = {"stem": "<p>Which two?</p>", "explanation": "<p>Both.</p>", "options": rows, "rule": "half"}
        return Examples(data, [0, 1], [2, 3], [])

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        return {
            "options": opts.options_from_form(form),
            "shuffle": bool(form["shuffle"].data),
            "rule": form["rule"].data,
        }


KIND = MultipleChoiceKind()
