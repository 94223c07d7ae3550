"""Mails in words: a notice in its person's language, as plain text and simple HTML, with the sitting for calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from babel.dates import format_datetime
from flask import current_app
from flask_babel import force_locale, gettext
from jinja2 import Environment, PackageLoader
from werkzeug.routing import BuildError

from examengine.accounts.models import Person
from examengine.core import codes, mail, zones
from examengine.core.i18n import N_, Message
from examengine.core.settings import Settings
from examengine.exams import calendar
from examengine.exams.models import Enrolment, Sitting
from examengine.notices import preferences
from examengine.notices.kinds import KINDS, NoticeKind, wording
from examengine.notices.models import Delivery, Notice

_PAGES = Environment(loader=PackageLoader("examengine.jobs"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
NO_FIGURES = N_("Points and remarks are not in mails: they stand on the page.")


@dataclass(frozen=True)
class About:
    """The sitting that a notice is about, with the reader's own place in it."""

    sitting: Sitting
    enrolment: Enrolment | None


@dataclass(frozen=True)
class _Words:
    """What a mail says, in its reader's language."""

    subject: str
    greeting: str
    facts: Sequence[tuple[str, str]]
    paragraphs: Sequence[str]
    link: str
    action: str
    why: str
    off_link: str
    off: str

    @property
    def text(self) -> str:
        """The plain form."""
        parts = [self.subject, self.greeting]
        if self.facts:
            parts.append("\n".join(f"{term}: {text}" for term, text in self.facts))
        parts += self.paragraphs
        if self.link:
            parts.append(f"{self.action}: {self.link}")
        end = "\n".join(filter(None, (self.why, f"{self.off}: {self.off_link}" if self.off_link else "")))
        return "\n\n".join([*parts, f"-- \n{end}"]) + "\n"


def say(message: Message) -> str:
    """A marked sentence in the language that is set."""
    text = gettext(message.text)
    values = {name: say(value) if isinstance(value, Message) else value for name, value in message.values.items()}
    return text % values if values else text


def language_of(person: Person, own: Settings) -> str:
    """The person's language if it is offered, else the company's."""
    return person.language if person.language in own.languages else own.language


def write(delivery: Delivery, person: Person, about: About | None, now: datetime) -> EmailMessage:
    """The mail of a delivery."""
    own: Settings = current_app.config["SETTINGS"]
    language = language_of(person, own)
    with force_locale({"zh": "zh", "en": "en"}[language]):
        words = _words(delivery.notice, person, about, own, language)
        page = _PAGES.get_template("mail.html").render(**vars(words), company=own.company, language=language)
        event = _calendar(delivery.notice, person, about, own, now)
    made = _addressed(own, person.name, person.email or "", words.subject, now)
    made["Message-ID"] = message_id(delivery, own)

    if words.off_link:
        made["List-Unsubscribe"] = f"<{words.off_link}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(made, words.text, page)
    made["Content-Language"] = {"zh": "zh-CN", "en": "en"}[language]  # set_content() takes earlier ones away
    if event is not None:
        data, method = event
        made.add_attachment(data, "text", "calendar", filename="sitting.ics", params={"method": method})
    return made


def trial(own: Settings, address: str, now: datetime) -> EmailMessage:
    """A mail that says that mail works, for the console."""
    sentence = KINDS["mail.test"].text
    with force_locale(own.language):
        text = gettext(sentence)
    made = _addressed(own, "", address, text, now)
    made["Message-ID"] = f"<test.{codes.token(12)}@{_host(own)}>"
    made.set_content(f"{text}\n\n{own.company}\n{own.address}\n")
    return made


def message_id(delivery: Delivery, own: Settings) -> str:
    """The same for every try: who gets a mail twice after all sees it once."""
    mark = codes.signature(own.secret_key, f"mail {delivery.id} {delivery.created_at.isoformat()}")[:16]
    return f"<notice.{delivery.id}.{mark}@{_host(own)}>"


