"""`bank`: question banks as files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from examengine.cli.shared import fail, with_app
from examengine.core import clock, html
from examengine.core.settings import root
from examengine.formats import bank_yaml
from examengine.formats.base import BankDraft, FileItem, FileProblem, ItemDraft, Place
from examengine.formats.yaml_reading import Unreadable
from examengine.itemtypes import get


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
def check(folder: Path, as_json: bool, items: bool) -> None:
    """Check a bank folder, or a folder of them; each problem is named with file, line and reason.

    \b
    Example: examengine bank check question_banks --json --items
    """
    banks, problems = read_all(folder)
    found = [item for one in banks for item in one.items]
    facts: dict[str, Any] = {
        "banks": [one.code for one in banks],
        "items": len(found),
        "by_kind": dict(sorted(Counter(item.draft.kind for item in found).items())),
        "problems": [{"file": p.place.file, "line": p.place.line, "reason": str(p.reason)} for p in problems],
    }
    if items:
        facts["item_list"] = [listed(one.code, item) for one in banks for item in one.items]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            click.echo(f"{problem.place.file}:{problem.place.line}: {problem.reason}", err=True)
        kinds = ", ".join(f"{count} {kind}" for kind, count in facts["by_kind"].items())
        click.echo(f"{len(banks)} banks, {len(found)} items ({kinds}), {len(problems)} problems")
    if problems:
        raise SystemExit(1)


def listed(code: str, item: FileItem) -> dict[str, Any]:
    """An item of `--items`: facts, then the kind's own data; texts as plain words."""
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
        "key": list(kind.key(content)),
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

    from examengine.bank import actions

    tree, _ = competencies_beside(folder)
    if tree:
        actions.add_competencies(tree)
    now = clock.now()
    return {one.code: asdict(actions.load_bank(one, now, None, prefer)) for one in banks}


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
    files = [FileItem(draft, Place("", 0), "") for _, draft in drafts]
    written = bank_yaml.write_folder(folder / code, BankDraft(code, found.titles, found.descriptions, tuple(files), ()))
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
