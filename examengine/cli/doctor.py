"""`doctor`: looks at everything that an instance needs and says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click
from sqlalchemy.exc import SQLAlchemyError

from examengine.cli.checks import FAULT, OK, SKIPPED, WARNING, Finding, database, fault, fonts, machine, mail, media, ok
from examengine.cli.shared import set_up_logs
from examengine.core import logs, settings
from examengine.core.db import reading, session
from examengine.core.settings import Settings, SettingsError

SIGNS = {OK: "✓", WARNING: "!", FAULT: "✗", SKIPPED: "–"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, permissions, disk, clock, database, pictures, jobs, backups, fonts and mail; say what to do.

    Changes nothing. Exit code 1 if there is a fault, 0 with warnings only.

    \b
    Example: examengine doctor
    """
    import logging

    from flask import json

    set_up_logs(logging.ERROR)
    findings = []
    for finding in _findings():
        findings.append(finding)
        if not as_json:
            click.echo(f"{SIGNS[finding.state]} {finding.check}: {finding.text}")
            if finding.advice:
                click.echo(f"    {finding.advice}")
    faults = sum(finding.state == FAULT for finding in findings)
    warnings = sum(finding.state == WARNING for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"faults": faults, "warnings": warnings, "checks": rows}, ensure_ascii=False))
    else:
        click.echo(f"Faults: {faults}, warnings: {warnings}.", err=True)
    raise SystemExit(1 if faults else 0)


def _findings() -> Iterator[Finding]:
    instance = settings.instance_folder()
    own = None
    try:
        own = settings.load()
        yield ok("settings", f"all are well-formed; the instance is {instance}")
    except SettingsError as error:
        for line in str(error).splitlines():
            yield fault("settings", line, "Correct it in the environment or in config.env of the instance folder.")
    yield from machine.rights(instance)
    yield from machine.evenness()
    if own is not None:
        yield from machine.secret(own)
        yield from machine.reach(own)
        yield from _of_the_database(own)
        yield mail.server(settings.given())


def _of_the_database(own: Settings) -> Iterable[Finding]:
    from examengine.app import create_app  # late: --help stays quick

    with create_app(own).app_context(), reading():
        try:
            return list(_questions(own))
        except SQLAlchemyError as error:
            return [fault("database", f"it stopped answering: {logs.said(error)}", "Look into its own log.")]
        finally:
            session.remove()


def _questions(own: Settings) -> Iterator[Finding]:
    there = database.answers()
    yield there
    if there.state == FAULT:
        yield from machine.room(own, None)
        return
    yield from machine.room(own, database.size())
    yield from database.durability()
    yield database.wholeness()
    yield database.skew()
    yield (age := database.age())
    if age.state == FAULT:
        return
    yield database.people()
    yield media.files(own.media)
    yield database.future()
    yield database.loop()
    yield database.backups()
    yield fonts.names()
