"""A company at size: 2,000 people, five years of monthly results, answers that wait; written by the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from benchmarks import ground
from benchmarks.hotpath import Scene
from examengine.accounts.actions import add_team
from examengine.core import clock, db
from examengine.core.db import session
from examengine.core.statistics import renew
from examengine.delivery import starting
from examengine.exams.queries import get_deal, get_exam

MONTHS, PEOPLE, SAVES = 60, 2_000, 12
WAITING = 600
BREAKDOWN = {"sections": [{"label": "Part one", "points": "25", "maximum": "40", "items": 20}], "competencies": []}
DETAILS = {"percent": "62.50", "points": "25", "maximum": "40", "passed": True, "pass_mark": "60"}


@dataclass(frozen=True)
class Company:
    """Who and what to look at."""

    operator: int
    grader: int
    manager: int
    trainer: int
    administrator: int
    sitting: int
    exam: int
    attempts: int


def fill(scene: Scene, bank: int) -> Company:
    """Make it. Some 120,000 attempts with journals, responses, scores, results and record entries."""
    team = add_team("Team at size", clock.now()).id
    session.commit()
    people = scene.people[:PEOPLE]
    session.execute(
        text("UPDATE person SET team_id = :team WHERE id BETWEEN :a AND :b"),
        {"team": team, "a": people[0], "b": people[-1]},
    )
    session.commit()
    [grader, other] = ground.fill_people(2, "marker", ("grader",))
    [manager] = ground.fill_people(1, "boss", ("manager",))
    [trainer] = ground.fill_people(1, "author", ("trainer",))
    [administrator] = ground.fill_people(1, "root", ("administrator",))
    exam = ground.exam("Monthly", {"single_choice": 11, "multiple_choice": 5, "true_false": 2, "fill_in": 2}, bank)
    sittings = _months(scene, exam, people)
    essays = ground.exam("Essays", {"essay": 4}, bank, graders=[grader, other])
    _waiting(scene, essays, people[:WAITING])
    return Company(people[7], grader, manager, trainer, administrator, sittings[-1], exam, MONTHS * PEOPLE)


def _months(scene: Scene, exam: int, people: Sequence[int]) -> list[int]:
    """A sitting a month, everybody's attempt in it closed, scored, released and on the record."""
    revision = get_exam(exam).revision_id
    deal = get_deal(revision or 0)
    papers = [starting.deal_paper(deal, f"past {n}") for n in range(20)]
    session.rollback()
    made = []
    for month in range(MONTHS):
        made.append(_month(scene, exam, month, people, papers))
    for table in ("attempt", "result", "entry"):
        ground.follow(table)
    if not scene.database.on_sqlite:
        with db.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))  # what PostgreSQL does by itself in the course of five years
    else:
        renew(session.connection())
        session.commit()
    return made


def _month(scene: Scene, exam: int, month: int, people: Sequence[int], papers: Sequence[object]) -> int:
    now = clock.now()
    at = now - timedelta(days=30 * (MONTHS - month))
    sitting = ground.sitting(exam, people, f"Month {month + 1}")
    session.execute(
        text("UPDATE sitting SET opens_at = :a, last_start_at = :b, hard_close_at = :b, roll_at = :b WHERE id = :id"),
        {"a": _moment(at - timedelta(hours=2)), "b": _moment(at + timedelta(hours=8)), "id": sitting},
    )
    first = 1 + int(session.execute(text("SELECT coalesce(max(id), 0) FROM attempt")).scalar_one())
    values = {
        "sitting": sitting,
        "first": first,
        "low": people[0],
        "count": len(people),
        "started": _moment(at),
        "ended": _moment(at + timedelta(minutes=35)),
        "seal": "0" * 64,
        "receipt": "A" * 20,
        "breakdown": db.dumps(BREAKDOWN),
        "details": db.dumps({"title": f"Month {month + 1}", **DETAILS}),
        "now": _moment(now),
        "saves": SAVES,
        "exam": exam,
        "body": '[{"slot":3,"t":91234,"value":2}]',
        "sha": b"\0" * 32,
    }
    for number, paper in enumerate(papers):
        values[f"paper{number}"] = db.dumps(paper)
    choose = " ".join(f"WHEN {number} THEN CAST(:paper{number} AS TEXT)" for number in range(len(papers)))
    for statement in _STATEMENTS:
        sql = statement.replace("{paper}", f"CASE e.person_id % {len(papers)} {choose} END")
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        session.execute(text(sql), used)
    _slots(first, len(people), papers, values)
    session.commit()
    return sitting


