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
    """Add a person; a first password is made and printed.

    \b
    Example: examengine user add 3001 "Mia Grader" --role grader --json
    """
    from flask import json

    from examengine.accounts import actions

    now, password = clock.now(), codes.readable(10)
    group = actions.add_team(team, now) if team else None
    actions.add_person(username, name, roles, now, password=password, team=group, email=email)
    facts = {"username": username, "password": password, "roles": sorted(roles)}
    click.echo(json.dumps(facts) if as_json else f"{username} may log in with the password {password}")


user.add_command(import_)


@user.command()
@click.argument("username")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def passwd(username: str, as_json: bool) -> None:
    """Give a person a new random password; her sessions end.

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
    actions.set_password(person, password, clock.now())
    facts = {"username": username, "password": password}
    click.echo(json.dumps(facts) if as_json else f"{username} may log in with the password {password}")
