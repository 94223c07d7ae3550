"""What every template may use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup

from examengine.accounts.permissions import ROLES, may_enter
from examengine.core.facts import find_fact
from examengine.core.i18n import N_, Message
from examengine.core.settings import Settings
from examengine.notices.queries import count_unread
from examengine.web.shell import language
from examengine.web.shell.frames import mark
from examengine.web.shell.media_urls import Address, illustrated, pictures_at
from examengine.web.shell.request_cycle import csp_nonce

_BLANK = re.compile(r"\[\[(\d+)\]\]")


@dataclass(frozen=True)
class Tab:
    """An entry of the navigation: shown to who has one of `roles` (empty: everybody logged in)."""

    label: str
    endpoint: str
    roles: frozenset[str] = frozenset()


TABS = (
    Tab(N_("My exams"), "candidate.home"),
    Tab(N_("My record"), "candidate.record"),
    Tab(N_("Marking"), "marker.queue", frozenset({"grader"})),
    Tab(N_("Questions"), "author.items", frozenset({"trainer"})),
    Tab(N_("Exams"), "author.exams", frozenset({"trainer", "manager"})),
    Tab(N_("Sittings"), "manager.sittings", frozenset({"manager"})),
    Tab(N_("Appeals"), "manager.appeals", frozenset({"manager"})),
    Tab(N_("Invigilation"), "invigilator.sittings", frozenset({"trainer", "manager", "administrator"})),
    Tab(N_("People"), "manager.people", frozenset({"manager"})),
    Tab(N_("Administration"), "admin.home", frozenset({"administrator"})),
)

HELP = {
    "candidate": "operator",
    "marker": "grader",
    "author": "trainer",
    "manager": "manager",
    "invigilator": "invigilator",
    "admin": "administrator",
}
"""By audience, the topic that its pages' link to the help leads to."""


class Shell:
    """What the frame around a page shows; each part is made when the template asks for it."""

    @property
    def settings(self) -> Settings:
        """The application's settings."""
        found: Settings = current_app.config["SETTINGS"]
        return found

    @property
    def company(self) -> str:
        """The company's name."""
        return self.settings.company

    @property
    def logo_url(self) -> str:
        """The address of the company's logo; empty: there is none."""
        name = self.settings.logo
        return url_for("public.logo", name=name) if name else ""

    @property
    def other_languages(self) -> list[str]:
        """Those that the switch offers."""
        return [code for code in self.settings.languages if code != self.language]

    @property
    def zone(self) -> str:
        """The company's time zone."""
        return self.settings.timezone

    @property
    def language(self) -> str:
        """Of this page."""
        return language.language()

    @property
    def theme(self) -> str:
        """light, dark or auto."""
        from flask import session

        if current_user.is_authenticated:
            return str(current_user.theme)
        theme = session.get("theme", "auto")
        return theme if theme in ("light", "dark") else "auto"

    @property
    def demo(self) -> bool:
        """Whether this instance was filled by `examengine demo`."""
        known = current_app.extensions
        if "demo" not in known:  # an instance never becomes or ceases to be a demo while it is served
            known["demo"] = bool(find_fact("demo"))
        return bool(known["demo"])

    @property
    def settled(self) -> bool:
        """Whether somebody is logged in who has not to choose a password first."""
        return bool(current_user.is_authenticated and not current_user.must_change_password)

    @property
    def nav(self) -> list[dict[str, Any]]:
        """The navigation of the person logged in."""
        if not self.settled:
            return []
        here = (request.endpoint or "").split(".")[0]
        return [
            {"label": gettext(tab.label), "url": url_for(tab.endpoint), "active": _is_here(tab.endpoint, here)}
            for tab in TABS
            if tab.endpoint in current_app.view_functions and (not tab.roles or tab.roles & current_user.roles)
        ]

    @property
    def unread(self) -> int:
        """Unread notices."""
        if "unread" not in g:
            g.unread = count_unread(current_user.id) if current_user.is_authenticated else 0
        return int(g.unread)

    @property
    def help_url(self) -> str:
        """The help that fits the place: of the audience whose page this is, if it is hers, else of her own role."""
        if not self.settled:
            return url_for("public.help_login")
        audience = request.blueprint or ""
        if audience in HELP and may_enter(audience, lambda: current_user.roles):
            return url_for("public.help_topic", topic=HELP[audience])
        return url_for("public.help")

    home_url = property(lambda self: url_for("public.home"))
    login_url = property(lambda self: url_for("public.login"))
    logout_url = property(lambda self: url_for("public.logout"))
    account_url = property(lambda self: url_for("public.account"))
    notices_url = property(lambda self: url_for("public.notices"))
    preferences_url = property(lambda self: url_for("public.preferences"))


def shell_key() -> tuple[str, ...]:
    """What the frame around a page depends on beside its reader."""
    own: Settings = current_app.config["SETTINGS"]
    return own.company, own.logo, own.timezone, *own.languages, current_app.config["STATIC_VERSION"]


def _is_here(endpoint: str, blueprint: str) -> bool:
    """Whether a tab is the present page's: of the blueprint's tabs the longest that begins the path, else the first."""
    same = [tab.endpoint for tab in TABS if tab.endpoint.split(".")[0] == blueprint]
    if endpoint not in same:
        return False
    fitting = [other for other in same if request.path.startswith(url_for(other))]
    return endpoint == (max(fitting, key=lambda other: len(url_for(other))) if fitting else same[0])


def asset(path: str) -> str:
    """The URL of a static file; it changes with the files, so it may be cached for ever."""
    return f"/static/{current_app.config['STATIC_VERSION']}/{path}"


def url_with(**changes: Any) -> str:
    """This page's address with some query parameters changed (None: left out)."""
    values: dict[str, Any] = {**request.args.to_dict(flat=True), **(request.view_args or {}), **changes}
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return url_for(request.endpoint or "public.home", **kept)


def rich(text: str, pictures: Address | None = None) -> Markup:
    """Rich text that was cleaned when it was written; `pictures`: where this page's reader gets them."""
    return Markup(illustrated(text, pictures))  # noqa: S704 (core.html cleaned it at write; the CSP is the second wall)


def stem(text: str, pictures: Address | None = None) -> Markup:
    """A stem away from its inputs: the marks of blanks become numbered gaps."""
    return rich(_BLANK.sub(r'<span class="blank">＿＿(\1)＿＿</span>', text), pictures)


def init_app(app: Flask) -> None:
    """Give templates their words and tools."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals.update(
        _=language.translate,
        asset=asset,
        csp_nonce=csp_nonce,
        url_with=url_with,
        shell=Shell(),
        say=language.say,
        current_language=language.language,
        mark=mark,
        pictures_at=pictures_at,
    )
    app.jinja_env.filters.update(
        time=language.show_time,
        date=language.show_date,
        clock=language.show_clock,
        points=language.show_points,
        percent=language.show_percent,
        minutes=language.show_minutes,
        rich=rich,
        stem=stem,
        say=language.say,
        kept=lambda message: language.say(Message.of(message)),
        role=lambda name: gettext(ROLES[name]),
    )
