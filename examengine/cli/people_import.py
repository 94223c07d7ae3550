"""`user import`: people from a file, as the administrator's page reads and compares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from examengine.accounts import details, importing, imports, passwords, queries
from examengine.accounts.importing import Line
from examengine.cli.shared import fail, with_app
from examengine.core import clock, codes
from examengine.core.db import session
from examengine.core.errors import Problem
from examengine.formats import people_table


@dataclass
class Outcome:
    """What became of the rows; what scripts read."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def facts(self, file: str) -> dict[str, Any]:
        """As JSON: `added`, `known` and `problems` say the same as scripts have read it before."""
        known = [*(row["username"] for row in self.changed), *self.unchanged]
        problems = [{"file": file, "line": row["row"], "reason": " ".join(row["reasons"])} for row in self.refused]
        added = [row for row in self.new if "password" in row]
        rows = {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "refused": self.refused}
        return {**rows, "added": added, "known": known, "problems": problems}


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--update", is_flag=True, help="Change people who exist already where the file says something else.")
@click.option("--partial", is_flag=True, help="Take over the right rows although others are faulty.")
@click.option("--keep-passwords", is_flag=True, help="First passwords need not be changed: for tests and demos.")
@click.option("--encoding", default="", help="utf-8, utf-16, gb18030 or windows-1252; found out by itself else.")
@click.option("--sheet", default="", help="Of a workbook; the first one else.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def import_(
    file: Path,
    dry_run: bool,
    update: bool,
    partial: bool,
    keep_passwords: bool,
    encoding: str,
    sheet: str,
    as_json: bool,
) -> None:
    """Add the people of a file (CSV or XLSX): employee number, name, team, roles, e-mail, language.

    Titles of columns may be Chinese or English (`username`, `name`, `roles` … too). All or nothing: every faulty row is
    named, and then nothing is done, unless --partial. Who exists already is left as she is, unless --update.

    \b
    Example: examengine user import people.xlsx --dry-run --json
    """
    from flask import json

    lines = _compared(file, encoding, sheet, update)
    outcome = _sorted(lines)
    write = not dry_run and (partial or not outcome.refused)
    if write:
        _write(lines, outcome, update, keep_passwords, file.name)
    if as_json:
        click.echo(json.dumps(outcome.facts(file.name), ensure_ascii=False))
    else:
        _print(outcome, file.name, dry_run, update)
    if outcome.refused:
        if write:
            session.commit()
        raise SystemExit(1)


def _compared(file: Path, encoding: str, sheet: str, update: bool) -> list[Line]:
    """The file's rows beside the people there are; ends the command when it is no table of people."""
    try:
        table = people_table.read(file.read_bytes(), encoding, sheet)
    except Problem as problem:
        fail(f"{file.name}: {problem}")
        raise
    columns = people_table.columns(table.header)
    if not set(people_table.NEEDED) <= columns.keys():
        fail(f"{file.name}: no line names the columns employee number (username) and name")
    entries = people_table.entries(table, columns)
    if not entries:
        fail(f"{file.name}: there is nobody in it")
    names = {details.folded(said.get("username", "")) for _, said in entries}
    administrators = queries.count_administrators() if update else None
    return importing.compare(entries, importing.Register(queries.find_known(names), administrators))


def _sorted(lines: Sequence[Line]) -> Outcome:
    outcome = Outcome()
    for line in lines:
        facts = {"row": line.row, "username": line.username, "name": line.name}
        if line.outcome == "new":
            outcome.new.append({**facts, "roles": line.wanted["roles"].split()})
        elif line.outcome == "changed":
            changes: Mapping[str, list[str]] = {c.field: [c.old, c.new] for c in line.changes}
            outcome.changed.append({**facts, "changes": changes})
        elif line.outcome == "unchanged":
            outcome.unchanged.append(line.username)
        else:
            outcome.refused.append({**facts, "reasons": [str(reason) for reason in line.reasons]})
    return outcome


def _write(lines: Sequence[Line], outcome: Outcome, update: bool, keep_passwords: bool, file: str) -> None:
    """Write the rows; the passwords are made first, so that nobody waits for the database meanwhile."""
    made = {row["username"]: codes.readable(10) for row in outcome.new}
    session.rollback()
    hashes = {username: passwords.hashed(password) for username, password in made.items()}
    now: datetime = clock.now()
    for line in lines:
        if line.outcome == "new" or (line.outcome == "changed" and update):
            person_id = imports.write(line, now, None, file, hashes.get(line.username))
            if line.outcome == "new" and keep_passwords:
                queries.get_person(person_id).must_change_password = False
    for row in outcome.new:
        row["password"] = made[row["username"]]


def _print(outcome: Outcome, file: str, dry_run: bool, update: bool) -> None:
    for row in outcome.refused:
        click.echo(f"{file}:{row['row']}: {' '.join(row['reasons'])}", err=True)
    for row in outcome.new:
        click.echo(
            f"{row['username']}  {row['password']}" if "password" in row else f"{row['username']}  {row['name']}"
        )
    for row in outcome.changed if update or dry_run else ():
        told = "; ".join(f"{name}: {old or '–'} → {new}" for name, (old, new) in row["changes"].items())
        click.echo(f"{row['username']}  {told}")
    counts = (len(outcome.new), len(outcome.changed), len(outcome.unchanged), len(outcome.refused))
    click.echo("{} new, {} with changes, {} unchanged, {} faulty".format(*counts), err=True)
