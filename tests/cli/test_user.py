"""user add, import, passwd."""

from __future__ import annotations

from pathlib import Path

import pytest

from examengine.accounts import login
from examengine.accounts import queries as people
from tests.cli.conftest import Console

HEAD = "username,name,roles,team,email\n"


def names(console: Console) -> list[str]:
    with console.app().app_context():
        return sorted(person.username for person in people.find_people())


def lets_in(console: Console, username: str, password: str) -> bool:
    with console.app().app_context():
        return login.check(username, password) is not None


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "people.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_person_is_added_with_a_password_that_works(console: Console) -> None:
    made = console.json("user", "add", "2001", "陈思敏", "--role", "operator", "--role", "grader", "--team", "East")
    assert set(made) == {"username", "password", "roles"}
    assert (made["username"], made["roles"]) == ("2001", ["grader", "operator"])
    assert lets_in(console, "2001", made["password"])
    with console.app().app_context():
        person = people.find_person("2001")
        assert person is not None and person.team is not None
        assert (person.name, person.team.name) == ("陈思敏", "East")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("admin", "Again", "--role", "operator"), "taken"),
        (("2001", "Cem", "--role", "king"), "king"),
        (("a b", "Cem", "--role", "operator"), "a b"),
        (("2001", " ", "--role", "operator"), "name"),
    ],
)
def test_a_bad_person_is_refused_with_the_reason(console: Console, words: tuple[str, ...], reason: str) -> None:
    done = console("user", "add", *words, exit_code=1)
    assert reason in done.stderr
    assert done.stdout == ""
    assert names(console) == ["admin"]


def test_passwd_gives_a_new_password_and_ends_sessions(console: Console) -> None:
    old = console.json("user", "add", "2001", "Cem", "--role", "operator")["password"]
    made = console.json("user", "passwd", "2001")
    assert set(made) == {"username", "password"}
    assert lets_in(console, "2001", made["password"])
    assert not lets_in(console, "2001", old)
    with console.app().app_context():
        person = people.find_person("2001")
        assert person is not None
        assert person.session_version == 2


def test_passwd_of_nobody(console: Console) -> None:
    assert "7777" in console("user", "passwd", "7777", exit_code=1).stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_people_are_imported(console: Console, tmp_path: Path, encoding: str) -> None:
    rows = "2001,陈思敏,operator,East,\n2002,Mia,grader trainer,,mia@example.org\nadmin,Somebody,operator,,\n"
    made = console.json("user", "import", csv_file(tmp_path, HEAD + rows, encoding))
    assert set(made) == {"new", "changed", "unchanged", "refused", "added", "known", "problems"}
    assert [(row["username"], row["roles"]) for row in made["added"]] == [
        ("2001", ["operator"]),
        ("2002", ["grader", "trainer"]),
    ]
    assert (made["known"], made["problems"]) == (["admin"], [])
    assert lets_in(console, "2002", made["added"][1]["password"])


def test_one_faulty_row_and_nobody_is_added(console: Console, tmp_path: Path) -> None:
    rows = "2001,Cem,operator,,\n2002,Mia,king,,\n2003,,operator,,\n"
    made = console.json("user", "import", csv_file(tmp_path, HEAD + rows), exit_code=1)
    assert made["added"] == []
    assert [(row["file"], row["line"]) for row in made["problems"]] == [("people.csv", 3), ("people.csv", 4)]
    assert names(console) == ["admin"]


def test_the_same_number_twice_in_a_file(console: Console, tmp_path: Path) -> None:
    rows = "2001,Cem,operator,,\n2001,Cem,operator,,\n"
    made = console.json("user", "import", csv_file(tmp_path, HEAD + rows), exit_code=1)
    assert [row["row"] for row in made["refused"]] == [3]
    assert "row 2" in made["problems"][0]["reason"]
    assert names(console) == ["admin"]


@pytest.mark.parametrize(
    "text",
    ["", "name\nCem\n", HEAD],
    ids=["empty", "no columns", "no rows"],
)
def test_what_is_no_such_file_is_refused(console: Console, tmp_path: Path, text: str) -> None:
    done = console("user", "import", csv_file(tmp_path, text), exit_code=1)
    assert "people.csv" in done.stderr
    assert names(console) == ["admin"]


def must_change(console: Console, username: str) -> bool:
    with console.app().app_context():
        person = people.find_person(username)
        assert person is not None
        return person.must_change_password


