"""What can go wrong, each with an HTTP meaning, a stable code and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from examengine.core.i18n import N_, Message


class Problem(Exception):
    """Base of all expected failures. `code` is stable; `extra` goes into the problem document."""

    status = 400
    code = "bad-request"
    title = N_("This request cannot be carried out")

    def __init__(self, detail: Message | str | None = None, *, code: str | None = None, **extra: Any) -> None:
        self.detail = Message(detail) if isinstance(detail, str) else detail
        self.code = code or self.code
        self.extra: Mapping[str, Any] = extra
        super().__init__(str(self.detail or self.title))

    def reasons(self) -> list[str]:
        """All that is wrong, a sentence each, as the console and the rows of tasks keep it."""
        return [str(self.detail or self.title)]


class Malformed(Problem):
    """The request's shape is wrong."""

    status, code, title = 400, "malformed", N_("The request could not be read")


class SignedOut(Problem):
    """The caller is not, or no longer, logged in."""

    status, code, title = 401, "signed-out", N_("Please log in")


class Forbidden(Problem):
    """The caller is known but this is not for her."""

    status, code, title = 403, "forbidden", N_("You may not do this")


class Missing(Problem):
    """No such thing, or not for the caller to know of."""

    status, code, title = 404, "not-found", N_("This page does not exist")


class Conflict(Problem):
    """The thing's state does not allow it."""

    status, code, title = 409, "conflict", N_("This is no longer possible")


class TooLarge(Problem):
    """More bytes than allowed."""

    status, code, title = 413, "too-large", N_("This is too large")


class Invalid(Problem):
    """Well-formed, but some values are not acceptable; `problems` names each."""

    status, code, title = 422, "invalid", N_("Some entries need correction")

    def __init__(
        self,
        detail: Message | str | None = None,
        *,
        problems: Sequence[Message] = (),
        code: str | None = None,
        **extra: Any,
    ) -> None:
        self.problems = tuple(problems)
        super().__init__(detail or (self.problems[0] if self.problems else None), code=code, **extra)

    def reasons(self) -> list[str]:
        """Every problem."""
        return [str(problem) for problem in self.problems] or super().reasons()


class Locked(Problem):
    """Somebody or something holds it for now."""

    status, code, title = 423, "locked", N_("This is held at the moment")


class TooMany(Problem):
    """A limit of count or rate is reached."""

    status, code, title = 429, "too-many", N_("Too many requests")


class Unavailable(Problem):
    """A part of the server is away; trying again helps."""

    status, code, title = 503, "unavailable", N_("The server is busy; nothing is lost, please try again")
