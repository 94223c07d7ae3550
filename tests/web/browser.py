"""A client that lives apart from the test."""

from __future__ import annotations

import contextvars
from typing import Any

from flask import Response
from flask.testing import FlaskClient

from examengine.core.db import session


class Read(Response):
    """An answer whose text may be looked through whatever it is: pictures too."""

    def get_data(self, as_text: bool = False) -> Any:
        """The body; as text, what is none is replaced."""
        data: bytes = super().get_data()
        return data.decode("utf-8", "replace") if as_text else data


class Browser(FlaskClient):
    """A client whose requests see nothing of the test's own context, and only what the test has committed."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        session.rollback()  # a writing transaction of the test would keep the request waiting
        return contextvars.Context().run(super().open, *args, **kwargs)
