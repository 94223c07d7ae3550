"""`bank`: question banks as files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from examengine.bank import review as reviewing
from examengine.bank.review import Finding
from examengine.bank.review_item import Subject
from examengine.cli.shared import fail, with_app
from examengine.core import clock, html, pictures
from examengine.core.errors import Missing
from examengine.core.settings import root
from examengine.formats import bank_pictures, bank_yaml
from examengine.formats.base import BankDraft, FileItem, FilePicture, FileProblem, ItemDraft, Place
from examengine.formats.yaml_reading import Unreadable
from examengine.itemtypes import get

NAMED = 8
"""So many items of a warning stand in its line; --json has all."""


def folders(folder: Path) -> list[Path]:
    """The bank folders in `folder`, or `folder` itself when it is one."""
    if (folder / "bank.yaml").exists():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/bank.yaml"))


def competencies_beside(folder: Path) -> tuple[list[tuple[str, Any]] | None, list[FileProblem]]:
    """The competency tree of `folder` or the one above it; None when there is none."""
    for place in (folder, folder.resolve().parent):
        path = place / "competencies.yaml"
        if path.exists():
            try:
                return bank_yaml.read_competencies(path), []
            except Unreadable as error:
                return None, [error.problem]
    return None, []


def read_all(folder: Path) -> tuple[list[BankDraft], list[FileProblem]]:
    """All banks of a folder and every problem; files are named with their bank."""
    tree, problems = competencies_beside(folder)
    codes = frozenset(code for code, _ in tree) if tree is not None else None
    banks = [bank_yaml.read_folder(path, codes) for path in folders(folder)]
    for bank in banks:
        problems += [FileProblem(Place(f"{bank.code}/{p.place.file}", p.place.line), p.reason) for p in bank.problems]
    if not banks:
        problems.append(FileProblem(Place(str(folder), 1), "there is no bank.yaml here or one folder below"))
    return banks, problems


@click.group()
def bank() -> None:
    """Check, load, save and list question banks.

    \b
    Example: examengine bank check question_banks --json
    """


_DIR = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@bank.command()
@_DIR
@_JSON
@click.option("--items", is_flag=True, help="With --json: list every item.")
@click.option("--warnings/--no-warnings", "review", default=True, help="Review the items as a colleague would.")
@click.option("--strict", is_flag=True, help="Exit with 1 when there are warnings, too.")
def check(folder: Path, as_json: bool, items: bool, review: bool, strict: bool) -> None:
    """Check a bank folder, or a folder of them; each problem is named with file, line and reason.

    Problems keep a bank from being loaded. Warnings are what a careful colleague would say: near-duplicates, keys at
    one place, negations nobody sees, missing explanations. They go to standard error and hinder nothing.

    \b
    Example: examengine bank check question_banks --json --items
    """
    banks, problems = read_all(folder)
    reviewed = reviewing.review(subjects_of(banks)) if review else None
    warnings = [warning_of(finding) for finding in reviewed.findings] if reviewed else []
    found = [item for one in banks for item in one.items]
    facts: dict[str, Any] = {
        "banks": [one.code for one in banks],
        "items": len(found),
        "by_kind": dict(sorted(Counter(item.draft.kind for item in found).items())),
        "problems": [{"file": p.place.file, "line": p.place.line, "reason": str(p.reason)} for p in problems],
    }
    if reviewed:
        own = {bank: figures.facts() for bank, figures in reviewed.banks.items()}
        facts |= {"warnings": warnings, "figures": {"overall": reviewed.overall.facts(), "banks": own}}
    if items:
        facts["item_list"] = [listed(one.code, item) for one in banks for item in one.items]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            click.echo(f"{problem.place.file}:{problem.place.line}: {problem.reason}", err=True)
        for warning in warnings:
            click.echo(warning_line(warning), err=True)
        by_kind = ", ".join(f"{count} {kind}" for kind, count in facts["by_kind"].items())
        told = f", {len(warnings)} warnings" if reviewed else ""
        click.echo(f"{len(banks)} banks, {len(found)} items ({by_kind}), {len(problems)} problems{told}")
    if problems or (strict and warnings):
        raise SystemExit(1)


def subjects_of(banks: list[BankDraft]) -> list[Subject]:
    """The items of bank folders, for a review."""
    return [_subject(one.code, item) for one in banks for item in one.items]


def _subject(code: str, item: FileItem) -> Subject:
    draft, place = item.draft, item.place
    kind = get(draft.kind)
    facts = (draft.language, draft.difficulty, draft.competencies, draft.source)
    return Subject(code, draft.code, kind, kind.load(draft.data), *facts, f"{code}/{place.file}", place.line)


def warning_of(finding: Finding) -> dict[str, Any]:
    """A warning as JSON; what holds for all banks together has no bank, what holds for a whole bank no file."""
    return {
        "code": finding.code,
        "bank": finding.bank or None,
        "items": list(finding.items),
        "file": finding.file or None,
        "line": finding.line or None,
        "reason": str(finding.reason),
    }


def warning_line(warning: Mapping[str, Any]) -> str:
    """A warning as a line: its place as problems have it, where one is known."""
    where = f"{warning['file']}:{warning['line']}" if warning["file"] else warning["bank"] or "all banks"
    named = ", ".join(warning["items"][:NAMED]) + (" …" if len(warning["items"]) > NAMED else "")
    return f"{where}: warning: {named + ': ' if named else ''}{warning['reason']} [{warning['code']}]"


def listed(code: str, item: FileItem) -> dict[str, Any]:
    """An item of `--items`: facts, then the kind's own data; texts as plain words.

    The key of choice kinds is the right options' texts, with their places from 0 in `key_positions`; of fill-ins the
    accepted answers by blank; of written kinds what graders have: accepted answers, rubric, model and weak answer.
    """
    draft = item.draft
    kind = get(draft.kind)
    content = kind.load(draft.data)
    presentation = kind.present(content)
    return {
        "bank": code,
        "id": draft.code,
        "kind": draft.kind,
        "language": draft.language,
        "points": float(draft.points),
        "difficulty": draft.difficulty,
        "competencies": list(draft.competencies),
        "source": draft.source,
        "use": draft.use,
        "file": item.place.file,
        "line": item.place.line,
        "stem": html.plain(content.stem),
        "options": [html.plain(part) for part in presentation.parts],
        "key": kind.solution(content),
        "key_positions": list(choices.keys) if (choices := kind.choices(content)) else [],
        "explanation": html.plain(content.explanation),
        "data": dict(draft.data),
    }


@bank.command()
@_DIR
@_JSON
@click.option("--file", "prefer", flag_value="file", help="Where both sides changed, the file decides.")
@click.option("--browser", "prefer", flag_value="browser", help="Where both sides changed, the browser's edit stays.")
@with_app
def load(folder: Path, as_json: bool, prefer: str | None) -> None:
    """Load a bank folder, or a folder of them; new and changed items are published.

    Where an item was changed in the file and in the browser, nothing is loaded and both are reported, unless --file or
    --browser decides. Items gone from the files are reported, never retired.

    \b
    Example: examengine bank load question_banks/complaint_handling
    """
    banks, problems = read_all(folder)
    if problems:
        for problem in problems:
            click.echo(f"{problem.place.file}:{problem.place.line}: {problem.reason}", err=True)
        fail(f"{len(problems)} problems; nothing was loaded")
    reports = load_all(folder, banks, prefer or "")
    conflicts = sum(len(report["conflicts"]) for report in reports.values())
    if as_json:
        click.echo(json.dumps(reports, ensure_ascii=False, indent=1))
    else:
        for code, report in reports.items():
            click.echo(f"{code}: " + ", ".join(f"{len(ids)} {what}" for what, ids in report.items() if ids))
            for item in report["conflicts"]:
                click.echo(f"  {item}: changed in the file and in the browser; --file or --browser decides", err=True)
            for item in report["gone"]:
                click.echo(f"  {item}: no longer in the files; it stays as it is", err=True)
    if conflicts:
        from examengine.core.db import session

        session.rollback()
        fail(f"{conflicts} items were changed on both sides; nothing was loaded")


def load_all(folder: Path, banks: list[BankDraft], prefer: str = "") -> dict[str, dict[str, list[str]]]:
    """Load competencies and banks in the current transaction. Returns a report by bank."""
    from dataclasses import asdict

    from examengine.bank import actions, competencies

    tree, _ = competencies_beside(folder)
    now = clock.now()
    if tree:
        competencies.load_tree(tree, now, None)
    for one in banks:
        _take_pictures(one)
    return {one.code: asdict(actions.load_bank(one, now, None, prefer)) for one in banks}


def _take_pictures(draft: BankDraft) -> None:
    """Take a bank folder's pictures in; those that are here already stay as they are."""
    from flask import current_app

    from examengine.bank import media
    from examengine.core import media as files

    for found in draft.pictures.values():
        files.keep(current_app.config["SETTINGS"].media, found.picture.name, found.picture.data)
        media.store(found.picture, found.file_name, clock.now(), None)


