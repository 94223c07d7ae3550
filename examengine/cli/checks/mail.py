"""Mail: whether the server that is named can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from examengine.cli.checks import Finding, ok, skipped, warning
from examengine.core import mail


def server(values: Mapping[str, str]) -> Finding:
    """Connect to the mail server of EXAMENGINE_SMTP_URL, encrypt and log in as its URL says."""
    url = values.get("EXAMENGINE_SMTP_URL", "")
    if not url:
        return skipped("mail", "no mail server is set: mails become files in the outbox")
    try:
        where = mail.probe(url, Path())
    except mail.MailFault as fault:
        return warning("mail", f"{mail.server_of(url)} does not take mail: {fault}", "Check EXAMENGINE_SMTP_URL.")
    return ok("mail", f"{where} answers")
