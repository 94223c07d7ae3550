"""The journal's language: bodies, fold, digest and seal."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core import settings
from examengine.core.db import dumps
from examengine.core.errors import Invalid, Malformed, Problem, TooLarge
from examengine.delivery import journal
from examengine.delivery.journal import Row, digest, fold, pairs, parse, receipt, seal

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def row(epoch: int, seq: int, *entries: dict[str, Any], late: bool = False) -> Row:
    body = dumps([{"t": 0, **entry} for entry in entries])
    return Row(epoch, seq, body, hashlib.sha256(body.encode()).digest(), NOW + timedelta(seconds=seq), late)


def value(slot: int, what: Any) -> dict[str, Any]:
    return {"slot": slot, "value": what}


def splice(slot: int, at: int, cut: int, put: str) -> dict[str, Any]:
    return {"slot": slot, "splice": [at, cut, put]}


def refused(body: bytes | list[Any], slots: int = 6) -> Problem:
    with pytest.raises(Problem) as caught:
        parse(body if isinstance(body, bytes) else dumps(body).encode(), slots)
    return caught.value


# Bodies


@pytest.mark.parametrize(
    "entry",
    [
        {"slot": 1, "t": 0, "value": 0},
        {"slot": 6, "t": 12, "value": None},
        {"slot": 1, "t": 1, "value": ""},
        {"slot": 1, "t": 1, "value": []},
        {"slot": 1, "t": 1, "value": [0, 2]},
        {"slot": 1, "t": 1, "value": ["", "投诉 😀 \x00"]},
        {"slot": 1, "t": 1, "splice": [0, 0, ""]},
        {"slot": 1, "t": 1, "splice": [12, 3, "😀"]},
        {"slot": 1, "t": 1, "flag": True},
        {"slot": 1, "t": 1, "flag": False},
        {"slot": 1, "value": 1},
    ],
)
def test_a_good_entry(entry: dict[str, Any]) -> None:
    assert parse(dumps([entry]).encode(), 6) == [entry]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"null",
        b"{}",
        b"[]",
        b"[1]",
        b"[[]]",
        b"[null]",
        b'[{"slot":1,"t":1,"value":NaN}]',
        b'[{"slot":1,"t":1,"value":1e3}]',
        b'[{"slot":1,"t":1,"value":true}]',
        b'[{"slot":1,"t":1,"value":{}}]',
        b'[{"slot":1,"t":1,"value":[[]]}]',
        b'[{"slot":1,"t":1,"value":[1,"a"]}]',
        b'[{"slot":1,"t":1,"value":[null]}]',
        b'[{"slot":1,"t":1,"value":[true]}]',
        b'[{"slot":1,"t":1,"value":9007199254740992}]',
        b'[{"slot":1,"t":1}]',
        b'[{"slot":1,"t":1,"value":1,"flag":true}]',
        b'[{"slot":1,"t":1,"flag":1}]',
        b'[{"slot":1,"t":1,"flag":null}]',
        b'[{"slot":1,"t":1,"splice":[0,0]}]',
        b'[{"slot":1,"t":1,"splice":[-1,0,""]}]',
        b'[{"slot":1,"t":1,"splice":[0,-1,""]}]',
        b'[{"slot":1,"t":1,"splice":[0,0,1]}]',
        b'[{"slot":1,"t":1,"splice":[true,0,""]}]',
        b'[{"slot":1,"t":1,"splice":"abc"}]',
        b'[{"slot":"1","t":1,"value":1}]',
        b'[{"slot":true,"t":1,"value":1}]',
        b'[{"slot":1.0,"t":1,"value":1}]',
        b'[{"t":1,"value":1}]',
        b'[{"slot":1,"t":"1","value":1}]',
        b'[{"slot":1,"t":null,"value":1}]',
        b'[{"slot":1,"t":1.5,"value":1}]',
        b'[{"slot":1,"t":9007199254740992,"value":1}]',
        b'[{"slot":1,"t":1,"value":"\x01"}]',
        b'[{"slot":1,"t":1,"value":"\xff"}]',
        b'[{"slot":1,"t":1,"value":"\xed\xa0\x80"}]',
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
        b'\xef\xbb\xbf[{"slot":1,"t":1,"value":1}]',
        '[{"slot":1,"t":1,"value":1}]'.encode("utf-16"),
        '[{"slot":1,"t":1,"value":1}]'.encode("utf-16-le"),
        '[{"slot":1,"t":1,"value":1}]'.encode("utf-32"),
    ],
)
def test_a_body_of_another_shape_is_malformed(body: bytes) -> None:
    assert isinstance(refused(body), Malformed)


@pytest.mark.parametrize("slot", [0, -1, 7, 2**40])
def test_a_slot_that_the_paper_does_not_have(slot: int) -> None:
    error = refused([{"slot": slot, "t": 1, "value": 1}])
    assert isinstance(error, Invalid)
    assert error.code == "unknown-slot"


def test_the_first_fault_in_any_entry_refuses_all() -> None:
    assert isinstance(refused([{"slot": 1, "t": 1, "value": 1}, {"slot": 2, "t": 1}]), Malformed)


LIMIT = 64 * 1024


@pytest.mark.parametrize(
    ("name", "fits", "too_large"),
    [
        ("value", "x" * LIMIT, "x" * (LIMIT + 1)),
        ("value", "字" * (LIMIT // 3), "字" * (LIMIT // 3 + 1)),
        ("value", ["x" * LIMIT, ""], ["x" * LIMIT, "x"]),
        ("splice", [0, 0, "x" * LIMIT], [0, 0, "x" * (LIMIT + 1)]),
    ],
)
def test_an_answer_has_64_kib_of_utf8(name: str, fits: Any, too_large: Any) -> None:
    assert parse(dumps([{"slot": 3, "t": 1, name: fits}]).encode(), 6)
    error = refused([{"slot": 3, "t": 1, name: too_large}])
    assert isinstance(error, TooLarge)
    assert error.extra == {"slot": 3}


def test_a_save_has_256_kib() -> None:
    entries = [{"slot": 1, "t": 1, "value": "x" * 60_000} for _ in range(4)]
    body = dumps(entries).encode()
    assert len(parse(body + b" " * (256 * 1024 - len(body)), 6)) == 4
    assert isinstance(refused(body + b" " * (256 * 1024 - len(body) + 1)), TooLarge)


def test_a_save_has_500_entries() -> None:
    entry = {"slot": 1, "t": 1, "value": 1}
    assert len(parse(dumps([entry] * 500).encode(), 6)) == 500
    assert isinstance(refused([entry] * 501), Malformed)


def test_a_list_has_100_parts() -> None:
    assert parse(dumps([{"slot": 1, "t": 1, "value": [""] * 100}]).encode(), 6)
    assert isinstance(refused([{"slot": 1, "t": 1, "value": [""] * 101}]), Malformed)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["slot", "t", "value", "splice", "flag", "x"]), inner)
    ),
    max_leaves=10,
)


@given(st.binary() | _JSON.map(lambda data: json.dumps(data).encode()))
def test_no_body_raises_anything_but_a_problem_and_what_passes_can_be_folded(body: bytes) -> None:
    try:
        parse(body, 6)
    except Problem:
        return
    fold([Row(1, 1, body.decode(), b"", NOW)])


def test_the_newest_entry_tells_the_age_of_a_save() -> None:
    assert journal.newest([{"t": 5}, {"t": 9}, {"t": 7}, {}]) == 9


# Fold


def test_a_later_value_replaces_an_earlier_one() -> None:
    assert fold([row(1, 1, value(1, 0), value(2, "a")), row(1, 2, value(1, 2))]).values == {1: 2, 2: "a"}


def test_the_fold_goes_by_epoch_and_seq_and_never_by_arrival() -> None:
    late_arrival = replace(row(1, 9, value(1, "old pen")), received_at=NOW + timedelta(hours=1))
    assert fold([late_arrival, row(2, 1, value(1, "new pen"))]).values == {1: "new pen"}
    assert fold([row(2, 1, value(1, "new pen")), late_arrival]).values == {1: "new pen"}


def test_seq_is_a_number_and_not_a_text() -> None:
    assert fold([row(1, 10, value(1, "ten")), row(1, 9, value(1, "nine"))]).values == {1: "ten"}


_ENTRIES = st.one_of(
    st.builds(
        value,
        st.integers(1, 3),
        st.none() | st.integers(0, 3) | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2),
    ),
    st.builds(splice, st.integers(1, 3), st.integers(0, 6), st.integers(0, 6), st.text(max_size=4)),
    st.builds(lambda slot, flag: {"slot": slot, "flag": flag}, st.integers(1, 3), st.booleans()),
)
_ROWS = st.lists(
    st.tuples(st.tuples(st.integers(1, 3), st.integers(1, 12)), st.lists(_ENTRIES, min_size=1, max_size=3)),
    max_size=10,
    unique_by=lambda pair: pair[0],
).map(lambda found: [row(*key, *entries) for key, entries in found])


@given(_ROWS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_folds_to_the_same(rows: list[Row], shuffler: random.Random) -> None:
    arrived = list(rows)
    shuffler.shuffle(arrived)
    assert fold(arrived) == fold(sorted(rows, key=lambda one: (one.epoch, one.seq)))
    assert seal(1, arrived) == seal(1, rows)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("", (0, 0, "abc"), "abc"),
        ("abc", (3, 0, "d"), "abcd"),
        ("abc", (1, 1, ""), "ac"),
        ("abc", (0, 3, "投诉"), "投诉"),
        ("a😀c", (2, 1, "d"), "a😀d"),
        ("a😀c", (1, 1, "b"), "abc"),
        ("😀😀", (1, 0, "👩‍🦰"), "😀👩‍🦰😀"),
        ("投诉处理", (2, 2, "升级"), "投诉升级"),
        ("𠀀𠀁", (1, 1, ""), "𠀀"),
        ("e\u0301", (1, 1, ""), "e"),
        ("abc", (9, 9, "d"), "abcd"),
        ("abc", (1, 99, ""), "a"),
    ],
)
def test_a_splice_counts_code_points(before: str, change: tuple[int, int, str], after: str) -> None:
    assert fold([row(1, 1, value(1, before)), row(1, 2, splice(1, *change))]).values == {1: after}


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_a_splice_makes_one_text_of_another(head: str, old: str, new: str, tail: str) -> None:
    rows = [row(1, 1, value(1, head + old + tail)), row(1, 2, splice(1, len(head), len(old), new))]
    assert fold(rows).values[1] == json.loads(dumps(head + new + tail))


@pytest.mark.parametrize("before", [None, 3, [0, 1]])
def test_a_splice_without_a_text_begins_with_none(before: Any) -> None:
    assert fold([row(1, 1, value(1, before)), row(1, 2, splice(1, 0, 2, "x"))]).values == {1: "x"}
    assert fold([row(1, 1, splice(1, 0, 0, "x"))]).values == {1: "x"}


def test_flags_are_set_and_taken_back_and_are_no_answers() -> None:
    folded = fold(
        [row(1, 1, {"slot": 1, "flag": True}, {"slot": 2, "flag": True}), row(1, 2, {"slot": 1, "flag": False})]
    )
    assert (folded.flags, folded.values) == ({2}, {})


def test_taking_back_a_flag_that_was_not_set_is_nothing() -> None:
    assert fold([row(1, 1, {"slot": 1, "flag": False})]).flags == set()


# Digest

ANSWERS: dict[int, Any] = {
    10: "ten comes after two",
    2: 0,
    1: [0, 2],
    3: ["", "24"],
    4: "投诉 😀 𠀀 e\u0301",
    5: 'quote " backslash \\ slash / tab \t newline \n return \r',
    6: "\x00\x01\b\f\x1f\x7f\x85\u2028\u2029\ufeff<>&",
    7: 9007199254740991,
    8: [""] * 2,
    9: "",
    11: None,
    12: [],
    13: " ",
    14: -1,
}
PAIRS_DIGEST = "9aecf98d6ca1cd6d25282983f5c676d67002a62cbacba8450b93cd603241945d"  # as Node.js computed it


def test_pairs_are_the_answered_slots_ascending() -> None:
    assert [slot for slot, _ in pairs(ANSWERS)] == [1, 2, 3, 4, 5, 6, 7, 10, 13, 14]


@pytest.mark.parametrize("empty", [None, "", [], [""], ["", ""]])
def test_what_is_not_answered_is_left_out(empty: Any) -> None:
    assert pairs({1: empty}) == []
    assert digest({1: empty}) == digest({}) == hashlib.sha256(b"[]").hexdigest()


@pytest.mark.parametrize("answer", [0, [0], " ", ["", "a"], "0"])
def test_what_is_answered_is_not(answer: Any) -> None:
    assert pairs({1: answer}) == [[1, answer]]


def test_the_digest_is_that_of_a_page() -> None:
    assert digest(ANSWERS) == PAIRS_DIGEST


def test_the_digest_tells_answers_apart() -> None:
    several: list[dict[int, Any]] = [
        {},
        {1: 0},
        {1: "0"},
        {1: [0]},
        {1: ["0"]},
        {2: 0},
        {1: 0, 2: 0},
        {1: "a"},
        {1: "ａ"},
    ]
    assert len({digest(values) for values in several}) == len(several)


NODE = shutil.which("node")
NEEDS_NODE = pytest.mark.skipif(NODE is None, reason="there is no Node.js; PAIRS_DIGEST was computed by one")
SCRIPT = """
import { readFileSync } from "node:fs";
const load = (path) => import("data:text/javascript;base64," + readFileSync(path).toString("base64"));
const page = { ...(await load(process.argv[1] + "/digest.js")), ...(await load(process.argv[1] + "/splice.js")) };
const lines = readFileSync(0, "utf8").split("\\n").filter(Boolean);
for (const line of lines) console.log(JSON.stringify(await work(JSON.parse(line))));
"""


def in_node(work: str, several: list[Any]) -> list[Any]:
    """What `work`, a function in JavaScript that may use the page's own modules, makes of each value."""
    assert NODE
    modules = settings.root() / "examengine/web/static/js/exam"
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", f"{SCRIPT}\nasync function work(input) {{ {work} }}", str(modules)],
        input="\n".join(json.dumps(one) for one in several),
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def a_text(shuffler: random.Random, length: int) -> str:
    ranges = ((0, 0x250), (0x3000, 0xD7FF), (0x10000, 0x110000))
    return "".join(chr(shuffler.randrange(*shuffler.choice(ranges))) for _ in range(length))


