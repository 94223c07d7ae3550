"""The list of questions: filters, sorting, pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from wtforms import RadioField, SearchField, SelectField

from examengine.bank import queries
from examengine.bank.models import Bank
from examengine.core.i18n import N_
from examengine.itemtypes import kinds
from examengine.web.author import blueprint
from examengine.web.author import words as labels
from examengine.web.author.forms import tidy
from examengine.web.author.sight import for_trainers, hidden_items
from examengine.web.author.tree import Node, competency_tree, flat
from examengine.web.shell.forms import PageForm
from examengine.web.shell.language import language, say
from examengine.web.shell.templating import url_with

ANY = ("", N_("All"))


class FilterForm(PageForm):
    """What the list is narrowed to; it lives in the address."""

    class Meta:
        csrf = False

    words = SearchField(N_("Search"), filters=[tidy])
    bank = SelectField(N_("Bank"))
    kind = SelectField(N_("Kind"))
    state = SelectField(N_("State"), choices=[("", N_("In use")), *labels.ITEM_STATES.items()])
    language = SelectField(N_("Language"), choices=[ANY, *labels.LANGUAGES.items()])
    difficulty = SelectField(
        N_("Difficulty"), choices=[ANY, *((str(n), label) for n, label in labels.DIFFICULTIES.items())]
    )
    use = SelectField(N_("May be used in"), choices=[ANY, *labels.USES.items()])
    competency = RadioField(N_("Competency"), default="")

    def fill(self, banks: Sequence[Bank], tree: Sequence[Node]) -> None:
        """Offer what there is; what is not offered does not narrow."""
        self.bank.choices = [("", say(N_("All"))), *((str(row.id), row.title(language())) for row in banks)]
        self.kind.choices = [("", say(N_("All"))), *((name, say(kind.label)) for name, kind in kinds().items())]
        self.competency.choices = [("", say(N_("All"))), *flat(tree)]
        for field in self:
            if field.name != "words" and field.data not in dict(field.choices):  # type: ignore[attr-defined]
                field.data = ""

    def chosen(self) -> queries.ItemFilter:
        """As the bank takes it."""
        return queries.ItemFilter(
            int(self.bank.data) if self.bank.data else None,
            self.kind.data,
            self.language.data,
            int(self.difficulty.data) if self.difficulty.data else None,
            self.competency.data,
            self.state.data,
            self.use.data,
            (self.words.data or "")[:200],
        )

    def chips(self) -> list[tuple[str, str]]:
        """Each narrowing in words, with the address without it."""
        found = []
        for field in self:
            if field.data:
                text = dict(getattr(field, "choices", ())).get(field.data, field.data)
                found.append((f"{field.label.text}: {text}", url_with(**{field.name: None, "page": None})))
        return found


def resorted(sort: str) -> str:
    """The list's address in another order, from its first page."""
    return url_with(sort=sort, page=None)


@blueprint.get("/items")
@for_trainers
def items() -> str:
    """Questions by bank, kind, language, difficulty, competency, state, use and words."""
    banks, tree = queries.find_banks(), competency_tree()
    form = FilterForm(request.args)
    form.fill(banks, tree)
    sort = request.args.get("sort", "code")
    page = queries.find_items(form.chosen(), request.args.get("page", 1, int), sort, hidden_items())
    facts: dict[str, Any] = {"banks": {row.id: row for row in banks}, "tree": tree, "kinds": kinds(), "sort": sort}
    return render_template("author/items.html", form=form, page=page, resorted=resorted, words=labels, **facts)
