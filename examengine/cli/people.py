"""`user`: people from the console."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from examengine.cli.shared import fail, with_app
from examengine.core import clock, codes

COLUMNS = ("username", "name", "roles", "team", "email")


@click.group()
def user() -> None:
    """Add people and set passwords.

    \b
    Example: examengine user add 2001 "Cem Candidate" --role operator --team "Team East"
    """


@user.command()
@click.argument("username")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="operator, grader, trainer, manager …")
@click.option("--team", help="Made when it is new.")
@click.option("--email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def add(username: str, name: str, roles: tuple[str, ...], team: str | None, email: str | None, as_json: bool) -> None:
    """Add a person; a first password is made and printed. She changes it at her first log-in.

    \b
    Example: examengine user add 3001 "Mia Grader" --role grader --json
    """
    from flask import json

    from examengine.accounts import actions

    now, password = clock.now(), codes.readable(10)
    group = actions.add_team(team, now) if team else None
    actions.add_person(username, name, roles, now, password=password, temporary=True, team=group, email=email)
    facts = {"username": username, "password": password, "roles": sorted(roles)}
    click.echo(json.dumps(facts) if as_json else f"{username} may log in with the password {password}")


@user.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep-passwords", is_flag=True, help="For tests and demos: nobody has to change her first password.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def import_(file: Path, keep_passwords: bool, as_json: bool) -> None:
    """Add the people of a CSV file (UTF-8): username, name, roles (with spaces between), team, email.

    All or nothing: every faulty row is named, and then nothing is added. Who exists already is left as she is.
    First passwords are printed; each is changed at the first log-in.

    \b
    Example: examengine user import people.csv --json
    """
    from flask import json

    from examengine.accounts import actions, queries
    from examengine.core.errors import Problem

    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        fail(f"{file.name}: not a CSV file in UTF-8: {error}")
        return
    if not rows or not {"username", "name", "roles"} <= set(rows[0]):
        fail(f"{file.name}:1: the first line must name the columns {', '.join(COLUMNS)}")
        return
    now = clock.now()
    made, known, problems = [], [], []
    for line, row in enumerate(rows, 2):
        fields = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if queries.find_person(fields["username"]):
            known.append(fields["username"])
            continue
        password = codes.readable(10)
        try:
            team = actions.add_team(fields["team"], now) if fields["team"] else None
            actions.add_person(
                fields["username"],
                fields["name"],
                fields["roles"].split(),
                now,
                password=password,
                temporary=not keep_passwords,
                team=team,
                email=fields["email"],
            )
            made.append({"username": fields["username"], "password": password, "roles": fields["roles"].split()})
        except Problem as error:
            problems.append({"file": file.name, "line": line, "reason": str(error)})
    if problems:
        from examengine.core.db import session

        session.rollback()
        made = []
    if as_json:
        click.echo(json.dumps({"added": made, "known": known, "problems": problems}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{problem['file']}:{problem['line']}: {problem['reason']}", err=True)
        for entry in made:
            click.echo(f"{entry['username']}  {entry['password']}")
        click.echo(f"{len(made)} added, {len(known)} known already, {len(problems)} faulty", err=True)
    if problems:
        raise SystemExit(1)


@user.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def passwd(username: str, as_json: bool) -> None:
    """Give a person a new random password, to be changed at the next log-in; her sessions and log-in waits end.

    \b
    Example: examengine user passwd 2001
    """
    from flask import json

    from examengine.accounts import actions, queries

    person = queries.find_person(username)
    if person is None:
        fail(f"there is nobody with the employee number {username}")
        return
    password = codes.readable(10)
    actions.set_password(person, password, clock.now(), temporary=True)
    facts = {"username": username, "password": password}
    click.echo(json.dumps(facts) if as_json else f"{username} may log in with the password {password}")


@user.command(name="clear-wait")
@click.argument("username", required=False)
@click.option("--address", help="Forget what failed from this network address, whoever tried.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def clear_wait(username: str | None, address: str | None, as_json: bool) -> None:
    """Let a person, or a whole address, try to log in again at once after too many wrong passwords.

    \b
    Example: examengine user clear-wait 2001
    """
    from flask import json

    from examengine.accounts import failures, queries

    if (username is None) is (address is None):
        raise click.UsageError("name either a person or an --address")
    if address is not None:
        forgotten = failures.clear_address(address, clock.now(), None)
    else:
        person = queries.find_person(username or "")
        if person is None:
            fail(f"there is nobody with the employee number {username}")
            return
        forgotten = failures.clear_wait(person, clock.now(), None)
    click.echo(json.dumps({"forgotten": forgotten}) if as_json else f"{forgotten} failed tries are forgotten")
