"""Pages for who sits exams: home, lobby, the exam, receipt, result, record."""

from __future__ import annotations

from flask import Blueprint

from examengine.web.shell.people import guard

blueprint = Blueprint("candidate", __name__)
check = guard("candidate", hot=("candidate.exam", "candidate.result", "candidate.start"))
blueprint.before_request(check)

saving = Blueprint("saving", __name__)
"""Save, status and submit: the attempt token speaks, no session (docs/save-protocol.md)."""

from examengine.web.candidate import appeals, exam, media, protocol, results, sittings  # noqa: E402, F401 (views register themselves)
