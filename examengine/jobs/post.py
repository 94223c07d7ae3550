"""Carrying one delivery: claim it, write the mail, hand it over, keep what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from flask import current_app

from examengine.accounts.queries import get_person
from examengine.core import clock, mail
from examengine.core.db import is_busy, session
from examengine.core.mail import MailFault
from examengine.core.settings import Settings
from examengine.exams import queries as exams
from examengine.exams.models import Sitting
from examengine.jobs import letters
from examengine.jobs.letters import About
from examengine.notices import deliveries, preferences
from examengine.notices.models import Delivery, Notice

log = structlog.get_logger("examengine.jobs")
AWAY = timedelta(minutes=1)
"""How long a server that could not be reached is left alone: its mails must not hold other work up, one by one."""
_away_until: dict[str, datetime] = {}
"""By server, in this process."""


def carry(delivery_id: int) -> bool:
    """Try to send a delivery unless somebody else does. Returns whether it was sent.

    No transaction is open while the server is talked to. Whoever is killed between its acceptance and our commit has
    the mail sent once more, under the same Message-ID.
    """
    now, url = clock.now(), current_app.config["SETTINGS"].smtp_url
    if url in _away_until and now < _away_until[url]:
        return False  # still due; a sweep puts it into the queue again
    delivery = deliveries.claim(delivery_id, now)
    session.commit()
    if delivery is None:
        return False
    try:
        sent = _try(delivery)
    except MailFault as fault:
        session.rollback()
        if fault.kind == "connection":
            _away_until[url] = clock.now() + AWAY
        deliveries.note_failure(deliveries.get(delivery_id), clock.now(), fault)
        sent = False
    except Exception as error:
        session.rollback()
        if is_busy(error):
            raise  # the row is held for a while; a sweep puts it into the queue again
        log.exception("mail failed", delivery=delivery_id)
        deliveries.note_failure(deliveries.get(delivery_id), clock.now(), MailFault("failed"))
        sent = False
    session.commit()
    return sent


def _try(delivery: Delivery) -> bool:
    own: Settings = current_app.config["SETTINGS"]
    now, notice = clock.now(), delivery.notice
    person = get_person(notice.person_id)
    off = preferences.find_off([person.id]).get(person.id, frozenset())
    why = deliveries.reason_to_drop(notice, person.active, person.email, off, now)
    if why:
        deliveries.drop(delivery.id, now, why)
        return False
    message, delivery_id = letters.write(delivery, person, about(notice), now), delivery.id
    session.rollback()
    answer = mail.send(own.smtp_url, own.outbox, message, f"{delivery_id:08d}")
    deliveries.note_sent(delivery_id, clock.now(), answer)
    return True


def about(notice: Notice) -> About | None:
    """The sitting that a notice is about, if it is about one."""
    if not notice.kind.startswith("sitting.") or notice.subject_id is None:
        return None
    found = session.get(Sitting, notice.subject_id)
    return About(found, exams.find_enrolment(found.id, notice.person_id)) if found is not None else None