@NEEDS_NODE
def test_a_javascript_engine_computes_the_same_digest() -> None:
    shuffler = random.Random(7)
    rare = [*range(0x300), 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10FFFF]
    several: list[dict[int, Any]] = [ANSWERS, {}, *({1: chr(code)} for code in rare)]
    several += [{slot: a_text(shuffler, 20) for slot in range(1, 12)} for _ in range(100)]
    several += [{1: n, 2: [n]} for n in (0, -1, 10**6, 2**31, 2**53 - 1, -(2**53) + 1)]
    assert in_node("return page.sha256(JSON.stringify(input));", [pairs(v) for v in several]) == [
        digest(v) for v in several
    ]


@NEEDS_NODE
def test_the_page_leaves_the_same_answers_out() -> None:
    work = "return page.pairs(new Map(input));"
    assert in_node(work, [[[slot, answer] for slot, answer in ANSWERS.items()]]) == [pairs(ANSWERS)]


@NEEDS_NODE
def test_the_pages_splices_lead_the_fold_to_the_pages_text() -> None:
    shuffler = random.Random(8)
    changes = [
        ("", "a"),
        ("a", ""),
        ("😀", "😁"),
        ("a😀b", "a😁b"),
        ("😀😀", "😀"),
        ("投诉", "投诉处理"),
        ("aaa", "aa"),
    ]
    for _ in range(300):
        head, old, new, tail = (a_text(shuffler, shuffler.randrange(4)) for _ in range(4))
        changes.append((head + old + tail, head + new + tail))
    for (before, after), change in zip(changes, in_node("return page.splice(...input);", changes), strict=True):
        rows = [row(1, 1, value(1, before)), *([row(1, 2, splice(1, *change))] if change else [])]
        assert fold(rows).values == {1: after}


