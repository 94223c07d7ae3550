"""Own column types and the plain driver connection, on both databases."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, func, insert, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from examengine.core import db
from tests import trouble

PROBE = Table(
    "column_probe",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("micro", db.Micro),
    Column("at", db.UTCTime),
    Column("json", db.JSONText),
)


@pytest.fixture(scope="module")
def engine(database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with one table of our column types."""
    url = f"sqlite:///{tmp_path_factory.mktemp('types') / 'types.sqlite3'}"
    if database == "postgres":
        url = "postgresql+psycopg://" + request.getfixturevalue("postgres").split("://", 1)[1]
    made = create_engine(url)
    PROBE.create(made)
    yield made
    PROBE.drop(made)
    made.dispose()


def kept(engine: Engine, **values: Any) -> Any:
    """What comes back of a row that was written."""
    with engine.begin() as connection:
        connection.execute(PROBE.delete())
        connection.execute(insert(PROBE).values(**values))
        row = connection.execute(select(PROBE)).one()
    return [getattr(row, name) for name in values]


@pytest.mark.parametrize("number", ["0", "0.1", "33.333333", "-0.5", "0.000001", "1000", "999999999999.999999"])
def test_decimals_come_back_exactly(engine: Engine, number: str) -> None:
    assert kept(engine, micro=Decimal(number)) == [Decimal(number)]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_any_decimal_of_six_places_comes_back_exactly(engine: Engine, number: Decimal) -> None:
    assert kept(engine, micro=number) == [number]


@pytest.mark.parametrize(
    ("number", "micro"),
    [
        ("0.0000005", 1),
        ("0.00000049999999", 0),
        ("-0.0000005", -1),
        ("0.3333333333333333333333333333", 333333),
        ("0.6666666666666666666666666667", 666667),
        ("7.1666665", 7166667),
    ],
)
def test_more_places_are_rounded_half_up(number: str, micro: int) -> None:
    assert db.to_micro(Decimal(number)) == micro


def test_a_sum_of_tenths_is_exact(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(PROBE.delete())
        connection.execute(insert(PROBE), [{"micro": Decimal("0.1")} for _ in range(10)])
        assert connection.scalar(select(func.sum(PROBE.c.micro))) == 1


def test_decimals_are_integers_in_the_database(engine: Engine) -> None:
    kept(engine, micro=Decimal("2.5"))
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT micro FROM column_probe")) == 2_500_000


def test_nothing_stays_nothing(engine: Engine) -> None:
    assert kept(engine, micro=None, at=None, json=None) == [None, None, None]


def test_a_naive_time_never_enters_the_database(engine: Engine) -> None:
    with pytest.raises(StatementError, match="a naive datetime never enters the database"):
        kept(engine, at=datetime(2026, 11, 24, 9, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 0, 0, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
    ],
)
def test_a_moment_comes_back_to_the_microsecond_in_utc(engine: Engine, moment: datetime) -> None:
    [back] = kept(engine, at=moment)
    assert back == moment
    assert back.tzinfo is UTC


@pytest.mark.parametrize("zone", [ZoneInfo("Asia/Shanghai"), timezone(timedelta(hours=-5, minutes=-30))])
def test_a_moment_of_another_zone_is_the_same_moment(engine: Engine, zone: Any) -> None:
    moment = datetime(2026, 11, 24, 9, 0, tzinfo=zone)
    [back] = kept(engine, at=moment)
    assert back == moment
    assert back.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_and_moments_are_each_others_inverse(moment: datetime) -> None:
    assert db.moment(db.micros(moment)) == moment


@pytest.mark.parametrize(
    "value",
    [
        {"b": 1, "a": [None, True, 1.5, "投诉"]},
        [],
        "",
        0,
        False,
        "nul \x00 and \x01",
        "line \u2028 and 😀 and \U0010ffff",
        {"\x00": "\x00"},
        'quote " and \\ and \n',
    ],
)
def test_json_comes_back_as_it_was(engine: Engine, value: Any) -> None:
    [back] = kept(engine, json=value)
    assert back == value
    assert json.dumps(back) == json.dumps(value)  # also the order of names


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", "\ud83d", {"\ud800": ["\ud800"]}, "\ude00\ud83d"])
def test_a_lone_surrogate_is_replaced_and_the_rest_kept(engine: Engine, value: Any) -> None:
    [back] = kept(engine, json=value)
    assert json.dumps(back) == json.dumps(value).replace("\\ud800", "?").replace("\\udfff", "?").replace(
        "\\ud83d", "?"
    ).replace("\\ude00", "?")


def test_json_is_compact_and_readable() -> None:
    assert db.dumps({"投诉": ["a", 1]}) == '{"投诉":["a",1]}'


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
).filter(lambda value: value is not None)


