"""Settings of a running process: what config.env says anew is taken over without a restart."""

from __future__ import annotations

import os
from dataclasses import fields, replace

import structlog

from examengine.core import clock, settings
from examengine.core.settings import Settings, SettingsError

log = structlog.get_logger("examengine.settings")

LIVE = frozenset({"company", "timezone", "language", "languages", "logo"})
"""All others were used when the process began (database, keys, addresses)."""
EVERY_S = 1.0
Signature = tuple[int, int, int] | None


class LiveSettings:
    """The present settings and what is wrong with the file, if anything is."""

    def __init__(self, begun: Settings) -> None:
        self.current = begun
        self.faults: tuple[str, ...] = ()
        """Lines of SettingsError: the file as it stands is not used."""
        self.waiting: tuple[str, ...] = ()
        """Names of settings that the file changes and only a restart takes over."""
        self._begun = begun
        self._seen = self._signature()
        self._looked = clock.seconds()

    def look(self, at_once: bool = False) -> Settings:
        """The present settings; the file is looked at once a second at most, or `at_once`."""
        now = clock.seconds()
        if at_once or now - self._looked >= EVERY_S:
            self._looked = now
            signature = self._signature()
            if signature != self._seen:
                self._seen = signature
                self._take_over()
        return self.current

    def _signature(self) -> Signature:
        """Tells a changed file from the one read last."""
        try:
            found = self.current.config.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _take_over(self) -> None:
        try:
            found = settings.load(environment(self._begun))
        except SettingsError as error:
            self.faults = tuple(str(error).splitlines())
            log.error("config.env is faulty; the settings before it go on", faults=self.faults)
            return
        self.faults = ()
        self.current = replace(self.current, **{name: getattr(found, name) for name in LIVE}, fixed=found.fixed)
        ignored = LIVE | {"fixed", "instance", "secret_key"}
        names = (field.name for field in fields(Settings) if field.name not in ignored)
        waits = [name for name in names if getattr(found, name) != getattr(self._begun, name)]
        self.waiting = tuple(f"EXAMENGINE_{name.upper()}" for name in waits)
        log.info("config.env was read again", waiting=self.waiting)


def environment(own: Settings) -> dict[str, str]:
    """This process's environment with its own instance folder and key."""
    return {**os.environ, "EXAMENGINE_INSTANCE": str(own.instance), "EXAMENGINE_SECRET_KEY": own.secret_key}
