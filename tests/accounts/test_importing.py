"""The comparison of a file's rows with the people there are; importing twice changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.accounts import details
from examengine.accounts.importing import Change, Known, Line, Register, compare

CEM = Known(1, "cem", "Cem", "cem@example.org", "en", "East", frozenset({"operator"}), True)
BEN = Known(2, "ben", "Ben", "", "", "", frozenset({"administrator"}), True)
OLD = Known(3, "old", "Old", "", "", "", frozenset({"administrator"}), False)
PEOPLE = {person.username: person for person in (CEM, BEN, OLD)}


def lines(*rows: Mapping[str, str], administrators: int | None = 1, own: str = "") -> list[Line]:
    return compare(enumerate(rows, 2), Register(PEOPLE, administrators, own))


def one(administrators: int | None = 1, own: str = "", **said: str) -> Line:
    return lines(said, administrators=administrators, own=own)[0]


def test_a_new_person_has_what_the_row_says_and_is_an_operator() -> None:
    line = one(username="0042", name="陈思敏", team="华东一班", email="")
    assert (line.outcome, line.person_id, line.row) == ("new", None, 2)
    assert line.wanted == {"name": "陈思敏", "team": "华东一班", "roles": "operator"}


def test_changes_stand_field_by_field() -> None:
    line = one(
        username="cem", name="Cem Two", team="West", roles="grader, 话务员", email="cem@example.org", language="中文"
    )
    assert line.outcome == "changed"
    assert line.changes == (
        Change("name", "Cem", "Cem Two"),
        Change("team", "East", "West"),
        Change("roles", "operator", "grader operator"),
        Change("language", "en", "zh"),
    )


def test_an_empty_cell_changes_nothing() -> None:
    line = one(username="cem", name="", team="", roles="", email="", language="")
    assert (line.outcome, line.changes) == ("unchanged", ())


def test_full_width_numbers_are_the_same_person() -> None:
    assert one(username="ｃｅｍ", name="Cem").outcome == "unchanged"


def test_somebody_deactivated_stays_so_and_it_is_said() -> None:
    line = one(username="old", name="Older")
    assert line.outcome == "changed"
    assert "stays so" in str(line.reasons[0])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"username": "", "name": "X"}, "number is missing"),
        ({"username": "a b", "name": "X"}, "a b"),
        ({"username": "1" * 41, "name": "X"}, "letters, digits"),
        ({"username": "1"}, "name is missing"),
        ({"username": "1", "name": "x" * 81}, "1 to 80"),
        ({"username": "cem", "name": "x" * 81}, "1 to 80"),
        ({"username": "1", "name": "X", "team": "x" * 81}, "team"),
        ({"username": "1", "name": "X", "roles": "operator king"}, "king"),
        ({"username": "1", "name": "X", "email": "nobody"}, "nobody"),
        ({"username": "1", "name": "X", "email": "a@" + "b" * 200}, "e-mail"),
        ({"username": "1", "name": "X", "language": "Klingon"}, "Klingon"),
    ],
)
def test_faulty_rows_are_refused_with_the_reason(said: dict[str, str], reason: str) -> None:
    line = one(**said)
    assert line.outcome == "refused"
    assert line.changes == ()
    assert reason in " ".join(map(str, line.reasons))


def test_a_row_has_all_its_reasons() -> None:
    assert len(one(username="a b", name="", roles="king", email="x").reasons) == 4


def test_the_second_row_of_a_number_is_refused_and_names_the_first() -> None:
    first, second, third = lines(
        {"username": "1", "name": "A"}, {"username": "１", "name": "B"}, {"username": "1", "name": "A"}
    )
    assert (first.outcome, second.outcome, third.outcome) == ("new", "refused", "refused")
    assert "row 2" in str(second.reasons[0])
    assert "row 2" in str(third.reasons[0])


def test_the_last_administrator_keeps_the_role() -> None:
    assert one(username="ben", roles="operator").outcome == "refused"
    assert one(2, username="ben", roles="operator").outcome == "changed"
    assert one(2, own="ben", username="ben", roles="operator").outcome == "refused"
    assert one(None, username="ben", roles="operator").outcome == "changed"  # nobody's roles are going to be changed
    assert one(username="old", roles="operator").outcome == "changed"  # was none: she is deactivated


def test_two_administrators_do_not_go_at_once() -> None:
    people = {name: Known(n, name, name, "", "", "", frozenset({"administrator"}), True) for n, name in enumerate("ab")}
    rows = [(2, {"username": "a", "roles": "operator"}), (3, {"username": "b", "roles": "operator"})]
    assert [line.outcome for line in compare(rows, Register(people, 2))] == ["changed", "refused"]


@pytest.mark.parametrize(
    ("text", "roles", "strange"),
    [
        ("operator", {"operator"}, []),
        ("话务员、阅卷人", {"operator", "grader"}, []),
        ("Trainer; MANAGER", {"trainer", "manager"}, []),
        ("系统管理员", {"administrator"}, []),
        ("grader grader", {"grader"}, []),
        ("king/operator", {"operator"}, ["king"]),
        ("", set(), []),
    ],
)
def test_roles_in_words(text: str, roles: set[str], strange: list[str]) -> None:
    assert details.read_roles(text) == (roles, strange)


SAID = st.fixed_dictionaries(
    {"username": st.sampled_from(["cem", "ben", "1", "2", "a b", ""])},
    optional={
        "name": st.sampled_from(["", "Ann", "Ann Author", "x" * 81]),
        "team": st.sampled_from(["", "East", "West"]),
        "roles": st.sampled_from(["", "operator", "grader operator", "阅卷人", "king", "administrator"]),
        "email": st.sampled_from(["", "a@b.cn", "x"]),
        "language": st.sampled_from(["", "zh", "English", "xx"]),
    },
)


def taken_over(people: Mapping[str, Known], found: list[Line]) -> dict[str, Known]:
    """The people after the rows were written."""
    after = dict(people)
    for number, line in enumerate(found, 100):
        if line.outcome in ("new", "changed"):
            old = after.get(line.username, Known(number, line.username, "", "", "", "", frozenset(), True))
            facts = {f: line.wanted.get(f, getattr(old, f)) for f in ("name", "email", "language", "team")}
            roles = frozenset(line.wanted["roles"].split()) if "roles" in line.wanted else old.roles
            after[line.username] = Known(old.id, line.username, roles=roles, active=old.active, **facts)
    return after


@given(st.lists(SAID, max_size=8))
def test_importing_twice_changes_nothing_the_second_time(rows: list[dict[str, str]]) -> None:
    found = compare(enumerate(rows, 2), Register(PEOPLE, 1, "ben"))
    assert [line.row for line in found] == list(range(2, len(rows) + 2))
    after = taken_over(PEOPLE, found)
    assert any(p.active and "administrator" in p.roles for p in after.values())
    again = compare(enumerate(rows, 2), Register(after, 9, "ben"))
    for first, second in zip(found, again, strict=True):
        assert second.outcome == ("refused" if first.outcome == "refused" else "unchanged")
