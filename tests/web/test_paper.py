"""The exam page's questions in words."""

from __future__ import annotations

from examengine.delivery import journal
from examengine.web.candidate import paper
from tests.making import World
from tests.web.conftest import Visit


def test_one_point_is_one_point(world: World, visit: Visit) -> None:
    exam = world.exam([world.item(points="1"), world.item(points="2"), world.item(points="1.5")])
    attempt_id = world.start(world.sitting(exam)).id
    text = visit("cem").get(f"/attempts/{attempt_id}").get_data(as_text=True)
    for points in ("1 point<", "2 points<", "1.5 points<"):
        assert points in text


def test_half_a_surrogate_pair_in_an_answer_does_not_keep_the_page_from_its_reader(world: World, visit: Visit) -> None:
    attempt = world.start(world.sitting(world.exam([world.item("essay")])))
    made = visit("cem")
    with made.application.test_request_context():
        shown = paper.make(attempt.id, attempt.paper, ["Part"], journal.Folded({1: "before \ud800 after 10 % <b>"}))
    assert "before ? after 10 % &lt;b&gt;" in shown.sections.decode()