def test_passwords_that_the_console_prints_are_changed_at_the_first_log_in(console: Console, tmp_path: Path) -> None:
    console("user", "add", "2001", "Cem", "--role", "operator")
    assert must_change(console, "2001")
    console("user", "import", csv_file(tmp_path, HEAD + "2002,Dee,operator,,\n"))
    console("user", "import", csv_file(tmp_path, HEAD + "2003,Eve,operator,,\n"), "--keep-passwords")
    assert must_change(console, "2002")
    assert not must_change(console, "2003")
    console("user", "passwd", "2003")
    assert must_change(console, "2003")


def test_a_wait_is_cleared_for_a_person_or_an_address(console: Console) -> None:
    from examengine.accounts import failures
    from examengine.core import clock
    from examengine.core.db import begin_writing, session

    console("user", "add", "2001", "Cem", "--role", "operator")

    def fail() -> None:
        with console.app().app_context():
            begin_writing()
            this = failures.at_login("2001", "192.0.2.7")
            for _ in range(3):
                failures.note(this, failures.look(this, clock.now()), clock.now())
            session.commit()

    fail()
    assert console.json("user", "clear-wait", "2001") == {"forgotten": 3}
    fail()
    assert console.json("user", "clear-wait", "--address", "192.0.2.7") == {"forgotten": 3}
    assert console.json("user", "clear-wait", "2001") == {"forgotten": 0}
    assert "7777" in console("user", "clear-wait", "7777", exit_code=1).stderr
    console("user", "clear-wait", exit_code=2)
    console("user", "clear-wait", "2001", "--address", "192.0.2.7", exit_code=2)


def test_a_file_in_another_encoding_with_chinese_titles(console: Console, tmp_path: Path) -> None:
    made = console.json("user", "import", csv_file(tmp_path, "工号\t姓名\n0042\t陈思敏\n", "gb18030"))
    assert [(row["username"], row["name"], row["roles"]) for row in made["new"]] == [("0042", "陈思敏", ["operator"])]
    assert lets_in(console, "0042", made["new"][0]["password"])


def test_a_workbook(console: Console, tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([["工号", "姓名"], [2001, "陈思敏"]]):
            sheet.write_row(number, 0, cells)
    assert [row["username"] for row in console.json("user", "import", path)["added"]] == ["2001"]


def test_a_dry_run_says_what_would_be_done(console: Console, tmp_path: Path) -> None:
    rows = "2001,Cem,operator,East,\nadmin,Ada Lead,,,\n2002,Mia,king,,\n"
    made = console.json("user", "import", csv_file(tmp_path, HEAD + rows), "--dry-run", exit_code=1)
    assert [row["username"] for row in made["new"]] == ["2001"]
    assert [row["changes"] for row in made["changed"]] == [{"name": ["Administrator", "Ada Lead"]}]
    assert [row["row"] for row in made["refused"]] == [4]
    assert made["added"] == []
    assert names(console) == ["admin"]


def test_existing_people_are_changed_when_asked_for(console: Console, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEAD + "admin,Ada Lead,,East,\n")
    assert console.json("user", "import", file)["known"] == ["admin"]
    with console.app().app_context():
        assert people.find_person("admin").name == "Administrator"  # type: ignore[union-attr]
    console("user", "import", file, "--update")
    with console.app().app_context():
        person = people.find_person("admin")
        assert person is not None and person.team is not None
        assert (person.name, person.team.name) == ("Ada Lead", "East")
    assert console.json("user", "import", file, "--update")["unchanged"] == ["admin"]


def test_the_right_rows_only(console: Console, tmp_path: Path) -> None:
    rows = "2001,Cem,operator,,\n2002,Mia,king,,\n"
    made = console.json("user", "import", csv_file(tmp_path, HEAD + rows), "--partial", exit_code=1)
    assert [row["username"] for row in made["added"]] == ["2001"]
    assert names(console) == ["2001", "admin"]


@pytest.mark.parametrize(("options", "temporary"), [((), True), (("--keep-passwords",), False)])
def test_first_passwords_are_temporary(
    console: Console, tmp_path: Path, options: tuple[str, ...], temporary: bool
) -> None:
    console("user", "import", csv_file(tmp_path, HEAD + "2001,Cem,operator,,\n"), *options)
    with console.app().app_context():
        assert people.find_person("2001").must_change_password is temporary  # type: ignore[union-attr]
