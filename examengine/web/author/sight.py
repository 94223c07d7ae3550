"""Who may see what in these pages: trainers, and nobody what she herself is going to be asked (semantics §4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g

from examengine.bank import queries as bank
from examengine.bank.models import Item
from examengine.core import clock
from examengine.core.db import session, set_reading
from examengine.core.errors import Missing
from examengine.delivery.conflicts import Hidden, find_hidden
from examengine.exams import queries as exams
from examengine.exams.models import Exam
from examengine.web.shell.people import me, need

LARGEST_ID = 2**63 - 1
"""No database column takes more: such a number is the number of nothing."""

View = TypeVar("View", bound=Callable[..., Any])


def for_trainers(view: View) -> View:
    """A view that managers may not open: questions belong to the trainers."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        need("trainer")
        return view(*args, **kwargs)

    checked.role = "trainer"  # type: ignore[attr-defined]  # read by the tests of the access rules
    return checked  # type: ignore[return-value]


def hidden_exams() -> frozenset[int]:
    """Exams that must not exist for the person."""
    return _hidden().exams


def hidden_items() -> frozenset[int]:
    """Items that must not exist for the person."""
    return _hidden().items


def _hidden() -> Hidden:
    if "hidden" not in g:
        g.hidden = find_hidden(me().id, clock.now())
    found: Hidden = g.hidden
    return found


def exam_in_sight(exam_id: int) -> Exam:
    """The exam. Raises Missing, also when it must not exist for the person."""
    if not 0 < exam_id <= LARGEST_ID or exam_id in hidden_exams():
        raise Missing
    return exams.get_exam(exam_id)


def item_in_sight(item_id: int) -> Item:
    """The item with its versions. Raises Missing, also when it must not exist for the person."""
    if not 0 < item_id <= LARGEST_ID or item_id in hidden_items():
        raise Missing
    item = bank.get_item(item_id)
    bank.load_versions([item])
    return item


def only_read() -> None:
    """This request writes nothing although its method could: give SQLite's write lock back to those who save."""
    session.rollback()
    set_reading(True)
