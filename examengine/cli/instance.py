"""`init` and `db`: the instance folder and the database."""

from __future__ import annotations

import logging

import click

from examengine.cli.backups import upgrade_with_backup
from examengine.cli.shared import set_up_logs, settings_of_app, with_app
from examengine.core import clock, migrations, settings
from examengine.core.db import session
from examengine.core.settings import Settings

CONFIG = """\
# Settings of this instance, NAME=value. The environment comes before this file.
# EXAMENGINE_DATABASE_URL=postgresql://user:password@host/database
# EXAMENGINE_COMPANY=My company
# EXAMENGINE_TIMEZONE=Asia/Shanghai
# EXAMENGINE_LANGUAGES=zh,en
# EXAMENGINE_LANGUAGE=zh
"""


def prepare_folder() -> None:
    """The instance folder with secret key and an empty config file, where they are missing."""
    folder = settings.instance_folder()
    settings.write_secret_key(folder)
    config = folder / "config.env"
    if not config.exists():
        config.touch(0o640)  # it may come to hold passwords
        config.write_text(CONFIG, "utf-8")


def address(own: Settings) -> str:
    """Where people reach the instance: behind a proxy by its name, else where it listens."""
    if own.public and own.trusted_proxies and own.allowed_hosts:
        return f"https://{own.allowed_hosts[0]}"
    return f"http://{own.host}:{own.port}"


def upgrade_database() -> None:
    """Run all migrations."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    session.rollback()  # an open transaction of ours would keep the migrations from SQLite's lock
    migrations.upgrade()


@click.command()
@click.option("--username", default="admin", show_default=True, help="Employee number of the first administrator.")
@click.option("--name", default="Administrator", show_default=True, help="Her name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(username: str, name: str, as_json: bool) -> None:
    """Make the instance: folder, config, secret key (0600), database, first administrator by a one-time link.

    Running it again changes nothing that exists; while the administrator has no password, it prints a new link.

    \b
    Example: EXAMENGINE_COMPANY="Cenwan Telecom" examengine init --username 1001 --name "Ada Lead"
    """
    set_up_logs(logging.WARNING)
    prepare_folder()
    _init(username, name, as_json)


@with_app
def _init(username: str, name: str, as_json: bool) -> None:
    from flask import json

    from examengine.accounts import actions, queries

    upgrade_with_backup()
    now = clock.now()
    admins = queries.find_people(role="administrator")
    person = queries.find_person(username)
    if not admins:
        person = actions.add_person(username, name, ["administrator"], now)
    link = None
    if person is not None and person.password_hash is None:
        link = f"{address(settings_of_app())}/welcome/{actions.make_link(person, now)}"
    session.commit()
    facts = {"instance": str(settings_of_app().instance), "administrator": username if link else None, "link": link}
    if as_json:
        click.echo(json.dumps(facts))
        return
    click.echo(f"The instance is in {facts['instance']}.")
    if link:
        click.echo(f"Set the password of {username} here within 48 hours (while `examengine serve` runs):\n{link}")
    else:
        click.echo("It has an administrator already.")


@click.group()
def db() -> None:
    """The database's migrations.

    \b
    Example: examengine db upgrade
    """


@db.command()
@click.option("--no-backup", is_flag=True, help="Do not back up first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def upgrade(no_backup: bool, as_json: bool) -> None:
    """Bring the database to this version; it is backed up first, to backups/ in the instance folder.

    Safe with attempts open. Refuses a database that a newer version has had.

    \b
    Example: examengine db upgrade
    """
    from flask import json

    before = upgrade_with_backup(keep_before=not no_backup)
    if as_json:
        click.echo(json.dumps({"backup": str(before) if before else None, "heads": list(migrations.heads())}))
        return
    if before:
        click.echo(f"The database as it was is in {before}.")
    click.echo("The database is up to date.")
