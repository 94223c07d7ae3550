"""A small real SMTP server for tests: it keeps what it gets, and answers as it is told."""

from __future__ import annotations

import base64
import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Post:
    """What came, and how the server answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    """By command (MAIL, RCPT, DATA, the end of the data as END): answers to give in place of 250, one each time."""
    always: dict[str, str] = field(default_factory=dict)
    """The same, every time."""
    password: str = ""
    """Asked for where it is set."""
    context: ssl.SSLContext | None = None
    """STARTTLS is offered where it is set."""

    def answer(self, command: str, usual: str) -> str:
        if self.answers.get(command):
            return self.answers[command].pop(0)
        return self.always.get(command, usual)


class _Talk(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def handle(self) -> None:
        post: Post = self.server.post  # type: ignore[attr-defined]
        post.connections += 1
        safe = False
        self.say(post.answer("CONNECT", "220 test"))
        try:
            while line := self.rfile.readline():
                text = line.decode("latin-1").strip()
                command = text[:4].upper()
                if command == "EHLO":
                    offers = ["test", *(["STARTTLS"] if post.context and not safe else [])]
                    offers += ["AUTH PLAIN"] if post.password else []
                    for offer in offers:
                        self.say(f"250-{offer}")
                    self.say("250 8BITMIME")
                elif text.upper() == "STARTTLS" and post.context:
                    self.say("220 go")
                    plain = self.connection
                    try:
                        self.connection = post.context.wrap_socket(plain, server_side=True)
                    except OSError:
                        plain.close()
                        raise
                    self.rfile = self.connection.makefile("rb")
                    self.wfile = self.connection.makefile("wb")  # type: ignore[assignment]
                    safe = True
                elif command == "AUTH":
                    _, user, password = base64.b64decode(text.split()[2]).decode().split("\0")
                    post.users.append(user)
                    self.say("235 ok" if password == post.password else "535 wrong name or password")
                elif command == "DATA":
                    self.data(post, safe)
                elif command == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    if command == "RCPT":
                        post.recipients.append(text)
                    self.say(post.answer(command, "250 ok"))
        except (OSError, ValueError):
            return
        finally:
            if safe:
                self.wfile.close()
                self.rfile.close()
                self.connection.close()

    def data(self, post: Post, safe: bool) -> None:
        answer = post.answer("DATA", "354 go on")
        self.say(answer)
        if not answer.startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        answer = post.answer("END", "250 kept")
        if answer.startswith("250"):
            raw = b"".join(lines)
            post.raw.append(raw)
            post.mails.append(message_from_bytes(raw, policy=default))
            post.encrypted.append(safe)
        self.say(answer)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close = True, True, False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no failure of the test."""


@contextmanager
def post_office(**facts: Any) -> Iterator[Post]:
    """A server on a port of its own while the block runs."""
    post = Post(**facts)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.post = post  # type: ignore[attr-defined]
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield post
        server.shutdown()
        thread.join()


def certificate(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a self-made certificate, and the file that makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=400))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "server.pem", folder / "server.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return context, chain
