"""Changing the instance's settings from within: config.env, with its audit entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from examengine.core import audit, config_file, settings
from examengine.core.errors import Conflict
from examengine.core.i18n import N_, Message
from examengine.core.live_settings import environment
from examengine.core.settings import Settings, SettingsError

FAULTY = N_("The file config.env has faults that must be mended by hand first: %(faults)s")
READ_ONLY = N_("The file config.env in the instance folder cannot be written: %(reason)s. Nothing was changed.")
NAMES = ("company", "timezone", "language", "languages", "logo")


@dataclass(frozen=True)
class Change:
    """What is to be changed: written beside config.env and not in force before put()."""

    before: Settings
    after: Settings
    _file: config_file.Prepared | None

    @property
    def differences(self) -> dict[str, Any]:
        """By name: before and after."""
        pairs = {name: (told(self.before, name), told(self.after, name)) for name in NAMES}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def record(self, now: datetime, by: int | None) -> None:
        """The audit entry, for the transaction that is committed before put()."""
        if self.differences:
            audit.record(now, by, "settings.change", "instance", None, **self.differences)

    def put(self) -> None:
        """Put the file in its place."""
        if self._file is not None:
            self._file.put()


def told(own: Settings, name: str) -> str:
    """A setting as config.env has it."""
    value = getattr(own, name)
    return ",".join(value) if isinstance(value, tuple) else str(value)


def is_fixed(own: Settings, name: str) -> bool:
    """Whether the environment decides this setting."""
    return f"EXAMENGINE_{name.upper()}" in own.fixed


@contextmanager
def prepared(own: Settings, wanted: Mapping[str, str]) -> Iterator[Change]:
    """Prepare config.env for `wanted` (values by name of NAMES; what the environment fixes is left alone).

    Commit the database in between, then put(): a failure before that changes neither. Raises Conflict in words.
    """
    free = {name: " ".join(value.split()) for name, value in wanted.items() if not is_fixed(own, name)}
    changes = {f"EXAMENGINE_{name.upper()}": value for name, value in free.items() if value != told(own, name)}
    if not changes:
        yield Change(own, own, None)
        return
    with ExitStack() as stack:
        try:
            path = stack.enter_context(config_file.held(own.config))
            text = config_file.rewritten(config_file.read(path), changes)
            found = settings.load(environment(own), text)
            file = stack.enter_context(config_file.prepared(path, text))
        except (SettingsError, config_file.Unreadable) as error:
            raise Conflict(Message(FAULTY, {"faults": "; ".join(str(error).splitlines())})) from None
        except OSError as error:
            raise Conflict(Message(READ_ONLY, {"reason": error.strerror or str(error)})) from None
        yield Change(own, replace(own, **{name: getattr(found, name) for name in NAMES}), file)
