"""What is refused: damaged, cut, foreign, newer and hostile files, instances at work. Nothing is touched."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from examengine.core import clock, migrations
from examengine.core.db import db, session
from examengine.core.heartbeat import beat
from tests.cli import drill
from tests.cli.conftest import Console
from tests.making import World

Elsewhere = Callable[..., Console]
ONCE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Refused before any database is asked."""


@pytest.fixture
def target(elsewhere: Elsewhere, database: str) -> Iterator[Console]:
    """An instance in use, of which nothing may change."""
    made = elsewhere(database, "target")
    made("init")
    with made.app().app_context():
        World().person("kim")
        session.remove()
    before = state(made)
    yield made
    assert state(made) == before


def state(of: Console) -> object:
    """All files but the database's own, and all rows."""
    files = {
        str(path.relative_to(of.instance)): path.read_bytes()
        for path in of.instance.rglob("*")
        if path.is_file() and "sqlite3" not in path.name and "backups" not in path.parts
    }
    with of.app().app_context(), db.engine.connect() as connection:
        tables = db.inspect(connection).get_table_names()
        rows = {name: list(map(tuple, connection.execute(text(f"SELECT * FROM {name}")))) for name in sorted(tables)}
        return files, {name: sorted(map(repr, found)) for name, found in rows.items()}


@pytest.fixture
def file(console: Console, tmp_path: Path) -> Path:
    """A good backup."""
    drill.busy_exam(console.app(), ["dee"])
    (console.instance / "media").mkdir()
    (console.instance / "media" / "logo.png").write_bytes(b"logo" * 1000)
    console("backup", tmp_path / "good.zip")
    return tmp_path / "good.zip"


def refused(target: Console, file: Path, *more: object) -> str:
    done = target("restore", file, "--replace", "--yes", "--no-backup", *more, exit_code=1)
    assert "Traceback" not in done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("examengine: "), done.stderr
    return line


@ONCE
def test_anything_else_than_a_backup(target: Console, tmp_path: Path) -> None:
    for name, data in {"empty": b"", "text": b"hello" * 100, "half zip": b"PK\x03\x04" + bytes(100)}.items():
        (tmp_path / name).write_bytes(data)
        assert "no backup" in refused(target, tmp_path / name)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no manifest" in refused(target, tmp_path / "other.zip")
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as archive:
        archive.writestr("manifest.json", '{"format": "something else"}')
    assert "no backup of examengine" in refused(target, tmp_path / "foreign.zip")


@ONCE
def test_a_file_that_was_cut_or_changed_anywhere(target: Console, file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    bad = tmp_path / "bad.zip"
    for length in (len(data) // 3, len(data) - 30, len(data) - 1):
        bad.write_bytes(data[:length])
        refused(target, bad)
    for place in range(200, len(data), len(data) // 40):
        changed = bytearray(data)
        changed[place] ^= 0x55
        bad.write_bytes(bytes(changed))
        done = target("restore", bad, "--check", exit_code=None)
        assert "Traceback" not in done.stderr
        assert done.exit_code == 1 or drill.contents(bad) == drill.contents(file), "a byte of the zip that says nothing"


@ONCE
def test_a_row_that_was_changed_with_its_zip(target: Console, file: Path, tmp_path: Path) -> None:
    with drill.changed(file, tmp_path / "bad.zip") as parts:
        parts["tables/person.jsonl"] = parts["tables/person.jsonl"].replace(b"Dee", b"Doe")
    assert "damaged: table person" in refused(target, tmp_path / "bad.zip")
    with drill.changed(file, tmp_path / "bad.zip") as parts:
        parts["files/media/logo.png"] = b"another"
    assert "damaged: file media/logo.png" in refused(target, tmp_path / "bad.zip")


@ONCE
def test_a_wrong_passphrase_and_none(console: Console, target: Console, tmp_path: Path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse battery\n")
    wrong.write_text("incorrect horse battery\n")
    console("backup", tmp_path / "x.enc", "--passphrase-file", right)
    assert "passphrase is not" in refused(target, tmp_path / "x.enc", "--passphrase-file", wrong)
    assert "--passphrase-file" in refused(target, tmp_path / "x.enc")
    data = (tmp_path / "x.enc").read_bytes()
    (tmp_path / "cut.enc").write_bytes(data[:-100])
    assert "damaged" in refused(target, tmp_path / "cut.enc", "--passphrase-file", right)


@ONCE
@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "media/../../evil",
        "media\\evil",
        "secret_key/x",
        "other/x",
        "media",
        "C:/x",
        "media/a\n",
    ],
)
def test_files_that_would_land_elsewhere(target: Console, file: Path, tmp_path: Path, name: str) -> None:
    with drill.changed_manifest(file, tmp_path / "bad.zip") as manifest:
        manifest["files"][name] = manifest["files"]["media/logo.png"]
    assert "no file of an instance" in refused(target, tmp_path / "bad.zip")
    assert not (target.instance.parent / "evil").exists()


@ONCE
def test_more_in_the_zip_than_in_the_manifest(target: Console, file: Path, tmp_path: Path) -> None:
    with drill.changed(file, tmp_path / "bad.zip") as parts:
        parts["../evil"] = b"x"
    assert "not those of its manifest" in refused(target, tmp_path / "bad.zip")


def test_tables_and_columns_that_nobody_knows(target: Console, file: Path, tmp_path: Path) -> None:
    with drill.changed(file, tmp_path / "a.zip") as parts:
        parts["tables/evil.jsonl"] = b"[1]\n"
    for bad, table, column in (("b.zip", "evil", "id"), ("c.zip", 'x"; DROP TABLE person; --', "id")):
        with drill.changed_manifest(tmp_path / "a.zip", tmp_path / bad) as manifest:
            manifest["tables"][table] = {
                "columns": [column],
                "rows": 1,
                "bytes": 4,
                "sha256": hashlib.sha256(b"[1]\n").hexdigest(),
            }
    assert "does not know: evil" in refused(target, tmp_path / "b.zip")
    assert "no name" in refused(target, tmp_path / "c.zip")
    with drill.changed_manifest(file, tmp_path / "d.zip") as manifest:
        manifest["tables"]["person"]["columns"][0] = "evil"
    assert "other columns" in refused(target, tmp_path / "d.zip")


def test_a_table_that_is_missing(target: Console, file: Path, tmp_path: Path) -> None:
    with drill.changed(file, tmp_path / "a.zip") as parts:
        del parts["tables/score.jsonl"]
    with drill.changed_manifest(tmp_path / "a.zip", tmp_path / "b.zip") as manifest:
        del manifest["tables"]["score"]
    assert "lacks the table score" in refused(target, tmp_path / "b.zip")


def rewritten(file: Path, target: Path, table: str, old: bytes, new: bytes) -> None:
    """A backup whose rows were changed with all their digests."""
    with drill.changed(file, target) as parts:
        data = parts[f"tables/{table}.jsonl"]
        assert old in data
        parts[f"tables/{table}.jsonl"] = data = data.replace(old, new, 1)
    copy = target.with_name("copy.zip")
    target.rename(copy)
    with drill.changed_manifest(copy, target) as manifest:
        manifest["tables"][table] |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("person_role", b"[", b"[99999,"),
        ("person", b'"dee"', b'"cem"'),
        ("person", b'"dee"', b"null"),
        ("person", b"true", b'"x"'),
        ("save", b'"', b"5,"),
        ("person", b'"dee"', b'{"a": 1}'),
        ("person", b'"dee"', b"1" + b"0" * 30),
    ],
)
def test_rows_that_do_not_fit(target: Console, file: Path, tmp_path: Path, table: str, old: bytes, new: bytes) -> None:
    rewritten(file, tmp_path / "bad.zip", table, old, new)
    assert "does not fit" in refused(target, tmp_path / "bad.zip")


