"""What an exam in progress costs against the floor of the same run: lines of `make bench`."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from benchmarks import ground, load
from benchmarks.load import Request, request
from benchmarks.servers import Database, Server
from examengine.core.db import session
from examengine.results.models import Release, Result

ROUNDS, REQUESTS = 7, 3_000
OBJECTIVE = {"single_choice": 11, "multiple_choice": 5, "true_false": 2, "fill_in": 2}
WITH_ESSAYS = {"single_choice": 10, "multiple_choice": 5, "true_false": 2, "fill_in": 1, "essay": 2}
HUNDRED = {"single_choice": 55, "multiple_choice": 25, "true_false": 10, "fill_in": 10}


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@dataclass
class Cost:
    """CPU of one measured stretch, a request."""

    server_ms: float
    database_ms: float

    @property
    def total_ms(self) -> float:
        """Server and database together."""
        return self.server_ms + self.database_ms


@dataclass
class Scene:
    """Servers and data of one database."""

    app: Flask
    database: Database
    engine: Server
    floor: Server
    people: list[int] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def measure(self, server: Server, requests: Iterator[Request], count: int) -> Cost:
        """The CPU that `count` requests take."""
        session.rollback()  # an open transaction of ours would stand in the server's way
        server_before, database_before = server.cpu_ms(), self.database.cpu_ms()
        done = load.run(server.port, requests)
        if done.done != count:
            raise RuntimeError(f"{done.done} of {count} requests")
        return Cost((server.cpu_ms() - server_before) / count, (self.database.cpu_ms() - database_before) / count)

    def tell(self, name: str, values: Sequence[float], requests: int, **more: Any) -> None:
        """Print a line: the median of the rounds with their range."""
        line = {
            "name": name,
            "db": self.database.name,
            "value": round(statistics.median(values), 3),
            "min": round(min(values), 3),
            "max": round(max(values), 3),
            "requests": requests,
            "rounds": len(values),
            **more,
        }
        self.lines.append(line)
        print(json.dumps(line), flush=True)

    def against(
        self,
        name: str,
        ours: load.Maker,
        base: load.Maker,
        base_server: Server,
        rounds: int = ROUNDS,
        count: int = REQUESTS,
    ) -> list[tuple[Cost, Cost]]:
        """Interleaved pairs base/ours, after a warm-up; prints the ratio of the servers' CPU, the databases' beside."""
        self.measure(base_server, base(200), 200)
        self.measure(self.engine, ours(200), 200)
        pairs = []
        for _ in range(rounds):
            below = self.measure(base_server, base(count), count)
            pairs.append((below, self.measure(self.engine, ours(count), count)))
        ratios = [ours.server_ms / max(below.server_ms, 0.001) for below, ours in pairs]
        self.tell(
            name,
            ratios,
            count,
            base_ms=round(statistics.median(below.server_ms for below, _ in pairs), 4),
            ours_ms=round(statistics.median(ours.server_ms for _, ours in pairs), 4),
            base_db_ms=round(statistics.median(below.database_ms for below, _ in pairs), 4),
            ours_db_ms=round(statistics.median(ours.database_ms for _, ours in pairs), 4),
        )
        return pairs


class Saves:
    """Saves of 120 bytes into attempts of their own, each with a new number."""

    def __init__(self, scene: Scene, port: int, people: Sequence[int], attempts: Sequence[int], slots: int) -> None:
        self.port = port
        self.tokens = [ground.token(scene.app, a, p, slots) for a, p in zip(attempts, people, strict=True)]
        self.attempts, self.seq = list(attempts), 0

    def __call__(self, count: int) -> Iterator[Request]:
        """So many more."""
        for number in range(count):
            at = number % len(self.attempts)
            if at == 0:
                self.seq += 1
            headers = {
                "Attempt-Token": self.tokens[at],
                "Page-Clock": str(1000 * self.seq + 5),
                "Content-Type": "application/json",
            }
            path = f"/attempts/{self.attempts[at]}/saves/1/{self.seq}"
            yield request("PUT", path, self.port, headers, ground.body(1 + self.seq % 20, 1000 * self.seq))


def pages(scene: Scene, people: Sequence[int], paths: Sequence[str]) -> load.Maker:
    """The owners' pages at `paths`, again and again."""
    made = [
        request("GET", path, scene.engine.port, {"Cookie": ground.passport(scene.app, p).cookie, "Accept": "text/html"})
        for p, path in zip(people, paths, strict=True)
    ]

    def maker(count: int) -> Iterator[Request]:
        return (made[n % len(made)] for n in range(count))

    return maker


