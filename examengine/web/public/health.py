"""Health of the process and readiness of all that it needs."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, jsonify
from sqlalchemy import text
from werkzeug.wrappers import Response

from examengine.core import clock, disk, migrations
from examengine.core.db import db, session, writing_fault
from examengine.core.heartbeat import last_beat
from examengine.web.public import blueprint

STALE = timedelta(seconds=20)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Disk, database, migrations, data and job loop; 503 names what is missing."""
    checks = {"disk": disk.fault(current_app.config["SETTINGS"].instance) or "ok", "database": _database()}
    if checks["database"] == "ok":
        checks["writing"] = writing_fault(db.engine) or "ok"
        checks["migrations"] = _migrations()
    if checks.get("migrations") == "ok":
        checks["data"] = _data()
        checks["jobs"] = _jobs()
    ready = set(checks.values()) == {"ok"}
    answer = jsonify(status="ok" if ready else "not ready", checks=checks)
    answer.status_code = 200 if ready else 503
    if not ready:
        answer.headers["Retry-After"] = "5"
    return answer


def _database() -> str:
    try:
        session.execute(text("SELECT 1"))
    except Exception as error:  # whatever keeps the database away, readiness is the place to say so
        session.rollback()
        return type(error).__name__
    return "ok"


def _migrations() -> str:
    if newer := migrations.unknown(migrations.current()):
        return f"newer than the code: {', '.join(newer)}"
    missing = migrations.missing()
    return "ok" if not missing else f"missing: {', '.join(missing)}"


def _data() -> str:
    found = session.execute(text("SELECT 1 FROM person LIMIT 1")).one_or_none()
    return "ok" if found else "no people yet: examengine init or examengine demo"


def _jobs() -> str:
    beat = last_beat("loop")
    if beat is None:
        return "never ran"
    late = clock.now() - beat
    if late < -STALE:
        return "last seen in the future: the clock went back"
    return "ok" if late < STALE else f"last seen {int(late.total_seconds())} s ago"
