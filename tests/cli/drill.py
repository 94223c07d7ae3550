"""What the backup drills share: instances on either database, a busy exam, and what two instances have in common."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from examengine.core import clock
from examengine.core.db import db, dumps, hot_for, session
from examengine.delivery import journal
from examengine.delivery import queries as attempts
from examengine.delivery.models import Save
from examengine.delivery.saving import save_answers
from examengine.delivery.tokens import Token
from tests.making import World


@dataclass
class Room:
    """Candidates who save without rest, and what they were told is saved."""

    app: Flask
    tokens: list[Token]
    acknowledged: dict[tuple[int, int, int], str] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Room:
        self._threads = [threading.Thread(target=self._sit, args=(token,), daemon=True) for token in self.tokens]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _sit(self, token: Token) -> None:
        with self.app.app_context():
            hot = hot_for(db.engine)
            seq = 0
            try:
                while not self._stop.is_set():
                    seq += 1
                    body = dumps([{"slot": 1, "t": seq, "value": f"word {seq} 答"}]).encode()
                    done = save_answers(hot, token, seq, body, 0, clock.now())
                    self.acknowledged[token.attempt, token.epoch, seq] = done.sha256
                    self._stop.wait(0.005)
            except Exception as error:
                self.failures.append(error)
            finally:
                hot.close()

    def wait_for(self, saves: int) -> None:
        """Until so many more were acknowledged."""
        wanted, end = len(self.acknowledged) + saves, clock.seconds() + 30
        while len(self.acknowledged) < wanted:
            assert clock.seconds() < end, "the room does not get on"
            assert not self.failures, self.failures
            self._stop.wait(0.01)


def busy_exam(app: Flask, names: list[str]) -> tuple[list[Token], int]:
    """Open attempts of these people, and one that is handed in, scored and sealed."""
    with app.app_context():
        world = World()
        sitting = world.sitting(people=[*names, "cem"])
        done = world.start(sitting, "cem")
        world.submit(done, world.answer_all(done))
        tokens, closed = [world.token(world.start(sitting, name), name) for name in names], done.id
        session.remove()
        return tokens, closed


def saved(app: Flask) -> dict[tuple[int, int, int], str]:
    """All rows of the journal: key and digest."""
    with app.app_context():
        rows = session.execute(select(Save.attempt_id, Save.epoch, Save.seq, Save.sha256)).all()
        session.remove()
        return {(attempt, epoch, seq): digest.hex() for attempt, epoch, seq, digest in rows}


def check_seal(app: Flask, attempt_id: int) -> None:
    """The closed attempt's seal is that of its journal."""
    with app.app_context():
        attempt = attempts.get_attempt(attempt_id)
        assert attempt.seal == journal.seal(attempt_id, attempts.find_rows(attempt_id))
        assert attempt.receipt == journal.receipt(attempt.seal)
        session.remove()


def members(file: Path) -> dict[str, str]:
    """Digests of the tables of a backup, by name."""
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    return {name: table["sha256"] for name, table in tables.items()}


def rows_of(file: Path, table: str) -> list[list[Any]]:
    """The rows of a table in a backup."""
    with zipfile.ZipFile(file) as archive:
        return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").splitlines()]


def contents(file: Path) -> dict[str, bytes]:
    """All members of a backup."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@contextmanager
def changed(file: Path, target: Path) -> Iterator[dict[str, bytes]]:
    """A copy of a backup with other members: change the dictionary."""
    parts = contents(file)
    yield parts
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@contextmanager
def changed_manifest(file: Path, target: Path) -> Iterator[dict[str, Any]]:
    """A copy of a backup with another manifest."""
    with changed(file, target) as parts:
        manifest = json.loads(parts["manifest.json"])
        yield manifest
        parts["manifest.json"] = json.dumps(manifest).encode()
