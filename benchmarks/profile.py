"""`make profile NAME=step`: where the time of a step of the hot path goes, in this process, on SQLite.

Steps: save, start, page, submit, result.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="examengine-profile-run-"))

from flask.testing import FlaskClient
from pyinstrument import Profiler

from benchmarks import ground, hotpath, servers
from examengine.cli.shared import set_up_logs
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import journal
from examengine.results import actions as results

COUNT = 400
Step = Callable[[], None]


class Stage:
    """One application in this process with enough people to repeat each step."""

    def __init__(self, database: servers.Database) -> None:
        self.app = ground.application(database)
        set_up_logs()
        with self.app.app_context():
            ground.add_competencies()
            self.people = ground.fill_people(2 * COUNT)
            bank = ground.fill_bank("small", 1_000)
            self.exam = ground.exam("Profile", hotpath.OBJECTIVE, bank, release="complete")
            self.sitting = ground.sitting(self.exam, self.people)
            self.attempts = ground.begin(self.sitting, self.people[:COUNT])
            session.remove()
        self.client: FlaskClient = self.app.test_client(use_cookies=False)

    def ask(
        self, method: str, path: str, expect: int, person: int = 0, token: int | None = None, body: bytes = b""
    ) -> None:
        """One request of a person (by her place among them), with her session or with the token of her attempt."""
        headers = {"Accept": "text/html"}
        if token is None:
            passport = ground.passport(self.app, self.people[person])
            headers["Cookie"] = passport.cookie
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                body = f"csrf_token={passport.csrf}".encode()
        else:
            headers |= {"Content-Type": "application/json", "Page-Clock": "9"}
            headers["Attempt-Token"] = ground.token(self.app, self.attempts[token], self.people[token], 20)
        answer = self.client.open(path, method=method, headers=headers, data=body)
        if answer.status_code != expect:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.get_data(as_text=True)[:300]}")

    def steps(self) -> dict[str, Iterator[Step]]:
        """By name: the step, again and again."""
        empty = json.dumps({"seq": 0, "digest": journal.digest({})}).encode()
        everybody = range(COUNT)
        return {
            "save": (self._save(seq) for seq in itertools.count(1)),
            "start": (
                lambda n=n: self.ask("POST", f"/sittings/{self.sitting}/start", 303, COUNT + n) for n in everybody
            ),
            "page": (lambda n=n: self.ask("GET", f"/attempts/{self.attempts[n]}", 200, n) for n in everybody),
            "submit": (
                lambda n=n: self.ask("POST", f"/attempts/{self.attempts[n]}/submit", 200, token=n, body=empty)
                for n in everybody
            ),
            "result": (lambda n=n: self.ask("GET", f"/attempts/{self.attempts[n]}/result", 200, n) for n in everybody),
        }

    def _save(self, seq: int) -> Step:
        path = f"/attempts/{self.attempts[0]}/saves/1/{seq}"
        return lambda: self.ask("PUT", path, 200, token=0, body=ground.body(1 + seq % 20, 1000 * seq))

    def complete(self) -> None:
        """What the job loop does between submit and result."""
        with self.app.app_context():
            for attempt in self.attempts:
                results.complete(attempt, clock.now())
            results.release_due(self.sitting, clock.now())
            session.commit()
            session.remove()


def main() -> int:
    """The console's entry."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=("save", "start", "page", "submit", "result"))
    options = parser.parse_args()
    with servers.database("sqlite") as database:
        stage = Stage(database)
        steps = stage.steps()
        if options.name == "result":
            for step in steps["submit"]:
                step()
            stage.complete()
        wanted = list(itertools.islice(steps[options.name], COUNT))
        for step in wanted[:20]:
            step()
        profiler, begun = Profiler(interval=0.001), time.process_time()
        with profiler:
            for step in wanted[20:]:
                step()
        spent = 1_000_000 * (time.process_time() - begun) / (len(wanted) - 20)
    print(profiler.output_text(unicode=True, color=sys.stdout.isatty(), show_all=False))
    print(f"{options.name}: {spent:.0f} µs of CPU each, the profiler's and the test client's included")
    return 0


if __name__ == "__main__":
    sys.exit(main())
