"""The save protocol over HTTP (docs/save-protocol.md): what a page says, what it is answered, in every state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.accounts import actions as accounts
from examengine.core import clock
from examengine.core.db import dumps, session
from examengine.delivery import actions, journal, queries
from examengine.delivery.models import Attempt, RejectedSave
from examengine.delivery.tokens import Token
from examengine.exams.models import Sitting
from tests.making import World, block_of, csrf_of, log_in, post
from tests.web.conftest import Visit

Answer = Any


@dataclass
class Page:
    """An exam page in a browser: what its scripts know and say."""

    client: FlaskClient
    attempt: int
    token: str = ""
    epoch: int = 1
    block: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Page:
        """Load (or reload) the page."""
        answer = self.client.get(f"/attempts/{self.attempt}")
        assert answer.status_code == 200, answer.status
        self.block = block_of(answer.get_data(as_text=True))
        self.token, self.epoch = self.block["token"], self.block["epoch"]
        return self

    def put(self, seq: int, body: bytes | list[dict[str, Any]], **headers: str) -> Answer:
        """Send a save."""
        data = body if isinstance(body, bytes) else dumps(body).encode()
        sent = {"Attempt-Token": self.token, "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.put(f"/attempts/{self.attempt}/saves/{self.epoch}/{seq}", data=data, headers=sent)

    def save(self, seq: int, value: Any, slot: int = 1) -> Answer:
        """Save one answer."""
        return self.put(seq, [{"slot": slot, "t": seq, "value": value}])

    def status(self) -> Answer:
        """Ask for the status with the token."""
        return self.client.get(f"/attempts/{self.attempt}/status", headers={"Attempt-Token": self.token})

    def submit(self, values: dict[int, Any] | str) -> Answer:
        """Submit what the page believes is saved (or a digest)."""
        digest = values if isinstance(values, str) else journal.digest(values)
        headers = {"Attempt-Token": self.token}
        return self.client.post(f"/attempts/{self.attempt}/submit", json={"seq": 1, "digest": digest}, headers=headers)


@pytest.fixture
def sitting(world: World) -> Sitting:
    """Open to Cem and Sam: one written question."""
    return world.sitting(world.exam([world.item("essay", points="10")], attempts=2), ["cem", "sam"])


@pytest.fixture
def open_page(visit: Visit, sitting: Sitting) -> Callable[..., Page]:
    """open_page("cem"): logged in, started, the page loaded."""
    path = f"/sittings/{sitting.id}"

    def go(name: str = "cem") -> Page:
        client = visit(name)
        answer = post(client, path, f"{path}/start")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return Page(client, int(answer.location.rpartition("/")[2])).load()

    return go


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Cem's exam page."""
    return open_page()


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.get_data(as_text=True)
    document: dict[str, Any] = answer.get_json()
    assert (document["code"], document["status"]) == (code, status)
    assert document["type"].rpartition("/")[2] == code
    assert document["title"]
    assert document["request_id"] == answer.headers["X-Request-Id"]
    return document


def kept(attempt: int) -> list[str]:
    session.rollback()
    return [row.body for row in queries.find_rows(attempt)]


def test_from_start_to_receipt(page: Page) -> None:
    assert page.block["state"] == "in_progress"
    assert (page.block["holder"], page.block["seq"], page.block["saved_at"]) == (True, 0, None)
    assert page.block["slots"] == [{"slot": 1, "shape": "text", "max_chars": 800}]
    assert 3_590_000 < page.block["remaining_ms"] <= 3_600_000
    body = dumps([{"slot": 1, "t": 5, "value": "first"}]).encode()
    done = page.put(1, body, Page_Clock="9").get_json()
    assert set(done) == {"attempt", "epoch", "seq", "sha256", "saved_at", "late", "remaining_ms"}
    assert (done["sha256"], done["late"]) == (hashlib.sha256(body).hexdigest(), False)
    assert datetime.fromisoformat(done["saved_at"]).utcoffset() is not None
    assert page.put(2, [{"slot": 1, "t": 6, "splice": [5, 0, ", then more"]}]).status_code == 200
    handed_in = page.submit({1: "first, then more"})
    assert handed_in.status_code == 200
    facts = handed_in.get_json()
    assert set(facts) == {"receipt", "location", "submitted_at"}
    receipt = page.client.get(facts["location"]).get_data(as_text=True)
    assert facts["receipt"] in receipt
    assert page.client.get(f"/attempts/{page.attempt}").location == facts["location"]
    session.rollback()
    assert [response.value for response in queries.find_responses(page.attempt)] == ["first, then more"]


