"""The rows of a file of people beside the people there are: who is new, changed, unchanged or refused (pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from examengine.accounts import details
from examengine.core.i18n import N_, Message

OUTCOMES = ("new", "changed", "unchanged", "refused")


@dataclass(frozen=True)
class Known:
    """A person as the database has her."""

    id: int
    username: str
    name: str
    email: str
    language: str
    team: str
    roles: frozenset[str]
    active: bool


@dataclass(frozen=True)
class Change:
    """One field of a person: what it was, what it is to be. Roles stand as their names with spaces between."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """What a row of the file comes to."""

    row: int
    outcome: str
    username: str
    name: str
    person_id: int | None
    changes: tuple[Change, ...]
    reasons: tuple[Message, ...]
    """Why it is refused; beside another outcome, what else there is to know."""

    @property
    def wanted(self) -> dict[str, str]:
        """By field: what is to be written."""
        return {change.field: change.new for change in self.changes}


@dataclass
class Register:
    """What the comparison knows beside the rows: the people, the administrators left, the numbers seen so far."""

    known: Mapping[str, Known]
    """By employee number; those that the rows name are enough."""
    administrators: int | None
    """How many active administrators there are; None: nobody's roles are going to be changed."""
    own: str = ""
    """The employee number of who imports: her own administrator's role stays."""
    seen: dict[str, int] | None = None


def compare(entries: Iterable[tuple[int, Mapping[str, str]]], register: Register) -> list[Line]:
    """Each row in turn; an empty cell says nothing, so it changes nothing. Rows seen before are remembered."""
    register.seen = {} if register.seen is None else register.seen
    return [_line(row, said, register, register.seen) for row, said in entries]


def _line(row: int, said: Mapping[str, str], register: Register, seen: dict[str, int]) -> Line:
    username = details.folded(said.get("username", ""))
    known = register.known.get(username)
    wanted, reasons = _read(said)
    if not username:
        reasons.insert(0, Message(N_("The employee number is missing.")))
    elif username in seen:
        text = N_("The employee number %(name)s stands in row %(row)s already.")
        reasons.insert(0, Message(text, {"name": username[:60], "row": seen[username]}))
    elif problem := details.username_problem(username):
        reasons.insert(0, problem)
    if username:
        seen.setdefault(username, row)
    if known is None and not said.get("name", "").strip():
        reasons.append(Message(N_("The name is missing.")))
    name = wanted.get("name") or (known.name if known else said.get("name", ""))
    facts: dict[str, Any] = {"row": row, "username": username, "name": name, "person_id": known.id if known else None}
    if reasons:
        return Line(outcome="refused", changes=(), reasons=tuple(reasons), **facts)
    if known is None:
        made = {"name": name, "team": "", "roles": "operator", "email": "", "language": "", **wanted}
        if register.administrators is not None and "administrator" in made["roles"].split():
            register.administrators += 1
        changes = tuple(Change(field, "", new) for field, new in made.items() if new)
        return Line(outcome="new", changes=changes, reasons=(), **facts)
    changes = tuple(_changes(known, wanted))
    if problem := _loses_administrator(known, changes, register):
        return Line(outcome="refused", changes=(), reasons=(problem,), **facts)
    notes = () if known.active else (Message(N_("This person is deactivated, and stays so.")),)
    return Line(outcome="changed" if changes else "unchanged", changes=changes, reasons=notes, **facts)


def _read(said: Mapping[str, str]) -> tuple[dict[str, str], list[Message]]:
    """What the row wants written, by field, and what is wrong with it."""
    wanted: dict[str, str] = {}
    reasons: list[Message] = []
    checks: tuple[tuple[str, Callable[[str], Message | None]], ...] = (
        ("name", details.name_problem),
        ("team", details.team_problem),
        ("email", details.email_problem),
    )
    for field, check in checks:
        text = said.get(field, "").strip()
        if text and (problem := check(text)):
            reasons.append(problem)
        elif text:
            wanted[field] = text
    if text := said.get("roles", "").strip():
        roles, strange = details.read_roles(text)
        reasons += [Message(N_("There is no role “%(role)s”."), {"role": word[:40]}) for word in strange]
        wanted["roles"] = " ".join(sorted(roles))
    if text := said.get("language", "").strip():
        language = details.read_language(text)
        if language is None:
            reasons.append(Message(N_("The language “%(text)s” is not one of ours."), {"text": text[:40]}))
        else:
            wanted["language"] = language
    return wanted, reasons


def _changes(known: Known, wanted: Mapping[str, str]) -> Iterable[Change]:
    old = {
        "name": known.name,
        "team": known.team,
        "roles": " ".join(sorted(known.roles)),
        "email": known.email,
        "language": known.language,
    }
    return (Change(field, old[field], wanted[field]) for field in old if wanted.get(field, old[field]) != old[field])


def _loses_administrator(known: Known, changes: Collection[Change], register: Register) -> Message | None:
    """Why the row may not take the administrator's role that it takes."""
    roles = next((change.new.split() for change in changes if change.field == "roles"), None)
    if roles is None or not known.active or register.administrators is None:
        return None
    if "administrator" in roles and "administrator" not in known.roles:
        register.administrators += 1
    if "administrator" in roles or "administrator" not in known.roles:
        return None
    if known.username == register.own:
        return Message(N_("Nobody takes the administrator's role from herself; another administrator does it."))
    if register.administrators <= 1:
        return Message(N_("This is the last active administrator; the role stays."))
    register.administrators -= 1
    return None
