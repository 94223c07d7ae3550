"""Messages carry words and values; they are worded later."""

from __future__ import annotations

import pytest

from examengine.core.errors import Conflict, Invalid, Problem
from examengine.core.i18n import N_, Message


def test_the_mark_changes_nothing() -> None:
    assert N_("100 % sure") == "100 % sure"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message("Saved."), "Saved."),
        (Message("100 % sure."), "100 % sure."),
        (Message("%(n)s of %(all)s", {"n": 1, "all": 2}), "1 of 2"),
        (Message("“%(name)s”", {"name": "100 %(n)s"}), "“100 %(n)s”"),
        (Message("还有%(n)s分钟", {"n": 5}), "还有5分钟"),
    ],
)
def test_a_message_puts_its_values_in(message: Message, words: str) -> None:
    assert str(message) == words


def test_messages_are_values() -> None:
    assert Message("a", {"n": 1}) == Message("a", {"n": 1})
    assert Message("a", {"n": 1}) != Message("a", {"n": 2})


def test_a_problem_without_detail_says_its_title() -> None:
    assert str(Conflict()) == Conflict.title


def test_a_problem_takes_words_or_a_message_and_keeps_extras() -> None:
    problem = Problem("gone", code="closed", slots=[1])
    assert (problem.detail, problem.code, problem.extra) == (Message("gone"), "closed", {"slots": [1]})
    assert Problem.code == "bad-request"


def test_invalid_names_each_problem_and_says_the_first() -> None:
    problem = Invalid(problems=[Message("a"), Message("b")])
    assert problem.problems == (Message("a"), Message("b"))
    assert str(problem) == "a"
