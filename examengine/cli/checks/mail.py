"""Mail: whether the server that is named can be reached."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from urllib.parse import urlsplit

from examengine.cli.checks import Finding, ok, skipped, warning

TIMEOUT_S = 5


def server(values: Mapping[str, str]) -> Finding:
    """Say hello to the mail server of EXAMENGINE_SMTP_URL, or of EXAMENGINE_SMTP_HOST and _PORT."""
    named = {name: value for name, value in values.items() if name.startswith("EXAMENGINE_SMTP") and value}
    if not named:
        return skipped("mail", "no mail server is set: notices stay in the application")
    url = urlsplit(named.get("EXAMENGINE_SMTP_URL", ""))
    host = url.hostname or named.get("EXAMENGINE_SMTP_HOST", "")
    if not host:
        return warning("mail", f"{', '.join(sorted(named))} name no server", "Set EXAMENGINE_SMTP_…, or none of them.")
    secure = url.scheme == "smtps"
    try:
        port = url.port or int(named.get("EXAMENGINE_SMTP_PORT", "465" if secure else "587"))
        kind = smtplib.SMTP_SSL if secure or port == 465 else smtplib.SMTP
        with kind(host, port, timeout=TIMEOUT_S) as connection:
            code, _ = connection.noop()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return warning(
            "mail", f"the mail server {host} does not answer: {type(error).__name__}", "Check EXAMENGINE_SMTP_…"
        )
    return ok("mail", f"{host}:{port} answers ({code})")
