"""`exam`: exams as files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from examengine.cli import banks
from examengine.cli.shared import fail, with_app
from examengine.core import clock
from examengine.core.i18n import Message
from examengine.formats import exam_yaml
from examengine.formats.base import BankDraft, ExamDraft, FileProblem, Place

if TYPE_CHECKING:
    from examengine.exams.models import Exam

_FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE…"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def exam() -> None:
    """Check, load, save and list exams.

    \b
    Example: examengine exam load question_banks/monthly-zh.yaml --publish
    """


def read_all(files: Sequence[Path]) -> tuple[dict[Path, ExamDraft], list[FileProblem]]:
    """The exams of files and every problem, each with the path as it was given."""
    drafts: dict[Path, ExamDraft] = {}
    problems: list[FileProblem] = []
    for path in files:
        draft, faults = exam_yaml.read_file(path)
        problems += located(path, faults)
        if draft is not None:
            drafts[path] = draft
    titles = Counter(draft.title for draft in drafts.values())
    for path, draft in drafts.items():
        if titles[draft.title] > 1:
            text = Message("another of these files has the title “%(title)s” too", {"title": draft.title})
            problems.append(FileProblem(Place(str(path), 1), text))
    return drafts, problems


def located(path: Path, problems: Sequence[FileProblem]) -> list[FileProblem]:
    """Problems with the path instead of the file's name."""
    return [FileProblem(Place(str(path), problem.place.line), problem.reason) for problem in problems]


def banks_beside(path: Path) -> list[BankDraft]:
    """The banks in the file's folder; of a file in a bank's own folder, all that stand beside that bank."""
    folder = path.resolve().parent
    if (folder / "bank.yaml").exists():
        folder = folder.parent
    return banks.read_all(folder)[0] if any(folder.glob("*/bank.yaml")) else []


