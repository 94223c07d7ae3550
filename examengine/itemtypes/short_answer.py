"""Short answer: a listed answer counts at once, anything else goes to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import Form, IntegerField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from examengine.core import html
from examengine.core.i18n import N_, Message
from examengine.itemtypes import matching, rubrics
from examengine.itemtypes.base import (
    Content,
    ContentError,
    Examples,
    Hint,
    JSONValue,
    Kind,
    Line,
    Presentation,
    Reply,
    Response,
    RichMap,
    Rubric,
    Scoring,
    missing_stem,
    number_of,
    text_of,
)


@dataclass(frozen=True)
class ShortAnswer(Content):
    """Answers that are fully right as they stand, a model answer, and a rubric if one is wanted."""

    accept: tuple[str, ...] = ()
    model_answer: str = ""
    max_chars: int = 200
    criteria: Rubric = ()


class ShortAnswerForm(rubrics.RubricForm):
    """Accepted answers, model answer, rubric."""

    accept = TextAreaField(N_("Accepted answers, one a line"), validators=[Length(max=8000)])
    model_answer = TextAreaField(N_("Model answer"), validators=[Length(max=rubrics.MOST_TEXT)])
    max_chars = IntegerField(N_("Most characters"), default=200, validators=[Optional(), NumberRange(10, 5000)])


class ShortAnswerKind(Kind[ShortAnswer]):
    """One to a few sentences."""

    name, label, rank = "short_answer", N_("Short answer"), 5
    marked_by = "machine_then_people"
    shape = "text"
    AuthorForm = ShortAnswerForm
    fixed = frozenset({"rubric", "max_chars"})
    lists_answers = True

    def load(self, data: Mapping[str, JSONValue]) -> ShortAnswer:
        accept = data.get("accept") or []
        if not isinstance(accept, list):
            raise ContentError("accept: a list of texts is needed")
        return ShortAnswer(
            text_of(data, "stem"),
            text_of(data, "explanation", ""),
            tuple(str(a).strip() for a in accept if str(a).strip()),
            text_of(data, "model_answer", ""),
            number_of(data, "max_chars", 200),
            rubrics.load_rubric(data),
        )

    def dump(self, content: ShortAnswer) -> dict[str, JSONValue]:
        return {
            "stem": content.stem,
            "explanation": content.explanation,
            "accept": list(content.accept),
            "model_answer": content.model_answer,
            "max_chars": content.max_chars,
        } | ({"rubric": rubrics.dump_rubric(content.criteria)} if content.criteria else {})

    def rich(self, content: ShortAnswer, change: RichMap) -> ShortAnswer:
        return replace(
            content,
            stem=change(content.stem),
            explanation=change(content.explanation),
            model_answer=change(content.model_answer),
        )

    def problems(self, content: ShortAnswer) -> list[Message]:
        found = missing_stem(content) + rubrics.rubric_problems(content.criteria)
        if not content.accept and not content.model_answer:
            found.append(Message(N_("Graders need a model answer or accepted answers.")))
        return found

    def present(self, content: ShortAnswer) -> Presentation:
        return Presentation(self.name, self.shape, content.stem, (), {"max_chars": content.max_chars})

    def rekey(self, shown: ShortAnswer, given: ShortAnswer) -> ShortAnswer:
        return replace(
            shown, explanation=given.explanation, accept=given.accept, model_answer=given.model_answer
        )  # the rubric stays: marks were given by it

    def replies(self, content: ShortAnswer, response: Response) -> tuple[Reply, ...]:
        given = matching.normalise(response.value or "")
        if not given:
            return ()
        wanted = {a: matching.normalise(a) for a in content.accept}
        right = given in wanted.values()
        near = "" if right else next((a for a, form in wanted.items() if matching.is_near(given, form)), "")
        return (Reply(0, response.value, given, right, near),)

    def accepting(self, content: ShortAnswer, place: int, text: str) -> ShortAnswer:
        if place != 0:
            raise ContentError("there is one answer only")
        return replace(content, accept=(*content.accept, text.strip()))

    def read(self, content: ShortAnswer, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        return self.restore(rubrics.answer_text(raw, rubrics.MOST_TEXT))

    def is_blank(self, value: JSONValue) -> bool:
        return not matching.normalise(value or "")

    def score(self, content: ShortAnswer, response: Response) -> Scoring:
        given = matching.normalise(response.value or "")
        evidence: dict[str, JSONValue] = {"profile": matching.PROFILE, "normalised": given}
        if not given:
            return Scoring(Decimal(0), evidence)
        matched = next((a for a in content.accept if matching.normalise(a) == given), None)
        return Scoring(None if matched is None else Decimal(1), evidence | {"matched": matched})

    def summarise(self, content: ShortAnswer, response: Response) -> tuple[Line, ...]:
        return (Line(response.value or "", chosen=True),)

    def key(self, content: ShortAnswer) -> tuple[str, ...]:
        return content.accept

    def solution(self, content: ShortAnswer) -> JSONValue:
        written = {"accept": list(content.accept), "model_answer": html.plain(content.model_answer)}
        return written | ({"rubric": rubrics.dump_rubric(content.criteria)} if content.criteria else {})

    def advice(self, content: ShortAnswer) -> list[Hint]:
        found = rubrics.repeated_levels(content.criteria)
        if not html.plain(content.model_answer):
            text = N_("There is no model answer. Graders compare with it what nobody thought of.")
            found.append(Hint(text, code="no_model_answer"))
        return found

    def categories(self, content: ShortAnswer, response: Response) -> tuple[str, ...]:
        return ("blank",) if response.blank else (matching.normalise(response.value),)

    def rubric(self, content: ShortAnswer) -> Rubric:
        return content.criteria

    def examples(self) -> Examples:
        data = {
            "stem": "<p>Who decides at level E2?</p>",
            "explanation": "<p>See the table.</p>",
            "accept": ["the team leader", "team leader"],
            "model_answer": "<p>The team leader.</p>",
        }
        return Examples(data, "Team  Leader", "the cook", "  ")

    def form_data(self, content: ShortAnswer) -> dict[str, JSONValue]:
        return self.dump(content) | {"accept": "\n".join(content.accept)}

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        return {
            "accept": [line.strip() for line in (form["accept"].data or "").splitlines() if line.strip()],
            "model_answer": form["model_answer"].data or "",
            "max_chars": form["max_chars"].data or 200,
            "rubric": rubrics.rubric_from_form(form),
        }


KIND = ShortAnswerKind()
