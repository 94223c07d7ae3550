"""Mass assignment: fields that no form has, on every form; and numbers that were guessed."""

from __future__ import annotations

import pytest
from flask import Flask

from examengine.accounts.models import Person, PersonRole
from examengine.core.db import Base, session
from examengine.notices.models import Notice
from tests.web.access.routes import address, methods
from tests.web.access_rules import RULES
from tests.web.access_words import SITS
from tests.web.attacks.forms import Form, forms_of
from tests.web.attacks.insiders import doors
from tests.web.crowd import Crowd
from tests.web.scene import Scene, Thing
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
EXTRA = {
    "id": "1",
    "person_id": "13",
    "by": "13",
    "by_id": "13",
    "actor_id": "13",
    "roles": "administrator",
    "role": "administrator",
    "role_rows": "administrator",
    "session_version": "99",
    "active": "",
    "password_hash": "x",
    "must_change_password": "1",
    "state": "published",
    "points": "1000",
    "maximum": "1",
    "revision": "9",
    "revision_id": "1",
    "exam_id": "1",
    "sitting_id": "1",
    "enrolment_id": "1",
    "attempt_id": "1",
    "holder_id": "13",
    "holder": "x",
    "candidate_id": "13",
    "epoch": "9",
    "deadline_at": "2099-01-01T00:00",
    "created_at": "2099-01-01T00:00",
    "started_at": "2000-01-01T00:00",
    "now": "2000-01-01T00:00",
    "passed": "1",
    "released": "1",
    "extra_attempts": "9",
    "extra_s": "9999",
    "author_id": "13",
    "published_id": "1",
    "draft_id": "1",
    "file_hash": "x",
    "sha256": "x",
    "marker_id": "13",
    "lead_id": "13",
    "lease_until": "2099-01-01T00:00",
    "borderline": "1",
    "plan": "{}",
    "pools": "[]",
    "source": "person",
    "duty": "lead",
    "is_admin": "1",
    "csrf": "0",
    "team_id": "1",
}
"""Columns of tables, none of which a form may set by their names. 13 is somebody's id."""
MARKED = {"99", "2099", "x9"}


def columns() -> set[str]:
    """Every column that there is."""
    return {column.name for table in Base.metadata.sorted_tables for column in table.columns}


def rows() -> dict[str, list[dict[str, object]]]:
    session.rollback()
    tables = Base.metadata.sorted_tables
    found = {table.name: [dict(row._mapping) for row in session.execute(table.select())] for table in tables}
    session.rollback()  # on SQLite the test's own transaction would keep all others waiting
    return found


def sent(
    crowd: Crowd, name: str, form: Form, thing: Thing, extra: dict[str, str]
) -> dict[str, list[dict[str, object]]]:
    data = {**form.values(), "csrf_token": crowd.tokens[name]}
    for field in form.texts:
        data[field] = data.get(field) or "words"
    if form.buttons and "row" not in dict(form.buttons):
        data.update(form.buttons[:1])
    crowd.send(name, form.action, thing, data={**{k: v for k, v in extra.items() if k not in form.kinds}, **data})
    return rows()


VARIES = {
    "at",
    "created_at",
    "changed_at",
    "expires_at",
    "published_at",
    "password_hash",
    "digest",
    "sha256",
    "resolved_at",
    "epoch",
    "holder",
    "code",
    "value",
    "shuffle",
    "lease_until",
    "started_at",
    "deadline_at",
    "paper",
    "submitted_at",
    "closed_at",
    "ended_at",
    "beat_at",
    "read_at",
    "holder_id",
    "closed",
    "since",
    "until",
    "from_at",
    "until_at",
    "next_try_at",
    "remaining_s",
    "scored_at",
    "detail",
    "seal",
    "receipt",
    "access_code",
}
"""What two acts at two moments make differently; of these the test asks only that no marked value stands there."""


