"""The picker of fixed questions as the plan's page shows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from examengine.bank import queries
from examengine.bank.models import Bank
from examengine.core.pages import Page
from examengine.itemtypes import kinds
from examengine.web.author.forms import tidy
from examengine.web.author.plan_rows import SLOTS
from examengine.web.author.rows import Fields

SIZE = 20


@dataclass(frozen=True)
class Picker:
    """What is looked for, what was found, what is chosen so far."""

    target: str
    """Name of the list of slots that the chosen questions go to."""
    bank: int
    kind: str
    words: str
    page: Page[queries.Pick]
    chosen: tuple[int, ...]

    @property
    def elsewhere(self) -> list[int]:
        """Chosen questions that this page of results does not show."""
        shown = {row.item_id for row in self.page.rows}
        return [item for item in self.chosen if item not in shown]


def picker(fields: Fields, banks: Sequence[Bank], excluded: Collection[int]) -> Picker | None:
    """The picker, if it is open; `excluded`: questions that are not offered."""
    target = fields.get("pick", "")
    if not SLOTS.fullmatch(target) or not banks:
        return None
    home = fields.get("pick_bank", type=int)
    home = home if home in {row.id for row in banks} else banks[0].id
    kind = fields.get("pick_kind", "") if fields.get("pick_kind", "") in kinds() else ""
    words = (tidy(fields.get("pick_words", "")) or "")[:200]
    number = fields.get("pick_page", 1, type=int)
    page = queries.find_picks(home, kind, words, excluded=excluded, page=number, size=SIZE)
    chosen = [int(text) for text in fields.getlist("pick_ids") if text.isdecimal() and len(text) < 18]
    return Picker(target, home, kind, words, page, tuple(dict.fromkeys(i for i in chosen if i not in excluded)))
