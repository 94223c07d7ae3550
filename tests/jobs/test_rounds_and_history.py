"""A round of the job loop costs what is to be done, not what was done in all the years before."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from examengine.core import clock
from examengine.core.db import db
from examengine.jobs.sweeps import SLOW_SWEEPS, SWEEPS, Sweep
from tests.plans import explained

OWN_INDEX = {
    "expire": "ix_attempt_due",
    "score": "ix_attempt_unscored",
    "marked again": "ix_marking_case_again",
    "results": "ix_attempt_ripening",
    "release": "ix_result_kept_back",
    "records": "ix_release_unrecorded",
    "absent": "ix_sitting_unrolled",
}
GROWING = {
    "attempt",
    "save",
    "result",
    "release",
    "entry",
    "enrolment",
    "marking_case",
    "marking_task",
    "mark",
    "score",
}
GROWING |= {"sitting", "notice", "delivery", "audit_entry", "item_response", "correction_line"}
IN_FILES = "kept mails"
ALL = [pytest.param(sweep, id=sweep.name) for sweep in (*SWEEPS, *SLOW_SWEEPS) if sweep.name != IN_FILES]


def asked(sweep: Sweep) -> list[tuple[str, Any]]:
    """The statements that a sweep looks for its work with."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        sweep.find(clock.now())
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert seen
    return seen


@pytest.mark.parametrize("sweep", ALL)
def test_no_sweep_reads_a_growing_table_whole(app: Flask, sweep: Sweep) -> None:
    indexes = [index for table in db.metadata.tables.values() for index in table.indexes]
    partial = {index.name for index in indexes if index.dialect_options["sqlite"]["where"] is not None}
    for statement, parameters in asked(sweep):
        for step in explained(statement, parameters):
            words = step.replace("->", " ").split()
            if words[:1] == ["SCAN"] and words[1] in GROWING:
                assert words[-1] in partial, step
            assert words[:3] != ["Seq", "Scan", "on"] or words[3] not in GROWING, step


@pytest.mark.parametrize("sweep", [param for param in ALL if param.id in OWN_INDEX])
def test_what_is_to_be_done_is_found_by_an_index_of_its_own(app: Flask, sweep: Sweep) -> None:
    steps = [step for statement, parameters in asked(sweep) for step in explained(statement, parameters)]
    assert any(OWN_INDEX[sweep.name] in step for step in steps), steps
