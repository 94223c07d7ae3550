"""`demo`: an instance with a small fictitious company in the middle of a monthly test."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from examengine.cli.demo_company import COMPANIES, Company
from examengine.cli.shared import fail, settings_of_app, with_app
from examengine.core import clock, codes, facts, setup
from examengine.core.db import dumps, hot, session
from examengine.core.settings import root
from examengine.formats import exam_yaml

if TYPE_CHECKING:
    from examengine.exams.models import Exam


@dataclass(frozen=True)
class Account:
    """A demo login, known only when it was just made."""

    username: str
    password: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Demo:
    """What was filled in."""

    accounts: tuple[Account, ...]
    sitting: int


@click.command()
@click.option("--json", "as_json", is_flag=True, help='Print {"url", "accounts", "sitting"}.')
@click.option(
    "--language",
    type=click.Choice(list(COMPANIES)),
    default="zh",
    show_default=True,
    help="Of the company's names, exam and answers; everybody's pages are in the language of her own.",
)
@click.option("--new-passwords", is_flag=True, help="Give the accounts of a demo instance new passwords.")
def demo(as_json: bool, language: str, new_passwords: bool) -> None:
    """Fill an empty instance with a demo company and print its accounts.

    It refuses an instance that holds anything else. A demo is served on loopback only.

    \b
    Example: examengine demo --json
    """
    from examengine.cli.instance import prepare_folder

    prepare_folder()
    _demo(as_json, COMPANIES[language], new_passwords)


@with_app
def _demo(as_json: bool, company: Company, new_passwords: bool) -> None:
    from examengine.accounts.queries import count_people
    from examengine.cli.instance import upgrade_database
    from examengine.core import migrations

    if migrations.missing():
        upgrade_database()
    known = facts.find_fact("demo")
    if new_passwords:
        if not known:
            fail("this instance is no demo: nothing was changed")
        made = renew(known["sitting"])
    elif count_people() or known:
        fail("this instance holds data already: demo fills an empty one only (demo --new-passwords for a demo)")
        return
    else:
        made = fill(company, lambda line: click.echo(line, err=True))
    print_accounts(made, as_json)


def print_accounts(made: Demo, as_json: bool) -> None:
    """Print the accounts with their passwords."""
    own = settings_of_app()
    url = f"http://{own.host}:{own.port}"
    rows = [{"username": a.username, "password": a.password, "roles": list(a.roles)} for a in made.accounts]
    if as_json:
        click.echo(json.dumps({"url": url, "accounts": rows, "sitting": made.sitting}, ensure_ascii=False))
        return
    click.echo(f"\nDemo accounts for {url} (new ones: examengine demo --new-passwords)")
    for row in rows:
        click.echo(f"  {row['username']:8} {row['password']:12} {', '.join(row['roles'])}")


def renew(sitting: int) -> Demo:
    """New passwords for all accounts of the demo; sessions end."""
    from examengine.accounts import actions, queries

    accounts = []
    for person in queries.find_people():
        password = codes.readable(8)
        actions.set_password(person, password, clock.now())
        accounts.append(Account(person.username, password, tuple(sorted(person.roles))))
    return Demo(tuple(sorted(accounts, key=lambda a: a.username)), sitting)


def fill(company: Company, say: Callable[[str], None]) -> Demo:
    """Banks, people, an exam, an open sitting with attempts taken and answers that wait for graders."""
    from examengine.cli import banks

    now = clock.now()
    say("Loading question banks …")
    drafts, problems = banks.read_all(root() / "question_banks")
    if problems:
        fail(f"the banks have {len(problems)} problems: examengine bank check names them")
    banks.load_all(root() / "question_banks", drafts)
    say("Adding people …")
    accounts = _people(company, now)
    session.commit()
    say("Publishing an exam, opening a sitting …")
    sitting = _sitting(company, now)
    facts.set_fact("demo", {"sitting": sitting})
    setup.finish(now, None)
    session.commit()
    say("Taking some attempts …")
    _attempts(company, sitting, now)
    return Demo(tuple(accounts), sitting)


def _people(company: Company, now: datetime) -> list[Account]:
    from examengine.accounts import actions

    accounts = []
    for username, name, team_name in company.operators:
        password = codes.readable(8)
        team = actions.add_team(team_name, now)
        actions.add_person(username, name, ["operator"], now, password=password, team=team)
        accounts.append(Account(username, password, ("operator",)))
    for username, name, roles in company.staff:
        password = codes.readable(8)
        actions.add_person(username, name, roles, now, password=password)
        accounts.append(Account(username, password, roles))
    return accounts


def _sitting(company: Company, now: datetime) -> int:
    from examengine.accounts import queries as people
    from examengine.exams import actions

    by_name = {person.username: person.id for person in people.find_people()}
    trainer, manager = by_name["4001"], by_name["5001"]
    exam = _exam(company, now, trainer)
    duties = {"grader": [by_name[u] for u in ("3001", "3002", "3003")], "lead": [by_name["3004"]]}
    actions.set_duties(exam, duties, now, trainer)
    actions.publish_exam(exam, now, trainer)
    sitting = actions.plan_sitting(
        exam,
        company.sitting.format(year=now.year, month=now.month, name=format(now, "%B")),
        now - timedelta(days=1),
        now + timedelta(days=6),
        now + timedelta(days=7),
        now,
        manager,
        team_ids=[team.id for team in people.find_teams()],
        invigilator_ids=[by_name["4002"], manager],
    )
    return sitting.id


def _exam(company: Company, now: datetime, trainer: int) -> Exam:
    """The monthly test of question_banks/, with a second attempt so that more can be tried."""
    from examengine.exams import files, plans

    draft, problems = exam_yaml.read_file(root() / "question_banks" / company.exam)
    resolved, faults = files.resolve(draft) if draft else (None, problems)
    if draft is None or resolved is None:
        fail(f"question_banks/{company.exam}: " + "; ".join(f"line {p.place.line}: {p.reason}" for p in faults))
    plan = plans.Plan(replace(resolved.plan.terms, attempts=2), resolved.plan.sections)
    return files.load_exam(draft, replace(resolved, plan=plan), now, trainer).exam


def _attempts(company: Company, sitting_id: int, now: datetime) -> None:
    """Six operators have sat the exam; the seventh is in the middle of it."""
    from examengine.accounts import queries as people
    from examengine.delivery import actions, journal, starting
    from examengine.delivery import queries as attempts
    from examengine.grading import actions as grading

    rng = random.Random(5)  # noqa: S311 (a demo should look the same each time)
    operators = people.find_people(role="operator")
    for index, person in enumerate(operators[:7]):
        begun = now - timedelta(hours=6 - index / 2) if index < 6 else now - timedelta(minutes=4)
        person_id, version = person.id, person.session_version
        session.rollback()  # a start commits itself, on a connection of its own
        attempt_id = starting.start(sitting_id, person_id, "", "demo", begun)
        entries = _answers(company, attempts.present(attempts.get_attempt(attempt_id).paper), rng, index)
        if index == 6:
            entries = entries[:5]
        session.rollback()
        token = _save(attempt_id, person_id, version, entries, begun)
        session.rollback()
        if index == 6:
            continue
        values = {entry["slot"]: entry["value"] for entry in entries}
        actions.submit(token, journal.digest(values), begun + timedelta(minutes=25 + index))
        grading.score_closed(attempt_id, now)
        session.commit()


def _answers(company: Company, shown: Sequence[Any], rng: random.Random, index: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for slot, question in shown:
        options = len(slot.order)
        shape = question.presentation.shape
        value: Any = company.essays[index % len(company.essays)]
        if shape == "choice":
            value = rng.randrange(options)
        elif shape == "choices":
            value = sorted(rng.sample(range(options), 2))
        elif shape == "blanks":
            blanks = question.presentation.facts["blanks"]
            value = [rng.choice(company.blanks) for _ in range(blanks)]
        elif not question.presentation.facts.get("many"):
            value = value.split(company.comma)[0] + company.stop
        made.append({"slot": slot.slot, "t": 1000 * slot.slot, "value": value})
    return made


def _save(attempt_id: int, person_id: int, version: int, entries: list[dict[str, Any]], begun: datetime) -> Any:
    from examengine.delivery import queries as attempts
    from examengine.delivery.saving import save_answers
    from examengine.delivery.tokens import Token

    slots = len(attempts.get_attempt(attempt_id).paper["slots"])
    session.rollback()
    token = Token(attempt_id, person_id, version, 1, slots)
    save_answers(hot(), token, 1, dumps(entries).encode(), 0, begun + timedelta(minutes=3))
    return token
