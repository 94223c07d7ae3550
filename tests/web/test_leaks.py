"""Every byte that a candidate receives before release is searched for key material of all kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import queries
from examengine.exams.models import Sitting
from examengine.grading import actions as grading
from examengine.grading import corrections
from examengine.itemtypes import kinds
from examengine.results import actions as results
from tests.making import World, block_of, log_in, post
from tests.results.correcting import rekey, run_sweeps

RUBRIC = [
    {
        "criterion": "KEYRUBRIC title",
        "levels": [{"points": 0, "text": "KEYLEVEL low"}, {"points": 10, "text": "KEYLEVEL high"}],
    }
]
MARKED: dict[str, dict[str, Any]] = {
    "single_choice": {"explanation": "KEYEXPLAINED single"},
    "multiple_choice": {"explanation": "KEYEXPLAINED multiple", "rule": "coverage"},
    "true_false": {"explanation": "KEYEXPLAINED truth"},
    "fill_in": {
        "explanation": "KEYEXPLAINED blanks",
        "blanks": [{"accept": ["KEYACCEPTED", "KEYALTERNATIVE"]}, {"number": "7654321", "tolerance": "1234567"}],
    },
    "short_answer": {
        "explanation": "KEYEXPLAINED short",
        "accept": ["KEYLISTED"],
        "model_answer": "KEYMODEL short",
        "rubric": RUBRIC,
    },
    "essay": {
        "explanation": "KEYEXPLAINED essay",
        "model_answer": "KEYMODEL essay",
        "weak_answer": "KEYWEAK essay",
        "rubric": RUBRIC,
    },
}
SECRETS = ("KEY", "7654321", "1234567", "coverage", "HB 1.1")


class Listener:
    """A candidate's browser that keeps all that it receives."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.heard = client, []  # type: ignore[var-annotated]
        log_in(client, "cem")

    def get(self, path: str, **headers: str) -> str:
        return self._keep(self.client.get(path, headers=headers))

    def _keep(self, answer: Any) -> str:
        text: str = answer.get_data(as_text=True)
        self.heard.append(f"{answer.status} {answer.headers}\n{text}")
        return text

    def send(self, method: str, path: str, body: Any, **headers: str) -> str:
        answer = self.client.open(
            path, method=method, data=json.dumps(body), headers={**headers}, content_type="application/json"
        )
        return self._keep(answer)


def marked_sitting(world: World, **terms: Any) -> Sitting:
    items = [world.item(kind, f"leak-{kind.replace('_', '-')}", points="10", data=MARKED[kind]) for kind in kinds()]
    return world.sitting(world.exam(items, **terms))


def sit(listener: Listener, sitting: int, world: World) -> int:
    """Through all pages of an exam; everything is answered wrongly, so that nothing right is echoed."""
    for path in ("/home", f"/sittings/{sitting}", "/notices", "/account", "/record"):
        listener.get(path)
    answer = post(listener.client, f"/sittings/{sitting}", f"/sittings/{sitting}/start")
    listener.heard.append(f"{answer.headers}")
    page = listener.get(answer.headers["Location"])
    block = block_of(page)
    token = {"Attempt-Token": block["token"]}
    attempt = int(block["attempt"])
    entries = [{"slot": slot["slot"], "t": 1, "value": _nothing(slot["shape"])} for slot in block["slots"]]
    listener.send("PUT", f"/attempts/{attempt}/saves/1/1", entries, **token)
    listener.send("PUT", f"/attempts/{attempt}/saves/1/2", [{"slot": 99, "t": 1, "value": 1}], **token)
    listener.get(f"/attempts/{attempt}/status", **token)
    listener.get(f"/attempts/{attempt}")
    listener.send("POST", f"/attempts/{attempt}/submit", {"seq": 1, "digest": "0" * 64}, **token)
    from examengine.delivery import journal

    values = journal.fold(queries.find_rows(attempt)).values
    session.rollback()
    listener.send("POST", f"/attempts/{attempt}/submit", {"seq": 1, "digest": journal.digest(values)}, **token)
    for path in ("receipt", "result", "status"):
        listener.get(f"/attempts/{attempt}/{path}")
    return attempt


def _nothing(shape: str) -> Any:
    return {"choice": 1, "choices": [0], "blanks": ["nothing", "1"], "text": "no idea at all"}[shape]


def find_secrets(listener: Listener) -> list[str]:
    return [secret for secret in SECRETS for heard in listener.heard if secret in heard]


def mark_everything(world: World) -> None:
    for name in ("mia", "max"):
        while (task := grading.claim_next(world.person(name).id, clock.now())) is not None:
            grading.give_mark(task.id, world.person(name).id, [1], "well read", clock.now())
            session.commit()