def _pictures_of(drafts: list[ItemDraft]) -> dict[str, FilePicture]:
    """The pictures in these items, in their order; ends the command where a file is gone."""
    from flask import current_app

    from examengine.bank import media
    from examengine.core import media as files

    names = list(dict.fromkeys(name for draft in drafts for name in bank_pictures.named(dict(draft.data))))
    rows = media.find_by_name(names)
    found = {}
    for name in names:
        try:
            data = files.read(current_app.config["SETTINGS"].media, name)
        except Missing:
            fail(f"the file {name} is missing in the media folder; bring it back from a backup")
        called = rows[name].file_name if name in rows else ""
        found[name] = FilePicture(pictures.checked(data, pictures.QUESTION), called)
    return found


@bank.command()
@click.argument("code")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=root() / "question_banks")
@_JSON
@with_app
def save(code: str, folder: Path, as_json: bool) -> None:
    """Save a bank with what was edited in the browser to FOLDER/CODE, one item file a language.

    \b
    Example: examengine bank save complaint_handling /tmp/banks
    """
    from examengine.bank import actions, queries

    found = queries.find_bank(code)
    if found is None:
        fail(f"there is no bank {code}")
        return
    items = [item for item in queries.find_bank_items(found.id) if item.state == "active"]
    drafts: list[tuple[Any, ItemDraft]] = [(item, actions.draft_of(item, item.latest)) for item in items]
    files = tuple(FileItem(draft, Place("", 0), "") for _, draft in drafts)
    shown = _pictures_of([draft for _, draft in drafts])
    written = bank_yaml.write_folder(folder / code, BankDraft(code, found.titles, found.descriptions, files, (), shown))
    for item, draft in drafts:
        item.file_hash, item.loaded_sha256 = bank_yaml.file_hash(draft), item.latest.sha256
    names = [str(path) for path in written]
    facts = {"files": names, "items": len(drafts)}
    click.echo(json.dumps(facts) if as_json else f"{len(drafts)} items in {folder / code}")


@bank.command(name="list")
@_JSON
@with_app
def list_(as_json: bool) -> None:
    """List the banks of the database.

    \b
    Example: examengine bank list --json
    """
    from examengine.bank import queries

    counts = queries.count_by_bank()
    rows = [{"bank": b.code, "titles": b.titles, "items": counts.get(b.id, 0)} for b in queries.find_banks()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            titles = "  ".join(row["titles"].values())
            click.echo(f"{row['bank']:30} {row['items']:5}  {titles}")
