"""Essay: marked by people against a rubric of criteria and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import Form, IntegerField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from examengine.core import html
from examengine.core.i18n import N_, Message
from examengine.itemtypes import rubrics
from examengine.itemtypes.base import (
    Content,
    Examples,
    Hint,
    JSONValue,
    Kind,
    Line,
    Presentation,
    Response,
    RichMap,
    Rubric,
    Scoring,
    missing_stem,
    number_of,
    text_of,
)


@dataclass(frozen=True)
class Essay(Content):
    """A task, its rubric, a model answer and an annotated weak one."""

    criteria: Rubric = ()
    model_answer: str = ""
    weak_answer: str = ""
    max_chars: int = 800
    min_chars: int = 0


class EssayForm(rubrics.RubricForm):
    """Rubric, model answers, lengths."""

    model_answer = TextAreaField(N_("Model answer"), validators=[Length(max=rubrics.MOST_TEXT)])
    weak_answer = TextAreaField(N_("Weak answer, annotated"), validators=[Length(max=rubrics.MOST_TEXT)])
    min_chars = IntegerField(
        N_("Fewest characters asked for"), default=0, validators=[Optional(), NumberRange(0, 20000)]
    )
    max_chars = IntegerField(N_("Most characters"), default=800, validators=[Optional(), NumberRange(50, 20000)])


class EssayKind(Kind[Essay]):
    """Free text of some length."""

    name, label, rank = "essay", N_("Essay"), 6
    marked_by = "people"
    shape = "text"
    AuthorForm = EssayForm

    def load(self, data: Mapping[str, JSONValue]) -> Essay:
        return Essay(
            text_of(data, "stem"),
            text_of(data, "explanation", ""),
            rubrics.load_rubric(data),
            text_of(data, "model_answer", ""),
            text_of(data, "weak_answer", ""),
            number_of(data, "max_chars", 800),
            number_of(data, "min_chars", 0),
        )

    def dump(self, content: Essay) -> dict[str, JSONValue]:
        return {
            "stem": content.stem,
            "explanation": content.explanation,
            "rubric": rubrics.dump_rubric(content.criteria),
            "model_answer": content.model_answer,
            "weak_answer": content.weak_answer,
            "max_chars": content.max_chars,
            "min_chars": content.min_chars,
        }

    def rich(self, content: Essay, change: RichMap) -> Essay:
        return replace(
            content,
            stem=change(content.stem),
            explanation=change(content.explanation),
            model_answer=change(content.model_answer),
            weak_answer=change(content.weak_answer),
        )

    def problems(self, content: Essay) -> list[Message]:
        found = missing_stem(content) + rubrics.rubric_problems(content.criteria)
        if not content.criteria:
            found.append(Message(N_("An essay needs a rubric.")))
        if content.max_chars and content.min_chars > content.max_chars:
            found.append(Message(N_("The fewest characters are more than the most.")))
        return found

    def present(self, content: Essay) -> Presentation:
        facts = {"max_chars": content.max_chars, "min_chars": content.min_chars, "many": True}
        return Presentation(self.name, self.shape, content.stem, (), facts)

    def rekey(self, shown: Essay, given: Essay) -> Essay:
        return replace(
            shown, explanation=given.explanation, model_answer=given.model_answer, weak_answer=given.weak_answer
        )

    def read(self, content: Essay, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        return self.restore(rubrics.answer_text(raw, rubrics.MOST_TEXT))

    def is_blank(self, value: JSONValue) -> bool:
        return not (value or "").strip()

    def score(self, content: Essay, response: Response) -> Scoring:
        return Scoring(Decimal(0) if response.blank else None, {})

    def summarise(self, content: Essay, response: Response) -> tuple[Line, ...]:
        return (Line(response.value or "", chosen=True),)

    def key(self, content: Essay) -> tuple[str, ...]:
        return ()

    def solution(self, content: Essay) -> JSONValue:
        return {
            "rubric": rubrics.dump_rubric(content.criteria),
            "model_answer": html.plain(content.model_answer),
            "weak_answer": html.plain(content.weak_answer),
        }

    def advice(self, content: Essay) -> list[Hint]:
        found = rubrics.rubric_advice(content.criteria)
        if not html.plain(content.model_answer):
            text = N_("There is no model answer. Graders who see one agree more often.")
            found.append(Hint(text, code="no_model_answer"))
        if not html.plain(content.weak_answer):
            text = N_("There is no weak answer. One with notes shows graders where the low levels begin.")
            found.append(Hint(text, code="no_weak_answer"))
        return found

    def categories(self, content: Essay, response: Response) -> tuple[str, ...]:
        return ("blank",) if response.blank else ("written",)

    def rubric(self, content: Essay) -> Rubric:
        return content.criteria

    def examples(self) -> Examples:
        levels = [{"points": 0, "text": "wrong"}, {"points": 2, "text": "partly"}, {"points": 5, "text": "right"}]
        rubric = [{"criterion": "Correctness", "levels": levels}, {"criterion": "Example", "levels": levels}]
        data = {
            "stem": "<p>Explain.</p>",
            "explanation": "<p>See above.</p>",
            "rubric": rubric,
            "model_answer": "<p>So.</p>",
        }
        return Examples(data, "A full explanation.", "?", " \n")

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        return {
            "rubric": rubrics.rubric_from_form(form),
            "model_answer": form["model_answer"].data or "",
            "weak_answer": form["weak_answer"].data or "",
            "min_chars": form["min_chars"].data or 0,
            "max_chars": form["max_chars"].data or 800,
        }


KIND = EssayKind()