def test_the_page_names_where_to_send_what(page: Page) -> None:
    urls = page.block["urls"]
    assert urls["save"] == f"/attempts/{page.attempt}/saves"
    assert set(urls) >= {"save", "status", "submit", "takeover", "receipt", "login", "home"}


def test_a_reload_shows_what_was_saved_and_keeps_the_epoch(page: Page) -> None:
    page.save(1, 'a <b> & "c"\n')
    page.put(2, [{"slot": 1, "t": 2, "flag": True}])
    text = page.client.get(f"/attempts/{page.attempt}").get_data(as_text=True)
    assert "a &lt;b&gt; &amp; &quot;c&quot;" in text
    assert 'aria-pressed="true"' in text
    block = block_of(text)
    assert (block["epoch"], block["seq"], block["holder"]) == (1, 2, True)


def test_starting_again_goes_on_with_the_same_attempt(page: Page, sitting: Sitting) -> None:
    path = f"/sittings/{sitting.id}"
    again = page.client.post(
        f"{path}/start", data={"csrf_token": csrf_of(page.client.get("/account").get_data(as_text=True))}
    )
    assert again.location.endswith(f"/attempts/{page.attempt}")


def test_the_same_save_again_gets_the_first_answer_and_another_body_does_not(page: Page) -> None:
    first = page.save(1, "once").get_json()
    again = page.save(1, "once").get_json()
    assert {k: v for k, v in again.items() if k != "remaining_ms"} == {
        k: v for k, v in first.items() if k != "remaining_ms"
    }
    problem(page.save(1, "twice"), 409, "key-reused")
    assert len(kept(page.attempt)) == 1


def test_a_repeated_save_is_answered_even_after_the_submit(page: Page) -> None:
    page.save(1, "once")
    page.submit({1: "once"})
    assert page.save(1, "once").status_code == 200
    problem(page.save(2, "more"), 409, "closed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"slot": 1}',
        b'[{"slot": 1}]',
        b'[{"slot": 1, "t": 1, "value": {"a": 1}}]',
        b'[{"slot": true, "t": 1, "value": "x"}]',
        b'[{"slot": 1, "t": 1, "value": NaN}]',
        b"\xff\xfe[",
        b"[" * 100_000,
        b'[{"slot": 1, "t": 1, "value": 1e999}]',
        b'[{"slot": 1, "t": 99999999999999999999999, "value": "x"}]',
    ],
)
def test_what_is_no_save_is_malformed_and_changes_nothing(page: Page, body: bytes) -> None:
    problem(page.put(1, body), 400, "malformed")
    assert kept(page.attempt) == []
    assert page.save(1, "goes on").status_code == 200


@pytest.mark.parametrize("body", [b"x" * (256 * 1024 + 1), b"x" * (3 * 1024 * 1024)], ids=["256 KiB", "3 MiB"])
def test_a_request_that_is_too_large(page: Page, body: bytes) -> None:
    problem(page.put(1, body), 413, "too-large")


def test_an_answer_that_is_too_large_is_named(page: Page) -> None:
    document = problem(page.save(1, "字" * (22 * 1024)), 413, "too-large")
    assert document["slot"] == 1


@pytest.mark.parametrize("slot", [0, 2, 999, -1])
def test_a_slot_that_the_paper_does_not_have(page: Page, slot: int) -> None:
    problem(page.save(1, "x", slot), 422, "unknown-slot")


@pytest.mark.parametrize("address", ["saves/1/0", "saves/2/1", "saves/1/99999999999"])
def test_an_address_that_does_not_fit_the_token(page: Page, address: str) -> None:
    answer = page.client.put(f"/attempts/{page.attempt}/{address}", data=b"[]", headers={"Attempt-Token": page.token})
    problem(answer, 400, "malformed")


@pytest.mark.parametrize("clock_", ["-1", "soon", "1.5", "٣"])
def test_a_clock_that_is_none(page: Page, clock_: str) -> None:
    answer = page.put(1, [{"slot": 1, "t": 1, "value": "x"}], Page_Clock=clock_)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        problem(answer, 400, "malformed")