_STATEMENTS = (
    """
INSERT INTO attempt (id, enrolment_id, sitting_id, person_id, revision_id, number, state, started_at, deadline_at,
                     epoch, holder, paper, submitted_at, closed_at, seal, receipt, scored_at, result_at, rejected_late,
                     void_reason)
SELECT :first + e.person_id - :low, e.id, e.sitting_id, e.person_id, s.revision_id, 1, 'submitted', :started, :ended,
       1, '', {paper}, :ended, :ended, :seal, :receipt, :ended, :ended, 0, ''
FROM enrolment e JOIN sitting s ON s.id = e.sitting_id WHERE e.sitting_id = :sitting
""",
    """
INSERT INTO save (attempt_id, epoch, seq, body, sha256, received_at, late, ordinal, total_bytes)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :saves)
SELECT a.id, 1, n.i, :body, :sha, :started, false, n.i, n.i * 32
FROM attempt a CROSS JOIN n WHERE a.sitting_id = :sitting
""",
    """
INSERT INTO result (id, attempt_id, revision, sitting_id, exam_id, person_id, points, maximum, percent, pass_mark,
                    passed, borderline, breakdown, complete_at, settled_at, reason)
SELECT a.id, a.id, 1, a.sitting_id, :exam, a.person_id, (a.person_id * 37 % 41) * 1000000, 40000000,
       (a.person_id * 37 % 41) * 2500000, 60000000, (a.person_id * 37 % 41) >= 24, false,
       :breakdown, :ended, :ended, ''
FROM attempt a WHERE a.sitting_id = :sitting
""",
    """
INSERT INTO release (result_id, at, policy, recorded_at)
SELECT r.id, :ended, 'marked', :ended FROM result r WHERE r.sitting_id = :sitting
""",
    """
INSERT INTO entry (id, person_id, source, source_id, revision, kind, occurred_at, details, created_at)
SELECT r.id, r.person_id, 'results', r.attempt_id, 1, 'exam.result', :ended,
       :details, :now
FROM result r WHERE r.sitting_id = :sitting
""",
)


def _slots(first: int, count: int, papers: Sequence[object], values: dict[str, object]) -> None:
    """Responses and scores: by paper, as the papers name the item versions."""
    for number, paper in enumerate(papers):
        versions = ", ".join(f"({slot}, {row['version']})" for slot, row in enumerate(paper["slots"], 1))  # type: ignore[index]
        source = f"FROM attempt a CROSS JOIN v WHERE a.id BETWEEN :a AND :b AND a.person_id % {len(papers)} = {number}"
        head = f"WITH v(slot, version) AS (VALUES {versions})"
        bounds = {"a": first, "b": first + count - 1}
        session.execute(
            text(
                f"INSERT INTO item_response (attempt_id, slot, version_id, value, blank) {head} "
                f"SELECT a.id, v.slot, v.version, '1', false {source}"
            ),
            bounds,
        )
        session.execute(
            text(
                "INSERT INTO score (attempt_id, slot, number, version_id, source, points, maximum, evidence, at) "
                f"{head} SELECT a.id, v.slot, 1, v.version, 'machine', (a.id + v.slot) % 2 * 2000000, 2000000, "
                f":evidence, :ended {source}"
            ),
            bounds | {"ended": values["ended"], "evidence": '{"fraction":1000000,"note":""}'},
        )


def _moment(value: object) -> object:
    """As the database's driver takes a moment in plain SQL."""
    return db.micros(value) if session.get_bind().dialect.name == "sqlite" else value  # type: ignore[arg-type]


def _waiting(scene: Scene, exam: int, people: Sequence[int]) -> None:
    """Attempts handed in whose essays wait for two graders."""
    from examengine.delivery import actions
    from examengine.grading import actions as grading

    sitting = ground.sitting(exam, people, "Essays")
    for number, attempt in enumerate(ground.begin(sitting, people), 1):
        actions.close_attempt(attempt, "force", clock.now())
        grading.score_closed(attempt, clock.now())
        if number % 100 == 0:
            session.commit()
    session.commit()
