"""Long work on people: read an upload, take its rows over, give first passwords, act on many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from examengine.accounts import actions, details, importing, imports, passwords, queries, slips
from examengine.accounts.imports import Waiting
from examengine.accounts.models import Person
from examengine.accounts.staging import PeopleImport, SlipList
from examengine.core import audit, clock, codes, sealed
from examengine.core.db import reading, session
from examengine.core.errors import Conflict, Problem
from examengine.core.i18n import N_, Message
from examengine.core.tasks import Work
from examengine.delivery import queries as delivery
from examengine.formats import people_table
from examengine.formats import slips as paper
from examengine.grading import leaving

STAGED, TAKEN = 200, 5
"""Rows in one transaction: few enough that nobody else waits for the database."""
PASSWORD_LENGTH = 10
SLIPS = "slips"
"""What first passwords are sealed for."""


def read_import(work: Work) -> Mapping[str, Any]:
    """Read the file, compare its rows with the people there are, keep them for the preview."""
    import_id = work.args["import"]
    while imports.drop_rows(import_id, STAGED * 10):  # of a reading before
        session.commit()
    with reading():
        found = imports.get_import(import_id)
        content, wishes, own = found.content or b"", dict(found.wishes), _own(work)
        session.rollback()
    try:
        table = people_table.read(content, wishes.get("encoding", ""), wishes.get("sheet", ""))
    except Problem as problem:
        reasons = [problem.detail or Message(problem.title)]
        imports.say_how_read(imports.get_import(import_id), "failed", {}, reasons)
        return {}
    columns = wishes.get("columns") or people_table.columns(table.header)
    columns = {field: at for field, at in columns.items() if at < people_table.MOST_COLUMNS}
    facts = _facts(table, columns)
    if not set(people_table.NEEDED) <= columns.keys():
        imports.say_how_read(imports.get_import(import_id), "columns", facts)
        return {}
    lines = _compared(people_table.entries(table, columns), own)
    facts["new_teams"] = _new_teams([line for line, _ in lines])
    for start in range(0, len(lines), STAGED):
        imports.stage(import_id, lines[start : start + STAGED])
        work.step(min(start + STAGED, len(lines)), len(lines))
    imports.say_how_read(imports.get_import(import_id), "ready", facts)
    return {}


def _own(work: Work) -> str:
    """The employee number of who asked for the work."""
    return queries.get_person(work.by).username if work.by is not None else ""


def _facts(table: people_table.Table, columns: Mapping[str, int]) -> dict[str, Any]:
    sample = [list(row.cells) for row in table.rows[:3]]
    return {
        "encoding": table.encoding,
        "guessed": table.guessed,
        "delimiter": table.delimiter,
        "sheets": list(table.sheets[:50]),
        "sheet": table.sheet,
        "header": list(table.header),
        "sample": sample,
        "columns": dict(columns),
        "unknown": people_table.unknown(table.header, columns),
        "rows": len(table.rows),
    }


def _compared(
    entries: Sequence[tuple[int, Mapping[str, str]]], own: str
) -> list[tuple[importing.Line, Mapping[str, str]]]:
    with reading():
        names = {details.folded(said.get("username", "")) for _, said in entries}
        register = importing.Register(queries.find_known(names), queries.count_administrators(), own)
        lines = importing.compare(entries, register)
        session.rollback()
    return list(zip(lines, (said for _, said in entries), strict=True))


def _new_teams(lines: Sequence[importing.Line]) -> list[str]:
    """Names of teams that the rows name and that do not exist, the first of them."""
    with reading():
        known = {team.name for team in queries.find_teams()}
        session.rollback()
    return sorted({line.wanted["team"] for line in lines if "team" in line.wanted} - known)[:20]


def apply_import(work: Work) -> Mapping[str, Any]:
    """Take rows over, a few at a time; when it was stopped, what is left is still there to be taken."""
    args, now = work.args, clock.now()
    import_id, outcomes, ids = args["import"], args["outcomes"], args["ids"]
    found = imports.get_import(import_id)
    found.content = None  # the file has done its part; the rows are what counts
    reason = f"{found.file_name} (#{found.id})"
    session.commit()
    with reading():
        total, own = imports.count_waiting(import_id, outcomes, ids), _own(work)
        session.rollback()
    after = seen = taken = 0
    while waiting := _waiting(import_id, outcomes, ids, after):
        after = waiting[-1].row
        plain = {row.id: codes.readable(PASSWORD_LENGTH) for row in waiting if row.is_new and args["passwords"]}
        hashes = {key: passwords.hashed(password) for key, password in plain.items()}  # while no transaction is open
        now = clock.now()
        made, wrote = imports.take_over(waiting, hashes, now, work.by, own, reason)
        if made and plain:
            found = imports.get_import(import_id)
            target = _list_of(found, args["address"], now, work.by)
            slips.put_slips(target, {made[key]: _seal(plain[key]) for key in made}, now)
        seen, taken = seen + len(waiting), taken + wrote
        work.step(seen, max(total, seen))
    audit.record(clock.now(), work.by, "people.import", "people_import", import_id, file=reason, rows=taken)
    session.commit()
    list_id = imports.get_import(import_id).slips_id
    if list_id is not None:
        print_list(list_id)
    return {}


def _waiting(import_id: int, outcomes: Sequence[str], ids: Sequence[int] | None, after: int) -> Sequence[Waiting]:
    with reading():
        found = imports.find_waiting(import_id, outcomes, ids, after, TAKEN)
        session.rollback()
    return found


def _list_of(found: PeopleImport, address: str, now: datetime, by: int | None) -> SlipList:
    """The upload's slip list, unless it was printed already."""
    known = slips.find_list(found.slips_id, now)
    if known is None or known.content is not None:
        known = slips.add_list(address, now, by)
        found.slips_id = known.id
    return known