def forged(page: Page, change: Callable[[list[str]], None]) -> str:
    parts = page.token.split(".")
    change(parts)
    return ".".join(parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.clear(),
        lambda parts: parts.__setitem__(-1, "A" * 43),
        lambda parts: parts.__setitem__(1, "999"),
        lambda parts: parts.__setitem__(2, "2"),
        lambda parts: parts.__setitem__(3, "2"),
        lambda parts: parts.__setitem__(4, "9"),
        lambda parts: parts.append("x"),
    ],
    ids=["none", "signature", "person", "session", "epoch", "slots", "longer"],
)
def test_a_token_that_was_changed_is_none(page: Page, change: Callable[[list[str]], None]) -> None:
    page.token = forged(page, change)
    problem(page.save(1, "x"), 401, "signed-out")
    problem(page.submit({}), 401, "signed-out")
    assert kept(page.attempt) == []


def test_a_session_without_a_token_saves_nothing(page: Page) -> None:
    page.token = ""
    problem(page.save(1, "x"), 401, "signed-out")


def test_a_token_signed_with_another_secret_is_none(page: Page) -> None:
    page.token = Token(page.attempt, 1, 1, 1, 1).sign("another secret" * 4)
    problem(page.save(1, "x"), 401, "signed-out")


def test_a_token_is_for_its_own_attempt(open_page: Callable[..., Page]) -> None:
    cems, sams = open_page("cem"), open_page("sam")
    cems.attempt = sams.attempt
    problem(cems.save(1, "x"), 404, "not-found")
    problem(cems.submit({}), 404, "not-found")
    assert kept(sams.attempt) == []


def test_somebody_elses_attempt_does_not_exist(open_page: Callable[..., Page], visit: Visit) -> None:
    sams = open_page("sam")
    cem = visit("cem")
    for path in ("", "/receipt", "/result"):
        assert cem.get(f"/attempts/{sams.attempt}{path}").status_code == 404
    problem(cem.get(f"/attempts/{sams.attempt}/status"), 404, "not-found")
    answer = post(cem, "/account", f"/attempts/{sams.attempt}/takeover")
    assert answer.status_code == 404
    assert sams.save(1, "still mine").status_code == 200


@pytest.mark.parametrize("path", ["/attempts/99", "/attempts/99/receipt", "/attempts/99/result", "/sittings/99"])
def test_what_is_not_there_is_a_calm_404(visit: Visit, path: str) -> None:
    answer = visit("cem").get(path)
    assert answer.status_code == 404
    assert "does not exist" in answer.get_data(as_text=True)


def test_the_status_with_the_token(page: Page) -> None:
    page.save(1, "x")
    facts = page.status().get_json()
    assert set(facts) == {
        *("attempt", "state", "epoch", "seq", "holder", "remaining_ms", "server_time", "saved_at"),
    }
    assert (facts["state"], facts["epoch"], facts["seq"], facts["holder"]) == ("in_progress", 1, 1, True)


def test_the_status_with_the_session_gives_the_pens_browser_a_new_token(page: Page, visit: Visit) -> None:
    page.token = ""
    assert page.status().get_json()["token"] == page.load().token
    other = Page(visit("cem"), page.attempt)
    facts = other.status().get_json()
    assert "token" not in facts
    assert facts["holder"] is False


def test_after_the_session_ended_the_page_is_told_and_goes_on_after_logging_in(page: Page, world: World) -> None:
    page.save(1, "before")
    accounts.end_sessions(world.person("cem"))
    session.commit()
    problem(page.save(2, "after"), 401, "signed-out")
    problem(page.status(), 401, "signed-out")
    page.token = ""
    problem(page.status(), 401, "signed-out")
    csrf = page.client.get("/login", headers={"Accept": "application/json"}).get_json()["csrf_token"]
    done = page.client.post(
        "/login",
        data={"username": "cem", "password": "correct horse", "csrf_token": csrf},
        headers={"Accept": "application/json"},
    )
    assert done.get_json()["person"] == world.person("cem").id
    page.token = page.status().get_json()["token"]
    assert page.save(2, "after").status_code == 200


