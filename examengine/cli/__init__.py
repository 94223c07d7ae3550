"""DOOR: the console script `examengine`."""

from __future__ import annotations

import click

from examengine import __version__
from examengine.cli import backups, banks, demo, doctor, exams, instance, mail, people, serving
from examengine.cli.shared import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """An online exam and quiz engine that a company runs itself.

    Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.

    \b
    Example: examengine init && examengine serve
    """


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def version(as_json: bool) -> None:
    """Print the version.

    \b
    Example: examengine version --json
    """
    click.echo(f'{{"version": "{__version__}"}}' if as_json else f"examengine {__version__}")


main.add_command(instance.init)
main.add_command(instance.db)
main.add_command(backups.backup_command)
main.add_command(backups.restore)
main.add_command(doctor.doctor)
main.add_command(serving.serve)
main.add_command(serving.jobs)
main.add_command(demo.demo)
main.add_command(people.user)
main.add_command(banks.bank)
main.add_command(exams.exam)
main.add_command(mail.mail)
