"""The bare floor: a Flask route that checks an HMAC token and runs the guarded save through the driver.

It does nothing else and imports nothing of examengine. Schema, server, workers, durability and the token's shape are
the engine's; what the engine does beyond this is what the benchmarks show. Served as `benchmarks.floor:application`,
with FLOOR_KEY (the secret) and FLOOR_DATABASE (a path of SQLite or a postgresql:// URL) in the environment.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from flask import Flask, Response, abort, request

_NEWEST = "coalesce((SELECT s.{} FROM save s WHERE s.attempt_id = a.id ORDER BY s.epoch DESC, s.seq DESC LIMIT 1), 0)"
_SAVES, _BYTES = _NEWEST.format("ordinal"), _NEWEST.format("total_bytes")
SQL = f"""
INSERT INTO save (attempt_id, epoch, seq, body, sha256, received_at, late, ordinal, total_bytes)
SELECT a.id, a.epoch, :seq, :body, :sha256, :now, :now > a.deadline_at,
       {_SAVES} + 1,
       {_BYTES} + :size
FROM attempt a JOIN person p ON p.id = a.person_id
WHERE a.id = :attempt AND a.person_id = :person AND a.state = 'in_progress' AND a.epoch = :epoch
  AND p.session_version = :version AND p.active
  AND (:now <= a.deadline_at OR (:slack <= a.deadline_at AND :now <= a.deadline_at))
  AND {_SAVES} < 5000
  AND {_BYTES} + :size <= 33554432
{{lock}}
ON CONFLICT (attempt_id, epoch, seq) DO NOTHING
RETURNING late, (SELECT deadline_at FROM attempt WHERE id = save.attempt_id)
"""
NAMES = ("seq", "body", "sha256", "now", "size", "attempt", "person", "epoch", "version", "slack")
SQLITE = SQL.format(lock="")
POSTGRESQL = SQL.format(lock="FOR SHARE OF a")
for _name in sorted(NAMES, key=len, reverse=True):
    POSTGRESQL = POSTGRESQL.replace(f":{_name}", f"%({_name})s")

_local = threading.local()


def connection(database: str) -> Any:
    """This thread's connection, as durable as the engine's."""
    if not hasattr(_local, "connection"):
        if database.startswith("postgresql"):
            _local.connection = psycopg.connect(database, autocommit=True)
        else:
            _local.connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
                _local.connection.execute(f"PRAGMA {pragma}")
    return _local.connection


def application() -> Flask:
    """The WSGI application of a server process."""
    app = Flask("floor", static_folder=None)
    key, database = os.environ["FLOOR_KEY"].encode(), os.environ["FLOOR_DATABASE"]
    on_postgres = database.startswith("postgresql")
    statement = POSTGRESQL if on_postgres else SQLITE
    epoch_start = datetime(1970, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)

    def moment(value: datetime) -> Any:
        return value if on_postgres else int((value - epoch_start) / second * 1_000_000)

    @app.put("/attempts/<int:attempt>/saves/<int:epoch>/<int:seq>")
    def save(attempt: int, epoch: int, seq: int) -> Response:
        facts, _, given = request.headers.get("Attempt-Token", "").rpartition(".")
        made = base64.urlsafe_b64encode(hmac.digest(key, f"attempt {facts}".encode(), "sha256")).rstrip(b"=")
        if not hmac.compare_digest(made, given.encode()):
            abort(401)
        _, person, version, _, _ = facts.split(".")
        body, now = request.get_data(cache=False), datetime.now(UTC)
        digest = hashlib.sha256(body).digest()
        values = {
            "seq": seq,
            "body": body.decode(),
            "sha256": digest,
            "now": moment(now),
            "size": len(body),
            "attempt": attempt,
            "person": int(person),
            "epoch": epoch,
            "version": int(version),
            "slack": moment(now - timedelta(seconds=30)),
        }
        rows = connection(database).execute(statement, values).fetchall()
        if not rows:
            abort(409)
        return Response(json.dumps({"seq": seq, "sha256": digest.hex()}), mimetype="application/json")

    return app
