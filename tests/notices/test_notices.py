"""Notices: rows in the act's own transaction, read by their person only."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from examengine.core import clock
from examengine.core.db import session
from examengine.notices import actions, queries
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
    assert "November &lt;test&gt;" in page
    assert "%(" not in page


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