def test_rows_that_point_to_nothing(target: Console, file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        data = archive.read("tables/person_role.jsonl")
    columns = data.split(b"\n")[0]
    number = columns.strip(b"[]").split(b",")[0]
    rewritten(file, tmp_path / "bad.zip", "person_role", b"[" + number + b",", b"[987654,")
    assert "does not fit" in refused(target, tmp_path / "bad.zip")


@ONCE
def test_a_newer_version_and_a_newer_format(target: Console, file: Path, tmp_path: Path) -> None:
    with drill.changed_manifest(file, tmp_path / "newer.zip") as manifest:
        manifest["heads"] = ["2099_01_01_01"]
        manifest["app"] = "9.9"
    assert "9.9, which is newer" in refused(target, tmp_path / "newer.zip")
    with drill.changed_manifest(file, tmp_path / "format.zip") as manifest:
        manifest["version"] = 2
    assert "newer version" in refused(target, tmp_path / "format.zip")


def test_an_instance_that_holds_data_is_replaced_only_when_told(target: Console, file: Path) -> None:
    assert "--replace" in target("restore", file, exit_code=1).stderr
    done = target("restore", file, "--replace", exit_code=1)  # nobody answers the question
    assert "Replace everything" in done.stderr


def test_an_instance_at_work_is_left_alone(console: Console, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from examengine.cli import backups

    monkeypatch.setattr(backups, "QUIET_S", 3)
    app, stop = console.app(), threading.Event()

    def work() -> None:
        with app.app_context():
            while not stop.is_set():
                beat("loop", clock.now())
                session.commit()
                stop.wait(0.2)
            session.remove()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert "server runs" in console("restore", file, "--replace", "--yes", exit_code=1).stderr
    finally:
        stop.set()
        thread.join()
    console("restore", file, "--replace", "--yes", "--no-backup")


def test_a_replaced_instance_can_be_had_back(elsewhere: Elsewhere, database: str, file: Path, tmp_path: Path) -> None:
    made = elsewhere(database, "regret")
    made("init")
    with made.app().app_context():
        World().person("kim")
        session.remove()
    (made.instance / "media").mkdir()
    (made.instance / "media" / "old.png").write_bytes(b"old")
    before = made.json("restore", file, "--replace", "--yes")["backup_before"]
    assert not (made.instance / "media" / "old.png").exists()
    made("restore", before, "--replace", "--yes", "--no-backup")
    assert (made.instance / "media" / "old.png").read_bytes() == b"old"
    made("backup", tmp_path / "back.zip")
    assert [row for row in drill.rows_of(tmp_path / "back.zip", "person") if "kim" in row]


def test_stopped_in_the_middle_nothing_has_changed(
    target: Console, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from examengine.core import rows

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rows, "set_sequences", stopped)
        target("restore", file, "--replace", "--yes", "--no-backup", exit_code=1)


@ONCE
def test_the_code_knows_its_own_migrations(console: Console) -> None:
    assert migrations.unknown(migrations.heads()) == []
    assert migrations.unknown(["2099_01_01_01"]) == ["2099_01_01_01"]
