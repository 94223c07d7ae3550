"""`user`: people from the console."""

from __future__ import annotations

import click

from examengine.cli.people_import import import_
from examengine.cli.shared import fail, with_app
from examengine.core import clock, codes


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


user.add_command(import_)


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
