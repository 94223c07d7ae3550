"""`mail`: try whether mail works, list what became of mails."""

from __future__ import annotations

import json

import click

from examengine.cli.shared import fail, settings_of_app, with_app


@click.group()
def mail() -> None:
    """Notices by mail.

    \b
    Example: examengine mail test ada@example.com
    """


@mail.command()
@click.argument("address")
@with_app
def test(address: str) -> None:
    """Send a test mail to ADDRESS now, past the queue; what the server says is printed.

    \b
    Example: examengine mail test ada@example.com
    """
    from examengine.core import clock
    from examengine.core import mail as post
    from examengine.jobs import letters

    own, now = settings_of_app(), clock.now()
    if not post.is_address(address):
        fail(f"{address!r} is not an e-mail address")
    try:
        answer = post.send(own.smtp_url, own.outbox, letters.trial(own, address, now), f"test-{now:%Y%m%d%H%M%S%f}")
    except post.MailFault as fault:
        fail(f"not sent: {fault}")
    click.echo(f"Sent by {answer}." if own.smtp_url else f"No mail server is set; kept as {own.outbox / answer}.")


@mail.command("list")
@click.option("--state", type=click.Choice(["waiting", "sent", "failed", "dropped"]), help="Only these.")
@click.option("--page", type=click.IntRange(1), default=1, help="Fifty a page, latest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_app
def list_(state: str | None, page: int, as_json: bool) -> None:
    """List mails and what became of them, latest first.

    \b
    Example: examengine mail list --state failed --json
    """
    from examengine.notices import deliveries

    rows = [
        {
            "id": line.delivery.id,
            "to": line.email,
            "person": line.name,
            "kind": line.delivery.notice.kind,
            "state": line.delivery.state,
            "tries": line.delivery.tries,
            "reason": line.delivery.error,
            "answer": line.delivery.answer,
            "created_at": line.delivery.created_at.isoformat(),
            "next_try_at": line.delivery.next_try_at.isoformat() if line.delivery.state == "waiting" else None,
        }
        for line in deliveries.with_people(deliveries.find_page(state or "", page).rows)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(
            f"{row['id']}\t{row['state']}\t{row['kind']}\t{row['to'] or '-'}\t{row['reason']} {row['answer']}".rstrip()
        )
