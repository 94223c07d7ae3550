"""No authoring order and no id of a question leaves the server: shown positions only, mapped back by the paper (§7)."""

from __future__ import annotations

import re

from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import actions, queries, starting
from examengine.delivery.models import Attempt
from examengine.exams.models import Sitting
from examengine.exams.queries import get_deal
from examengine.grading import actions as grading
from examengine.itemtypes import kinds
from examengine.results import actions as results
from tests.making import World
from tests.web.conftest import Visit

LETTERS = "abcdefgh"
OPTIONS = [{"text": f"<p>option-{letter}</p>", "key": letter == "a"} for letter in LETTERS]


def choices(world: World, people: list[str]) -> Sitting:
    """One choice of eight options; the author wrote the key first."""
    return world.sitting(world.exam([world.item(code="zz-secret-code", data={"options": OPTIONS})]), people)


def page(visit: Visit, name: str, attempt: Attempt) -> str:
    path = f"/attempts/{attempt.id}"
    text: str = visit(name).get(path).get_data(as_text=True)
    assert "<article" in text
    return text


def shown(text: str) -> list[tuple[str, str]]:
    """Value and letter of each option, as they stand on the page."""
    return re.findall(r'value="(\d+)".*?option-([a-h])', text, re.DOTALL)


def test_values_of_options_are_shown_positions(visit: Visit, world: World) -> None:
    people = [f"op{n}" for n in range(4)]
    sitting = choices(world, people)
    orders = set()
    for name in people:
        attempt = world.start(sitting, name)
        order = attempt.paper["slots"][0]["order"]
        found = shown(page(visit, name, attempt))
        assert [value for value, _ in found] == [str(n) for n in range(8)]
        assert [letter for _, letter in found] == [LETTERS[i] for i in order]
        orders.add(tuple(order))
    assert len(orders) > 1


def test_the_key_is_shown_at_every_place(world: World) -> None:
    deal = get_deal(choices(world, ["cem"]).revision_id)
    places = [starting.deal_paper(deal, f"seed {n}")["slots"][0]["order"].index(0) for n in range(400)]
    counts = [places.count(place) for place in range(8)]
    assert min(counts) > 25, counts  # 50 expected each


def test_an_options_html_says_nothing_but_its_place_and_text(visit: Visit, world: World) -> None:
    attempt = world.start(choices(world, ["cem"]))
    text = page(visit, "cem", attempt)
    parts = re.split(r"(?=<input\b[^>]*type=\"radio\")", text)[1:]
    bare = {
        re.sub(r'option-[a-h]|value="\d+"|(id|for|aria-\w+)="[^"]*"', "", part.partition("</p>")[0]) for part in parts
    }
    assert len(parts) == 8
    assert len(bare) == 1, bare


def test_a_page_has_no_code_version_or_fingerprint_of_its_questions(visit: Visit, world: World) -> None:
    sitting = choices(world, ["cem"])
    item = world.items["zz-secret-code"]
    version = item.published
    assert version is not None
    secrets = ["zz-secret-code", version.sha256, "complaints", "version", "HB 1.1", "seed"]
    attempt = world.start(sitting)
    text = page(visit, "cem", attempt)
    assert [secret for secret in (*secrets, attempt.paper["seed"]) if secret in text] == []


def articles(text: str) -> list[str]:
    """The questions of a page: slot numbers taken out, options sorted; what is left depends on no seed."""
    found = []
    for article in re.findall(r"<article.*?</article>", text, re.DOTALL):
        bare = re.sub(r" data-current|\bchecked\b", "", article)
        bare = re.sub(r"\b(q|s|slot-?|name=\"\w*?)\d+", r"\1N", bare)
        bare = re.sub(r'(data-slot|data-number|value|id|for|name|aria-\w+)="[^"]*"', r"\1", bare)
        bare = re.sub(r"(?i)question \d+", "question N", bare)
        found.append("\n".join(sorted(line.strip() for line in re.split(r"(?=<(?:label|input|li|div))|\n", bare))))
    return sorted(found)


def frame(text: str) -> str:
    """The page around the questions, without what is each person's own."""
    bare = re.sub(r"<article.*?</article>", "", text, flags=re.DOTALL)
    bare = re.sub(r'<script type="application/json" id="attempt">.*?</script>', "", bare, flags=re.DOTALL)
    bare = re.sub(r'(nonce|value)="[^"]*"|/attempts/\d+', "", bare)
    return re.sub(r"\s+", " ", bare)


def test_the_pages_of_two_seeds_differ_only_in_order_and_slots(visit: Visit, world: World) -> None:
    items = [world.item(kind, f"{kind.replace('_', '-')}-{n}") for kind in kinds() for n in range(2)]
    sitting = world.sitting(world.exam(items), ["cem", "sam"])
    attempts = {name: world.start(sitting, name) for name in ("cem", "sam")}
    orders = [[slot["version"] for slot in attempt.paper["slots"]] for attempt in attempts.values()]
    assert orders[0] != orders[1]
    pages = [page(visit, name, attempt) for name, attempt in attempts.items()]
    assert articles(pages[0]) == articles(pages[1])
    assert len(articles(pages[0])) == len(items)
    assert frame(pages[0]) == frame(pages[1])


def test_a_released_result_shows_options_as_the_candidate_saw_them(visit: Visit, world: World) -> None:
    sitting = world.sitting(world.exam([world.item(data={"options": OPTIONS})], release="complete"))
    attempt = world.sat(sitting)
    order = attempt.paper["slots"][0]["order"]
    results.complete(attempt.id, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    text = visit("cem").get(f"/attempts/{attempt.id}/result").get_data(as_text=True)
    assert re.findall(r"option-([a-h])", text) == [LETTERS[i] for i in order]


def test_before_the_close_a_result_has_nothing_of_the_rubric(visit: Visit, world: World) -> None:
    rubric = [{"criterion": "SECRET title", "levels": [{"points": 0, "text": "SECRET a"}, {"points": 10, "text": "b"}]}]
    item = world.item("essay", points="10", data={"rubric": rubric})
    sitting = world.sitting(world.exam([item], marking={"markers": 1}, release="complete"))
    attempt = world.start(sitting)
    values = {1: "an essay"}
    world.save(world.token(attempt), 1, [{"slot": 1, "t": 1, "value": "an essay"}])
    world.submit(attempt, values)
    mia = world.person("mia").id
    task = grading.claim_next(mia, clock.now())
    assert task is not None
    grading.give_mark(task.id, mia, [1], "well argued", clock.now())
    results.complete(attempt.id, clock.now())
    results.release_due(sitting.id, clock.now())
    session.commit()
    text = visit("cem").get(f"/attempts/{attempt.id}/result").get_data(as_text=True)
    assert "well argued" in text
    assert "SECRET" not in text


def test_what_was_answered_is_read_back_by_the_papers_order(world: World) -> None:
    sitting = choices(world, ["cem", "sam"])
    for name in ("cem", "sam"):
        attempt = world.start(sitting, name)
        for place in range(8):
            world.save(world.token(attempt, name), place + 1, [{"slot": 1, "t": place, "value": place}])
        actions.close_attempt(attempt.id, "force", clock.now())
        session.commit()
        order = queries.get_attempt(attempt.id).paper["slots"][0]["order"]
        assert [response.value for response in queries.find_responses(attempt.id)] == [order[7]]
