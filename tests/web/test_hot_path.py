"""What each step of an exam asks of the database: a start 2, a save 1, a page at most 4, a submit at most 6."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from examengine.core.db import dumps, session
from examengine.delivery import journal
from tests.counting import statements
from tests.making import World, csrf_of, log_in
from tests.web.conftest import Visit

KEY = "k" * 48


@pytest.mark.parametrize("size", [3, 30])
def test_statements_by_step(world: World, visit: Visit, size: int) -> None:
    sitting = world.sitting(world.exam([world.item() for _ in range(size)]), ["cem", "sam"])
    world.start(sitting, "sam")  # the process knows the revision from now on
    sitting_id, cem = sitting.id, visit("cem")
    form = {"csrf_token": csrf_of(cem.get(f"/sittings/{sitting_id}").get_data(as_text=True))}
    with statements() as seen:
        answer = cem.post(f"/sittings/{sitting_id}/start", data=form)
    assert (answer.status_code, len(seen)) == (303, 2), seen
    path = answer.location
    page(cem, path)
    with statements() as seen:
        block = page(cem, path)
    assert len(seen) <= 4, seen
    headers = {"Attempt-Token": block["token"], "Page-Clock": "5", "Content-Type": "application/json"}
    body = dumps([{"slot": 1, "t": 1, "value": 0}])
    with statements() as seen:
        assert cem.put(f"{path}/saves/1/1", data=body, headers=headers).status_code == 200
    assert len(seen) == 1, seen
    done = json.dumps({"seq": 1, "digest": journal.digest({1: 0})})
    with statements() as seen:
        assert cem.post(f"{path}/submit", data=done, headers=headers).status_code == 200
    assert len(seen) <= 6, seen


def page(browser: FlaskClient, path: str) -> dict[str, str]:
    """The exam page's block."""
    text = browser.get(path).get_data(as_text=True)
    block: dict[str, str] = json.loads(text.partition('id="attempt">')[2].partition("</script>")[0])
    return block


def test_each_reader_of_the_kept_page_has_a_nonce_of_its_own(world: World, visit: Visit) -> None:
    sitting = world.sitting(people=["cem", "sam"])
    paths = {name: f"/attempts/{world.start(sitting, name).id}" for name in ("cem", "sam")}
    session.commit()
    for name in ("cem", "sam", "cem"):
        answer = visit(name).get(paths[name])
        policy, text = answer.headers["Content-Security-Policy"], answer.get_data(as_text=True)
        nonces = set(re.findall(r'nonce="([^"]*)"', text))
        assert len(nonces) == 1
        assert f"'nonce-{nonces.pop()}'" in policy


def test_who_was_logged_out_starts_and_reads_nothing(world: World, client: FlaskClient) -> None:
    sitting = world.sitting()
    attempt_id, sitting_id = world.start(sitting).id, sitting.id
    log_in(client, "cem")
    form = {"csrf_token": csrf_of(client.get("/account").get_data(as_text=True))}
    world.person("cem").session_version += 1
    session.commit()
    assert client.get(f"/attempts/{attempt_id}").location.startswith("/login")
    assert client.post(f"/sittings/{sitting_id}/start", data=form).status_code == 401
