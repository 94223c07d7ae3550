"""Settings from the environment and the instance folder; what is wrong is named, all at once."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from examengine.core import config_file, mail

LANGUAGES = ("zh", "en")
LOGO = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|gif)")


class SettingsError(Exception):
    """One or more settings are missing or wrong; the message has a line for each."""


@dataclass(frozen=True)
class Settings:
    """All that a machine's administrator decides outside the database."""

    instance: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    timezone: str
    company: str
    language: str
    trusted_proxies: int
    host: str
    port: int
    public: bool
    """Reached by other machines: Secure cookies and HSTS are on."""
    allowed_hosts: tuple[str, ...] = ()
    redis_url: str = ""
    """Where the queue of long work and mail is kept; empty: in the instance folder."""
    languages: tuple[str, ...] = LANGUAGES
    """Those that people may choose from."""
    logo: str = ""
    """File in the media folder; empty: none."""
    smtp_url: str = ""
    """The server that carries mail; empty: mails are kept as files in the outbox."""
    mail_from: str = ""
    """Who the mails come from."""
    base_url: str = ""
    """How people reach this server: what links in mails begin with."""
    fixed: frozenset[str] = frozenset()
    """Names that the environment decides, so that config.env does not."""

    @property
    def config(self) -> Path:
        """The file of this instance's settings."""
        return self.instance / config_file.NAME

    @property
    def media(self) -> Path:
        """The folder of pictures and recordings, by the SHA-256 of their content."""
        return self.instance / "media"

    @property
    def outbox(self) -> Path:
        """The folder of mails where no server carries them."""
        return self.instance / mail.OUTBOX

    @property
    def address(self) -> str:
        """What links in mails begin with, without a slash at the end."""
        if self.base_url:
            return self.base_url
        host = self.allowed_hosts[0] if self.allowed_hosts else self.host
        host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104 (it is replaced)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def sender(self) -> str:
        """Who the mails come from."""
        return self.mail_from or f"examengine@{urlsplit(self.address).hostname or 'localhost'}"

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def on_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite")


def root() -> Path:
    """The folder of the project: migrations/, question_banks/ and instance/ stand there."""
    return Path(__file__).resolve().parents[2]


def instance_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """EXAMENGINE_INSTANCE, else instance/ of the project."""
    return Path(environ.get("EXAMENGINE_INSTANCE") or root() / "instance").resolve()


def write_secret_key(instance: Path) -> Path:
    """Make the instance folder and its secret key (mode 0600) where they are missing."""
    instance.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = instance / "secret_key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
    return path


@cache
def zone_names() -> frozenset[str]:
    """Every time zone that this machine knows."""
    return frozenset(available_timezones())


def given(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All names with their values as they are set: the environment comes before the config file."""
    try:
        own, _ = config_file.parsed(config_file.read(instance_folder(environ) / config_file.NAME))
    except config_file.Unreadable:  # `load` says so
        own = {}
    return {**own, **environ}


def is_loopback(host: str) -> bool:
    """Whether a listening address is reached from this machine only."""
    return host in {"localhost", "::1"} or host.startswith("127.")


Get = Callable[[str, str], str]


def _languages(get: Get, faults: list[str]) -> tuple[str, tuple[str, ...]]:
    """The default language and those that are offered."""
    language = get("LANGUAGE", "zh")
    offered = tuple(dict.fromkeys(code.strip() for code in get("LANGUAGES", ",".join(LANGUAGES)).split(",")))
    if language not in LANGUAGES:
        faults.append(f"EXAMENGINE_LANGUAGE: {language!r} is neither zh nor en")
    elif not set(offered) <= set(LANGUAGES):
        faults.append(f"EXAMENGINE_LANGUAGES: {','.join(offered)!r} is not zh, en or zh,en")
    elif language not in offered:
        faults.append(f"EXAMENGINE_LANGUAGE: {language!r} is not among EXAMENGINE_LANGUAGES")
    return language, offered


def _mail(get: Get, faults: list[str]) -> dict[str, str]:
    """Server, sender and links of mails."""
    found = {name: get(name.upper(), "") for name in ("smtp_url", "mail_from", "base_url")}
    checks: dict[str, Callable[[str], object]] = {
        "smtp_url": mail.server_of,
        "mail_from": mail.sender_of,
        "base_url": _base_url,
    }
    for name, value in found.items():
        try:
            if value:
                checks[name](value)
        except ValueError as error:
            faults.append(f"EXAMENGINE_{name.upper()}: {error}")
    if found["smtp_url"] and not found["mail_from"]:
        faults.append("EXAMENGINE_MAIL_FROM: missing; a mail server is set, so mails need a sender")
    return {**found, "base_url": found["base_url"].rstrip("/")}


def _base_url(text: str) -> None:
    """Raises ValueError for what no link can begin with."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{text!r} is not an address such as https://exams.example.com")
    if any(char.isspace() or char in "\"'<>" for char in text):
        raise ValueError("has characters that no address has")


