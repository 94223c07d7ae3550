"""Carrying mail: an SMTP server, or files in the instance's outbox where none is set."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_S = 30
OUTBOX = "outbox"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@({_LABEL}\.)*{_LABEL}")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff\u200e\u200f\u202a-\u202e]+")


class MailFault(Exception):
    """A mail could not be handed over: `kind` is a stable word, `answer` what the server said."""

    def __init__(self, kind: str, answer: str = "", *, for_good: bool = False) -> None:
        self.kind, self.answer, self.for_good = kind, one_line(answer)[:200], for_good
        super().__init__(f"{kind}: {self.answer}" if self.answer else kind)


@dataclass(frozen=True)
class Server:
    """An SMTP server as EXAMENGINE_SMTP_URL names it."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool
    starttls: bool
    ca_file: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"{'smtps' if self.implicit_tls else 'smtp'}://{self.host}:{self.port}"


def server_of(url: str) -> Server:
    """Read smtp://user:password@host:587/?starttls=yes&ca=FILE or smtps://…. Raises ValueError in words."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("must begin with smtp:// or smtps://")
    if not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ValueError("is not smtp://user:password@host:port/?starttls=yes")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port is not a number from 1 to 65535") from None
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    _check_options(options)
    implicit = parts.scheme == "smtps"
    local = parts.hostname in ("localhost", "::1") or parts.hostname.startswith("127.")
    starttls = not implicit and options.get("starttls", "no" if local else "yes") == "yes"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not (implicit or starttls or local):
        raise ValueError("name and password would travel unencrypted: use starttls=yes or smtps://")
    return Server(
        parts.hostname, port or (465 if implicit else 587), user, password, implicit, starttls, options.get("ca", "")
    )


def _check_options(options: Mapping[str, str]) -> None:
    if set(options) - {"starttls", "ca"}:
        raise ValueError("knows the options starttls and ca only")
    if options.get("starttls", "yes") not in ("yes", "no"):
        raise ValueError("starttls is neither yes nor no")
    if options.get("ca") and not Path(options["ca"]).is_file():
        raise ValueError("ca is not a file with certificates")


def is_address(text: str) -> bool:
    """Whether this is a plain address that any mail server takes."""
    local = text.rpartition("@")[0]
    return len(text) <= 200 and len(local) <= 64 and _ADDRESS.fullmatch(text) is not None


def one_line(text: str) -> str:
    """Text that may stand in a header: no control characters, no line breaks, nothing that reads as an encoded word."""
    return " ".join(_UNPRINTED.sub(" ", text).replace("=?", "= ?").split())


def sender_of(text: str) -> Address:
    """EXAMENGINE_MAIL_FROM: an address, or a name with an address in <>. Raises ValueError."""
    name, address = parseaddr(text)
    whole = text.strip() == address or text.strip().endswith(f"<{address}>")
    if one_line(text) != text.strip() or not is_address(address) or not whole:
        raise ValueError("is not an address such as exams@example.com or Exams <exams@example.com>")
    return address_of(name, address)


def address_of(name: str, address: str) -> Address:
    """A person's address with her name. Raises ValueError for what is no address."""
    if not is_address(address):
        raise ValueError("no address")
    return Address(one_line(name)[:80], addr_spec=address)


def new_message() -> EmailMessage:
    """An empty mail that refuses headers with line breaks."""
    return EmailMessage(policy=SMTP)


def send(url: str, outbox: Path, message: EmailMessage, name: str) -> str:
    """Hand a mail over to the server, or to a file called `name` where none is set. Returns the answer.

    Raises MailFault.
    """
    return _send(server_of(url), message) if url else _keep(outbox, message, name)


def _keep(outbox: Path, message: EmailMessage, name: str) -> str:
    """Write the mail beside its place and move it there: whoever looks sees whole mails only."""
    path = outbox / f"{name}.eml"
    beside = outbox / f".{name}.{os.getpid()}.part"
    try:
        outbox.mkdir(mode=0o750, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(handle)
        beside.replace(path)
    except OSError as error:
        raise MailFault("outbox", error.strerror or str(error)) from None
    return path.name


def find_kept(outbox: Path, before: float, limit: int) -> list[Path]:
    """The first mails in the outbox that were written before this moment (seconds since 1970); names follow time."""
    try:
        first = sorted(outbox.iterdir())[:limit]
        return [path for path in first if path.stat().st_mtime < before]
    except FileNotFoundError:  # there is no outbox yet, or another loop was faster
        return []


def _send(server: Server, message: EmailMessage) -> str:
    connection = None
    try:
        connection = _connect(server)
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refused(code, text) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailFault("refused", str(error), for_good=True) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFault("connection", str(error)) from None
    finally:
        if connection is not None:
            _leave(connection)
    return str(server)


def _refused(code: int, text: bytes | str) -> MailFault:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    for_good = 500 <= code < 600
    return MailFault("refused" if for_good else "later", f"{code} {said}", for_good=for_good)


def _leave(connection: smtplib.SMTP) -> None:
    """Say good-bye; what was accepted is accepted whether or not the server answers."""
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        connection.close()


def _connect(server: Server) -> smtplib.SMTP:
    """A connection that is encrypted and logged in as the settings say. Raises MailFault."""
    options: dict[str, Any] = {"timeout": TIMEOUT_S}
    connection: smtplib.SMTP | None = None
    try:
        context = ssl.create_default_context(cafile=server.ca_file or None)
        if server.implicit_tls:
            connection = smtplib.SMTP_SSL(server.host, server.port, context=context, **options)
        else:
            connection = smtplib.SMTP(server.host, server.port, **options)
        if server.starttls:
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except Exception as error:
        if connection is not None:
            connection.close()
        raise _no_connection(error) from None
    return connection


def _no_connection(error: Exception) -> Exception:
    """What kept us from the server, in words; anything unforeseen as it is. None of it condemns a mail."""
    if isinstance(error, ssl.SSLError):
        return MailFault("encryption", str(error))
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailFault("login", f"{error.smtp_code} {error.smtp_error!r}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailFault("encryption" if "STARTTLS" in str(error) else "login", str(error))
    if isinstance(error, smtplib.SMTPResponseException):
        return MailFault("later", f"{error.smtp_code} {error.smtp_error!r}")
    if isinstance(error, (smtplib.SMTPException, OSError)):
        return MailFault("connection", str(error))
    return error


def probe(url: str, outbox: Path) -> str:
    """Whether mail could be carried now: connects, encrypts and logs in, or looks at the outbox. Raises MailFault.

    Returns where mails go.
    """
    if url:
        server = server_of(url)
        _leave(_connect(server))
        return str(server)
    folder = outbox if outbox.exists() else outbox.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MailFault("outbox", str(folder))
    return str(outbox)
