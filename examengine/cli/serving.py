"""`serve` and `jobs`: the web server and the job loop."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import click

from examengine.cli.shared import fail, set_up_logs, with_app
from examengine.core import settings
from examengine.core.settings import Settings

MOST_CONNECTIONS = 4096
"""Of a server process, idle ones too: browsers keep several open each, and all beyond wait unanswered."""
HEADER_TIME_MS = 30_000
"""In which a request's headers have arrived; so long an idle connection is kept, too."""


@click.command()
@click.option("--host", help="Listen here (default: EXAMENGINE_HOST or 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen on this port (default: PORT or 8000).")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes (default: one a core).")
@click.option("--demo", "with_demo", is_flag=True, help="Prepare the instance; fill an empty one with a demo company.")
def serve(host: str | None, port: int | None, workers: int | None, with_demo: bool) -> None:
    """Serve the pages and run the jobs until stopped.

    \b
    Example: examengine serve --port 8080
    """
    if host:
        os.environ["EXAMENGINE_HOST"] = host
    if port:
        os.environ["EXAMENGINE_PORT"] = str(port)
    if with_demo:
        from examengine.cli.instance import prepare_folder

        prepare_folder()
    own = settings.load()
    _check(own, with_demo)
    click.echo(f"Serving on http://{own.host}:{own.port} (Ctrl+C stops).", err=True)
    _run(own, workers or os.cpu_count() or 2)


@with_app
def _check(own: Settings, with_demo: bool) -> None:
    """Whether this instance may be served; `with_demo` prepares and fills an empty one first."""
    from examengine.core import facts, migrations

    if with_demo:
        _prepare_demo()
    missing = migrations.missing()
    if missing:
        fail(f"the database lacks migrations ({', '.join(missing)}): run `examengine db upgrade`")
    if facts.find_fact("demo") and not settings.is_loopback(own.host):
        fail(f"this is a demo with known contents: it is served on loopback only, not on {own.host}")


def _prepare_demo() -> None:
    from examengine.accounts.queries import count_people
    from examengine.cli import demo
    from examengine.cli.instance import upgrade_database
    from examengine.core import migrations

    if migrations.missing():
        click.echo("Migrating the database …", err=True)
        upgrade_database()
    if not count_people():
        demo.print_accounts(demo.fill(lambda line: click.echo(line, err=True)), False)


def _run(own: Settings, workers: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    stop = threading.Event()
    keeper = threading.Thread(target=_keep_jobs, args=(stop,), daemon=True)
    keeper.start()
    server = Granian(
        "examengine.cli.serving:application",
        address=own.host,
        port=own.port,
        interface=Interfaces.RSGI,
        workers=workers,
        backlog=2048,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIME_MS),
        websockets=False,
        factory=True,
        log_enabled=False,
        respawn_failed_workers=True,
    )
    try:
        server.serve()
    finally:
        stop.set()
        keeper.join(10)


def _keep_jobs(stop: threading.Event) -> None:
    """Run the job loop in a process of its own; start it again should it die."""
    while not stop.is_set():
        child = subprocess.Popen([sys.executable, "-m", "examengine", "jobs", "run"])
        while child.poll() is None and not stop.wait(0.5):
            pass
        if child.poll() is None:
            child.terminate()
            child.wait(10)
        elif not stop.wait(1):
            click.echo("The job loop ended; it is started again.", err=True)


def application() -> object:
    """The application of a server process, behind the gateway that reads bodies."""
    from examengine.app import create_app
    from examengine.cli.gateway import front

    set_up_logs()
    app = create_app()
    threads = 1 if app.config["SETTINGS"].on_sqlite else 4
    return front(app, threads, app.config["MAX_CONTENT_LENGTH"])


@click.group()
def jobs() -> None:
    """Background work.

    \b
    Example: examengine jobs run
    """


@jobs.command()
@click.option("--once", is_flag=True, help="One round, then stop.")
@with_app
def run(once: bool) -> None:
    """Run the job loop until stopped: deadlines, scoring, leases, results, records. Several may run.

    \b
    Example: examengine jobs run --once
    """
    from examengine.jobs import loop, sweeps

    if once:
        click.echo(f"{sweeps.run_all() + sweeps.run_slow()} done")
    else:
        loop.run_until_signal()