@exam.command()
@_FILES
@_JSON
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check exam files; each problem is named with file, line and reason.

    Where banks stand beside a file, it is also seen whether they have the questions.

    \b
    Example: examengine exam check question_banks/monthly-zh.yaml
    """
    from examengine.exams.files import shortages

    drafts, problems = read_all(files)
    rows: list[dict[str, Any]] = []
    seen: dict[Path, list[BankDraft]] = {}
    for path, draft in drafts.items():
        folder = path.resolve().parent
        own = seen[folder] = seen.get(folder) or banks_beside(path)
        problems += located(path, shortages(draft, own)) if own else []
        count = sum(slot.count for slot in draft.slots())
        points = sum((slot.count * (slot.points or Decimal(0)) for slot in draft.slots()), Decimal(0))
        facts = {"file": str(path), "title": draft.title, "sections": len(draft.sections), "questions": count}
        rows.append(facts | {"points": float(points), "with_banks": bool(own)})
    if as_json:
        click.echo(json.dumps({"exams": rows, "problems": _listed(problems)}, ensure_ascii=False, indent=1))
    else:
        _tell(problems)
        for row in rows:
            alone = "" if row["with_banks"] else "; no banks beside it: slots are checked when it is loaded"
            click.echo(f"{row['file']}: {row['title']}, {row['questions']} questions, {row['points']:g} points{alone}")
    if problems:
        raise SystemExit(1)


def _listed(problems: Sequence[FileProblem]) -> list[dict[str, Any]]:
    return [{"file": p.place.file, "line": p.place.line, "reason": str(p.reason)} for p in problems]


def _tell(problems: Sequence[FileProblem]) -> None:
    for problem in problems:
        click.echo(f"{problem.place.file}:{problem.place.line}: {problem.reason}", err=True)


@exam.command()
@_FILES
@_JSON
@click.option("--publish", is_flag=True, help="Publish what was loaded, where anything is new.")
@click.option("--file", "prefer", flag_value="file", help="Where both sides changed, the file decides.")
@click.option("--browser", "prefer", flag_value="browser", help="Where both sides changed, the browser's edit stays.")
@with_app
def load(files: tuple[Path, ...], as_json: bool, publish: bool, prefer: str | None) -> None:
    """Load exam files: a new draft exam, or a new working copy of the exam that has the title.

    All or nothing. A file that has not changed since it was loaded changes nothing. Where the exam was written in the
    browser too, nothing is loaded and it is reported, unless --file or --browser decides.

    \b
    Example: examengine exam load question_banks/monthly-zh.yaml --publish
    """
    drafts, problems = read_all(files)
    rows, faults = _loaded(drafts, prefer or "", publish) if not problems else ([], [])
    problems += faults
    conflicts = [row for row in rows if row["outcome"] == "conflict"]
    if problems or conflicts:
        from examengine.core.db import session

        session.rollback()
    if as_json:
        click.echo(json.dumps({"exams": rows, "problems": _listed(problems)}, ensure_ascii=False, indent=1))
    else:
        _tell(problems)
        for row in conflicts or rows:
            revision = f", revision {row['revision']}" if row["revision"] else ""
            click.echo(f"{row['file']}: exam {row['exam']} “{row['title']}”: {row['outcome']}{revision}")
    if problems:
        fail(f"{len(problems)} problems; nothing was loaded")
    if conflicts:
        fail("an exam of the title was written in the browser; --file or --browser decides. Nothing was loaded")


def _loaded(
    drafts: dict[Path, ExamDraft], prefer: str, publish: bool
) -> tuple[list[dict[str, Any]], list[FileProblem]]:
    from examengine.exams import files

    rows: list[dict[str, Any]] = []
    problems: list[FileProblem] = []
    now = clock.now()
    for path, draft in drafts.items():
        resolved, faults = files.resolve(draft)
        problems += located(path, faults)
        if resolved is None:
            continue
        done = files.load_exam(draft, resolved, now, None, prefer)
        if publish and done.outcome != "conflict":
            published(done.exam)
        number = done.exam.revision.number if done.exam.revision else None
        facts = {"file": str(path), "exam": done.exam.id, "title": done.exam.title, "outcome": done.outcome}
        rows.append(facts | {"state": done.exam.state, "revision": number})
    return rows, problems


def published(found: Exam) -> None:
    """Publish an exam unless its revision has the same plan and pools; sittings not begun take the new one."""
    from examengine.delivery import queries as delivery
    from examengine.exams import actions, plans, queries

    now = clock.now()
    same = found.revision is not None and found.state == "published" and not queries.is_behind(found)
    if (
        same
        and found.revision is not None
        and found.revision.pools == [one.dump() for one in actions.pools(plans.load(found.plan))]
    ):
        return
    actions.publish_exam(found, now, None)
    planned = [sitting.id for sitting in queries.find_planned(found.id, now)]
    actions.renew_sittings(found, delivery.find_begun_sittings(planned), now, None)


@exam.command()
@click.argument("number", type=int, metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_JSON
@with_app
def save(number: int, file: Path, as_json: bool) -> None:
    """Save the working copy of exam ID to FILE; loading that file changes nothing.

    \b
    Example: examengine exam save 1 /tmp/november.yaml
    """
    from examengine.core.errors import Missing
    from examengine.exams import files, queries

    try:
        found = queries.get_exam(number)
    except Missing:
        fail(f"there is no exam {number}; examengine exam list shows them")
        return
    try:
        file.write_text(files.save_exam(found), "utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    facts = {"exam": found.id, "title": found.title, "file": str(file)}
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else f"exam {found.id} “{found.title}” in {file}")


@exam.command(name="list")
@_JSON
@with_app
def list_(as_json: bool) -> None:
    """List the exams of the database, newest first.

    \b
    Example: examengine exam list --json
    """
    from examengine.exams import queries

    found = queries.find_every_exam()
    sittings = queries.count_sittings([row.id for row in found])
    rows = [
        {
            "exam": row.id,
            "title": row.title,
            "state": row.state,
            "revision": row.revision.number if row.revision else None,
            "sittings": sittings.get(row.id, 0),
        }
        for row in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(f"{row['exam']:6}  {row['state']:10} {row['sittings']:4} sittings  {row['title']}")