def test_nothing_of_a_key_is_received_before_release(world: World, client: FlaskClient) -> None:
    sitting = marked_sitting(world, release="hand")
    listener = Listener(client)
    attempt = sit(listener, sitting.id, world)
    mark_everything(world)
    results.complete(attempt, clock.now())
    session.commit()
    listener.get(f"/attempts/{attempt}/result")
    listener.get("/home")
    assert len(listener.heard) > 15
    assert any("no idea at all" in heard for heard in listener.heard), (
        "the answers were seen, so the search looks at pages"
    )
    assert find_secrets(listener) == []


def test_a_release_before_the_close_shows_points_but_no_key(world: World, client: FlaskClient) -> None:
    sitting = marked_sitting(world, release="complete")
    listener = Listener(client)
    attempt = sit(listener, sitting.id, world)
    mark_everything(world)
    results.complete(attempt, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    page = listener.get(f"/attempts/{attempt}/result")
    assert "well read" in page
    criteria = [
        heard.replace("KEYRUBRIC title", "") for heard in listener.heard
    ]  # criteria's names come with their points
    listener.heard = criteria
    assert find_secrets(listener) == []


def test_after_the_last_close_keys_and_explanations_are_shown(world: World, client: FlaskClient, travel: Any) -> None:
    sitting = marked_sitting(world, release="complete")
    listener = Listener(client)
    attempt = sit(listener, sitting.id, world)
    mark_everything(world)
    results.complete(attempt, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    travel(hours=25)
    page = listener.get(f"/attempts/{attempt}/result")
    assert "KEYEXPLAINED single" in page
    assert "KEYACCEPTED" in page


def test_a_correction_before_the_close_tells_what_was_corrected_but_no_key(world: World, client: FlaskClient) -> None:
    """Somebody who sat early must not learn a key, an accepted answer or a trainer's reason from a correction."""
    sitting = marked_sitting(world, release="complete")
    listener = Listener(client)
    attempt = sit(listener, sitting.id, world)
    mark_everything(world)
    run_sweeps()
    options = [
        {**option, "key": n == 2} for n, option in enumerate(kinds()["single_choice"].examples().data["options"])
    ]
    blanks = [{"accept": ["KEYACCEPTED", "nothing"]}, {"number": "1"}]
    changes: list[tuple[str, dict[str, Any]]] = [
        ("single-choice", {"options": options, "explanation": "KEYEXPLAINED anew"}),
        ("fill-in", {"blanks": blanks}),
        ("short-answer", {"accept": ["KEYLISTED", "no idea at all"]}),
    ]
    kim = world.person("kim").id
    for code, data in changes:
        made = rekey(world, world.items[f"leak-{code}"], data)
        corrections.apply(made.id, "KEYREASON nothing and 1 are right", clock.now(), kim)
        run_sweeps()
    for path in ("/notices", "/home", "/record"):
        listener.get(path)
    page = listener.get(f"/attempts/{attempt}/result")
    assert "The key of question" in page
    assert [
        line.replace("KEYRUBRIC title", "") for line in listener.heard if "KEY" in line.replace("KEYRUBRIC", "")
    ] == []
    listener.heard = [heard.replace("KEYRUBRIC title", "") for heard in listener.heard]
    assert find_secrets(listener) == []


def test_another_sitting_to_come_keeps_the_keys(world: World, client: FlaskClient, travel: Any) -> None:
    sitting = marked_sitting(world, release="complete")
    from examengine.exams import queries as exams

    world.sitting(exams.get_exam(sitting.exam_id), ["sam"], hours=72, title="Make-up")
    listener = Listener(client)
    attempt = sit(listener, sitting.id, world)
    mark_everything(world)
    results.complete(attempt, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    travel(hours=25)
    assert "KEYEXPLAINED" not in listener.get(f"/attempts/{attempt}/result")


@pytest.mark.parametrize("seeds", [("a", "b")])
def test_the_pages_of_two_seeds_have_the_same_parts(world: World, client: FlaskClient, seeds: tuple[str, str]) -> None:
    from examengine.delivery.journal import Folded
    from examengine.delivery.starting import deal_paper
    from examengine.exams.queries import get_deal
    from examengine.web.candidate import paper

    sitting = marked_sitting(world)
    deal = get_deal(sitting.revision_id)
    texts = []
    with client.application.test_request_context():
        for seed in seeds:
            made = []
            dealt = deal_paper(deal, seed)
            for slot in dealt["slots"]:  # one by one, so that slot ids are the same
                one = paper.make(1, {"slots": [slot]}, ["Part"], Folded())
                made.append("".join(sorted(one.sections.decode())))
            texts.append(sorted(made))
    assert texts[0] == texts[1]