class Starts:
    """Starts of attempts, each by somebody who has none yet; a new sitting whenever the people are used up."""

    def __init__(self, scene: Scene, exam_id: int) -> None:
        self.scene, self.exam_id = scene, exam_id
        self.passports = [ground.passport(scene.app, person) for person in scene.people]
        self.left: list[int] = []
        self.sitting = 0

    def prepare(self, count: int) -> None:
        """Have so many people ready before the measurement."""
        if len(self.left) < count:
            self.sitting = ground.sitting(self.exam_id, self.scene.people)
            self.left = list(range(len(self.scene.people)))

    def __call__(self, count: int) -> Iterator[Request]:
        """So many more."""
        self.prepare(count)
        for _ in range(count):
            passport = self.passports[self.left.pop()]
            headers = {"Cookie": passport.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            form = f"csrf_token={passport.csrf}&code=".encode()
            yield request("POST", f"/sittings/{self.sitting}/start", self.scene.engine.port, headers, form, 303)


def journal_of(scene: Scene, maker: Saves, saves: int) -> None:
    """Write so many saves into each of the maker's attempts."""
    count = saves * len(maker.attempts)
    scene.measure(scene.engine, maker(count), count)


def floor_lines(scene: Scene, bank: int, big: int | None) -> Saves:
    """save, start, page and resume over the floor. Returns the maker of saves, for measuring again later."""
    people = scene.people[:64]
    sat = ground.sitting(ground.exam("Saves", OBJECTIVE, bank), people)
    attempts = ground.begin(sat, people)
    ours = Saves(scene, scene.engine.port, people[:32], attempts[:32], 20)
    base = Saves(scene, scene.floor.port, people[32:], attempts[32:], 20)
    say("save over floor")
    pairs = scene.against("save_over_floor", ours, base, scene.floor)
    scene.tell("floor_cpu_ms", [below.server_ms for below, _ in pairs], REQUESTS)
    say("start over floor")
    starts = Starts(scene, ground.exam("Starts", OBJECTIVE, bank))
    scene.against("start_over_floor", starts, base, scene.floor)
    if big is not None:
        say("start, bank of 100,000 against 1,000")
        large = Starts(scene, ground.exam("Starts of many", OBJECTIVE, big))
        scene.against("start_100k_over_1k", large, starts, scene.engine)
    for name, counts in (("page20_over_floor", OBJECTIVE), ("page100_over_floor", HUNDRED)):
        say(name)
        place = ground.sitting(ground.exam(name, counts, bank), people)
        shown = [f"/attempts/{attempt}" for attempt in ground.begin(place, people)]
        scene.against(name, pages(scene, people, shown), base, scene.floor)
    say("page after 200 saves")
    place = ground.sitting(ground.exam("resume", OBJECTIVE, bank), people[:32])
    resumed = ground.begin(place, people[:32])
    journal_of(scene, Saves(scene, scene.engine.port, people[:32], resumed, 20), 200)
    scene.against(
        "page20_resume_over_floor", pages(scene, people[:32], [f"/attempts/{a}" for a in resumed]), base, scene.floor
    )
    return ours


ATTEMPTS = 200


def attempt_line(scene: Scene, bank: int) -> None:
    """The whole of an attempt: start, page, 20 saves, submit with scoring, result page."""
    say("whole attempts")
    exam = ground.exam("Whole", OBJECTIVE, bank, release="complete")
    totals: list[Cost] = []
    for number in range(ROUNDS + 1):
        people = scene.people[number * ATTEMPTS : (number + 1) * ATTEMPTS]
        cost = _whole(scene, exam, people)
        if number:  # the first warms up
            totals.append(cost)
    scene.tell("attempt_cpu_ms", [cost.total_ms for cost in totals], 24 * ATTEMPTS)
    scene.tell("attempt_app_cpu_ms", [cost.server_ms for cost in totals], 24 * ATTEMPTS)


def _whole(scene: Scene, exam: int, people: Sequence[int]) -> Cost:
    from examengine.delivery.models import Attempt

    place, port = ground.sitting(exam, people), scene.engine.port
    passports = {person: ground.passport(scene.app, person) for person in people}
    session.rollback()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    server_before, database_before = scene.engine.cpu_ms(), scene.database.cpu_ms()
    starts = (
        request(
            "POST", f"/sittings/{place}/start", port, {"Cookie": p.cookie, **kind}, f"csrf_token={p.csrf}".encode(), 303
        )
        for p in passports.values()
    )
    load.run(port, starts)
    session.rollback()
    own = {
        row[0]: row[1]
        for row in session.execute(select(Attempt.person_id, Attempt.id).where(Attempt.sitting_id == place))
    }
    session.rollback()
    attempts = [own[person] for person in people]
    load.run(port, pages(scene, people, [f"/attempts/{a}" for a in attempts])(len(people)))
    saving = _Answers(scene, people, attempts)
    for _ in range(20):
        load.run(port, saving.one_each())
    load.run(port, saving.submits())
    _until_released(place, len(people))
    load.run(port, pages(scene, people, [f"/attempts/{a}/result" for a in attempts])(len(people)))
    time.sleep(1.5)  # the job loop writes the records
    count = len(people)
    return Cost((scene.engine.cpu_ms() - server_before) / count, (scene.database.cpu_ms() - database_before) / count)


class _Answers:
    """An answer to one slot after the other, as the page would send them; then the submits with their digests."""

    def __init__(self, scene: Scene, people: Sequence[int], attempts: Sequence[int]) -> None:
        from examengine.delivery import queries

        self.port, self.seq = scene.engine.port, 0
        self.tokens = [ground.token(scene.app, a, p, 20) for a, p in zip(attempts, people, strict=True)]
        self.attempts = list(attempts)
        self.shapes = [
            [
                (shown.presentation.shape, shown.presentation.facts.get("blanks", 0))
                for _, shown in queries.present(paper)
            ]
            for paper in (queries.get_attempt(a).paper for a in attempts)
        ]
        session.rollback()
        self.values: list[dict[int, Any]] = [{} for _ in attempts]

    def _value(self, at: int) -> Any:
        shape, blanks = self.shapes[at][self.seq - 1]
        return {"choice": 1, "choices": [0, 2], "blanks": ["24"] * blanks, "text": "A short answer."}[shape]

    def one_each(self) -> Iterator[Request]:
        self.seq += 1
        for at, attempt in enumerate(self.attempts):
            value = self.values[at][self.seq] = self._value(at)
            entries = [{"slot": self.seq, "t": 30_000 * self.seq, "value": value}]
            headers = {
                "Attempt-Token": self.tokens[at],
                "Page-Clock": str(30_000 * self.seq + 900),
                "Content-Type": "application/json",
            }
            data = json.dumps(entries, separators=(",", ":")).encode()
            yield request("PUT", f"/attempts/{attempt}/saves/1/{self.seq}", self.port, headers, data)

    def submits(self) -> Iterator[Request]:
        from examengine.delivery import journal

        for at, attempt in enumerate(self.attempts):
            headers = {"Attempt-Token": self.tokens[at], "Content-Type": "application/json"}
            data = json.dumps({"seq": self.seq, "digest": journal.digest(self.values[at])}).encode()
            yield request("POST", f"/attempts/{attempt}/submit", self.port, headers, data)


def _until_released(sitting: int, count: int) -> None:
    end = time.monotonic() + 60
    released = (select(func.count()).select_from(Release).join(Result, Result.id == Release.result_id)).where(
        Result.sitting_id == sitting
    )
    from examengine.core.db import reading

    while time.monotonic() < end:
        with reading():
            found = session.scalar(released)
            session.rollback()
        if found == count:
            return
        time.sleep(0.3)
    raise RuntimeError("the results did not come")


LOGINS = 60


def login_line(scene: Scene) -> None:
    """A log-in by the form: the page's GET is not counted, the POST with its Argon2 hash is."""
    say("log-ins")
    costs = []
    app, port = scene.app, scene.engine.port
    for number in range(ROUNDS + 1):
        requests = []
        for n in range(LOGINS):
            passport = _stranger(app)
            form = f"csrf_token={passport.csrf}&username=p{n:05}&password={ground.PASSWORD.replace(' ', '+')}".encode()
            headers = {"Cookie": passport.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            requests.append(request("POST", "/login", port, headers, form, 302))
        cost = scene.measure(scene.engine, iter(requests), LOGINS)
        if number:
            costs.append(cost.total_ms)
    scene.tell("login_cpu_ms", costs, LOGINS)


def _stranger(app: Flask) -> ground.Passport:
    from itsdangerous import URLSafeTimedSerializer

    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    form = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(ground.CSRF)  # type: ignore[arg-type]
    return ground.Passport(f"examengine={signer.dumps({'csrf_token': ground.CSRF})}", str(form))


def size_line(scene: Scene, bank: int, graders: Sequence[int]) -> None:
    """What an attempt leaves in the embedded database: 20 items, 2 essays of 800 characters typed as a person types."""
    say("kilobytes an attempt")
    exam = ground.exam("Size", WITH_ESSAYS, bank, graders=graders)
    people = scene.people[:60]
    place = ground.sitting(exam, people)
    values = []
    for begin in range(0, len(people), 20):
        some = people[begin : begin + 20]
        before = scene.database.size_kb()
        _typed(scene, place, some)
        time.sleep(2)
        values.append((scene.database.size_kb() - before) / len(some))
    scene.tell("kb_per_attempt", values, len(people))


def _typed(scene: Scene, place: int, people: Sequence[int]) -> None:
    """Choices with a change of mind here and there, essays in bursts of some 40 characters every few seconds."""
    from benchmarks.typing import sit

    for person, attempt in zip(people, ground.begin(place, people), strict=True):
        sit(scene.engine.port, scene.app, attempt, person)


def save_costs(scene: Scene, bank: int) -> list[float]:
    """CPU of a save, server and database, in some rounds."""
    people = scene.people[-32:]
    place = ground.sitting(ground.exam("Growth", OBJECTIVE, bank), people)
    maker = Saves(scene, scene.engine.port, people, ground.begin(place, people), 20)
    scene.measure(scene.engine, maker(200), 200)
    return [scene.measure(scene.engine, maker(REQUESTS), REQUESTS).total_ms for _ in range(ROUNDS)]


def growth_line(scene: Scene, bank: int, before: Sequence[float]) -> None:
    """What a save costs with five years of attempts, against what it did cost with none."""
    say("save after five years")
    after = save_costs(scene, bank)
    base = statistics.median(before)
    scene.tell("save_growth_ratio", [value / base for value in after], REQUESTS, before_ms=round(base, 4))
