"""`backup` and `restore`: the whole instance as one file."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection, inspect, text

from examengine import __version__
from examengine.cli.shared import fail, settings_of_app, with_app
from examengine.core import audit, backup, backup_reading, clock, migrations, restoring
from examengine.core.db import db, session
from examengine.core.heartbeat import last_beat

SHORTEST = 12
QUIET_S = 12
"""A job loop that runs beats within this time."""
SETTLED = frozenset({"person", "person_role", "one_time_link", "audit_entry", "fact", "heartbeat"})
"""What `init` writes."""


def passphrase_from(file: Path | None, prompt: bool, *, new: bool) -> str | None:
    """The passphrase: the first line of a file, or asked for at the terminal."""
    if file is not None:
        try:
            found = (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"the passphrase cannot be read from {file}: {error}")
    elif prompt:
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    else:
        return None
    if new and len(found) < SHORTEST:
        fail(f"a passphrase has at least {SHORTEST} characters")
    return found


def tell(line: str) -> None:
    """Progress, for people."""
    click.echo(f"  {line}", err=True)


def origin() -> backup.Origin:
    """What this instance's backups say of it."""
    own = settings_of_app()
    return backup.Origin(own.instance, own.company, __version__, clock.now())


_FILE = click.Path(dir_okay=False, path_type=Path)
_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="The passphrase is the first line of this file (-: standard input).",
)


@click.command(name="backup")
@click.argument("file", type=_FILE)
@click.option("--encrypt", is_flag=True, help="Ask for a passphrase and encrypt; the secret key is then included.")
@_PASSPHRASE
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup_command(file: Path, encrypt: bool, passphrase_file: Path | None, overwrite: bool, as_json: bool) -> None:
    """Write the whole instance to FILE: database, media, settings. Attempts go on meanwhile.

    The same format on SQLite and PostgreSQL. Without encryption the secret key and the settings with passwords are
    left out.

    \b
    Example: examengine backup /srv/backups/monday.zip --passphrase-file /etc/examengine/backup.key
    """
    if not file.parent.is_dir():
        fail(f"there is no folder {file.parent}")
    if file.exists() and not overwrite:
        fail(f"{file} exists already (--overwrite replaces it)")
    _backup(file, passphrase_from(passphrase_file, encrypt, new=True), overwrite, as_json)


