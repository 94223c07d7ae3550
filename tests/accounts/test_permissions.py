"""Which role opens which audience's pages."""

from __future__ import annotations

import pytest

from examengine.accounts.permissions import AUDIENCES, ROLES, may_enter

OPEN_TO_ALL = {"public", "candidate", "invigilator"}  # there the object decides: an enrolment, a sitting
MATRIX = {
    "marker": {"grader"},
    "author": {"trainer", "manager"},
    "manager": {"manager"},
    "admin": {"administrator"},
}


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_the_pages_of_its_audiences(audience: str, role: str) -> None:
    assert may_enter(audience, lambda: [role]) == (audience in OPEN_TO_ALL or role in MATRIX[audience])


@pytest.mark.parametrize("audience", AUDIENCES)
def test_somebody_without_a_role_enters_what_is_open_to_all(audience: str) -> None:
    assert may_enter(audience, list) == (audience in OPEN_TO_ALL)


def test_one_of_several_roles_is_enough() -> None:
    assert may_enter("manager", lambda: ["operator", "manager"])


def test_roles_are_not_asked_for_where_none_is_needed() -> None:
    def ask() -> list[str]:
        raise AssertionError("that costs a query")

    assert may_enter("candidate", ask)


def test_an_unknown_audience_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError):
        may_enter("nobody", list)


def test_the_five_roles() -> None:
    assert list(ROLES) == ["operator", "grader", "trainer", "manager", "administrator"]
