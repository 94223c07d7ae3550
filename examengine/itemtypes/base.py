"""The seam between the engine and a kind of item: frozen values cross it, nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

from wtforms import Form

from examengine.core import html
from examengine.core.i18n import N_, Message

Shape = Literal["choice", "choices", "blanks", "text"]
MarkedBy = Literal["machine", "people", "machine_then_people"]
JSONValue = Any


class ContentError(ValueError):
    """Authoring data that is not of the kind's shape; the message says where and what."""


@dataclass(frozen=True)
class Content:
    """What an author wrote; each kind adds its own fields. Rich text is cleaned HTML."""

    stem: str
    explanation: str


@dataclass(frozen=True)
class Presentation:
    """What may be shown to a candidate: never anything of the key."""

    kind: str
    shape: Shape
    stem: str
    parts: tuple[str, ...] = ()
    """Options' rich text in authoring order (choice kinds only)."""
    facts: Mapping[str, JSONValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A candidate's answer in the kind's own normal form (JSON), mapped back to authoring order."""

    value: JSONValue
    blank: bool


@dataclass(frozen=True)
class Scoring:
    """The machine's judgement: a fraction 0..1, or None when people are needed, with its evidence."""

    fraction: Decimal | None
    evidence: Mapping[str, JSONValue] = field(default_factory=dict)
    note: str = ""


class Line(NamedTuple):
    """One line of a response as shown to people; `right` is None where it is not known or not to be shown."""

    text: str
    rich: bool = False
    chosen: bool = False
    right: bool | None = None

    def redacted(self) -> Line:
        """The same without anything of the key."""
        return Line(self.text, self.rich, self.chosen)


@dataclass(frozen=True)
class Reply:
    """One written answer as wrong answers are grouped: where it stands, its words, the form that is compared."""

    place: int
    """Which blank of the question, from 0."""
    text: str
    compared: str
    right: bool
    near: str = ""
    """The accepted answer that it nearly is, if there is one."""
    listable: bool = True
    """Whether it could be put on the list of accepted answers as it stands."""


@dataclass(frozen=True)
class Level:
    """One step of a criterion: its points and the words that tell it from its neighbours."""

    points: Decimal
    text: str


@dataclass(frozen=True)
class Criterion:
    """One aspect that graders judge apart."""

    title: str
    levels: tuple[Level, ...]

    @property
    def maximum(self) -> Decimal:
        """Points of the best level."""
        return max((level.points for level in self.levels), default=Decimal(0))


Rubric = tuple[Criterion, ...]


@dataclass(frozen=True)
class Hint(Message):
    """Advice to an author; `code` is stable, for reviews of whole banks."""

    code: str = ""


@dataclass(frozen=True)
class Choices:
    """The plain words of the options in authoring order and the places of the keys among them."""

    words: tuple[str, ...]
    keys: tuple[int, ...]
    worded: bool = False
    """The engine's own words (true, false), not an author's."""


@dataclass(frozen=True)
class Examples:
    """Authoring data with raw answers (in authoring order) that are right, wrong and blank."""

    data: Mapping[str, JSONValue]
    right: JSONValue
    wrong: JSONValue
    blank: JSONValue


C = TypeVar("C", bound=Content)
RichMap = Callable[[str], str]


class Kind(ABC, Generic[C]):
    """A kind of item. It never knows points: it says what fraction of the slot's maximum an answer earns."""

    name: ClassVar[str]
    label: ClassVar[str]
    rank: ClassVar[int]
    marked_by: ClassVar[MarkedBy]
    shape: ClassVar[Shape]
    AuthorForm: ClassVar[type[Form]]
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Fields of AuthorForm that a correction of the key leaves as they were."""
    lists_answers: ClassVar[bool] = False
    """Whether the key is a list of accepted answers, so that a wrong one can be grouped and accepted."""

    @abstractmethod
    def load(self, data: Mapping[str, JSONValue]) -> C:
        """Content from its JSON (or a bank file's fields). Raises ContentError."""

    @abstractmethod
    def dump(self, content: C) -> dict[str, JSONValue]:
        """The JSON of `content`; `load` gives the same content back."""

    @abstractmethod
    def rich(self, content: C, change: RichMap) -> C:
        """`content` with `change` applied to every rich text in it."""

    @abstractmethod
    def problems(self, content: C) -> list[Message]:
        """What must be mended before publishing."""

    @abstractmethod
    def present(self, content: C) -> Presentation:
        """What a candidate may see of it."""

    @abstractmethod
    def read(self, content: C, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        """The response in a page's raw value; positions are mapped back through `order`. Never raises."""

    @abstractmethod
    def score(self, content: C, response: Response) -> Scoring:
        """The fraction earned; blank answers earn 0."""

    @abstractmethod
    def summarise(self, content: C, response: Response) -> tuple[Line, ...]:
        """The response as people read it, with what is right."""

    @abstractmethod
    def key(self, content: C) -> tuple[str, ...]:
        """The key as plain lines, for staff and after its release."""

    @abstractmethod
    def categories(self, content: C, response: Response) -> tuple[str, ...]:
        """The classes of answers that this one counts in, for item analysis."""

    @abstractmethod
    def examples(self) -> Examples:
        """Sample data and answers that tests run through the item's whole life."""

    @abstractmethod
    def from_form(self, form: Form) -> dict[str, JSONValue]:
        """Authoring data (for `load`) of a submitted AuthorForm."""

    def form_data(self, content: C) -> dict[str, JSONValue]:
        """Initial data of an AuthorForm."""
        return self.dump(content)

    def texts(self, content: C) -> list[str]:
        """Every rich text of `content`."""
        found: list[str] = []

        def take(text: str) -> str:
            found.append(text)
            return text

        self.rich(content, take)
        return found

    def pictures(self, content: C) -> list[html.Shown]:
        """The pictures in the texts of cleaned `content`."""
        return [shown for text in self.texts(content) for shown in html.pictures(text)]

    def faults(self, content: C) -> list[Message]:
        """`problems`, and what must be mended in any kind: pictures that are not described."""
        text = N_("Picture %(number)s has no description: say in words what it shows, for who cannot see it.")
        bare = [n for n, shown in enumerate(self.pictures(content), 1) if not shown.alt]
        return [*self.problems(content), *(Message(text, {"number": number}) for number in bare)]

    def clean(self, content: C) -> C:
        """`content` as it may be stored: every rich text passed through the sanitiser."""
        return self.rich(content, html.clean)

    def rekey(self, shown: C, given: C) -> C:
        """`shown` with key and explanation of `given`: candidates cannot tell them apart. Raises ContentError."""
        return replace(shown, explanation=given.explanation)

    def replies(self, content: C, response: Response) -> tuple[Reply, ...]:
        """The written answers in a response, one a blank, for grouping; none for kinds without a list."""
        return ()

    def accepting(self, content: C, place: int, text: str) -> C:
        """`content` with one more accepted answer at a blank. Raises ContentError."""
        raise ContentError("this kind has no list of accepted answers")

    def movable(self, content: C) -> tuple[bool, ...]:
        """For each part (option) whether it may change its place; the others stay behind those, in authoring order."""
        return ()

    def rubric(self, content: C) -> Rubric:
        """Criteria for graders; empty for kinds that the machine marks."""
        return ()

    def restore(self, value: JSONValue) -> Response:
        """The response of a stored normal form."""
        return Response(value, self.is_blank(value))

    def is_blank(self, value: JSONValue) -> bool:
        """Whether a normal form says nothing."""
        return value is None or (isinstance(value, str | list) and not value)

    def advice(self, content: C) -> list[Hint]:
        """Hints for the author that do not hinder publishing."""
        return []

    def choices(self, content: C) -> Choices | None:
        """Options and keys of the kinds that have them, for reviews."""
        return None

    def solution(self, content: C) -> JSONValue:
        """The key as data: what `key` says in lines, without anything to guess."""
        return list(self.key(content))


def text_of(data: Mapping[str, JSONValue], name: str, default: str | None = None) -> str:
    """A text field of authoring data. Raises ContentError when it is missing or no text."""
    value = data.get(name, default)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ContentError(f"{name}: a text is needed")
    return value.strip()


def number_of(data: Mapping[str, JSONValue], name: str, default: int) -> int:
    """A whole number of authoring data, 0 to 100,000. Raises ContentError."""
    value = data.get(name, default)
    if value in (None, ""):
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ContentError(f"{name}: a whole number from 0 to 100000 is needed")
    return value


def list_of(data: Mapping[str, JSONValue], name: str) -> list[Mapping[str, JSONValue]]:
    """A list of mappings of authoring data (missing: empty). Raises ContentError."""
    value = data.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise ContentError(f"{name}: a list of entries is needed")
    return value


def missing_stem(content: Content) -> list[Message]:
    """The problem that every kind has with an empty stem."""
    return [] if html.plain(content.stem) else [Message(N_("The question has no text."))]
