"""What `examengine doctor` looks at, a file a subject; each check gives findings and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, FAULT, SKIPPED = "ok", "warning", "fault", "skipped"


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it."""

    check: str
    state: str
    text: str
    advice: str = ""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, OK, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """It works, but somebody should look after it."""
    return Finding(check, WARNING, text, advice)


def fault(check: str, text: str, advice: str) -> Finding:
    """It does not work, or not safely."""
    return Finding(check, FAULT, text, advice)


def skipped(check: str, text: str) -> Finding:
    """Not looked at, and why."""
    return Finding(check, SKIPPED, text)
