"""What the kinds marked by people share: rubrics, text answers, their form."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from wtforms import FieldList, Form, FormField, StringField, TextAreaField
from wtforms.validators import Length

from examengine.core.i18n import N_, Message
from examengine.itemtypes import matching
from examengine.itemtypes.base import ContentError, Criterion, Hint, JSONValue, Level, Rubric, list_of, text_of

MOST_TEXT = 20_000
MOST_CRITERIA, MOST_LEVELS = 8, 8
# Fewer criteria give one impression instead of a judgement; more levels than five are not told apart reliably.
FEWEST_CRITERIA, MANY_CRITERIA = 3, 5
FEWEST_LEVELS, MANY_LEVELS = 3, 5


def load_rubric(data: Mapping[str, JSONValue]) -> Rubric:
    """The rubric of authoring data (missing: empty). Raises ContentError."""
    rows = list_of(data, "rubric")
    if len(rows) > MOST_CRITERIA:
        raise ContentError(f"rubric: at most {MOST_CRITERIA} criteria")
    return tuple(Criterion(text_of(row, "criterion"), _levels(row)) for row in rows)


def _levels(row: Mapping[str, JSONValue]) -> tuple[Level, ...]:
    levels = list_of(row, "levels")
    if len(levels) > MOST_LEVELS:
        raise ContentError(f"levels: at most {MOST_LEVELS}")
    return tuple(Level(_points(level), text_of(level, "text", "")) for level in levels)


def _points(level: Mapping[str, JSONValue]) -> Decimal:
    try:
        points = Decimal(text_of(level, "points"))
    except InvalidOperation:
        raise ContentError(f"points: {level.get('points')!r} is no number") from None
    if not (points.is_finite() and 0 <= points <= 1000):
        raise ContentError("points: from 0 to 1000")
    return points


def dump_rubric(rubric: Rubric) -> list[JSONValue]:
    """JSON of a rubric."""
    return [
        {"criterion": c.title, "levels": [{"points": f"{level.points:f}", "text": level.text} for level in c.levels]}
        for c in rubric
    ]


def rubric_problems(rubric: Rubric) -> list[Message]:
    """What must be mended in a rubric."""
    found: list[Message] = []
    for criterion in rubric:
        points = [level.points for level in criterion.levels]
        if len(points) < 2:
            found.append(Message(N_("Criterion “%(title)s” needs at least two levels."), {"title": criterion.title}))
        elif points[0] != 0 or points != sorted(set(points)):
            found.append(
                Message(N_("Criterion “%(title)s”: levels must start at 0 and rise."), {"title": criterion.title})
            )
    return found


def rubric_advice(rubric: Rubric) -> list[Hint]:
    """What makes an essay's rubric hard to use: too coarse, too fine, levels that read alike."""
    found: list[Hint] = []
    if rubric and not FEWEST_CRITERIA <= len(rubric) <= MANY_CRITERIA:
        text = N_("The rubric has %(count)s criteria; graders agree best with %(low)s to %(high)s.")
        values = {"count": len(rubric), "low": FEWEST_CRITERIA, "high": MANY_CRITERIA}
        found.append(Hint(text, values, "rubric_criteria"))
    for criterion in rubric:
        if not FEWEST_LEVELS <= len(criterion.levels) <= MANY_LEVELS:
            text = N_("Criterion “%(title)s” has %(count)s levels; %(low)s to %(high)s can be told apart.")
            sizes = {"count": len(criterion.levels), "low": FEWEST_LEVELS, "high": MANY_LEVELS}
            found.append(Hint(text, {"title": criterion.title, **sizes}, "rubric_levels"))
    return found + repeated_levels(rubric)


def repeated_levels(rubric: Rubric) -> list[Hint]:
    """Levels of one criterion that say the same, or nothing."""
    found: list[Hint] = []
    for criterion in rubric:
        texts = [matching.normalise(level.text) for level in criterion.levels]
        if len(set(texts)) < len(texts) or not all(texts):
            text = N_("Criterion “%(title)s”: two levels say the same or one says nothing; say what tells them apart.")
            found.append(Hint(text, {"title": criterion.title}, "rubric_repeats"))
    return found


def answer_text(raw: JSONValue, most: int) -> str:
    """The text of a raw answer, without NUL, bounded."""
    return raw.replace("\x00", "")[:most] if isinstance(raw, str) else ""


class LevelForm(Form):
    """A level of a criterion."""

    points = StringField(N_("Points"), validators=[Length(max=12)])
    text = TextAreaField(N_("What it looks like"), validators=[Length(max=1000)])


class CriterionForm(Form):
    """A criterion with its levels."""

    criterion = StringField(N_("Criterion"), validators=[Length(max=200)])
    levels = FieldList(FormField(LevelForm), N_("Levels"), min_entries=4, max_entries=MOST_LEVELS)


class RubricForm(Form):
    """The rubric of an item that people mark."""

    rubric = FieldList(FormField(CriterionForm), N_("Rubric"), min_entries=3, max_entries=MOST_CRITERIA)


def rubric_from_form(form: Form) -> list[JSONValue]:
    """Criteria and levels that say anything, as authoring data."""
    rows: list[JSONValue] = []
    for row in form["rubric"].data or []:
        levels = [
            {"points": (level["points"] or "").strip(), "text": (level["text"] or "").strip()}
            for level in row["levels"]
            if (level["points"] or "").strip()
        ]
        if (row["criterion"] or "").strip() or levels:
            rows.append({"criterion": (row["criterion"] or "").strip(), "levels": levels})
    return rows
