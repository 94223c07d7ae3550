"""The editor's form: facts that every question has, and its kind's own form inside it."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from wtforms import (
    FileField,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Regexp

from examengine.bank.actions import CODE
from examengine.bank.models import Item, ItemVersion
from examengine.core.i18n import N_
from examengine.formats.base import ItemDraft
from examengine.itemtypes import get
from examengine.itemtypes.base import Content, JSONValue, Kind
from examengine.web.author import words
from examengine.web.author.forms import PointsField, required, tidy
from examengine.web.author.richtext import softened
from examengine.web.shell.forms import PageForm

MOST_STEM = 20_000


class ItemForm(PageForm):
    """Facts, stem and explanation; `kind` is the AuthorForm of the question's kind."""

    kind: FormField[Any]
    uploads = HiddenField()
    """Numbers of the pictures added while the question had no number of its own."""
    picture = FileField(N_("Picture"))
    picture_alt = StringField(
        N_("What it shows"),
        filters=[tidy],
        description=N_("In a sentence: who cannot see the picture hears it, and lists show it."),
    )
    seen = HiddenField()
    """Fingerprint of the version that the author has before her: tells when somebody else saved meanwhile."""
    bank = SelectField(N_("Bank"), coerce=int)
    code = StringField(
        N_("Code"),
        validators=required(
            Length(max=80),
            Regexp(CODE.pattern + r"\Z", message=N_("Small letters, digits and - only.")),
        ),
        filters=[tidy],
        description=N_("Unique in its bank; it stays the same through all versions."),
    )
    language = SelectField(N_("Language"), choices=list(words.LANGUAGES.items()))
    points = PointsField(N_("Points"), validators=required(), default="1")
    difficulty = SelectField(N_("Difficulty"), coerce=int, choices=list(words.DIFFICULTIES.items()), default=3)
    use = SelectField(N_("May be used in"), choices=list(words.USES.items()))
    source = StringField(
        N_("Source"),
        validators=[Length(max=200)],
        filters=[tidy],
        description=N_("The rule, page or case it is taken from."),
    )
    competencies = SelectMultipleField(N_("Competencies"))
    stem = TextAreaField(N_("Question"), validators=[Length(max=MOST_STEM)])
    explanation = TextAreaField(
        N_("Explanation"),
        validators=[Length(max=MOST_STEM)],
        description=N_("Shown with the key once keys are released."),
    )

    def draft(self, kind: Kind[Content], code: str) -> ItemDraft:
        """What the form says, as the bank takes it."""
        return ItemDraft(
            code,
            kind.name,
            self.language.data,
            self.points.points or Decimal(1),
            self.difficulty.data,
            tuple(self.competencies.data or ()),
            self.source.data or "",
            self.use.data,
            self.authored(kind),
        )

    def authored(self, kind: Kind[Content]) -> dict[str, JSONValue]:
        """Authoring data of the kind, with stem and explanation."""
        own = kind.from_form(self.kind.form)
        return own | {"stem": self.stem.data or "", "explanation": self.explanation.data or ""}


@cache
def form_class(name: str) -> type[ItemForm]:
    """The editor's form for the kind called `name`."""
    return type("KindItemForm", (ItemForm,), {"kind": FormField(get(name).AuthorForm, "")})


def form_values(item: Item, version: ItemVersion) -> dict[str, Any]:
    """A version as the form shows it: rich text that is plain is shown plain."""
    kind = get(version.kind)
    content = kind.rich(kind.load(version.content), softened)
    return {
        "seen": version.sha256,
        "bank": item.bank_id,
        "language": version.language,
        "points": version.points,
        "difficulty": version.difficulty,
        "use": item.use,
        "source": version.source,
        "competencies": list(version.competencies),
        "stem": content.stem,
        "explanation": content.explanation,
        "kind": kind.form_data(content),
    }
