"""Backup and restore: the drill under load, on both databases and from one to the other."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from examengine.accounts.models import Person
from examengine.bank import media
from examengine.core import audit, clock, rows
from examengine.core.db import db, hot, session
from examengine.delivery import actions as delivery
from examengine.delivery import queries as attempts
from examengine.delivery.saving import save_answers
from examengine.delivery.tokens import Token
from examengine.results.models import Result
from tests.cli import drill
from tests.cli.conftest import Console
from tests.making import PASSWORD, World, log_in
from tests.pictures import picture

Elsewhere = Callable[..., Console]
CHANGED = {"person", "audit_entry"}
"""Tables that a restore itself writes to."""


@pytest.mark.parametrize("other", ["sqlite", "postgres"])
def test_a_drill_under_load(console: Console, elsewhere: Elsewhere, tmp_path: Path, other: str) -> None:
    app = console.app()
    tokens, closed = drill.busy_exam(app, ["dee", "eve", "fay"])
    file = tmp_path / "drill.zip"
    with drill.Room(app, tokens) as room:
        room.wait_for(30)
        before = dict(room.acknowledged)
        made = console.json("backup", file)
        room.wait_for(30)
    assert not room.failures
    copy = elsewhere(other)
    restored = copy.json("restore", file)
    assert restored["rows"] == made["rows"] > 100

    there, here = drill.saved(copy.app()), drill.saved(app)
    assert before.items() <= there.items() <= here.items(), "a save acknowledged before is in it, whatever came after"
    assert room.acknowledged.items() <= here.items()
    drill.check_seal(copy.app(), closed)
    goes_on(copy, tokens[0].attempt)
    again = tmp_path / "again.zip"
    console.json("backup", again)


def goes_on(copy: Console, attempt_id: int) -> None:
    """In the copy the open attempt is taken up after a new log-in, and handed in."""
    app = copy.app()
    log_in(app.test_client(), "dee", PASSWORD)
    with app.app_context():
        attempt = attempts.get_attempt(attempt_id)
        person = session.get_one(Person, attempt.person_id)
        token = Token(attempt.id, person.id, person.session_version, attempt.epoch, len(attempt.paper["slots"]))
        session.rollback()
        assert save_answers(hot(), token, 900_000, b'[{"slot":1,"t":1,"value":"after"}]', 0, clock.now())
        assert delivery.close_attempt(attempt_id, "force", clock.now())
        session.commit()
        session.remove()
    drill.check_seal(app, attempt_id)


def test_a_restored_copy_is_the_same_bit_for_bit(
    console: Console, elsewhere: Elsewhere, tmp_path: Path, database: str
) -> None:
    """From one database to the other and back: every table but those that a restore writes has the same digest."""
    drill.busy_exam(console.app(), ["dee"])
    (console.instance / "media").mkdir()
    (console.instance / "media" / "logo.png").write_bytes(bytes(range(256)))
    file = tmp_path / "0.zip"
    console.json("backup", file)
    first = drill.members(file)
    other = {"sqlite": "postgres", "postgres": "sqlite"}[database]
    for number, kind in enumerate([other, database], 1):
        copy = elsewhere(kind, f"copy{number}")
        copy.json("restore", file)
        file = tmp_path / f"{number}.zip"
        copy.json("backup", file)
        found = drill.members(file)
        assert {name for name in first if found[name] != first[name]} == CHANGED
        assert (copy.instance / "media" / "logo.png").read_bytes() == bytes(range(256))
    people = [drill.rows_of(tmp_path / name, "person") for name in ("0.zip", "2.zip")]
    columns = json.loads(zipfile.ZipFile(file).read("manifest.json"))["tables"]["person"]["columns"]
    place = columns.index("session_version")
    assert [[*row[:place], row[place] + 2, *row[place + 1 :]] for row in people[0]] == people[1]


def test_pictures_of_questions_come_along(
    console: Console, elsewhere: Elsewhere, tmp_path: Path, database: str
) -> None:
    app = console.app()
    with app.app_context():
        code = World().picture()
        name = media.find_by_name([code.split(":")[1].split('"')[0]]).popitem()[0]
        session.remove()
    console("backup", tmp_path / "x.zip")
    copy = elsewhere(database)
    copy("restore", tmp_path / "x.zip")
    assert (copy.instance / "media" / name).read_bytes() == picture()
    with copy.app().app_context():
        assert media.find(name)
        session.remove()
    assert "1 pictures of questions, each with its file" in copy("doctor").stdout


def test_a_backup_sees_one_moment(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is added while it runs is in none of its tables."""
    app, read = console.app(), rows.lines

    def add() -> None:
        with app.app_context():
            World().person("kim")
            session.remove()

    def lines(connection: Connection, shape: rows.Shape) -> Iterator[bytes]:
        if shape.table == "bank":  # after audit_entry, before person
            thread = threading.Thread(target=add)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "a backup holds nobody up"
        return read(connection, shape)

    monkeypatch.setattr(rows, "lines", lines)
    console("backup", tmp_path / "x.zip")
    assert len(drill.rows_of(tmp_path / "x.zip", "person")) == 1
    assert len(drill.rows_of(tmp_path / "x.zip", "person_role")) == 1
    with app.app_context():
        assert session.query(Person).count() == 2
        session.remove()