@given(_JSON)
def test_any_json_comes_back_as_it_was(engine: Engine, value: Any) -> None:
    assert kept(engine, json=value) == [value]


@given(st.recursive(st.characters(), st.lists, max_leaves=4))
def test_dumps_is_always_valid_utf8(value: Any) -> None:
    assert json.loads(db.dumps(value).encode()) is not None


def test_the_plain_connection_takes_names_and_gives_rows(engine: Engine) -> None:
    hot = db.hot_for(engine)
    moment = datetime(2026, 11, 24, 9, 0, 0, 1, tzinfo=UTC)
    kept(engine, micro=Decimal(1))
    assert (
        hot.execute("UPDATE column_probe SET at = :now WHERE micro = :micro", {"now": moment, "micro": 1_000_000}) == []
    )
    [(at,)] = hot.execute("SELECT at FROM column_probe", {})
    hot.close()
    assert db.moment(at) == moment


def test_the_plain_connection_commits_at_once(engine: Engine) -> None:
    hot = db.hot_for(engine)
    hot.execute("DELETE FROM column_probe", {})
    hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 1)", {"id": 7})
    with engine.begin() as connection:
        assert connection.scalar(select(PROBE.c.id)) == 7
    hot.close()
    hot.close()  # closing twice is allowed, and the next statement opens another connection
    assert hot.execute("SELECT id FROM column_probe", {}) == [(7,)]
    hot.close()


def test_the_plain_connection_survives_a_server_that_went_away(postgres: str) -> None:
    engine = create_engine("postgresql+psycopg://" + postgres.split("://", 1)[1])
    hot = db.hot_for(engine)
    [(pid,)] = hot.execute("SELECT pg_backend_pid()", {})
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    [(another,)] = hot.execute("SELECT pg_backend_pid()", {})
    assert another != pid
    hot.close()
    engine.dispose()


def test_a_transaction_on_the_plain_connection_is_kept_whole(engine: Engine) -> None:
    hot = db.hot_for(engine)
    hot.execute("DELETE FROM column_probe", {})
    with hot.transaction():
        hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 1)", {"id": 7})
        hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 2)", {"id": 8})
        with engine.connect() as other, db.reading():
            assert other.execute(select(PROBE.c.id)).all() == []
    assert hot.execute("SELECT id FROM column_probe ORDER BY id", {}) == [(7,), (8,)]
    hot.close()


@pytest.mark.parametrize("wrong", ["block", "statement"])
def test_of_a_transaction_that_fails_nothing_is_kept(engine: Engine, wrong: str) -> None:
    hot = db.hot_for(engine)
    hot.execute("DELETE FROM column_probe", {})
    with pytest.raises((ValueError, psycopg.Error, sqlite3.Error)), hot.transaction():
        hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 1)", {"id": 7})
        if wrong == "block":
            raise ValueError(wrong)
        hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 1)", {"id": 7})
    assert hot.execute("SELECT id FROM column_probe", {}) == []
    hot.execute("INSERT INTO column_probe (id, micro) VALUES (:id, 1)", {"id": 9})  # committed at once again
    with engine.connect() as other, db.reading():
        assert other.execute(select(PROBE.c.id)).all() == [(9,)]
    hot.close()


def test_a_transaction_does_not_go_on_without_its_beginning(postgres: str) -> None:
    engine = create_engine("postgresql+psycopg://" + postgres.split("://", 1)[1])
    hot = db.hot_for(engine)
    hot.execute("CREATE TABLE IF NOT EXISTS half (x int)", {})
    hot.execute("DELETE FROM half", {})
    with pytest.raises(psycopg.OperationalError), hot.transaction():
        [(pid,)] = hot.execute("SELECT pg_backend_pid()", {})
        hot.execute("INSERT INTO half VALUES (1)", {})
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        hot.execute("INSERT INTO half VALUES (2)", {})
    assert hot.execute("SELECT x FROM half", {}) == []
    hot.execute("DROP TABLE half", {})
    hot.close()
    engine.dispose()