@with_app
def _backup(file: Path, passphrase: str | None, overwrite: bool, as_json: bool) -> None:
    from flask import json

    made = write(file, passphrase, overwrite=overwrite)
    note_backup(made)
    facts = {
        "file": str(made.file.resolve()),
        "bytes": made.size,
        "encrypted": made.encrypted,
        "tables": made.tables,
        "rows": made.rows,
        "files": made.files,
        "heads": made.heads,
        "left_out": made.left_out,
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{made.rows:,} rows and {made.files:,} files are in {made.file} ({made.size:,} bytes).")
    if made.left_out:
        click.echo(f"Left out, because the file is not encrypted: {', '.join(made.left_out)}.", err=True)


def write(file: Path, passphrase: str | None = None, *, overwrite: bool = False) -> backup.Written:
    """Write a backup. Ends the command in words where that cannot be done."""
    try:
        return backup.write(db.engine, origin(), file, tell, passphrase=passphrase, overwrite=overwrite)
    except OSError as error:
        fail(f"the backup cannot be written: {error.strerror or error}")
        raise


def note_backup(made: backup.Written) -> None:
    """Who reads the audit trail learns of copies. A database that takes no writes keeps nobody from a backup."""
    try:
        session.rollback()
        audit.record(
            clock.now(), None, "instance.backup", "instance", None, file=made.file.name, encrypted=made.encrypted
        )
        session.commit()
    except Exception as error:
        session.rollback()
        click.echo(f"The backup is not in the audit trail: {type(error).__name__}.", err=True)


@dataclass(frozen=True)
class Wanted:
    """How a restore is to be done."""

    replace: bool
    assume_yes: bool
    keep_before: bool
    mail: bool
    as_json: bool


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what the instance holds; asks first, and backs it up.")
@click.option("--yes", "assume_yes", is_flag=True, help="Do not ask.")
@click.option("--no-backup", is_flag=True, help="With --replace: do not back up what is replaced.")
@click.option("--no-mail", is_flag=True, help="For a drill: leave the mail server out, mails become files.")
@click.option("--check", "only_check", is_flag=True, help="Only say whether FILE is whole and what it holds.")
@_PASSPHRASE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(
    file: Path,
    replace: bool,
    assume_yes: bool,
    no_backup: bool,
    no_mail: bool,
    only_check: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Bring a backup into an empty instance (or, with --replace, over another one); stop the server first.

    Every checksum is verified before anything is touched. A backup of an older version is brought up to this one.
    Everybody logs in anew; open attempts go on. The machine's own settings (database, host, port, proxies) stay.

    \b
    Example: examengine restore /srv/backups/monday.zip --passphrase-file /etc/examengine/backup.key
    """
    asked = passphrase_file is None and backup_reading.needs_passphrase(file)
    if asked and not sys.stdin.isatty():
        fail("the backup is encrypted: name a --passphrase-file")
    passphrase = passphrase_from(passphrase_file, asked, new=False)
    with backup_reading.opened(file, passphrase) as found:
        tell("checking every checksum")
        found.check()
        restoring.check_heads(found)
        if only_check:
            _say(found.manifest, {}, as_json)
            return
        from examengine.cli.instance import prepare_folder

        prepare_folder()
        _restore(found, Wanted(replace, assume_yes, not no_backup, not no_mail, as_json))


@with_app
def _restore(found: backup_reading.Backup, wanted: Wanted) -> None:
    own = settings_of_app()
    before = _make_way(wanted)
    with restoring.Files(own.instance, found) as files:
        files.put_media()
        restoring.restore_database(db.engine, found, tell, lambda connection: _finish(connection, found.manifest))
        kept = files.put_settings(mail=wanted.mail)
        if wanted.replace:
            files.drop_others()
    _say(found.manifest, {"kept_settings": kept, "backup_before": str(before) if before else None}, wanted.as_json)


def _make_way(wanted: Wanted) -> Path | None:
    """Whether the instance may be filled. With --replace its contents are backed up; gives the file."""
    if newer := migrations.unknown(migrations.current()):
        fail(
            f"the database here is newer than this version ({', '.join(newer)}): which of its tables are ours is not "
            "known. Restore into an empty database, or with the version that made it"
        )
    occupied = _occupied()
    _check_quiet()
    if not occupied:
        return None
    if not wanted.replace:
        fail(f"this instance holds data ({', '.join(occupied[:4])} …): --replace replaces it")
    if not wanted.assume_yes:
        company = settings_of_app().company
        click.confirm(f"Replace everything that the instance of {company} holds?", abort=True, err=True)
    if not wanted.keep_before:
        return None
    file = own_backups() / f"before-restore-{clock.now():%Y%m%dT%H%M%SZ}.zip"
    write(file)
    return file


def own_backups() -> Path:
    """The folder of the backups that commands make by themselves; its owner's only."""
    folder = settings_of_app().instance / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _occupied() -> list[str]:
    """Tables with more in them than `init` writes; `init` alone leaves an administrator without a password."""
    connection = session.connection()
    tables = set(inspect(connection).get_table_names()) & set(db.metadata.tables)
    quote = connection.dialect.identifier_preparer.quote
    filled = [
        name
        for name in sorted(tables - SETTLED)
        if connection.execute(text(f"SELECT 1 FROM {quote(name)} LIMIT 1")).first()  # noqa: S608 (our own names)
    ]
    if (
        "person" in tables
        and connection.execute(text("SELECT 1 FROM person WHERE password_hash IS NOT NULL LIMIT 1")).first()
    ):
        filled.append("person")
    session.rollback()
    return filled


def _check_quiet() -> None:
    """Nobody may be at work on what is about to be replaced."""
    if "heartbeat" not in inspect(db.engine).get_table_names():
        return
    seen = last_beat("loop")
    session.rollback()
    if seen is None or not -QUIET_S < (clock.now() - seen).total_seconds() < QUIET_S:
        return
    tell("waiting to see whether the server still runs")
    end = clock.seconds() + QUIET_S
    while clock.seconds() < end:
        time.sleep(0.5)
        if last_beat("loop") != seen:
            fail("the server runs on this database: stop it first")
        session.rollback()


def _finish(connection: Connection, manifest: backup_reading.Manifest) -> None:
    """Every session and attempt token of the past ends; the audit trail says what happened."""
    from examengine.accounts import actions as accounts

    accounts.end_all_sessions(connection)
    audit.record_on(
        connection,
        clock.now(),
        "instance.restore",
        "instance",
        made_at=manifest.made_at.isoformat(),
        version=manifest.app,
        heads=list(manifest.heads),
    )


def _say(manifest: backup_reading.Manifest, more: dict[str, Any], as_json: bool) -> None:
    from flask import json

    count = sum(table.rows for table in manifest.tables.values())
    facts = {
        "company": manifest.company,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.app,
        "dialect": manifest.dialect,
        "heads": list(manifest.heads),
        "rows": count,
        "files": len(manifest.files),
        "left_out": list(manifest.left_out),
        **more,
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    what = (
        f"{count:,} rows and {len(manifest.files):,} files of {manifest.company}, {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    if not more:
        click.echo(f"The backup is whole: {what} (version {manifest.app}, {manifest.dialect}).")
        return
    click.echo(f"Restored: {what}. Everybody logs in anew.")
    if more["backup_before"]:
        click.echo(f"What was here before is in {more['backup_before']}.")
    if more["kept_settings"]:
        click.echo(f"This machine’s own settings were kept: {', '.join(more['kept_settings'])}.", err=True)
    if to_set := [name for name in manifest.left_out if name != backup.KEY]:
        click.echo(f"Not in the backup, to be set here: {', '.join(to_set)}.", err=True)


def upgrade_with_backup(*, keep_before: bool = True) -> Path | None:
    """Run the migrations that are due, after a backup. Gives the backup's file. Refuses a newer database."""
    from examengine.cli.instance import upgrade_database

    present = migrations.current()
    check_age()
    if not migrations.missing():
        return None
    file = None
    if present and keep_before and _occupied():
        [head, *_] = migrations.heads()
        file = own_backups() / f"before-{head}-{clock.now():%Y%m%dT%H%M%SZ}.zip"
        session.rollback()
        write(file)
    upgrade_database()
    if present:
        audit.record(
            clock.now(),
            None,
            "instance.upgrade",
            "instance",
            None,
            before=list(present),
            after=list(migrations.heads()),
        )
    return file


def check_age() -> None:
    """Ends the command if a newer version has had the database."""
    newer = migrations.unknown(migrations.current())
    session.rollback()
    if newer:
        fail(
            f"the database is newer than this version of examengine ({__version__}): it has the migration "
            f"{', '.join(newer)}. Install the version that made it, or restore a backup of before"
        )
