"""init, db upgrade, demo, jobs: an instance from nothing, and what is refused."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examengine.accounts import actions as accounts
from examengine.accounts import queries as people
from examengine.core import clock
from examengine.core.db import session
from tests.cli.conftest import Console
from tests.making import log_in, post


def test_init_makes_the_instance_and_prints_a_link_once(bare: Console) -> None:
    made = bare.json("init", "--username", "1001", "--name", "Ada Lead")
    assert set(made) == {"instance", "administrator", "link"}
    assert (made["instance"], made["administrator"]) == (str(bare.instance), "1001")
    assert made["link"].startswith("http://127.0.0.1:8123/welcome/")
    assert (bare.instance / "config.env").exists()


def test_behind_a_proxy_the_link_has_its_name(bare: Console) -> None:
    bare.environ |= {
        "EXAMENGINE_PUBLIC": "yes",
        "EXAMENGINE_TRUSTED_PROXIES": "1",
        "EXAMENGINE_ALLOWED_HOSTS": "exams.example.com",
    }
    assert bare.json("init")["link"].startswith("https://exams.example.com/welcome/")


def test_the_secret_key_is_for_its_owner_only_and_stays(bare: Console) -> None:
    bare("init")
    path = bare.instance / "secret_key"
    key = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key.strip()) >= 32
    bare("init")
    assert path.read_text() == key


def test_the_link_lets_the_administrator_set_a_password_once(bare: Console) -> None:
    link = bare.json("init", "--username", "1001")["link"]
    path = "/welcome/" + link.rpartition("/")[2]
    app = bare.app()
    client = app.test_client()
    done = post(client, path, path, password="my own password", again="my own password")
    assert done.status_code == 302
    log_in(client, "1001", "my own password")
    assert app.test_client().get(path).status_code == 409


def test_init_again_gives_a_new_link_until_there_is_a_password(bare: Console) -> None:
    first, again = bare.json("init")["link"], bare.json("init")["link"]
    assert None not in (first, again)
    assert first != again
    with bare.app().app_context():
        person = people.find_person("admin")
        assert person is not None
        accounts.set_password(person, "my own password", clock.now())
        session.commit()
    assert bare.json("init") == {"instance": str(bare.instance), "administrator": None, "link": None}


def test_init_does_not_make_a_second_administrator(console: Console) -> None:
    console("init", "--username", "9999")
    with console.app().app_context():
        assert [person.username for person in people.find_people(role="administrator")] == ["admin"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Mars/Olympus"),
        ("LANGUAGE", "fr"),
        ("TRUSTED_PROXIES", "many"),
        ("DATABASE_URL", "mysql://x"),
        ("SECRET_KEY", "short"),
        ("PUBLIC", "perhaps"),
    ],
)
def test_a_wrong_setting_is_named(console: Console, name: str, value: str) -> None:
    console.environ[f"EXAMENGINE_{name}"] = value
    done = console("bank", "list", exit_code=1)
    assert f"EXAMENGINE_{name}" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_wrong_settings_are_named_at_once(console: Console) -> None:
    console.environ |= {"EXAMENGINE_TIMEZONE": "x", "EXAMENGINE_LANGUAGE": "x", "PORT": "x"}
    done = console("bank", "list", exit_code=1)
    assert len(done.stderr.strip().splitlines()) == 4


def test_before_init_a_command_says_what_is_missing(bare: Console) -> None:
    assert "examengine init" in bare("bank", "list", exit_code=1).stderr


def test_a_database_without_tables_is_one_line_not_a_traceback(
    console: Console, tmp_path: Path, database_url: Callable[[str], str]
) -> None:
    empty = database_url("console_empty") or f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    console.environ["EXAMENGINE_DATABASE_URL"] = empty
    done = console("bank", "list", exit_code=1)
    assert done.stderr.startswith("examengine: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "lacks migrations" in console("serve", exit_code=1).stderr


def test_db_upgrade_may_run_again(console: Console) -> None:
    assert "up to date" in console("db", "upgrade").output
    assert "up to date" in console("db", "upgrade").output


def test_jobs_run_once(console: Console) -> None:
    assert console("jobs", "run", "--once").output == "0 done\n"


def test_demo_refuses_an_instance_that_holds_anything(console: Console) -> None:
    assert "holds data" in console("demo", exit_code=1).stderr
    assert "no demo" in console("demo", "--new-passwords", exit_code=1).stderr
    with console.app().app_context():
        assert people.count_people() == 1


def check_accounts(console: Console, made: dict[str, Any]) -> None:
    app = console.app()
    for account in (made["accounts"][0], made["accounts"][-1]):
        log_in(app.test_client(), account["username"], account["password"])


@pytest.mark.parametrize(("language", "name"), [("zh", "陈思敏"), ("en", "Sara Lindholm")])
def test_a_demo_from_nothing(bare: Console, language: str, name: str) -> None:
    made = bare.json("demo", *(["--language", language] if language != "zh" else []))
    assert set(made) == {"url", "accounts", "sitting"}
    assert made["url"] == "http://127.0.0.1:8123"
    assert all(set(account) == {"username", "password", "roles"} for account in made["accounts"])
    roles = Counter(role for account in made["accounts"] for role in account["roles"])
    assert roles == {"operator": 12, "grader": 4, "trainer": 2, "manager": 1, "administrator": 1}
    check_accounts(bare, made)
    with bare.app().app_context():
        check_scene(made["sitting"], fixed=language == "zh")
        first = people.find_person("2001")
        assert first
        assert first.name == name
    check_again(bare, made)


def check_scene(sitting_id: int, *, fixed: bool) -> None:
    """An open sitting with attempts taken, one going on and answers that wait for graders; `fixed`: a slot is."""
    from examengine.delivery.queries import find_attempts
    from examengine.exams.plans import DrawRule, FixedSlot
    from examengine.exams.queries import count_enrolled, get_deal, get_sitting
    from examengine.grading.queries import progress

    assert len(people.find_teams()) == 2
    sitting = get_sitting(sitting_id)
    assert sitting.opens_at < clock.now() < sitting.last_start_at
    assert count_enrolled([sitting_id]) == {sitting_id: 12}
    states = Counter(attempt.state for attempt in find_attempts(sitting_id))
    assert states["in_progress"] >= 1
    assert states["submitted"] >= 3
    assert progress(sitting.exam_id).waiting >= 3
    rules = [rule for _, rule in get_deal(sitting.revision_id).plan.rules()]
    assert {type(rule) for rule in rules} == ({DrawRule, FixedSlot} if fixed else {DrawRule})


def check_again(console: Console, made: dict[str, Any]) -> None:
    """A demo is not filled twice; new passwords replace the old ones."""
    assert "holds data" in console("demo", exit_code=1).stderr
    renewed = console.json("demo", "--new-passwords")
    assert [a["username"] for a in renewed["accounts"]] == sorted(a["username"] for a in made["accounts"])
    assert renewed["sitting"] == made["sitting"]
    check_accounts(console, renewed)
    old = {a["username"]: a["password"] for a in made["accounts"]}
    assert all(old[a["username"]] != a["password"] for a in renewed["accounts"])
    assert "loopback" in console("serve", "--host", "0.0.0.0", exit_code=1).stderr
