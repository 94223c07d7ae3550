"""Fill-in: one or more ordered blanks, each with accepted texts or a number (semantics §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from wtforms import BooleanField, FieldList, Form, FormField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from examengine.core.i18n import N_, Message
from examengine.itemtypes import matching
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
    Scoring,
    list_of,
    missing_stem,
    text_of,
)

MARK = re.compile(r"\[\[([1-9][0-9]{0,3})\]\]")  # as the template looks for it: no full-width digits, no leading 0
MOST_BLANKS = 20
MOST_TEXT = 2_000
PARTIAL = {"by_blank": N_("Each blank counts alone"), "all_or_nothing": N_("All blanks or nothing")}


@dataclass(frozen=True)
class Blank:
    """One blank: accepted texts, or a number with its tolerance."""

    accept: tuple[str, ...] = ()
    number: Decimal | None = None
    tolerance: matching.Tolerance = matching.EXACT
    case: bool = False
    decimal_separator: str = "."

    def match(self, answer: str) -> str | None:
        """The alternative that `answer` matches, or None."""
        if self.number is not None:
            given = matching.parse_number(answer, self.decimal_separator)
            near = given is not None and abs(given - self.number) <= self.tolerance.around(self.number)
            return f"{self.number:f}" if near else None
        wanted = matching.normalise(answer, fold_case=not self.case)
        return next((a for a in self.accept if matching.normalise(a, fold_case=not self.case) == wanted), None)

    def reply(self, place: int, text: str) -> Reply:
        """`text` as an answer to this blank, for grouping."""
        compared = matching.normalise(text, fold_case=not self.case)
        right = bool(compared) and self.match(text) is not None
        if self.number is not None:
            near = "" if right or not matching.names_number(text, self.number) else self.words()
            return Reply(place, text, compared, right, near, listable=False)
        wanted = ((a, matching.normalise(a)) for a in self.accept)
        near = next((a for a, form in wanted if self._nearly(matching.normalise(text), form)), "")
        return Reply(place, text, compared, right, "" if right else near)

    def _nearly(self, given: str, wanted: str) -> bool:
        return given == wanted or matching.is_near(given, wanted)  # the same but for capitals is near too

    def words(self) -> str:
        """The key in words."""
        if self.number is None:
            return " / ".join(self.accept)
        tolerance = matching.format_tolerance(self.tolerance)
        return f"{self.number:f}" + (f" ± {tolerance}" if tolerance else "")


@dataclass(frozen=True)
class FillIn(Content):
    """A stem with [[1]], [[2]] … and the blanks in that order."""

    blanks: tuple[Blank, ...] = ()
    partial: str = "by_blank"


class BlankForm(Form):
    """A row of the blanks table."""

    accept = TextAreaField(N_("Accepted answers, one a line"), validators=[Length(max=4000)])
    number = StringField(N_("or a number"), validators=[Length(max=40)])
    tolerance = StringField(N_("Tolerance (0.5 or 5%)"), validators=[Length(max=20)])
    decimal_separator = SelectField(
        N_("Decimal separator"), choices=[(".", N_("point")), (",", N_("comma"))], default="."
    )
    case = BooleanField(N_("Capital letters matter"))


class FillInForm(Form):
    """Blanks and how they count."""

    blanks = FieldList(
        FormField(BlankForm), N_("Blanks, in the order of [[1]], [[2]] … in the question"), min_entries=2
    )
    partial = SelectField(N_("Credit"), choices=list(PARTIAL.items()))


def load_blank(data: Mapping[str, JSONValue]) -> Blank:
    """A blank of authoring data. Raises ContentError."""
    separator = data.get("decimal_separator", ".")
    if separator not in (".", ","):
        raise ContentError("decimal_separator: '.' or ','")
    if data.get("number") not in (None, ""):
        key = matching.parse_number(text_of(data, "number"))
        if key is None:
            raise ContentError(f"number: {data['number']!r} is no plain number")
        try:
            tolerance = matching.parse_tolerance(text_of(data, "tolerance", ""))
        except ValueError as error:
            raise ContentError(str(error)) from None
        return Blank(number=key, tolerance=tolerance, decimal_separator=separator)
    accept = data.get("accept", [])
    if not isinstance(accept, list) or not accept:
        raise ContentError("a blank needs `accept` (a list of texts) or `number`")
    texts = tuple(str(a).strip() for a in accept)
    return Blank(accept=tuple(a for a in texts if a), case=bool(data.get("case", False)), decimal_separator=separator)


def dump_blank(blank: Blank) -> dict[str, JSONValue]:
    """JSON of a blank, defaults left out."""
    separator = {"decimal_separator": ","} if blank.decimal_separator == "," else {}
    if blank.number is not None:
        tolerance = matching.format_tolerance(blank.tolerance)
        return {"number": f"{blank.number:f}"} | ({"tolerance": tolerance} if tolerance else {}) | separator
    return {"accept": list(blank.accept)} | ({"case": True} if blank.case else {}) | separator


class FillInKind(Kind[FillIn]):
    """Written into the sentence; matched by the default profile."""

    name, label, rank = "fill_in", N_("Fill in"), 4
    marked_by = "machine"
    shape = "blanks"
    AuthorForm = FillInForm
    lists_answers = True

    def load(self, data: Mapping[str, JSONValue]) -> FillIn:
        blanks = tuple(load_blank(entry) for entry in list_of(data, "blanks"))
        if len(blanks) > MOST_BLANKS:
            raise ContentError(f"blanks: at most {MOST_BLANKS}")
        partial = data.get("partial", "by_blank")
        if not isinstance(partial, str) or partial not in PARTIAL:
            raise ContentError(f"partial: one of {', '.join(PARTIAL)}")
        return FillIn(text_of(data, "stem"), text_of(data, "explanation", ""), blanks, partial)

    def dump(self, content: FillIn) -> dict[str, JSONValue]:
        return {
            "stem": content.stem,
            "explanation": content.explanation,
            "blanks": [dump_blank(blank) for blank in content.blanks],
            "partial": content.partial,
        }

    def rich(self, content: FillIn, change: RichMap) -> FillIn:
        return replace(content, stem=change(content.stem), explanation=change(content.explanation))

    def problems(self, content: FillIn) -> list[Message]:
        found = missing_stem(content)
        marks = [int(n) for n in MARK.findall(content.stem)]
        if not content.blanks:
            found.append(Message(N_("There is no blank.")))
        if marks != list(range(1, len(content.blanks) + 1)):
            found.append(
                Message(
                    N_("The question must have [[1]] to [[%(n)s]] once each, in order."), {"n": len(content.blanks)}
                )
            )
        for number, blank in enumerate(content.blanks, 1):
            if blank.number == 0 and blank.tolerance.relative:
                found.append(Message(N_("Blank %(n)s: the key 0 takes no relative tolerance."), {"n": number}))
            if blank.number is None and not all(matching.normalise(a) for a in blank.accept or ("",)):
                found.append(Message(N_("Blank %(n)s has no accepted answer."), {"n": number}))
        return found

    def present(self, content: FillIn) -> Presentation:
        return Presentation(self.name, self.shape, content.stem, (), {"blanks": len(content.blanks)})

    def rekey(self, shown: FillIn, given: FillIn) -> FillIn:
        if len(shown.blanks) != len(given.blanks):
            raise ContentError("the blanks must stay as many as were shown")
        return replace(shown, explanation=given.explanation, blanks=given.blanks, partial=given.partial)

    def replies(self, content: FillIn, response: Response) -> tuple[Reply, ...]:
        given: list[str] = response.value or [""] * len(content.blanks)
        written = enumerate(zip(content.blanks, given, strict=True))
        return tuple(blank.reply(place, text) for place, (blank, text) in written if matching.normalise(text))

    def accepting(self, content: FillIn, place: int, text: str) -> FillIn:
        if not 0 <= place < len(content.blanks) or content.blanks[place].number is not None:
            raise ContentError("this blank has no list of accepted answers")
        blank = replace(content.blanks[place], accept=(*content.blanks[place].accept, text.strip()))
        return replace(content, blanks=(*content.blanks[:place], blank, *content.blanks[place + 1 :]))

    def read(self, content: FillIn, raw: JSONValue, order: Sequence[int] = ()) -> Response:
        given = raw if isinstance(raw, list) else []
        texts = [entry[:MOST_TEXT] if isinstance(entry, str) else "" for entry in given[: len(content.blanks)]]
        return self.restore(texts + [""] * (len(content.blanks) - len(texts)))

    def is_blank(self, value: JSONValue) -> bool:
        return not any(matching.normalise(text) for text in value or ())

    def score(self, content: FillIn, response: Response) -> Scoring:
        given: list[str] = response.value or [""] * len(content.blanks)
        matched = [
            blank.match(text) if matching.normalise(text) else None
            for blank, text in zip(content.blanks, given, strict=True)
        ]
        right = sum(alternative is not None for alternative in matched)
        fraction = Decimal(right) / len(content.blanks) if content.blanks else Decimal(0)
        if content.partial == "all_or_nothing" and fraction < 1:
            fraction = Decimal(0)
        evidence = {
            "profile": matching.PROFILE,
            "normalised": [matching.normalise(text) for text in given],
            "matched": matched,
        }
        return Scoring(fraction, evidence)

    def summarise(self, content: FillIn, response: Response) -> tuple[Line, ...]:
        given = response.value or [""] * len(content.blanks)
        return tuple(
            Line(text, chosen=True, right=bool(matching.normalise(text)) and blank.match(text) is not None)
            for blank, text in zip(content.blanks, given, strict=True)
        )

    def key(self, content: FillIn) -> tuple[str, ...]:
        return tuple(blank.words() for blank in content.blanks)

    def solution(self, content: FillIn) -> JSONValue:
        return [
            {"blank": n, "accept": list(blank.accept) or [f"{blank.number:f}"]}
            | ({"tolerance": matching.format_tolerance(blank.tolerance) or "0"} if blank.number is not None else {})
            for n, blank in enumerate(content.blanks, 1)
        ]

    def advice(self, content: FillIn) -> list[Hint]:
        found = []
        for n, blank in enumerate(content.blanks, 1):
            if blank.number is not None and blank.number % 1 and not blank.tolerance.amount:
                text = N_("Blank %(n)s: %(number)s has decimals but no tolerance. Say how near is near enough.")
                found.append(Hint(text, {"n": n, "number": f"{blank.number:f}"}, "no_tolerance"))
            seen: dict[str, str] = {}
            for text_ in blank.accept:
                first = seen.setdefault(matching.normalise(text_, fold_case=not blank.case), text_)
                if first is not text_:
                    text = N_("Blank %(n)s: “%(text)s” is accepted as “%(first)s” already. One of them is enough.")
                    found.append(Hint(text, {"n": n, "text": text_, "first": first}, "redundant_alternative"))
        return found

    def categories(self, content: FillIn, response: Response) -> tuple[str, ...]:
        if response.blank:
            return ("blank",)
        return tuple(f"{i}:{matching.normalise(text)}" for i, text in enumerate(response.value, 1))

    def examples(self) -> Examples:
        data = {
            "stem": "<p>Check [[1]] within [[2]] hours.</p>",
            "explanation": "<p>Always.</p>",
            "blanks": [{"accept": ["the password", "password"]}, {"number": "24", "tolerance": "1"}],
        }
        return Examples(data, ["Password", "24"], ["name", "72"], ["", " "])

    def form_data(self, content: FillIn) -> dict[str, JSONValue]:
        rows = [dump_blank(blank) for blank in content.blanks]
        return {
            "blanks": [row | {"accept": "\n".join(row.get("accept", []))} for row in rows],
            "partial": content.partial,
        }

    def from_form(self, form: Form) -> dict[str, JSONValue]:
        blanks: list[JSONValue] = []
        for row in form["blanks"].data or []:
            accept = [line.strip() for line in (row["accept"] or "").splitlines() if line.strip()]
            if (row["number"] or "").strip():
                number, tolerance = row["number"].strip(), (row["tolerance"] or "").strip()
                separator = row["decimal_separator"] or "."
                blanks.append({"number": number, "tolerance": tolerance, "decimal_separator": separator})
            elif accept:
                blanks.append({"accept": accept, "case": bool(row["case"])})
        return {"blanks": blanks, "partial": form["partial"].data}


KIND = FillInKind()
