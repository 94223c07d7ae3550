"""`mail`: whether it works, and what became of mails."""

from __future__ import annotations

from tests.cli.conftest import Console
from tests.smtp import post_office


def test_a_trial_goes_into_the_outbox_without_a_server(console: Console) -> None:
    assert "outbox" in console("mail", "test", "ada@example.com").stdout
    assert len(list((console.instance / "outbox").glob("test-*.eml"))) == 1
    assert console.json("mail", "list") == []


def test_a_trial_goes_to_the_server_and_its_refusal_is_told(console: Console) -> None:
    with post_office() as office:
        console.environ["EXAMENGINE_SMTP_URL"] = f"smtp://127.0.0.1:{office.port}"
        console.environ["EXAMENGINE_MAIL_FROM"] = "exams@example.com"
        console("mail", "test", "ada@example.com")
        assert office.mails[0]["To"] == "ada@example.com"
        office.always["RCPT"] = "550 who is that"
        assert "550 who is that" in console("mail", "test", "ada@example.com", exit_code=1).stderr
        assert "not an e-mail" in console("mail", "test", "ada", exit_code=1).stderr
