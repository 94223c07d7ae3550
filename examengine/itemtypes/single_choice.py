"""Single choice: one right option among several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import Form

from examengine.core.i18n import N_, Message
from examengine.itemtypes import options as opts
from examengine.itemtypes.base import (
    Choices,
    Content,
    Examples,
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


@dataclass(frozen=True)
class SingleChoice(Content):
    """Options of which exactly one is the key."""

    options: opts.Options = ()
    shuffle: bool = True


class SingleChoiceKind(Kind[SingleChoice]):
    """One pick; right or not."""

    name, label, rank = "single_choice", N_("Single choice"), 1
    marked_by = "machine"
    shape = "choice"
    AuthorForm = opts.OptionsForm
    fixed = opts.SHOWN

    def load(self, data: Mapping[str, JSONValue]) -> SingleChoice:
        return SingleChoice(
            text_of(data, "stem"),
            text_of(data, "explanation", ""),
            opts.load_options(data),
            bool(data.get("shuffle", True)),
        )

    def dump(self, content: SingleChoice) -> dict[str, JSONValue]:
        return {
            "stem": content.stem,
            "explanation": content.explanation,
            "options": opts.dump_options(content.options),
            "shuffle": content.shuffle,
        }

    def rich(self, content: SingleChoice, change: RichMap) -> SingleChoice:
        return replace(
            content,
            stem=change(content.stem),
            explanation=change(content.explanation),
            options=opts.rich_options(content.options, change),
        )

    def problems(self, content: SingleChoice) -> list[Message]:
        found = missing_stem(content) + opts.option_problems(content.options)
        if sum(option.key for option in content.options) > 1:
            found.append(Message(N_("Only one option may be marked as correct.")))
        return found

    def present(self, content: SingleChoice) -> Presentation:
        return Presentation(self.name, self.shape, content.stem, tuple(o.text for o in content.options))

    def rekey(self, shown: SingleChoice, given: SingleChoice) -> SingleChoice:
        options = opts.rekeyed(shown.options, given.options)
        return replace(shown, explanation=given.explanation, options=options)

    def movable(self, content: SingleChoice) -> tuple[bool, ...]:
        return tuple(content.shuffle and not option.pinned for option in content.options)

    def read(self, content: SingleChoice, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        return self.restore(opts.position(raw, order, len(content.options)))

    def score(self, content: SingleChoice, response: Response) -> Scoring:
        right = not response.blank and content.options[response.value].key
        return Scoring(Decimal(int(right)), {"picked": response.value})

    def summarise(self, content: SingleChoice, response: Response) -> tuple[Line, ...]:
        return opts.option_lines(content.options, [] if response.blank else [response.value])

    def key(self, content: SingleChoice) -> tuple[str, ...]:
        return opts.key_lines(content.options)

    def choices(self, content: SingleChoice) -> Choices:
        return opts.choices_of(content.options)

    def categories(self, content: SingleChoice, response: Response) -> tuple[str, ...]:
        return ("blank",) if response.blank else (str(response.value),)

    def examples(self) -> Examples:
        rows = [
            {"text": "<p>Listen first</p>", "key": True},
            {"text": "<p>Transfer at once</p>"},
            {"text": "<p>Hang up</p>"},
        ]
        return Examples({"stem": "<p>First?</p>", "explanation": "<p>Because.</p>", "options": rows}, 0, 1, None)

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        return {"options": opts.options_from_form(form), "shuffle": bool(form["shuffle"].data)}


KIND = SingleChoiceKind()
