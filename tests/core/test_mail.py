"""Settings of mail are read strictly, and tried by connecting."""

from __future__ import annotations

from pathlib import Path

import pytest

from examengine.core import mail, settings
from examengine.core.settings import SettingsError
from tests.smtp import certificate, post_office


def load(tmp_path: Path, **values: str) -> settings.Settings:
    own = {"EXAMENGINE_INSTANCE": str(tmp_path), "EXAMENGINE_SECRET_KEY": "k" * 48}
    return settings.load({**own, **{f"EXAMENGINE_{name}": value for name, value in values.items()}})


@pytest.mark.parametrize(
    "url",
    [
        "http://mail",
        "smtp://",
        "smtp://mail:port/",
        "smtp://mail:99999/",
        "smtp://mail/path",
        "smtp://mail/?starttls=maybe",
        "smtp://mail/?tls=yes",
        "smtp://mail/?ca=/nowhere.pem",
        "smtp://bot:secret@mail/?starttls=no",
    ],
)
def test_a_wrong_server_is_named_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="EXAMENGINE_SMTP_URL") as error:
        load(tmp_path, SMTP_URL=url, MAIL_FROM="a@b.c")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("sender", ["nobody", "a@b\nBcc: x@y", "Exams <>", "a@b, c@d"])
def test_a_wrong_sender_is_named(tmp_path: Path, sender: str) -> None:
    with pytest.raises(SettingsError, match="EXAMENGINE_MAIL_FROM"):
        load(tmp_path, MAIL_FROM=sender)


def test_a_server_needs_a_sender(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="EXAMENGINE_MAIL_FROM: missing"):
        load(tmp_path, SMTP_URL="smtp://mail")


@pytest.mark.parametrize(
    "url", ["exams.example.com", "ftp://x", "https://", "https://x/?a=b", "https://u@x", "https://x/<"]
)
def test_what_no_link_begins_with_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="EXAMENGINE_BASE_URL"):
        load(tmp_path, BASE_URL=url)


def test_links_begin_with_the_address_that_is_set_or_listened_on(tmp_path: Path) -> None:
    assert load(tmp_path, BASE_URL="https://exams.example.com/x/").address == "https://exams.example.com/x"
    assert load(tmp_path, PORT="8123").address == "http://127.0.0.1:8123"
    assert load(tmp_path, HOST="0.0.0.0").address == "http://localhost:8000"
    assert load(tmp_path).sender == "examengine@127.0.0.1"


def test_names_and_passwords_are_decoded_and_never_shown() -> None:
    server = mail.server_of("smtps://bot%40example.com:p%2Fw@mail.example.com")
    assert (server.user, server.password, server.port, server.implicit_tls) == ("bot@example.com", "p/w", 465, True)
    assert "p/w" not in f"{server!r} {server}"


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\u2028b", "a\x85b", "a\udcffb"])
def test_one_line_is_one_line(text: str) -> None:
    assert mail.one_line(text) == "a b"


def test_a_probe_connects_and_says_where_mails_go(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    with post_office(context=context, password="right") as made:
        url = f"smtp://bot:{{}}@localhost:{made.port}/?ca={authority}&starttls=yes"
        assert mail.probe(url.format("right"), tmp_path).endswith(str(made.port))
        with pytest.raises(mail.MailFault) as fault:
            mail.probe(url.format("wrong"), tmp_path)
        assert fault.value.kind == "login"
        assert made.mails == []
    with pytest.raises(mail.MailFault) as fault:
        mail.probe(f"smtp://127.0.0.1:{made.port}", tmp_path)
    assert fault.value.kind == "connection"
    assert mail.probe("", tmp_path / "outbox") == str(tmp_path / "outbox")
    with pytest.raises(mail.MailFault):
        mail.probe("", tmp_path / "nowhere" / "outbox")