def _host(own: Settings) -> str:
    return mail.sender_of(own.sender).domain


def _addressed(own: Settings, name: str, address: str, subject: str, now: datetime) -> EmailMessage:
    """A mail with its head. Names and titles come from people: nothing of them begins another header."""
    made = mail.new_message()
    sender = mail.sender_of(own.sender)
    if not sender.display_name:
        sender = mail.address_of(own.company, sender.addr_spec)
    made["From"] = sender
    made["To"] = mail.address_of(name, address)
    made["Subject"] = mail.one_line(subject)[:200]
    made["Date"] = now
    made["Auto-Submitted"] = "auto-generated"
    return made


def _fill(made: EmailMessage, text: str, page: str) -> None:
    made.set_content(text, cte="base64")
    made.add_alternative(page, subtype="html", cte="base64")


def _words(notice: Notice, person: Person, about: About | None, own: Settings, language: str) -> _Words:
    kind = KINDS[notice.kind]
    sentence = wording(notice.kind, notice.details)
    offers_off = preferences.may_switch(notice.kind, "mail")
    token = preferences.off_token(own.secret_key, person.id, notice.kind)
    paragraphs = []
    if about is not None and not kind.cancels:
        paragraphs.append(gettext(calendar.BRING))
    if notice.kind.startswith(("result.", "appeal.")):
        paragraphs.append(gettext(NO_FIGURES))
    return _Words(
        mail.one_line(say(sentence)) if sentence else "",
        gettext("Hello %(name)s,", name=mail.one_line(person.name)),
        _facts(about, own, language) if about is not None and not kind.cancels else (),
        paragraphs,
        link_of(kind, notice, own),
        gettext("Open the page"),
        gettext("This mail was sent by %(company)s's exam system; answers to it are not read.", company=own.company),
        f"{own.address}/notices/off/{token}" if offers_off else "",
        gettext("No more mails of this kind"),
    )


def link_of(kind: NoticeKind, notice: Notice, own: Settings) -> str:
    """The whole address of the page that the notice leads to; none if there is none."""
    values = {kind.argument: notice.subject_id} if kind.argument else {}
    try:
        path = current_app.url_map.bind("localhost").build(kind.endpoint, values)
    except BuildError:
        return ""
    return own.address + path


def _facts(about: About, own: Settings, language: str) -> list[tuple[str, str]]:
    sitting = about.sitting
    zone = f"{own.timezone} ({zones.offset(own.zone, sitting.opens_at)})"
    return [
        (gettext("Opens"), show_time(sitting.opens_at, own, language)),
        (gettext("Last start"), show_time(sitting.last_start_at, own, language)),
        (gettext("Closes"), show_time(sitting.hard_close_at, own, language)),
        (gettext("Time zone"), zone),
    ]


def show_time(moment: datetime, own: Settings, language: str) -> str:
    """Date and time of the company's zone as people of this language write them, with the day of the week."""
    wall = zones.to_wall(moment, own.zone)
    pattern = {"zh": "y年M月d日 EEEE HH:mm", "en": "EEEE d MMM y, HH:mm"}[language]
    return str(format_datetime(wall, pattern, locale={"zh": "zh_CN", "en": "en_GB"}[language]))


def _calendar(
    notice: Notice, person: Person, about: About | None, own: Settings, now: datetime
) -> tuple[bytes, str] | None:
    """The file that puts the sitting into the reader's calendar, or takes it out."""
    if about is None:
        return None
    cancel = KINDS[notice.kind].cancels or about.sitting.state == "withdrawn"
    if about.enrolment is not None and not cancel:
        events = calendar.of_enrolments([about.enrolment], own.address, say)
    else:
        events = [calendar.appointment(about.sitting, person.id, own.address, say, cancelled=cancel)]
    return calendar.file_of(events, now, cancel=cancel), "CANCEL" if cancel else "PUBLISH"