# Seal

ROWS = [row(1, 1, value(1, "a")), row(1, 2, value(2, "b")), row(2, 1, value(1, "c"))]


def test_the_seal_is_a_chain_over_the_rows_in_fold_order() -> None:
    link = hashlib.sha256(b"attempt 17").digest()
    for one in ROWS:
        micros = int(one.received_at.timestamp()) * 1_000_000
        link = hashlib.sha256(link + one.sha256 + f"{one.epoch}:{one.seq}:{micros}:0".encode()).digest()
    assert seal(17, ROWS) == link.hex()


@pytest.mark.parametrize(
    "changed",
    [
        [],
        ROWS[:2],
        ROWS[1:],
        [ROWS[0], ROWS[2]],
        [*ROWS, row(2, 2, value(1, "d"))],
        [replace(ROWS[0], sha256=b"\x00" * 32), *ROWS[1:]],
        [replace(ROWS[0], late=True), *ROWS[1:]],
        [replace(ROWS[0], received_at=ROWS[0].received_at + timedelta(microseconds=1)), *ROWS[1:]],
        [replace(ROWS[0], seq=3), *ROWS[1:]],
        [*ROWS[:2], replace(ROWS[2], epoch=3)],
    ],
)
def test_any_change_of_any_row_breaks_the_seal(changed: list[Row]) -> None:
    assert seal(17, changed) != seal(17, ROWS)


def test_the_same_rows_of_another_attempt_have_another_seal() -> None:
    assert seal(18, ROWS) != seal(17, ROWS)
    assert seal(18, []) != seal(17, [])


def test_a_receipt_is_the_seals_first_20_base32_characters() -> None:
    code = receipt(seal(17, ROWS))
    assert re.fullmatch(r"[A-Z2-7]{20}", code)
    assert receipt("00" * 32) == "A" * 20
    assert receipt("ff" * 32) == "7" * 20
    assert receipt(seal(18, ROWS)) != code
