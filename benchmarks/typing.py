"""An attempt typed as a person types: the saves that the exam page's cadence makes of it (docs/save-protocol.md).

Choices are saved at once, one in seven is changed later. Essays have 800 characters (Chinese, some 2.5 a second, in
bursts of 20 to 60 with pauses of a few seconds between them, one burst in ten going back to mend something): a save
every 15 s while typing and 3 s after the last key, each as a splice of what is new.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from flask import Flask

from benchmarks import ground, load
from benchmarks.load import Request, request
from examengine.core.db import session
from examengine.delivery import journal, queries

TEXT = (
    "接到客户第三次来电时，我先不打断，把她说的时间、地点和损失记下来，用自己的话复述一遍，请她确认。接着核对身份，只问规定的两项，"
    "不念出完整的证件号。查看前两次工单以后，我会直说问题卡在哪里、由谁负责、什么时候有结果，并把下一次回电的具体时间约好。"
)
LENGTH, SPEED, EVERY_S = 800, 2.5, 15.0


def sit(port: int, app: Flask, attempt: int, person: int) -> None:
    """Type the whole attempt and submit it."""
    rng = random.Random(attempt)
    shown = queries.present(queries.get_attempt(attempt).paper)
    session.rollback()
    writer = _Writer(port, ground.token(app, attempt, person, len(shown)), attempt)
    load.run(port, _choices(writer, shown, rng), 1)
    for slot, question in shown:
        if question.presentation.facts.get("many"):
            load.run(port, _essay(writer, slot.slot, rng), 1)
    load.run(port, iter([writer.submit()]), 1)


class _Writer:
    def __init__(self, port: int, token: str, attempt: int) -> None:
        self.port, self.token, self.attempt = port, token, attempt
        self.seq, self.clock = 0, 0.0
        self.values: dict[int, Any] = {}

    def save(self, slot: int, value: Any, splice: list[Any] | None = None) -> Request:
        self.seq += 1
        change = {"value": value} if splice is None else {"splice": splice}
        self.values[slot] = value
        entry = {"slot": slot, "t": round(1000 * self.clock), **change}
        headers = {
            "Attempt-Token": self.token,
            "Page-Clock": str(round(1000 * self.clock) + 900),
            "Content-Type": "application/json",
        }
        body = json.dumps([entry], ensure_ascii=False, separators=(",", ":")).encode()
        return request("PUT", f"/attempts/{self.attempt}/saves/1/{self.seq}", self.port, headers, body)

    def submit(self) -> Request:
        headers = {"Attempt-Token": self.token, "Content-Type": "application/json"}
        body = json.dumps({"seq": self.seq, "digest": journal.digest(self.values)}).encode()
        return request("POST", f"/attempts/{self.attempt}/submit", self.port, headers, body)


def _choices(writer: _Writer, shown: list[tuple[queries.Slot, queries.Shown]], rng: random.Random) -> Iterator[Request]:
    for slot, question in shown:
        shape = question.presentation.shape
        for _ in range(0 if shape == "text" else 2 if rng.randrange(7) == 0 else 1):
            value: Any = ["24小时"] * int(question.presentation.facts.get("blanks", 0))
            if shape == "choice":
                value = rng.randrange(len(slot.order))
            elif shape == "choices":
                value = sorted(rng.sample(range(len(slot.order)), 2))
            writer.clock += rng.uniform(8, 40)
            yield writer.save(slot.slot, value)


def _essay(writer: _Writer, slot: int, rng: random.Random) -> Iterator[Request]:
    text, begun = "", False
    while len(text) < LENGTH:
        if text and rng.randrange(10) == 0:  # back to mend something
            at = rng.randrange(len(text))
            cut = min(rng.randint(1, 6), len(text) - at)
            put = "".join(rng.choices(TEXT, k=rng.randint(1, 8)))
            pieces = [(at, cut, put)]
        else:
            burst = min(rng.randint(20, 60), LENGTH - len(text))
            most = int(SPEED * EVERY_S)
            pieces = [(len(text) + n, 0, _typed(len(text) + n, min(most, burst - n))) for n in range(0, burst, most)]
        for at, cut, put in pieces:
            text = text[:at] + put + text[at + cut :]
            writer.clock += len(put) / SPEED + 3
            yield writer.save(slot, text, [at, cut, put] if begun else None)
            begun = True
        writer.clock += rng.uniform(2, 12)


def _typed(at: int, count: int) -> str:
    return "".join(TEXT[(at + n) % len(TEXT)] for n in range(count))
