"""The exam page's questions in words."""

from __future__ import annotations

from tests.making import World
from tests.web.conftest import Visit


def test_one_point_is_one_point(world: World, visit: Visit) -> None:
    paper = world.exam([world.item(points="1"), world.item(points="2"), world.item(points="1.5")])
    attempt_id = world.start(world.sitting(paper)).id
    text = visit("cem").get(f"/attempts/{attempt_id}").get_data(as_text=True)
    for points in ("1 point<", "2 points<", "1.5 points<"):
        assert points in text
