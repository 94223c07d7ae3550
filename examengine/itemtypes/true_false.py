"""True or false: a statement to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import Form, RadioField

from examengine.core.i18n import N_, Message
from examengine.itemtypes.base import (
    Choices,
    Content,
    ContentError,
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

WORDS = (N_("True"), N_("False"))


@dataclass(frozen=True)
class TrueFalse(Content):
    """A statement and whether it is true."""

    answer: bool = True


class TrueFalseForm(Form):
    """Which of the two is right."""

    answer = RadioField(N_("The statement is"), choices=[("true", WORDS[0]), ("false", WORDS[1])], default="true")


class TrueFalseKind(Kind[TrueFalse]):
    """Two fixed options in fixed order; position 0 is true. The page words them in the reader's language."""

    name, label, rank = "true_false", N_("True or false"), 3
    marked_by = "machine"
    shape = "choice"
    AuthorForm = TrueFalseForm

    def load(self, data: Mapping[str, JSONValue]) -> TrueFalse:
        answer = data.get("answer")
        if not isinstance(answer, bool):
            raise ContentError("answer: true or false")
        return TrueFalse(text_of(data, "stem"), text_of(data, "explanation", ""), answer)

    def dump(self, content: TrueFalse) -> dict[str, JSONValue]:
        return {"stem": content.stem, "explanation": content.explanation, "answer": content.answer}

    def rich(self, content: TrueFalse, change: RichMap) -> TrueFalse:
        return replace(content, stem=change(content.stem), explanation=change(content.explanation))

    def problems(self, content: TrueFalse) -> list[Message]:
        return missing_stem(content)

    def present(self, content: TrueFalse) -> Presentation:
        return Presentation(self.name, self.shape, content.stem, WORDS, {"worded": True})

    def rekey(self, shown: TrueFalse, given: TrueFalse) -> TrueFalse:
        return replace(shown, explanation=given.explanation, answer=given.answer)

    def movable(self, content: TrueFalse) -> tuple[bool, ...]:
        return (False, False)

    def read(self, content: TrueFalse, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        return self.restore(raw if raw in (0, 1) and not isinstance(raw, bool | float) else None)

    def score(self, content: TrueFalse, response: Response) -> Scoring:
        right = not response.blank and (response.value == 0) == content.answer
        return Scoring(Decimal(int(right)), {"picked": response.value})

    def summarise(self, content: TrueFalse, response: Response) -> tuple[Line, ...]:
        return tuple(
            Line(word, chosen=response.value == i, right=(i == 0) == content.answer) for i, word in enumerate(WORDS)
        )

    def key(self, content: TrueFalse) -> tuple[str, ...]:
        return (WORDS[0 if content.answer else 1],)

    def choices(self, content: TrueFalse) -> Choices:
        return Choices(WORDS, (0 if content.answer else 1,), worded=True)

    def categories(self, content: TrueFalse, response: Response) -> tuple[str, ...]:
        return ("blank",) if response.blank else (str(response.value),)

    def examples(self) -> Examples:
        return Examples({"stem": "<p>Water is wet.</p>", "explanation": "<p>It is.</p>", "answer": True}, 0, 1, None)

    def form_data(self, content: TrueFalse) -> dict[str, JSONValue]:
        return {"answer": "true" if content.answer else "false"}

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        return {"answer": form["answer"].data == "true"}


KIND = TrueFalseKind()
