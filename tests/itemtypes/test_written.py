"""Short answer and essay: what the machine settles, what goes to people, rubrics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from examengine.itemtypes import get, rubrics
from examengine.itemtypes.base import ContentError, Criterion, Level
from examengine.itemtypes.matching import PROFILE

SHORT, ESSAY = get("short_answer"), get("essay")
BOTH = pytest.mark.parametrize("kind", [SHORT, ESSAY], ids=lambda kind: kind.name)


def short(**facts: Any) -> Any:
    return SHORT.load({"stem": "<p>?</p>", "accept": ["the team leader", "班长"], "model_answer": "<p>m</p>", **facts})


def rubric(*points: str, title: str = "Tone") -> list[dict[str, Any]]:
    return [{"criterion": title, "levels": [{"points": p, "text": "t"} for p in points]}]


def essay(**facts: Any) -> Any:
    return ESSAY.load({"stem": "<p>?</p>", "rubric": rubric("0", "5"), **facts})


@pytest.mark.parametrize("answer", ["the team leader", " The  TEAM leader\n", "班 长", "ｔｈｅ team leader"])
def test_a_listed_answer_earns_everything_without_people(answer: str) -> None:
    assert SHORT.score(short(), SHORT.read(short(), answer)).fraction == 1


@pytest.mark.parametrize("answer", ["", " \n\t　", "\u200b\u200d", None, 7, ["班长"]])
def test_a_blank_earns_nothing_without_people(answer: Any) -> None:
    assert SHORT.score(short(), SHORT.read(short(), answer)).fraction == 0


@pytest.mark.parametrize("answer", ["team leader", "the team leader.", "?", "班长吧"])
def test_anything_else_goes_to_people(answer: str) -> None:
    assert SHORT.score(short(), SHORT.read(short(), answer)).fraction is None


def test_without_listed_answers_everything_written_goes_to_people() -> None:
    content = short(accept=[])
    assert SHORT.score(content, SHORT.read(content, "x")).fraction is None
    assert SHORT.score(content, SHORT.read(content, "")).fraction == 0


def test_the_evidence_keeps_profile_normal_form_and_what_matched() -> None:
    assert SHORT.score(short(), SHORT.read(short(), "班 长")).evidence == {
        "profile": PROFILE,
        "normalised": "班长",
        "matched": "班长",
    }
    assert SHORT.score(short(), SHORT.read(short(), "Cook")).evidence == {
        "profile": PROFILE,
        "normalised": "cook",
        "matched": None,
    }


def test_graders_need_something_to_go_by() -> None:
    assert [str(m) for m in SHORT.problems(short(accept=[], model_answer=""))] == [
        "Graders need a model answer or accepted answers."
    ]
    assert SHORT.problems(short(accept=[])) == []
    assert SHORT.problems(short(model_answer="")) == []


@pytest.mark.parametrize(
    ("answer", "fraction"), [("x", None), ("?", None), ("", 0), (" \n\t", 0), (None, 0), (["x"], 0)]
)
def test_an_essay_goes_to_people_unless_it_is_blank(answer: Any, fraction: int | None) -> None:
    assert ESSAY.score(essay(), ESSAY.read(essay(), answer)).fraction == fraction


def test_an_essay_needs_a_rubric() -> None:
    assert [str(m) for m in ESSAY.problems(essay(rubric=[]))] == ["An essay needs a rubric."]


def test_the_fewest_characters_are_not_more_than_the_most() -> None:
    assert [str(m) for m in ESSAY.problems(essay(min_chars=801, max_chars=800))] == [
        "The fewest characters are more than the most."
    ]
    assert ESSAY.problems(essay(min_chars=800, max_chars=800)) == []
    assert ESSAY.problems(essay(min_chars=800, max_chars=0)) == []


@BOTH
def test_the_answer_is_kept_as_it_was_written_but_for_nul(kind: Any) -> None:
    content = short() if kind is SHORT else essay()
    assert kind.read(content, " a\x00b\n\n 投诉 😀").value == " ab\n\n 投诉 😀"


@BOTH
def test_the_answer_is_bounded(kind: Any) -> None:
    content = short() if kind is SHORT else essay()
    assert len(kind.read(content, "字" * 30_000).value) == rubrics.MOST_TEXT


@BOTH
def test_the_candidate_sees_how_many_characters_are_asked_for(kind: Any) -> None:
    content = short(max_chars=120) if kind is SHORT else essay(max_chars=120)
    assert kind.present(content).facts["max_chars"] == 120


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (["0"], "Criterion “Tone” needs at least two levels."),
        ([], "Criterion “Tone” needs at least two levels."),
        (["1", "2"], "Criterion “Tone”: levels must start at 0 and rise."),
        (["0", "2", "1"], "Criterion “Tone”: levels must start at 0 and rise."),
        (["0", "2", "2.0"], "Criterion “Tone”: levels must start at 0 and rise."),
        (["0", "0.5", "5"], None),
    ],
)
def test_levels_start_at_0_and_rise(points: list[str], fault: str | None) -> None:
    assert [str(message) for message in ESSAY.problems(essay(rubric=rubric(*points)))] == ([fault] if fault else [])
    assert [str(message) for message in SHORT.problems(short(rubric=rubric(*points)))] == ([fault] if fault else [])


@pytest.mark.parametrize("points", ["", "two", "-1", "1001", "NaN", "Infinity", "sNaN", None, [], True])
def test_points_that_are_none_are_refused(points: Any) -> None:
    with pytest.raises(ContentError, match="points"):
        essay(rubric=[{"criterion": "Tone", "levels": [{"points": points}]}])


@pytest.mark.parametrize(
    "facts",
    [
        {"rubric": "none"},
        {"rubric": ["Tone"]},
        {"rubric": [{"levels": []}]},
        {"rubric": [{"criterion": "Tone", "levels": "0, 1"}]},
        {"rubric": rubric("0", "1") * 9},
        {"rubric": rubric(*map(str, range(9)))},
        {"max_chars": "many"},
        {"max_chars": -1},
        {"max_chars": 100_001},
        {"max_chars": True},
        {"max_chars": 1.5},
        {"model_answer": ["m"]},
    ],
)
def test_data_of_another_shape_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        essay(**facts)


def test_a_criterions_maximum_is_its_best_level() -> None:
    assert Criterion("Tone", (Level(Decimal(0), ""), Level(Decimal("2.5"), ""))).maximum == Decimal("2.5")
    assert Criterion("Tone", ()).maximum == 0


def test_points_of_a_rubric_are_kept_as_they_were_written() -> None:
    written = rubric("0", "0.50", "2")
    assert rubrics.dump_rubric(rubrics.load_rubric({"rubric": written})) == written
