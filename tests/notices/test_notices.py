"""Notices: rows in the act's own transaction, read by their person only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from examengine.core import clock
from examengine.core.db import session
from examengine.jobs import sweeps
from examengine.notices import actions, preferences, queries
from examengine.notices.kinds import KINDS
from examengine.notices.models import Notice
from tests.making import World, log_in, post


def tell(world: World, *names: str, kind: str = "sitting.planned", subject: int = 1) -> None:
    people = [world.person(name).id for name in names]
    actions.tell(people, kind, clock.now(), subject, title="November <test>")
    session.commit()


def test_everybody_gets_a_notice_of_her_own(world: World) -> None:
    tell(world, "cem", "sam")
    assert [queries.count_unread(world.person(name).id) for name in ("cem", "sam", "kim")] == [1, 1, 0]


def test_a_notice_goes_with_the_act_that_failed(world: World) -> None:
    cem = world.person("cem").id
    actions.tell([cem], "sitting.planned", clock.now(), 1, title="T")
    session.rollback()
    assert session.query(Notice).count() == 0


def test_telling_nobody_writes_nothing(world: World) -> None:
    actions.tell([], "sitting.planned", clock.now(), 1, title="T")
    assert session.query(Notice).count() == 0


def test_reading_ones_own_leaves_others_unread(world: World) -> None:
    tell(world, "cem", "sam")
    actions.mark_read(world.person("cem").id, clock.now())
    session.commit()
    assert [queries.count_unread(world.person(name).id) for name in ("cem", "sam")] == [0, 1]


def test_the_latest_come_first(world: World) -> None:
    for subject in (1, 2, 3):
        tell(world, "cem", subject=subject)
    assert [notice.subject_id for notice in queries.find_notices(world.person("cem").id, 2)] == [3, 2]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_worded_and_leads_to_a_page(world: World, client: FlaskClient, kind: str) -> None:
    tell(world, "cem", kind=kind)
    log_in(client, "cem")
    answer = client.get("/notices")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert ("November &lt;test&gt;" in page) == ("%(title)s" in KINDS[kind].text)
    assert "%(" not in page


@pytest.mark.parametrize("details", [{}, None, [], "text", {"title": None}])
@pytest.mark.parametrize("kind", ["sitting.planned", "from.tomorrow"])
def test_no_notice_breaks_a_page(world: World, client: FlaskClient, kind: str, details: object) -> None:
    cem = world.person("cem").id
    session.add(Notice(person_id=cem, kind=kind, subject_id=None, details=details, created_at=clock.now()))
    session.commit()
    log_in(client, "cem")
    assert client.get("/notices").status_code == 200
    assert client.get("/home").status_code == 200


def test_unread_ones_come_first_and_one_is_marked_by_its_button(world: World, client: FlaskClient) -> None:
    tell(world, "cem", subject=1)
    tell(world, "cem", kind="result.released", subject=2)
    cem = world.person("cem").id
    log_in(client, "cem")
    newest = queries.find_notices(cem)[0].id
    session.rollback()
    assert post(client, "/notices", f"/notices/{newest}/read", next="/notices?about=result").location.endswith(
        "=result"
    )
    assert [row.subject_id for row in queries.find_page(cem, 1).rows] == [1, 2]
    assert [row.subject_id for row in queries.find_page(cem, 1, unread_only=True).rows] == [1]
    assert [row.subject_id for row in queries.find_page(cem, 1, about="result").rows] == [2]


def test_nobody_marks_anothers(world: World, client: FlaskClient) -> None:
    tell(world, "cem", "sam")
    [row] = queries.find_notices(world.person("sam").id)
    number = row.id
    session.rollback()
    log_in(client, "cem")
    assert post(client, "/notices", f"/notices/{number}/read").status_code == 404
    assert queries.count_unread(world.person("sam").id) == 1


def test_read_ones_go_after_a_year(world: World, travel: Callable[..., None]) -> None:
    tell(world, "cem", "sam")
    actions.mark_read(world.person("cem").id, clock.now())
    session.commit()
    travel(days=364)
    sweeps.run_slow()
    assert session.query(Notice).count() == 2
    travel(days=2)
    sweeps.run_slow()
    assert [row.person_id for row in session.query(Notice)] == [world.person("sam").id]


def test_what_is_switched_off_in_the_app_is_not_counted(world: World) -> None:
    tell(world, "mia", kind="marking.task")
    mia = world.person("mia")
    preferences.set_off(mia.id, mia.roles, [("marking.task", "app"), ("result.released", "app")], clock.now())
    session.commit()
    tell(world, "mia", kind="result.released")
    assert queries.count_unread(mia.id) == 1
    assert [row.kind for row in queries.find_notices(mia.id)] == ["result.released"]


def test_the_page_marks_them_read_by_its_button_only(world: World, client: FlaskClient) -> None:
    tell(world, "cem")
    log_in(client, "cem")
    client.get("/notices")
    cem = world.person("cem").id
    session.rollback()
    assert queries.count_unread(cem) == 1
    session.rollback()
    assert post(client, "/notices", "/notices").status_code == 302
    assert queries.count_unread(cem) == 0
