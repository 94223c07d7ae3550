"""`doctor`: each fault is found and said, with what to do; nothing is changed, nothing is a traceback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from examengine.accounts import actions as accounts
from examengine.cli.checks import fonts, machine
from examengine.core import clock, disk
from examengine.core.db import db, session
from examengine.core.heartbeat import beat
from tests.cli.conftest import Console


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SAMPLE_S", 0.01)


def checks(console: Console, *, faults: bool = False) -> dict[str, list[Any]]:
    """Findings by check."""
    done = console.json("doctor", exit_code=1 if faults else 0)
    found: dict[str, list[Any]] = {}
    for row in done["checks"]:
        found.setdefault(row["check"], []).append(row)
    assert (done["faults"] > 0) is faults
    return found


def only(found: dict[str, list[Any]], check: str) -> tuple[str, str]:
    [row] = found[check]
    assert bool(row["advice"]) is (row["state"] in ("warning", "fault"))
    return row["state"], row["text"]


def test_an_instance_in_good_health(console: Console) -> None:
    app = console.app()
    with app.app_context():
        beat("loop", clock.now())
        session.commit()
        session.remove()
    console("backup", console.instance.parent / "x.zip")
    found = checks(console)
    states = {row["state"] for rows in found.values() for row in rows}
    assert states <= {"ok", "skipped"}
    assert {"settings", "permissions", "disk", "clock", "database", "durability", "migrations", "jobs"} <= set(found)
    assert only(found, "mail")[0] == "skipped"
    written = console("doctor")
    assert "✓ settings" in written.stdout
    assert "Faults: 0" in written.stderr


def test_every_faulty_setting_is_named_and_the_rest_is_looked_at(console: Console) -> None:
    console.environ |= {"EXAMENGINE_TIMEZONE": "Mars", "EXAMENGINE_LANGUAGE": "fr"}
    found = checks(console, faults=True)
    assert len(found["settings"]) == 2
    assert only(found, "permissions")[0] == "ok"


def test_nothing_made_yet(bare: Console) -> None:
    found = checks(bare, faults=True)
    assert "init" in found["permissions"][0]["advice"]


def test_rights_that_are_too_wide(console: Console) -> None:
    (console.instance / "secret_key").chmod(0o644)
    (console.instance / "config.env").chmod(0o644)
    console.instance.chmod(0o777)
    texts = [row["text"] + row["advice"] for row in checks(console, faults=True)["permissions"]]
    assert len(texts) == 4
    for part in ("secret_key", "config.env", "chmod 600", "chmod 640", "chmod go-w", "chmod o-rwx"):
        assert any(part in line for line in texts), part


def test_little_room(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "COMFORT", 2**62)
    assert only(checks(console), "disk")[0] == "warning"
    monkeypatch.setattr(disk, "FLOOR", 2**62)
    assert "MiB free" in only(checks(console, faults=True), "disk")[1]


def test_a_database_that_is_away(console: Console, database: str) -> None:
    url = "sqlite:////nowhere/at/all.sqlite3" if database == "sqlite" else "postgresql://x:hush@127.0.0.1:1/x"
    console.environ["EXAMENGINE_DATABASE_URL"] = url
    state, words = only(checks(console, faults=True), "database")
    assert state == "fault"
    assert "hush" not in words


def test_migrations_missing_and_unknown(console: Console) -> None:
    app = console.app()
    for head, words in (("2026_11_24_09", "missing"), ("2099_01_01_01", "newer")):
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        assert words in only(checks(console, faults=True), "migrations")[1]


def test_a_loop_and_an_audit_trail_from_the_future(console: Console) -> None:
    app = console.app()
    with app.app_context(), clock.travelled(timedelta(hours=2)):
        beat("loop", clock.now())
        accounts.add_team("Team East", clock.now())
        session.commit()
        session.remove()
    found = checks(console, faults=True)
    assert only(found, "jobs")[0] == only(found, "clock history")[0] == "fault"


def test_a_clock_that_is_set_meanwhile(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    moments: Iterator[datetime] = (datetime(2026, 11, 27, tzinfo=UTC) + timedelta(seconds=60 * n) for n in range(999))
    monkeypatch.setattr(clock, "_wall", lambda: next(moments))
    [found] = machine.evenness()
    assert found.state == "warning"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"HOST": "0.0.0.0", "PUBLIC": "no"}, "without HTTPS"),
        ({"PUBLIC": "yes", "ALLOWED_HOSTS": "x"}, "no proxy is trusted"),
        ({"TRUSTED_PROXIES": "1"}, "without Secure"),
        ({"HOST": "0.0.0.0", "TRUSTED_PROXIES": "1", "PUBLIC": "yes", "ALLOWED_HOSTS": "x"}, "around it"),
        ({"PUBLIC": "yes", "TRUSTED_PROXIES": "1"}, "any host name"),
    ],
)
def test_proxies_and_cookies_that_do_not_fit(console: Console, settings: dict[str, str], words: str) -> None:
    console.environ |= {f"EXAMENGINE_{name}": value for name, value in settings.items()}
    rows = checks(console)["reach"]
    assert [row["state"] for row in rows] == ["warning"]
    assert words in rows[0]["text"]


def test_as_the_readme_sets_it_up_there_is_nothing_to_say(console: Console) -> None:
    console.environ |= {
        "EXAMENGINE_PUBLIC": "yes",
        "EXAMENGINE_TRUSTED_PROXIES": "1",
        "EXAMENGINE_ALLOWED_HOSTS": "exams.example.com",
    }
    assert only(checks(console), "reach")[0] == "ok"


def test_a_name_that_cannot_be_printed(console: Console) -> None:
    app = console.app()
    with app.app_context():
        accounts.add_person("7", "李𠮷", ["operator"], clock.now())
        accounts.add_person("8", "欧阳龘", ["operator"], clock.now())
        session.commit()
        session.remove()
    state, words = only(checks(console), "fonts")
    assert state == "warning"
    assert "7: 𠮷 (U+20BB7)" in words
    assert "8:" not in words


def test_no_font_at_all(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "font_file", lambda: None)
    assert only(checks(console, faults=True), "fonts")[0] == "fault"


def test_a_mail_server_that_answers_and_one_that_does_not(console: Console) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"220 here\r\n")
                while data := connection.recv(1000):
                    connection.sendall(b"221 bye\r\n" if data.lower().startswith(b"quit") else b"250 ok\r\n")

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        console.environ["EXAMENGINE_MAIL_FROM"] = "exams@example.com"
        console.environ["EXAMENGINE_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        assert only(checks(console), "mail")[0] == "ok"
        thread.join(10)
    console.environ["EXAMENGINE_SMTP_URL"] = f"smtp://somebody:hush@127.0.0.1:{port}"
    state, words = only(checks(console), "mail")
    assert state == "warning"
    assert "hush" not in words


def test_postgres_that_does_not_wait_for_its_disk(console: Console, database: str) -> None:
    if database == "sqlite":
        return
    app = console.app()
    with app.app_context(), db.engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar()
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
        connection.commit()
    found = checks(console, faults=True)
    assert "synchronous_commit is off" in only(found, "durability")[1]
