"""One rule out of all corrections on an answer, whatever the order in which they came."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from examengine.grading.rescoring import Judgement, Row, Rules, Ruling, judged, rules
from examengine.itemtypes.base import Scoring

TWO = Decimal(2)
KEY = Ruling(1, "key", version_id=9)
POINTS = Ruling(2, "points", points=Decimal(3))
EVERYONE = Ruling(3, "everyone")
DROP = Ruling(4, "drop")
SINGLE = Ruling(5, "score", points=Decimal("0.5"), maximum=TWO, judged=1)


def row(number: int, points: str, source: str = "machine", **facts: Any) -> Row:
    return Row(number, 7, Decimal(points), TWO, source, facts.pop("evidence", {}), True, **facts)


def of(*rulings: Ruling) -> Rules:
    return rules(7, TWO, rulings)


def earned(held: Rules, fraction: str | None, *rows: Row) -> tuple[Decimal, Decimal] | None:
    found = judged(held, Scoring(None if fraction is None else Decimal(fraction)), rows)
    return (found.points, found.maximum) if found else None


def test_without_corrections_the_machine_or_people_decide() -> None:
    assert earned(of(), "0.5") == (1, 2)
    assert earned(of(), None) is None
    assert earned(of(), None, row(1, "1.5", "marks")) == (Decimal("1.5"), 2)
    assert earned(of(), "1", row(1, "1.5", "marks")) == (2, 2)  # what the machine knows needs nobody


def test_each_correction_alone() -> None:
    assert (of(KEY).version_id, of().version_id) == (9, 7)
    assert earned(of(POINTS), "0.5") == (Decimal("1.5"), 3)
    assert earned(of(EVERYONE), "0") == (2, 2)
    assert earned(of(DROP), "1") == (0, 0)
    assert earned(of(SINGLE), "1") == (Decimal("0.5"), 2)


def test_what_people_gave_scales_with_the_points() -> None:
    assert earned(of(POINTS), None, row(1, "1", "marks")) == (Decimal("1.5"), 3)
    assert earned(of(POINTS, SINGLE), "1") == (Decimal("0.75"), 3)


def test_everyone_and_drop_need_nobody() -> None:
    for held in (of(EVERYONE), of(DROP)):
        found = judged(held, Scoring(None), [])
        assert found is not None
        assert not found.needs_people


def test_a_later_judgement_of_the_answer_takes_the_place_of_a_single_score() -> None:
    assert earned(of(SINGLE), None, row(1, "1", "marks"), row(2, "2", "lead")) == (2, 2)
    copied = row(3, "2", "lead", evidence={"corrections": [9]})  # no judgement, only a copy of one
    assert earned(of(SINGLE), None, row(1, "1", "marks"), copied) == (Decimal("0.5"), 2)


def test_of_a_kind_the_last_decides() -> None:
    assert of(KEY, Ruling(6, "key", version_id=8)).version_id == 8
    assert of(POINTS, Ruling(6, "points", points=Decimal(5))).maximum == 5


@given(st.sets(st.sampled_from([KEY, POINTS, EVERYONE, DROP, SINGLE])), st.sampled_from([None, "0", "0.25", "1"]))
def test_the_order_of_different_kinds_does_not_matter(held: set[Ruling], fraction: str | None) -> None:
    rows = [row(1, "0.75", "marks")]
    outcomes = {earned(of(*order), fraction, *rows) for order in permutations(held)}
    assert len(outcomes) == 1


def test_the_evidence_names_the_corrections() -> None:
    found = judged(of(POINTS, KEY), Scoring(Decimal(1), {"picked": 0}), [])
    assert found is not None
    assert found.evidence["corrections"] == [1, 2]
    assert found.evidence["picked"] == 0


def test_the_same_is_told_as_the_database_keeps_it() -> None:
    third = Judgement(7, TWO / 3, TWO, "machine", {})
    assert third.same_as(row(1, "0.666667"))
    assert not third.same_as(row(1, "0.666666"))
    assert not third.same_as(None)