@ON_SQLITE
def test_a_field_that_a_form_does_not_have_changes_nothing(
    whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    """Each form is sent twice from the same state, without and with all extra fields: the rows afterwards are equal."""
    tried = set()
    for endpoint, path, name, thing in doors(whole_app, scene, "GET"):
        page = crowd.ask(name, "GET", path, thing).get_data(as_text=True)
        for form in forms_of(page, path):
            if form.method != "post" or form.action in tried or "logout" in form.action or "login" in form.action:
                continue
            tried.add(form.action)
            snapshot.restore()
            plain = sent(crowd, name, form, thing, {})
            snapshot.restore()
            more = sent(crowd, name, form, thing, EXTRA)
            for table, found in more.items():
                assert len(found) == len(plain[table]), (endpoint, form.action, table)
                for before, after in zip(plain[table], found, strict=True):
                    differing = {key for key in after if before[key] != after[key]} - VARIES
                    assert not differing, (form.action, table, differing, after)
                    marked = {
                        key
                        for key in after
                        if str(after[key]) != str(before[key])
                        and any(m in str(after[key]) for m in ("2099", "2000-01"))
                    }
                    assert not marked, (form.action, table, marked)
    snapshot.restore()
    assert len(tried) > 20


@ON_SQLITE
def test_the_extra_fields_are_columns(scene: Scene) -> None:
    assert len(set(EXTRA) & columns()) > 35


@ON_SQLITE
def test_nobody_becomes_an_administrator_by_a_form(scene: Scene, crowd: Crowd) -> None:
    for name in ("cem", "mia", "ann", "kim"):
        for path in ("/account", "/preferences", "/notices"):
            crowd.send(name, path, data={"csrf_token": crowd.tokens[name], "theme": "dark", **EXTRA})
    session.expire_all()
    held = {row.person_id for row in session.query(PersonRole).filter_by(role="administrator")}
    assert held == {scene.people[name] for name in ("ben", "alma", "olga")}
    assert {row.session_version for row in session.query(Person)} == {1}


COUNTED = ("candidate.", "saving.status", "invigilator.", "public.work", "public.notice_read")
"""Audiences and pages that ask for no role: the number is all that tells whose it is."""


@ON_SQLITE
def test_numbers_guessed_are_nobodys(whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    """Another operator counts through the numbers around: what is not hers is a 404, whether it exists or not."""
    notices = {row.id for row in session.query(Notice).filter_by(person_id=scene.people["sam"])}
    session.rollback()
    own = {thing.values["attempt_id"] for thing in scene.things["attempts"] if thing.owner == "sam"}
    sits = {thing.values["sitting_id"] for thing in scene.things["sittings"] if "sam" in SITS[thing.label]}
    for endpoint, rule in RULES.items():
        if not endpoint.startswith(COUNTED) or not rule.over:
            continue
        method = "GET" if "GET" in methods(whole_app, endpoint) else "POST"
        answers = {}
        for guess in range(0, 25):
            needed = dict.fromkeys(_arguments(whole_app, endpoint), guess)
            path = address(whole_app, endpoint, Thing("", needed))
            answer = crowd.ask("sam", method, path, Thing("", needed))
            mine = needed.get("notice_id") in notices
            mine |= endpoint.startswith("candidate.") and needed.get("sitting_id") in sits
            mine |= needed.get("attempt_id") in own and "appeal_id" not in needed
            if mine:
                snapshot.restore()
            else:
                assert answer.status_code == 404, (path, answer.status)
                page = answer.get_data(as_text=True)
                answers[_same(page)] = path
        assert len(answers) == 1, f"{endpoint}: what exists is told apart from what does not: {answers.values()}"
        if snapshot.changed():
            snapshot.restore()


def _arguments(app: Flask, endpoint: str) -> set[str]:
    return set(next(app.url_map.iter_rules(endpoint)).arguments)


def _same(page: str) -> str:
    """The page without what differs each time."""
    import re

    return re.sub(r'nonce="[^"]*"|value="[^"]*"|[0-9a-f]{16}|/[a-z]+/\d+[^"\s]*', "", page)