def test_who_writes_is_outlasted_and_who_reads_is_not_waited_for(app: Flask) -> None:
    engine = db.db.engine
    with engine.connect() as other, db.reading():
        other.execute(text("SELECT 1"))
        assert db.outlast_writers(5)
        if db.hot().postgres:
            other.execute(text("SELECT pg_current_xact_id()"))  # as whoever writes has one
            assert not db.outlast_writers(0.05)
            other.rollback()
            assert db.outlast_writers(5)


def test_names_in_sql_are_told_from_casts() -> None:
    assert db._for_psycopg("SELECT :a_1::text, x::int WHERE :b<y") == "SELECT %(a_1)s::text, x::int WHERE %(b)s<y"


def test_sqlite_is_durable_and_holds_foreign_keys(tmp_path: Path) -> None:
    made = create_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with made.begin() as connection:
        facts = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    hot = db.hot_for(made)
    facts += [hot.execute(f"PRAGMA {name}", {})[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")]
    hot.close()
    made.dispose()
    assert facts == ["wal", 2, 1, "wal", 2, 1]


def test_on_sqlite_only_writing_transactions_take_the_lock(tmp_path: Path) -> None:
    made = create_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}", connect_args={"timeout": 0})
    other = sqlite3.connect(tmp_path / "x.sqlite3", timeout=0, isolation_level=None)
    other.execute("CREATE TABLE x (y)")
    with db.reading(), made.begin():
        other.execute("INSERT INTO x VALUES (1)")
    with made.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("INSERT INTO x VALUES (2)")
    other.close()
    made.dispose()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (trouble.locked, db.BUSY),
        (trouble.cannot_open, db.AWAY),
        (trouble.full, db.FULL),
        (trouble.read_only, db.READ_ONLY),
    ],
)
def test_what_keeps_sqlite_from_its_work(
    error: Callable[[Path], sqlite3.OperationalError], kind: str, tmp_path: Path
) -> None:
    raised = error(tmp_path)
    assert db.trouble(raised) == db.trouble(trouble.wrapped(raised)) == kind
    assert db.is_busy(raised)


def test_what_keeps_postgresql_from_its_work(postgres: str) -> None:
    def raised(sql: str) -> BaseException:
        with psycopg.connect(postgres, autocommit=True) as connection, pytest.raises(psycopg.Error) as caught:
            connection.execute(sql)
        return caught.value

    say = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}'; END $$"
    assert db.trouble(raised(say.format("53100"))) == db.FULL
    assert db.trouble(raised("BEGIN READ ONLY; CREATE TABLE x (y int)")) == db.READ_ONLY
    assert db.trouble(raised(say.format("57P01"))) == db.AWAY
    assert db.trouble(raised(say.format("40001"))) == db.BUSY
    assert db.trouble(raised("SELEKT")) is None
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://127.0.0.1:1/x")
    assert db.trouble(refused.value) == db.AWAY


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "no room"), db.FULL),
        (OSError(errno.EROFS, "read-only"), db.READ_ONLY),
        (OSError(errno.ENOENT, "not there"), None),
        (PoolTimeout(), db.BUSY),
        (ValueError("database is locked"), None),
    ],
)
def test_other_troubles(error: Exception, kind: str | None) -> None:
    assert db.trouble(error) == kind


def test_a_wrong_statement_is_no_trouble_that_passes(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "x.sqlite3").execute("SELECT * FROM nothing")
    assert not db.is_busy(caught.value)


def test_the_plain_connection_goes_on_after_a_full_disk(tmp_path: Path) -> None:
    made = create_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    hot = db.hot_for(made)
    hot.execute("CREATE TABLE x (y)", {})
    hot.execute("PRAGMA max_page_count = 3", {})
    with pytest.raises(sqlite3.OperationalError, match="full"):
        hot.execute("INSERT INTO x VALUES (zeroblob(100000))", {})
    hot.execute("INSERT INTO x VALUES (zeroblob(100000))", {})  # a new connection knows no such limit
    assert hot.execute("PRAGMA synchronous", {}) == [(2,)]
    hot.close()
    made.dispose()