def test_numbering_goes_on_after_a_restore(
    console: Console, elsewhere: Elsewhere, tmp_path: Path, database: str
) -> None:
    drill.busy_exam(console.app(), ["dee"])
    console.json("backup", tmp_path / "x.zip")
    copy = elsewhere(database)
    copy.json("restore", tmp_path / "x.zip")
    with copy.app().app_context():
        known = session.scalars(select(Person.id)).all()
        assert World().person("zed").id > max(known)
        session.remove()


def test_results_are_equal_in_the_copy(console: Console, elsewhere: Elsewhere, tmp_path: Path, database: str) -> None:
    def results(of: Console) -> list[tuple[object, ...]]:
        with of.app().app_context():
            found = session.execute(text("SELECT * FROM result ORDER BY 1")).all()
            points = [(row.id, row.percent) for row in session.query(Result).order_by(Result.id)]
            session.remove()
            return [tuple(row) for row in found] + points

    app = console.app()
    with app.app_context():
        world = World()
        sitting = world.sitting(world.exam([world.item(), world.item("true_false")], release="complete"))
        attempt = world.start(sitting)
        world.submit(attempt, world.answer_all(attempt))
        session.remove()
    console("jobs", "run", "--once")
    console("jobs", "run", "--once")
    console.json("backup", tmp_path / "x.zip")
    copy = elsewhere(database)
    copy.json("restore", tmp_path / "x.zip")
    assert results(copy) == results(console)
    assert len(results(copy)) == 2