def load(environ: Mapping[str, str] = os.environ, text: str | None = None) -> Settings:
    """Read and check all settings. Raises SettingsError with a line for each that is missing or wrong.

    `text` stands for config.env's: would it do?
    """
    instance = instance_folder(environ)
    try:
        own, faults = config_file.parsed(config_file.read(instance / config_file.NAME) if text is None else text)
    except config_file.Unreadable as error:
        own, faults = {}, [str(error)]
    values = {**own, **environ}

    def get(name: str, default: str) -> str:
        return values.get(f"EXAMENGINE_{name}", "") or default

    def number(name: str, default: int, low: int, high: int) -> int:
        text = get(name, str(default))
        if text.isdecimal() and low <= int(text) <= high:
            return int(text)
        faults.append(f"EXAMENGINE_{name}: {text!r} is not a whole number from {low} to {high}")
        return default

    key_file = instance / "secret_key"
    key = get("SECRET_KEY", key_file.read_text("utf-8").strip() if key_file.exists() else "")
    if not key:
        faults.append("EXAMENGINE_SECRET_KEY: missing; `examengine init` makes one in the instance folder")
    elif len(key) < 32:
        faults.append("EXAMENGINE_SECRET_KEY: shorter than 32 characters")
    url = get("DATABASE_URL", f"sqlite:///{instance / 'examengine.sqlite3'}")
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        faults.append("EXAMENGINE_DATABASE_URL: must begin with sqlite:/// or postgresql://")
    timezone = get("TIMEZONE", "Asia/Shanghai")
    if timezone not in zone_names():
        faults.append(f"EXAMENGINE_TIMEZONE: {timezone!r} is not a zone name such as Asia/Shanghai")
        timezone = "UTC"
    language, offered = _languages(get, faults)
    logo = get("LOGO", "")
    if logo and not LOGO.fullmatch(logo):
        faults.append(f"EXAMENGINE_LOGO: {logo!r} is not the name of a picture in media/")
    host = get("HOST", "127.0.0.1")
    public_text = get("PUBLIC", "no" if is_loopback(host) else "yes").lower()
    if public_text not in {"yes", "no"}:
        faults.append(f"EXAMENGINE_PUBLIC: {public_text!r} is neither yes nor no")
    names = ((source, name) for source in (environ, values) for name in ("EXAMENGINE_PORT", "PORT"))
    port_name, port_text = next(((name, source[name]) for source, name in names if source.get(name)), ("PORT", "8000"))
    if not (port_text.isdecimal() and 0 < int(port_text) < 65536):
        faults.append(f"{port_name}: {port_text!r} is not a port number")
        port_text = "8000"
    redis_url = get("REDIS_URL", values.get("REDIS_URL", ""))
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        faults.append("EXAMENGINE_REDIS_URL: must begin with redis://, rediss:// or unix://")
    settings = Settings(
        instance=instance,
        database_url=url,
        secret_key=key,
        secret_key_fallbacks=tuple(k for k in get("SECRET_KEY_FALLBACKS", "").split(",") if k),
        timezone=timezone,
        company=get("COMPANY", "examengine"),
        language=language,
        trusted_proxies=number("TRUSTED_PROXIES", 0, 0, 5),
        host=host,
        port=int(port_text),
        public=public_text == "yes",
        allowed_hosts=tuple(h.strip() for h in get("ALLOWED_HOSTS", "").split(",") if h.strip()),
        redis_url=redis_url,
        languages=offered,
        logo=logo,
        **_mail(get, faults),
        fixed=frozenset(name for name, value in environ.items() if name.startswith("EXAMENGINE_") and value),
    )
    if faults:
        raise SettingsError("\n".join(faults))
    return settings
