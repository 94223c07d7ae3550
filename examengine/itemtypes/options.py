"""What the choice kinds share: options, their order, their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wtforms import BooleanField, FieldList, Form, FormField, TextAreaField
from wtforms.validators import Length

from examengine.core import html
from examengine.core.i18n import N_, Message
from examengine.itemtypes.base import Choices, ContentError, JSONValue, Line, RichMap, list_of, text_of

MOST = 12
SHOWN = frozenset({"text", "pinned", "shuffle"})
"""Fields of OptionsForm that have nothing to do with the key."""


@dataclass(frozen=True)
class Option:
    """One option of a choice item. `pinned` keeps it at its place at the end when others are shuffled."""

    text: str
    key: bool = False
    pinned: bool = False


Options = tuple[Option, ...]


def load_options(data: Mapping[str, JSONValue]) -> Options:
    """Options of authoring data. Raises ContentError."""
    options = tuple(
        Option(text_of(entry, "text"), bool(entry.get("key", False)), bool(entry.get("pinned", False)))
        for entry in list_of(data, "options")
    )
    if len(options) > MOST:
        raise ContentError(f"options: at most {MOST}")
    return options


def dump_options(options: Options) -> list[dict[str, JSONValue]]:
    """JSON of options, defaults left out."""
    return [
        {"text": o.text} | ({"key": True} if o.key else {}) | ({"pinned": True} if o.pinned else {}) for o in options
    ]


def rich_options(options: Options, change: RichMap) -> Options:
    """Options with `change` applied to their texts."""
    return tuple(replace(option, text=change(option.text)) for option in options)


def option_problems(options: Options) -> list[Message]:
    """Faults that hold for every choice kind."""
    found: list[Message] = []
    words = [html.plain(option.text) for option in options]
    if len(options) < 2:
        found.append(Message(N_("At least two options are needed.")))
    if not all(words):
        found.append(Message(N_("An option has no text.")))
    if len(set(words)) < len(words):
        found.append(Message(N_("Two options are the same.")))
    if not any(option.key for option in options):
        found.append(Message(N_("No option is marked as correct.")))
    return found


def position(raw: JSONValue, order: Sequence[int], count: int) -> int | None:
    """The authoring index of a shown position, or None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < count:
        return None
    return order[raw] if order else raw


def rekeyed(shown: Options, given: Options) -> Options:
    """The options as they were shown, with the keys of others. Raises ContentError when they are not as many."""
    if len(shown) != len(given):
        raise ContentError("the options must stay as they were shown")
    return tuple(replace(option, key=other.key) for option, other in zip(shown, given, strict=True))


def option_lines(options: Options, chosen: Sequence[int]) -> tuple[Line, ...]:
    """All options with what was chosen and what is right."""
    return tuple(Line(o.text, rich=True, chosen=i in chosen, right=o.key) for i, o in enumerate(options))


def key_lines(options: Options) -> tuple[str, ...]:
    """The words of the right options."""
    return tuple(html.plain(option.text) for option in options if option.key)


def choices_of(options: Options) -> Choices:
    """Options and keys as reviews look at them."""
    words = tuple(html.plain(option.text) for option in options)
    return Choices(words, tuple(i for i, option in enumerate(options) if option.key))


class OptionForm(Form):
    """A row of the options table."""

    text = TextAreaField(N_("Option"), validators=[Length(max=4000)])
    key = BooleanField(N_("Correct"))
    pinned = BooleanField(N_("Keep last"))


class OptionsForm(Form):
    """The options of a choice item."""

    options = FieldList(FormField(OptionForm), N_("Options"), min_entries=4, max_entries=MOST)
    shuffle = BooleanField(N_("Shuffle the options"), default=True)


def options_from_form(form: Form) -> list[JSONValue]:
    """The rows that say anything, as authoring data."""
    rows = form["options"].data or []
    return [
        {"text": row["text"].strip(), "key": bool(row["key"]), "pinned": bool(row["pinned"])}
        for row in rows
        if (row["text"] or "").strip()
    ]
