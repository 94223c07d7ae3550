"""The database: base class, own column types, transactions, and the plain driver connection of the hot path."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, BigInteger, DateTime, Dialect, Engine, Integer, MetaData, String, Table, Text, event
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator, TypeEngine

from examengine.core import clock

MICRO = Decimal("0.000001")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int | datetime) -> datetime:
    """The aware UTC moment of what a driver gave back for a UTC column."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return _EPOCH + value * _MICROSECOND


class UTCTime(TypeDecorator[datetime]):
    """Aware UTC moments: timestamptz on PostgreSQL, integer microseconds on SQLite (which has no time type)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime never enters the database")
        return value if dialect.name == "postgresql" else micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)


class Micro(TypeDecorator[Decimal]):
    """Decimals kept as integers of 10⁻⁶ (points, fractions, percents): no float ever touches them."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micro(Decimal(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) * MICRO


def to_micro(value: Decimal) -> int:
    """A decimal as an integer of 10⁻⁶, rounded half up."""
    return int((value / MICRO).quantize(Decimal(1), rounding=ROUND_HALF_UP))


class JSONText(TypeDecorator[Any]):
    """JSON kept as text, the same on both databases (PostgreSQL's jsonb refuses U+0000 and reorders)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON, readable Unicode, with lone surrogates (which no database takes) replaced."""
    text = _encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


class Base(DeclarativeBase):
    """Base of all tables, with constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCTime, Decimal: Micro, int: BigInteger().with_variant(Integer, "sqlite")}


db = SQLAlchemy(metadata=Base.metadata)  # our typed Base beside it: db.Model does not pass mypy --strict
session = db.session

_reading: ContextVar[bool] = ContextVar("examengine_reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Within the block, transactions that begin do not take SQLite's write lock."""
    mark = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(mark)


def begin_writing() -> None:
    """End a reading transaction and make the next one a writing one (SQLite cannot upgrade safely)."""
    session.rollback()
    _reading.set(False)


def set_reading(value: bool) -> None:
    """Say for the rest of this context whether transactions only read (the web door: by the request's method)."""
    _reading.set(value)


@lru_cache(maxsize=64)
def _ready(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[tuple[Any, ...], str]:
    """How the drivers take these columns' values, and on PostgreSQL the statement: all rows as one JSON text."""
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    # Not varchar(n), to which a cast would cut: the column itself refuses what is too long.
    kinds = ["text" if isinstance(t, String) else t.compile(dialect) for t in types]
    columns, given = ", ".join(names), ", ".join(map(" ".join, zip(names, kinds, strict=True)))
    source = f"json_to_recordset(%s) AS given({given})"
    sql = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {source}"  # noqa: S608 (our names)
    return tuple(t.bind_processor(dialect) or _as_it_is for t in types), sql


def _as_it_is(value: Any) -> Any:
    return value


def insert_rows(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows (columns by name, all of one shape) in the session's transaction by one statement.

    For the hot path: without the ORM's defaults and events, at a third of its cost.
    """
    connection = session.connection()
    connection.exec_driver_sql(*_insertion(model, rows, connection.dialect))


def _insertion(model: type[Base], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """The statement that inserts rows, and its values in order."""
    table: Any = model.__table__
    names = tuple(rows[0])
    processes, sql = _ready(table, names, dialect)
    if dialect.name == "sqlite":
        place = f"({', '.join('?' * len(names))})"
        places = ", ".join([place] * len(rows))
        values = tuple(process(row[name]) for row in rows for name, process in zip(names, processes, strict=True))
        return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {places}", values  # noqa: S608 (our names)
    kept = [{name: process(row[name]) for name, process in zip(names, processes, strict=True)} for row in rows]
    return sql, (json.dumps(kept, ensure_ascii=False, default=datetime.isoformat),)


PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")


def _tune_sqlite(connection: sqlite3.Connection) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _tune_postgres(connection: psycopg.Connection[Any]) -> None:
    """Nobody waits for another's lock for ever: as on SQLite, so that a stuck transaction does not hold all workers."""
    connection.execute("SET lock_timeout = '5s'")
    if not connection.autocommit:
        connection.commit()


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, record: ConnectionPoolEntry) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we say BEGIN ourselves, see _on_begin
        _tune_sqlite(connection)
    elif isinstance(connection, psycopg.Connection):
        _tune_postgres(connection)


@event.listens_for(Engine, "begin")
def _on_begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


AWAY, BUSY, FULL, READ_ONLY = "away", "busy", "full", "read-only"
"""What keeps a database from its work and passes, by itself or when somebody makes room."""

_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_IOERR: AWAY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
}
_OF_SYSTEM = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: READ_ONLY}
_CUT_OFF = "8s2b"  # SQLAlchemy's code for going on with a transaction whose connection was lost
DATA_ERRORS = (psycopg.DataError, psycopg.IntegrityError, sqlite3.DataError, sqlite3.IntegrityError)
"""What the drivers raise for values that do not fit a table."""


