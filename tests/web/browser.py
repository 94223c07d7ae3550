"""A client that lives apart from the test."""

from __future__ import annotations

import contextvars
from typing import Any

from flask.testing import FlaskClient

from examengine.core.db import session


class Browser(FlaskClient):
    """A client whose requests see nothing of the test's own context, and only what the test has committed."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        session.rollback()  # a writing transaction of the test would keep the request waiting
        return contextvars.Context().run(super().open, *args, **kwargs)
