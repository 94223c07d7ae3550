"""`make bench`: what an exam in progress costs against the bare floor, on SQLite and PostgreSQL, as JSON lines.

    python -m benchmarks.run [--db sqlite] [--only floor,attempt,login,size,growth,staff]

CPU is user and system time of all server processes (web workers and job loop), read from /proc; the database's own
processes apart and beside. A ratio line is the median of at least seven interleaved pairs floor/ours with their range.
Progress goes to standard error. Exit code 1: a bar was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="examengine-bench-run-"))

from benchmarks import company, ground, hotpath, servers, staff
from benchmarks.hotpath import Scene, say

PARTS = ("floor", "attempt", "login", "size", "growth", "staff")
BARS = {
    "save_over_floor": 1.3,
    "start_over_floor": 3.0,
    "start_100k_over_1k": 1.2,
    "page20_over_floor": 3.0,
    "page100_over_floor": 8.0,
    "page20_resume_over_floor": 6.0,
    "attempt_cpu_ms": 20.0,
    "login_cpu_ms": 60.0,
    "kb_per_attempt": 40.0,
    "save_growth_ratio": 1.15,
    "staff_p50_ms": 60.0,
    "staff_statements": 20.0,
}


def together(parts: Sequence[str]) -> list[list[str]]:
    """Parts that share a database. Pages of staff have one to themselves: a company as it is, without the rooms of
    thousands that the other lines leave behind."""
    shared, own = [part for part in parts if part != "staff"], [part for part in parts if part == "staff"]
    return [some for some in (shared, own) if some]


def measure(name: str, parts: Sequence[str]) -> list[dict[str, object]]:
    """All lines of one database."""
    with servers.database(name) as database:
        say(f"{name}: people, banks")
        app = ground.application(database)
        with app.app_context():
            ground.add_competencies()
            people = ground.fill_people(3_200)
            graders = ground.fill_people(2, "g", ("grader",))
            bank = ground.fill_bank("small", 1_000)
            big = ground.fill_bank("large", 100_000) if {"floor", "staff"} & set(parts) else None
            engine = servers.engine(database.environment())
            key = app.config["SETTINGS"].secret_key
            floor = servers.floor({**os.environ, "FLOOR_KEY": key, "FLOOR_DATABASE": database.url}, database.on_sqlite)
            scene = Scene(app, database, engine, floor, people)
            try:
                _parts(scene, parts, bank, big, graders)
            finally:
                engine.stop()
                floor.stop()
        return scene.lines


def measured(names: Sequence[str], parts: Sequence[str]) -> Iterator[dict[str, object]]:
    """All lines, each database in a process of its own: what a process keeps is of one database."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        for name in names:
            for some in together(parts):
                yield from processes.submit(measure, name, some).result()


def _parts(scene: Scene, parts: Sequence[str], bank: int, big: int | None, graders: Sequence[int]) -> None:
    if "size" in parts and scene.database.on_sqlite:
        hotpath.size_line(scene, bank, graders)
    if "attempt" in parts:
        hotpath.attempt_line(scene, bank)
    if "login" in parts:
        hotpath.login_line(scene)
    if "floor" in parts:
        hotpath.floor_lines(scene, bank, big)
    if {"growth", "staff"} & set(parts):
        before = hotpath.save_costs(scene, bank) if "growth" in parts else []
        say("five years of monthly results")
        made = company.fill(scene, bank)
        if "growth" in parts:
            hotpath.growth_line(scene, bank, before)
        if "staff" in parts:
            staff.lines(scene, made, big or bank)


def main() -> int:
    """The console's entry."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.split("\n")[0])
    parser.add_argument("--db", choices=("sqlite", "postgresql"), action="append", help="of this database only")
    parser.add_argument("--only", help=f"parts, by comma: {', '.join(PARTS)}")
    options = parser.parse_args()
    parts = options.only.split(",") if options.only else PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    missed = []
    for line in measured(options.db or ("sqlite", "postgresql"), parts):
        bar = BARS.get(str(line["name"]))
        if bar is not None and float(str(line["value"])) > bar:
            missed.append(f"{line['name']} ({line['db']}): {line['value']} > {bar}")
    for text in missed:
        say(f"missed: {text}")
    say(json.dumps({"missed": len(missed)}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
