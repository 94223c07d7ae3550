"""Pages for everybody: log in, account, notices, health."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from examengine.web.public import (  # noqa: E402, F401 (views register themselves)
    account,
    calendar,
    code,
    health,
    help,
    login,
    logo,
    notices,
    password,
    unsubscribe,
    views,
    work,
)