def trouble(error: BaseException) -> str | None:
    """What keeps the database (or the disk) from its work: AWAY, BUSY, FULL or READ_ONLY; None for anything else."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return trouble(error.orig) or (AWAY if error.connection_invalidated else None)
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, PendingRollbackError):
        return AWAY if error.code == _CUT_OFF else None
    if isinstance(error, psycopg.errors.DiskFull):
        return FULL
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return READ_ONLY
    if isinstance(error, psycopg.OperationalError):
        return BUSY if (error.sqlstate or "")[:2] in ("40", "55") else AWAY  # rolled back for another's sake, or locked
    if isinstance(error, sqlite3.OperationalError):
        return _OF_SQLITE.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
    return _OF_SYSTEM.get(error.errno or 0) if isinstance(error, OSError) else None


def is_busy(error: BaseException) -> bool:
    """Whether the database was away, locked, full, or gave up a transaction: worth trying again."""
    return trouble(error) is not None


@lru_cache(maxsize=64)
def _for_psycopg(sql: str) -> str:
    return re.sub(r"(?<![:\w]):([a-z_0-9]+)", r"%(\1)s", sql)


Values = Mapping[str, Any] | tuple[Any, ...]
"""Of a statement: by its :names, or in order where it is written with the driver's own marks."""


class Hot:
    """A plain driver connection of this thread: each statement is committed at once. SQL is written with :names."""

    def __init__(self, dialect: Dialect, url: str, sqlite_path: str | None) -> None:
        self.postgres = sqlite_path is None
        self._dialect, self._url, self._path = dialect, url, sqlite_path
        self._connection: Any = None
        self._cursor: Any = None
        """On PostgreSQL; the same for all statements: a new one costs a third of what a statement does."""
        self._within = False
        """A transaction."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The statements within are committed together; if one of them fails, or the block, none is kept."""
        self.execute("BEGIN" if self.postgres else "BEGIN IMMEDIATE", {})
        self._within = True
        try:
            yield
            self.execute("COMMIT", {})
        except BaseException:
            with suppress(psycopg.Error, sqlite3.Error):  # a connection that was lost has rolled back by itself
                self.execute("ROLLBACK", {})
            raise
        finally:
            self._within = False

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """`insert_rows` here."""
        self.execute(*_insertion(model, rows, self._dialect))

    def _open(self) -> Any:
        if self._path is None:
            self._connection = psycopg.connect(self._url, autocommit=True)
            _tune_postgres(self._connection)
            self._cursor = self._connection.cursor()
        else:
            opened = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            try:
                _tune_sqlite(opened)
            except sqlite3.Error:  # it would be kept without its pragmas
                opened.close()
                raise
            self._connection = opened
        return self._connection

    def execute(self, sql: str, values: Values) -> Sequence[tuple[Any, ...]]:
        """Run one statement; give back its rows (none for statements that return none)."""
        connection = self._connection or self._open()
        if self._path is None:
            try:
                cursor = self._cursor.execute(_for_psycopg(sql), values)
            except psycopg.OperationalError:
                if not connection.closed or self._within:
                    raise
                # The server went away between two requests; a guarded statement may be sent again.
                self._open()
                cursor = self._cursor.execute(_for_psycopg(sql), values)
            return cursor.fetchall() if cursor.description else []
        plain: Any = values
        if not isinstance(values, tuple):
            plain = {k: micros(v) if isinstance(v, datetime) else v for k, v in values.items()}
        try:
            return list(connection.execute(sql, plain).fetchall())
        except sqlite3.OperationalError as error:
            if trouble(error) != BUSY:  # the file may be another one by now, or its disk was full: open it anew
                self.close()
            raise

    def __del__(self) -> None:
        """A thread that ends leaves no connection behind."""
        with suppress(Exception):  # nobody is there to be told
            self.close()

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._cursor = None


