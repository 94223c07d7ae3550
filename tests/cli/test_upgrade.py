"""`db upgrade`: a backup first, older backups brought up, a newer database refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from examengine.core import migrations
from examengine.core.db import db, session
from tests.cli import drill
from tests.cli.conftest import Console

OLD = "2026_11_24_09"
"""A version of before must_change_password."""
ADA = """
INSERT INTO person (username, name, password_hash, session_version, active, theme, created_at)
VALUES ('ada', '林岚', 'x', 4, :yes, 'auto', :now)
"""


@pytest.fixture
def old(bare: Console, database: str) -> Console:
    """An instance of an older version, with somebody in it."""
    bare.instance.mkdir()
    (bare.instance / "secret_key").write_text("k" * 48)
    (bare.instance / "secret_key").chmod(0o600)
    with bare.app().app_context():
        migrations.upgrade([OLD])
        now = 1_700_000_000_000_001 if database == "sqlite" else "2023-11-14T22:13:20.000001Z"
        session.execute(text(ADA), {"yes": True, "now": now})
        session.commit()
        session.remove()
    return bare


def test_an_upgrade_backs_up_first_and_says_where(old: Console) -> None:
    done = old.json("db", "upgrade")
    file = Path(done["backup"])
    assert file.parent == old.instance / "backups"
    assert file.name.startswith(f"before-{done['heads'][0]}-")
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["heads"] == [OLD]
    assert len(drill.rows_of(file, "person")) == 1
    assert old.json("db", "upgrade")["backup"] is None


def test_an_upgrade_without_a_backup(old: Console) -> None:
    assert old.json("db", "upgrade", "--no-backup")["backup"] is None
    assert not (old.instance / "backups").exists()


@pytest.mark.parametrize("other", ["sqlite", "postgres"])
def test_an_older_backup_is_brought_up(
    old: Console, elsewhere: Callable[..., Console], tmp_path: Path, other: str
) -> None:
    old("backup", tmp_path / "old.zip")
    copy = elsewhere(other)
    copy("restore", tmp_path / "old.zip")
    with copy.app().app_context():
        assert migrations.missing() == []
        [person] = session.execute(text("SELECT name, session_version, must_change_password FROM person")).all()
        assert (person[0], person[1], bool(person[2])) == ("林岚", 5, False)
        session.remove()


def test_a_newer_database_is_refused(console: Console) -> None:
    app = console.app()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_01'"))
    for command in (("db", "upgrade"), ("serve",), ("init",)):
        words = console(*command, exit_code=1).stderr
        assert "newer than this version" in words
        assert "2099_01_01_01" in words
    file = console.instance.parent / "newer.zip"
    console("backup", file)  # that much can be done for it
    assert "newer than this one" in console("restore", file, "--replace", "--yes", exit_code=1).stderr
    client = app.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["migrations"]) == (
        503,
        "newer than the code: 2099_01_01_01",
    )


def test_nothing_is_restored_over_a_newer_database(console: Console, tmp_path: Path) -> None:
    console("backup", tmp_path / "x.zip")
    with console.app().app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_01'"))
    words = console("restore", tmp_path / "x.zip", "--replace", "--yes", exit_code=1).stderr
    assert "nto an empty database" in words
