"""Whole tables as lines of JSON, out of one database and into another, bit for bit.

A line is a list of numbers, texts and nulls in the order of the columns. Moments are microseconds since 1970, bytes are
base64, all else is as the database keeps it: what a number means the column of the receiving table says. Tables are
read from the database itself, not from the models, so that a database of any age can be written out.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Date, DateTime, LargeBinary, Numeric, String, inspect
from sqlalchemy.types import TypeEngine

from examengine.core.db import micros, moment

VERSIONS = "alembic_version"
BATCH = 1_000


class BadRow(Exception):
    """A line does not fit its table; the message says how."""


@dataclass(frozen=True)
class Shape:
    """A table as it stands in a database."""

    table: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of each column: moment, day, yes_no, bytes, text or number."""
    key: tuple[str, ...]


def _kind(of: TypeEngine[Any]) -> str:
    kinds = ((DateTime, "moment"), (Date, "day"), (Boolean, "yes_no"), (LargeBinary, "bytes"), (String, "text"))
    if isinstance(of, Numeric) and of.asdecimal:
        raise NotImplementedError(f"columns of the type {of} cannot be written out: keep decimals as Micro")
    return next((kind for found, kind in kinds if isinstance(of, found)), "number")


def shapes(connection: Connection) -> dict[str, Shape]:
    """All tables of the database but that of the migrations, by name."""
    seen = inspect(connection)
    found = {}
    for table in sorted(set(seen.get_table_names()) - {VERSIONS}):
        columns = sorted(seen.get_columns(table), key=lambda column: column["name"])
        key = seen.get_pk_constraint(table)["constrained_columns"]
        kinds = tuple(_kind(column["type"]) for column in columns)
        found[table] = Shape(table, tuple(column["name"] for column in columns), kinds, tuple(key))
    return found


def _quoted(connection: Connection, names: Iterable[str]) -> list[str]:
    return [connection.dialect.identifier_preparer.quote(name) for name in names]


def lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """The table's rows in the order of its key, each as a line; read in batches within the open transaction."""
    [table] = _quoted(connection, [shape.table])
    kinds = dict(zip(shape.columns, shape.kinds, strict=True))
    by_bytes = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""  # the same order on both databases
    names = zip(shape.key, _quoted(connection, shape.key), strict=True)
    order = [name + by_bytes if kinds[raw] == "text" else name for raw, name in names]
    sql = f"SELECT {', '.join(_quoted(connection, shape.columns))} FROM {table}"  # noqa: S608 (names quoted)
    if order:
        sql += f" ORDER BY {', '.join(order)}"
    writers = [_WRITERS.get(kind) for kind in shape.kinds]
    rows = connection.execution_options(stream_results=True, yield_per=BATCH).exec_driver_sql(sql)
    for row in rows:
        values = [
            value if value is None or write is None else write(value) for value, write in zip(row, writers, strict=True)
        ]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _moment_out(value: Any) -> int:
    return micros(value) if isinstance(value, datetime) else int(value)


def _day_out(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "moment": _moment_out,
    "day": _day_out,
    "yes_no": bool,
    "bytes": lambda value: base64.b64encode(value).decode(),
}


def _reader(kind: str, postgres: bool) -> Callable[[Any], Any]:
    def whole(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("a moment is a whole number")
        return moment(value) if postgres else value

    def yes_no(value: Any) -> Any:
        if value not in (0, 1):
            raise ValueError("yes or no is true or false")
        return bool(value) if postgres else int(value)

    def octets(value: Any) -> bytes:
        if not isinstance(value, str):
            raise ValueError("bytes are base64")
        return base64.b64decode(value, validate=True)

    def day(value: Any) -> str:
        return date.fromisoformat(value).isoformat()

    def text(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("a text is a text")
        return value

    def number(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("a number is a number")
        return value

    made: dict[str, Callable[[Any], Any]] = {
        "moment": whole,
        "yes_no": yes_no,
        "bytes": octets,
        "day": day,
        "text": text,
    }
    return made.get(kind, number)


def values(found: Iterable[bytes], columns: Collection[str], shape: Shape, postgres: bool) -> Iterator[list[Any]]:
    """The rows of lines whose values stand in the order of `columns`, as the driver takes them. Raises BadRow."""
    kinds = dict(zip(shape.columns, shape.kinds, strict=True))
    readers = [_reader(kinds[column], postgres) for column in columns]
    for number, line in enumerate(found, 1):
        try:
            row = json.loads(line)
            if not isinstance(row, list) or len(row) != len(readers):
                raise ValueError("another number of values than of columns")
            yield [None if value is None else read(value) for value, read in zip(row, readers, strict=True)]
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
            raise BadRow(f"table {shape.table}, row {number}: {error}") from None


def load(connection: Connection, shape: Shape, columns: Collection[str], found: Iterable[bytes]) -> None:
    """Put lines into the table, within the open transaction. Raises BadRow."""
    postgres = connection.dialect.name == "postgresql"
    [table] = _quoted(connection, [shape.table])
    names = ", ".join(_quoted(connection, columns))
    rows = values(found, columns, shape, postgres)
    driver: Any = connection.connection.driver_connection
    if postgres:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" for _ in columns)
    driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 (names quoted)


def drop(connection: Connection, tables: Collection[str]) -> None:
    """Take tables away, all at once."""
    names = _quoted(connection, sorted(tables))
    if names and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TABLE {', '.join(names)}")
        return
    for name in names:
        connection.exec_driver_sql(f"DROP TABLE {name}")


def clear(connection: Connection, tables: Collection[str]) -> None:
    """Delete what migrations put into the tables."""
    for name in _quoted(connection, sorted(tables)):
        connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 (names quoted)


_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""


def loosen_keys(connection: Connection) -> list[tuple[str, str, str]]:
    """Take the foreign keys off, so that rows may come in any order; gives what `tighten_keys` needs.

    On SQLite they are off already (they cannot be switched within a transaction).
    """
    if connection.dialect.name != "postgresql":
        return []
    found = [(table, name, text) for table, name, text in connection.exec_driver_sql(_KEYS)]
    for table, name, _ in found:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return found


def tighten_keys(connection: Connection, keys: Iterable[tuple[str, str, str]]) -> None:
    """Put the foreign keys back: every row is checked."""
    for table, name, text in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}")


def check_keys(connection: Connection) -> None:
    """Whether every row that is pointed to exists. Raises BadRow."""
    if connection.dialect.name == "sqlite":
        for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            raise BadRow(f"table {table}: a row points to one of {parent} that is not there")


def set_sequences(connection: Connection, found: Iterable[Shape]) -> None:
    """Let PostgreSQL number on from the largest number used."""
    if connection.dialect.name != "postgresql":
        return
    for shape in found:
        if len(shape.key) != 1:
            continue
        [table, column] = _quoted(connection, [shape.table, shape.key[0]])
        sequence = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (table, shape.key[0])).scalar()
        if sequence:
            largest = f"(SELECT max({column}) FROM {table})"  # noqa: S608 (names quoted)
            connection.exec_driver_sql(f"SELECT setval('{sequence}', coalesce({largest}, 1), {largest} IS NOT NULL)")