def spread(values: Iterable[Any]) -> tuple[str, dict[str, Any]]:
    """Names for a Hot statement's `IN (…)`, and the values by name."""
    named = {f"v{n}": value for n, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named


_local = threading.local()


def hot() -> Hot:
    """This thread's plain driver connection to the application's database."""
    return hot_of(db.engine)


def hot_of(engine: Engine) -> Hot:
    """This thread's plain driver connection to `engine`'s database."""
    known: dict[int, Hot] = _local.__dict__.setdefault("hot", {})
    key = id(engine)
    if key not in known:
        known[key] = hot_for(engine)
    return known[key]


def hot_for(engine: Engine) -> Hot:
    """A new plain driver connection to `engine`'s database."""
    if engine.dialect.name == "sqlite":
        return Hot(engine.dialect, "", engine.url.database or ":memory:")
    url = engine.url.set(drivername="postgresql").update_query_dict(patience(engine.url))
    return Hot(engine.dialect, url.render_as_string(hide_password=False), None)


_NUMBER = "SELECT pg_current_xact_id()::text"  # a snapshot's xmax would not do: who writes may have a higher one
_ENDED = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= :number::xid8"


def outlast_writers(longest: float) -> bool:
    """Wait until every other transaction that was writing at the call has ended; False: that takes over `longest` s.

    What is read from then on has all of it, and who begins after the call sees what was committed before. Not for who
    has written in a transaction of this thread's session. On SQLite one writes at a time: who may, has outlasted them.
    """
    own = hot()
    if not own.postgres:
        return True
    [(number,)] = own.execute(_NUMBER, {})
    end = clock.seconds() + longest
    while own.execute(_ENDED, {"number": number}) != [(True,)]:
        if clock.seconds() > end:
            return False
        time.sleep(0.005)
    return True


def patience(url: URL) -> dict[str, str]:
    """How long PostgreSQL may be silent, where the URL does not say: a lost server must not hold a worker."""
    wanted = {"connect_timeout": "5", "tcp_user_timeout": "15000"}
    return {name: value for name, value in wanted.items() if name not in url.query}


def writing_fault(engine: Engine) -> str | None:
    """What keeps the database from being written to: one of the troubles, or None. Asks without writing."""
    try:
        if engine.dialect.name != "sqlite":
            with engine.connect() as connection:
                read_only = connection.exec_driver_sql("SHOW transaction_read_only").scalar()
                return READ_ONLY if read_only == "on" else None
        with closing(sqlite3.connect(engine.url.database or "", timeout=1, isolation_level=None)) as opened:
            opened.execute("BEGIN IMMEDIATE")  # takes the lock that a save needs, and gives it back at once
            opened.execute("ROLLBACK")
    except (sqlite3.Error, DBAPIError) as error:
        return trouble(error) or type(error).__name__
    return None
