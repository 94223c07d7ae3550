"""Every command explains itself, with an example; wrong usage ends with 2."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from examengine import __version__
from examengine.cli import main


def commands(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command."""
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))


ALL = sorted(commands())


def test_the_console_has_what_it_promises() -> None:
    wanted = "init,serve,demo,db upgrade,user add,user import,user passwd,bank check,bank load,bank save,bank list"
    wanted += ",exam check,exam load,exam save,exam list"
    for words in f"{wanted},user clear-wait,jobs run,version".split(","):
        assert tuple(words.split()) in ALL


@pytest.mark.parametrize("path", ALL, ids=lambda path: " ".join(path) or "examengine")
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    example = done.output.partition("Example:")[2]
    assert "examengine " in example
    assert all(word in example for word in path)


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["version", "--loudly"],
        ["user", "add", "1001"],
        ["user", "add", "1001", "Cem"],
        ["user", "import", "/no/such/file"],
        ["bank", "check"],
        ["bank", "check", "/no/such/folder"],
        ["bank", "load", "/no/such/folder"],
        ["exam", "check"],
        ["exam", "load", "/no/such/file"],
        ["exam", "save", "one", "/tmp/x.yaml"],
        ["serve", "--port", "99999"],
        ["serve", "--workers", "0"],
        ["jobs"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


def test_the_version() -> None:
    assert CliRunner().invoke(main, ["version"]).output == f"examengine {__version__}\n"
    assert CliRunner().invoke(main, ["version", "--json"]).output == f'{{"version": "{__version__}"}}\n'