def _seal(password: str) -> str:
    return sealed.seal(current_app.config["SETTINGS"], SLIPS, password.encode())


def print_slips(work: Work) -> Mapping[str, Any]:
    """Print the first passwords of a list."""
    print_list(work.args["list"])
    return {}


def print_list(list_id: int) -> None:
    """Make the PDF of the slips and keep it sealed; the single passwords are dropped."""
    settings = current_app.config["SETTINGS"]
    with reading():
        found, rows = slips.find_list(list_id, clock.now()), slips.find_slips(list_id)
        address = found.address if found else ""
        session.rollback()
    if found is None or not rows:
        return
    opened = [(*row[:3], sealed.unseal(settings, SLIPS, row[3])) for row in rows]
    made = [paper.Slip(name, team, number, word.decode()) for name, team, number, word in opened if word]
    printed = paper.print_slips(made, settings.company, address)
    content = sealed.seal(settings, SLIPS, printed.pdf)
    found = slips.find_list(list_id, clock.now())
    if found is not None:
        slips.keep_printed(found, content, len(made), printed.unprintable, clock.now())
    session.commit()


def give_passwords(work: Work) -> Mapping[str, Any]:
    """New first passwords for people, on slips. Who sits in an exam right now keeps her password."""
    list_id, ids, told = work.args["list"], work.args["people"], []
    with reading():
        left = [key for key in ids if key not in slips.find_holders(list_id)]
        session.rollback()
    for start in range(0, len(left), TAKEN):
        few = left[start : start + TAKEN]
        plain = {key: codes.readable(PASSWORD_LENGTH) for key in few}
        hashes = {key: passwords.hashed(password) for key, password in plain.items()}
        now, given = clock.now(), {}
        for person in queries.find_chosen(few):
            if reason := _keeps_password(person, work.by):
                told.append(_told(person, reason))
                continue
            key = person.id
            actions.set_password(person, plain[key], now, work.by, temporary=True, password_hash=hashes[key])
            given[key] = _seal(plain[key])
        found = slips.find_list(list_id, now)
        if found is None:
            break
        slips.put_slips(found, given, now)
        work.step(len(ids) - len(left) + start + len(few), len(ids))
    print_list(list_id)
    return {"told": told}


def _keeps_password(person: Person, by: int | None) -> Message | None:
    if person.id == by:
        return Message(N_("Your own password is changed under “Account”."))
    if not person.active:
        return Message(N_("Deactivated people get no password."))
    if delivery.find_open(person.id) is not None:
        return Message(N_("An exam attempt is open; a new password would end it for her."))
    return None


def _told(person: Person, reason: Message) -> dict[str, Any]:
    return {"who": f"{person.name} ({person.username})", "reason": reason.kept()}


def act_on_people(work: Work) -> Mapping[str, Any]:
    """One act on many people, each in a transaction of her own; who could not be acted upon is named."""
    args, told = work.args, []
    since = datetime.fromisoformat(args["since"]) if args.get("since") else None
    for done, key in enumerate(args["people"], 1):
        person, now = queries.get_person(key), clock.now()
        who = f"{person.name} ({person.username})"
        try:
            if args["act"] == "move":
                team = queries.get_team(args["team"]) if args["team"] else None
                actions.move_person(person, team, now, work.by, args["reason"], since)
            elif key == work.by:
                raise Conflict(N_("This is your own account; another administrator does this for you."))
            elif person.active:
                leaving.deactivate(person, now, work.by, args["reason"])
        except Problem as problem:
            session.rollback()
            told.append({"who": who, "reason": (problem.detail or Message(problem.title)).kept()})
        work.step(done, len(args["people"]))
    return {"told": told}
