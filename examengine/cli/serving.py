"""`serve` and `jobs`: the web server and the job loop."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import click

from examengine.cli.shared import fail, set_up_logs, with_app
from examengine.core import clock, settings
from examengine.core.settings import Settings

MOST_CONNECTIONS = 4096
"""Of a server process, idle ones too: browsers keep several open each, and all beyond wait unanswered."""
OTHER_FILES = 256
"""Beside the connections: databases, logs, libraries."""
HEADER_TIME_MS = 30_000
"""In which a request's headers have arrived; so long an idle connection is kept, too."""


@click.command()
@click.option("--host", help="Listen here (default: EXAMENGINE_HOST or 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen on this port (default: PORT or 8000).")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes (default: one a core).")
@click.option("--no-jobs", is_flag=True, help="Only the pages: something else keeps `examengine jobs run` running.")
@click.option("--demo", "with_demo", is_flag=True, help="Prepare the instance; fill an empty one with a demo company.")
def serve(host: str | None, port: int | None, workers: int | None, no_jobs: bool, with_demo: bool) -> None:
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
    _run(own, workers or os.cpu_count() or 2, jobs=not no_jobs)


@with_app
def _check(own: Settings, with_demo: bool) -> None:
    """Whether this instance may be served; `with_demo` prepares and fills an empty one first."""
    from examengine.cli.backups import check_age
    from examengine.core import facts, migrations

    check_age()
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
    from examengine.cli.backups import upgrade_with_backup
    from examengine.cli.demo_company import CHINESE
    from examengine.core import migrations

    if migrations.missing():
        click.echo("Migrating the database …", err=True)
        upgrade_with_backup()
    if not count_people():
        demo.print_accounts(demo.fill(CHINESE, lambda line: click.echo(line, err=True)), False)


def _run(own: Settings, workers: int, *, jobs: bool) -> None:
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_jobs, args=(stop,), daemon=True)
    if jobs:
        keeper.start()
    try:
        _keep_serving(own, workers)
    finally:
        stop.set()
        if jobs:
            keeper.join(10)


def _keep_serving(own: Settings, workers: int) -> None:
    """Serve until a signal. The server gives up when a process of its dies twice in a row; it is started again."""
    pause = 1.0
    while True:
        server, begun = _server(own, workers), clock.seconds()
        with suppress(SystemExit):
            server.serve()
        pause = 1.0 if clock.seconds() - begun > 60 else min(30.0, 2 * pause)
        if not server.interrupt_signal:
            click.echo(f"The web server ended; it is started again in {pause:.0f} s.", err=True)
        end = clock.seconds() + pause
        while clock.seconds() < end and not server.interrupt_signal:  # the signals are the server's still
            time.sleep(0.1)
        if server.interrupt_signal:
            return


def _server(own: Settings, workers: int) -> Any:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    return Granian(
        "examengine.cli.serving:application",
        address=own.host,
        port=own.port,
        interface=Interfaces.RSGI,
        workers=workers,
        backlog=2048,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIME_MS),
        websockets=False,
        factory=True,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=15,  # a stuck one must not keep the others from ending
    )


def _connections() -> int:
    """How many connections a server process may hold: each takes a file, and some are needed for the rest."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return max(64, allowed - OTHER_FILES)


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
    _settle()
    threads = 1 if app.config["SETTINGS"].on_sqlite else 4
    return front(app, threads, app.config["MAX_CONTENT_LENGTH"], app.extensions["is_brief"])


def _settle() -> None:
    """What is there for good is not looked through again: each full collection held a request up for 150 ms."""
    gc.collect()
    gc.freeze()


@click.group()
def jobs() -> None:
    """Background work.

    \b
    Example: examengine jobs run
    """


@jobs.command()
@click.option("--once", is_flag=True, help="One round, with the mails and long work that wait, then stop.")
@with_app
def run(once: bool) -> None:
    """Run the job loop until stopped: deadlines, scoring, leases, results, records, long work. Several may run.

    \b
    Example: examengine jobs run --once
    """
    from flask import current_app

    from examengine.jobs import loop, sweeps, work

    app = current_app._get_current_object()  # type: ignore[attr-defined]  # flask's own way
    _settle()
    if once:
        click.echo(f"{sweeps.run_all() + sweeps.run_slow() + work.drain(app)} done")
        return
    consumer = work.consumer(app)
    consumer.start()
    try:
        loop.run_until_signal()
    finally:
        consumer.stop(graceful=True)
