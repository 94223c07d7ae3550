"""Extra time: the sum of its ledger."""

from __future__ import annotations

import pytest

from examengine.exams.accommodations import Extra, total


@pytest.mark.parametrize(
    ("rows", "extra"),
    [
        ([], Extra(0, 0)),
        ([(600, None)], Extra(600, 600)),
        ([(600, 0)], Extra(600, 0)),
        ([(600, 1200)], Extra(600, 1200)),
        ([(0, 1800)], Extra(0, 1800)),
        ([(600, None), (300, 0), (0, 60)], Extra(900, 660)),
        ([(600, None), (-300, None)], Extra(300, 300)),
    ],
)
def test_the_close_moves_as_much_unless_it_is_said(rows: list[tuple[int, int | None]], extra: Extra) -> None:
    assert total(rows) == extra