def test_a_wrong_password_in_the_dialog_is_a_problem_document(page: Page) -> None:
    csrf = page.client.get("/login", headers={"Accept": "application/json"}).get_json()["csrf_token"]
    answer = page.client.post(
        "/login",
        data={"username": "cem", "password": "wrong", "csrf_token": csrf},
        headers={"Accept": "application/json"},
    )
    problem(answer, 401, "signed-out")


def test_a_takeover_by_another_browser(page: Page, visit: Visit) -> None:
    page.save(1, "at the desk")
    laptop = Page(visit("cem"), page.attempt).load()
    assert (laptop.token, laptop.block["holder"]) == ("", False)
    answer = post(laptop.client, f"/attempts/{page.attempt}", f"/attempts/{page.attempt}/takeover")
    assert (answer.status_code, answer.location) == (303, f"/attempts/{page.attempt}")
    laptop.load()
    assert (laptop.epoch, laptop.block["seq"], laptop.block["holder"]) == (2, 0, True)
    problem(page.save(2, "still at the desk"), 423, "taken-over")
    problem(page.submit({1: "at the desk"}), 423, "taken-over")
    assert page.status().get_json()["holder"] is False
    assert laptop.save(1, "on the laptop").status_code == 200
    assert page.load().block["holder"] is False


def test_the_old_token_is_dead_for_ever(page: Page, visit: Visit) -> None:
    old = page.token
    laptop = visit("cem")
    post(laptop, f"/attempts/{page.attempt}", f"/attempts/{page.attempt}/takeover")
    post(page.client, f"/attempts/{page.attempt}", f"/attempts/{page.attempt}/takeover")
    page.load()
    assert page.epoch == 3
    new, page.token, page.epoch = page.token, old, 1
    problem(page.save(1, "x"), 423, "taken-over")
    page.token, page.epoch = new, 3
    assert page.save(1, "x").status_code == 200


def test_a_takeover_of_a_closed_attempt_is_refused(page: Page) -> None:
    page.submit({})
    answer = post(page.client, "/account", f"/attempts/{page.attempt}/takeover")
    assert answer.status_code == 409


def test_a_pause(page: Page, world: World) -> None:
    kim = world.person("kim").id
    actions.pause(page.attempt, clock.now(), kim, "alarm")
    session.commit()
    problem(page.save(1, "x"), 423, "paused")
    problem(page.submit({}), 423, "paused")
    facts = page.status().get_json()
    assert facts["state"] == "paused"
    assert facts["remaining_ms"] > 3_500_000
    actions.resume(page.attempt, clock.now(), kim)
    session.commit()
    assert page.save(1, "x").status_code == 200


def test_a_late_save_is_flagged_and_a_later_one_refused(page: Page, travel: Callable[..., None]) -> None:
    travel(minutes=60, seconds=10)
    late = page.put(1, [{"slot": 1, "t": 1000, "value": "x"}], Page_Clock="16000")
    assert (late.status_code, late.get_json()["late"], late.get_json()["remaining_ms"]) == (200, True, 0)
    problem(page.put(2, [{"slot": 1, "t": 15_990, "value": "y"}], Page_Clock="16000"), 409, "too-late")
    session.rollback()
    assert session.query(RejectedSave).count() == 1


def test_a_submit_that_differs_gets_what_the_server_has(page: Page) -> None:
    page.save(1, "kept")
    document = problem(page.submit({1: "believed"}), 409, "digest-mismatch")
    assert document["slots"] == [[1, "kept"]]
    assert page.submit(document["digest"]).status_code == 200


@pytest.mark.parametrize("body", [None, [], {"digest": 5}, {"digest": "short"}, {"seq": 1}])
def test_a_submit_without_a_digest_is_malformed(page: Page, body: Any) -> None:
    answer = page.client.post(
        f"/attempts/{page.attempt}/submit", data=json.dumps(body), headers={"Attempt-Token": page.token}
    )
    problem(answer, 400, "malformed")


def test_a_repeated_submit_gets_the_same_receipt(page: Page) -> None:
    first, again = page.submit({}), page.submit({})
    assert first.status_code == again.status_code == 200
    assert first.get_json() == again.get_json()


def test_a_submit_scores_at_once(page: Page, world: World) -> None:
    page.submit({})
    session.rollback()
    attempt = session.get(Attempt, page.attempt)
    assert attempt is not None
    assert attempt.scored_at is not None


