"""The state of the instance: version, database, migrations, job loop, zone, counts."""

from __future__ import annotations

import platform
from datetime import timedelta

from flask import current_app, render_template
from sqlalchemy import text

from examengine import __version__
from examengine.accounts.queries import count_people
from examengine.bank.queries import count_items
from examengine.core import clock, migrations
from examengine.core.db import session
from examengine.core.heartbeat import last_beat
from examengine.delivery.queries import count_attempts
from examengine.exams.queries import count_all_sittings, count_exams
from examengine.web.admin import blueprint
from examengine.web.shell.own_settings import live

STALE = timedelta(seconds=20)


@blueprint.get("/admin/status")
def status() -> str:
    """All at a glance; what is wrong is said in words."""
    now, beat = clock.now(), last_beat("loop")
    return render_template(
        "admin/status.html",
        version=__version__,
        python=platform.python_version(),
        database=_database(),
        current=migrations.current(),
        missing=migrations.missing(),
        beat=beat,
        alive=beat is not None and now - beat < STALE,
        now=now,
        settings=current_app.config["SETTINGS"],
        faults=live().faults,
        waiting=live().waiting,
        people=count_people(),
        items=count_items(),
        exams=sum(count_exams().values()),
        sittings=count_all_sittings(),
        attempts=count_attempts(),
    )


def _database() -> str:
    """Kind and version of the database."""
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {session.scalar(text('SHOW server_version'))}"