def test_the_file_is_for_its_owner_only_and_never_overwritten_unasked(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_text("mine")
    assert "exists already" in console("backup", file, exit_code=1).stderr
    assert file.read_text() == "mine"
    console("backup", file, "--overwrite")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.part")) == []
    assert "no folder" in console("backup", tmp_path / "nowhere" / "x.zip", exit_code=1).stderr


def test_a_backup_that_fails_leaves_nothing(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "x.zip"
    file.write_text("before")
    with monkeypatch.context() as patch:
        patch.setattr(rows, "lines", stopped)
        console("backup", file, "--overwrite", exit_code=1)
    assert file.read_text() == "before"
    assert list(tmp_path.glob("*.part")) == []
    file.with_name("x.zip.part").write_text("of a backup that was killed, longer than the next one" * 10_000)
    console("backup", file, "--overwrite")
    console("restore", file, "--check")


def test_two_backups_do_not_write_the_same_file(console: Console, tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "x.zip.part").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another backup" in console("backup", tmp_path / "x.zip", exit_code=1).stderr


def test_secrets_are_left_out_unless_encrypted(console: Console, elsewhere: Elsewhere, tmp_path: Path) -> None:
    config = console.instance / "config.env"
    config.write_text("EXAMENGINE_COMPANY=Cenwan\nEXAMENGINE_SMTP_PASSWORD=marked-secret\n")
    made = console.json("backup", tmp_path / "plain.zip")
    assert made["left_out"] == ["config.env: EXAMENGINE_SMTP_PASSWORD", "secret_key"]
    key = (console.instance / "secret_key").read_text().strip()
    with zipfile.ZipFile(tmp_path / "plain.zip") as archive:
        contents = b"".join(archive.read(name) for name in archive.namelist())
    assert b"marked-secret" not in contents
    assert key.encode() not in contents
    copy = elsewhere("sqlite", "plain")
    copy("restore", tmp_path / "plain.zip")
    assert (copy.instance / "secret_key").read_text().strip() != key
    assert "COMPANY=Cenwan" in (copy.instance / "config.env").read_text()

    word = tmp_path / "word"
    word.write_text("a long passphrase\n")
    made = console.json("backup", tmp_path / "whole.zip", "--passphrase-file", word)
    assert (made["encrypted"], made["left_out"]) == (True, [])
    copy = elsewhere("sqlite", "whole")
    copy("restore", tmp_path / "whole.zip", "--passphrase-file", word)
    assert (copy.instance / "secret_key").read_text().strip() == key
    assert stat.S_IMODE((copy.instance / "secret_key").stat().st_mode) == 0o600
    assert "marked-secret" in (copy.instance / "config.env").read_text()


def test_the_machines_own_settings_stay(console: Console, elsewhere: Elsewhere, tmp_path: Path) -> None:
    (console.instance / "config.env").write_text(
        "EXAMENGINE_COMPANY=Cenwan\nEXAMENGINE_HOST=10.0.0.1\nEXAMENGINE_DATABASE_URL=postgresql://old/db\nPORT=99\n"
    )
    console.environ["EXAMENGINE_DATABASE_URL"] = console.environ.get(
        "EXAMENGINE_DATABASE_URL", f"sqlite:///{console.instance / 'examengine.sqlite3'}"
    )
    console("backup", tmp_path / "x.zip")
    copy = elsewhere("sqlite")
    copy.instance.mkdir()
    (copy.instance / "config.env").write_text("EXAMENGINE_HOST=127.0.0.1\nEXAMENGINE_COMPANY=Another\n")
    done = copy.json("restore", tmp_path / "x.zip")
    assert done["kept_settings"] == ["EXAMENGINE_HOST"]
    assert (copy.instance / "config.env").read_text() == "EXAMENGINE_COMPANY=Cenwan\nEXAMENGINE_HOST=127.0.0.1\n"


def test_a_copy_for_a_drill_writes_to_nobody(console: Console, elsewhere: Elsewhere, tmp_path: Path) -> None:
    settings = "EXAMENGINE_SMTP_URL=smtp://mail.example:25\nEXAMENGINE_MAIL_FROM=exams@example.com\n"
    (console.instance / "config.env").write_text(settings)
    word = tmp_path / "word"
    word.write_text("a passphrase that is long\n")
    console("backup", tmp_path / "x.zip", "--passphrase-file", word)
    for name, options in (("drill", ["--no-mail"]), ("real", [])):
        copy = elsewhere("sqlite", name)
        copy("restore", tmp_path / "x.zip", "--passphrase-file", word, *options)
        assert ("SMTP_URL" in (copy.instance / "config.env").read_text()) is (name == "real")


def test_a_short_passphrase_is_refused(console: Console, tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("short\n")
    assert "at least" in console("backup", tmp_path / "x.zip", "--passphrase-file", word, exit_code=1).stderr
    assert not (tmp_path / "x.zip").exists()


def test_both_are_in_the_audit_trail(console: Console, elsewhere: Elsewhere, tmp_path: Path) -> None:
    console("backup", tmp_path / "x.zip")
    copy = elsewhere("sqlite")
    copy("restore", tmp_path / "x.zip")
    for of, action in ((console, "instance.backup"), (copy, "instance.restore")):
        with of.app().app_context():
            [entry] = audit.find_latest(audit.AuditFilter(subject="instance"), 5)
            assert entry.action == action
            session.remove()


def test_other_applications_tables_are_left_alone(console: Console, tmp_path: Path) -> None:
    app = console.app()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (x INTEGER)"))
        connection.execute(text("INSERT INTO somebody_elses VALUES (7)"))
    console("backup", tmp_path / "x.zip")
    assert "somebody_elses" not in drill.members(tmp_path / "x.zip")
    console("restore", tmp_path / "x.zip", "--replace", "--yes")
    with app.app_context(), db.engine.begin() as connection:
        assert connection.scalar(text("SELECT x FROM somebody_elses")) == 7