def test_who_was_deactivated_is_out_everywhere(page: Page, world: World) -> None:
    accounts.deactivate(world.person("cem"), clock.now(), None)
    session.commit()
    problem(page.save(1, "x"), 401, "signed-out")
    problem(page.submit({}), 401, "signed-out")
    assert page.client.get(f"/attempts/{page.attempt}").status_code == 302
    again = page.client.get("/login")
    answer = page.client.post(
        "/login",
        data={
            "username": "cem",
            "password": "correct horse",
            "csrf_token": csrf_of(again.get_data(as_text=True)),
        },
    )
    assert answer.status_code == 401


def test_logging_out_asks_while_an_attempt_is_open_and_then_ends_its_tokens(page: Page) -> None:
    asked = post(page.client, "/logout", "/logout")
    assert asked.status_code == 200
    assert page.save(1, "x").status_code == 200
    assert post(page.client, "/logout", "/logout", sure="yes").status_code == 302
    problem(page.save(2, "x"), 401, "signed-out")


def test_a_changed_password_ends_the_tokens_of_other_browsers(page: Page, visit: Visit) -> None:
    other = visit("cem")
    done = post(other, "/account", "/account", old="correct horse", password="better horse", again="better horse")
    assert done.status_code == 302
    problem(page.save(1, "x"), 401, "signed-out")
    assert page.client.get("/home").status_code == 302
    assert other.get("/home").status_code == 200


@pytest.mark.parametrize(("language", "word"), [("zh", "考试"), ("en", "exam")])
def test_pages_and_refusals_are_in_the_persons_language(page: Page, world: World, language: str, word: str) -> None:
    accounts.set_preferences(world.person("cem"), language, None)
    session.commit()
    assert word in page.client.get("/home").get_data(as_text=True)


@pytest.mark.parametrize(
    ("accept", "title"), [("zh-CN,zh;q=0.9,en;q=0.5", False), ("en-GB,en", True), ("fr, en;q=0.4", True)]
)
def test_problem_documents_are_in_the_language_that_is_asked_for(page: Page, accept: str, title: bool) -> None:
    document = problem(page.put(1, b"{", Accept_Language=accept), 400, "malformed")
    assert document["title"].isascii() is title
    assert document["detail"].isascii() is title


def test_the_save_path_sets_no_cookie_and_needs_none(page: Page, browse: Callable[..., FlaskClient]) -> None:
    page.client = browse()
    answer = page.save(1, "x")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers or "Cookie" not in answer.headers["Vary"]


def test_a_withdrawn_exam_lets_begun_attempts_go_on(page: Page, world: World, visit: Visit, sitting: Sitting) -> None:
    from examengine.exams import actions as exams
    from examengine.exams import queries as exam_queries

    exams.withdraw_exam(exam_queries.get_exam(sitting.exam_id), clock.now(), None, "a key leaked")
    session.commit()
    assert page.save(1, "x").status_code == 200
    sam = visit("sam")
    path = f"/sittings/{sitting.id}"
    token = csrf_of(sam.get("/account").get_data(as_text=True))
    answer = sam.post(f"{path}/start", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "withdrawn" in answer.get_data(as_text=True)


def test_a_wrong_access_code_is_refused_kindly(visit: Visit, world: World) -> None:
    made = world.sitting(world.exam([world.item()]), access_code="Alpha-7")
    path = f"/sittings/{made.id}"
    cem = visit("cem")
    answer = post(cem, path, f"{path}/start", code="guess")
    assert answer.status_code in (403, 422)
    assert "access code" in answer.get_data(as_text=True)
    assert post(cem, path, f"{path}/start", code="alpha-7").status_code == 303


def test_log_in_goes_on_where_the_person_was_going(page: Page, browse: Callable[..., FlaskClient]) -> None:
    fresh = browse()
    asked = fresh.get(f"/attempts/{page.attempt}")
    assert asked.status_code == 302
    form = fresh.get(asked.location).get_data(as_text=True)
    done = fresh.post(
        asked.location, data={"username": "cem", "password": "correct horse", "csrf_token": csrf_of(form)}
    )
    assert done.location == f"/attempts/{page.attempt}"
    log_in(browse(), "cem")
