"""Settings from the environment and the instance folder; what is wrong is named, all at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

LANGUAGES = ("zh", "en")


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


def _config_file(instance: Path) -> dict[str, str]:
    """NAME=value lines of instance/config.env; the environment comes before it."""
    path = instance / "config.env"
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def is_loopback(host: str) -> bool:
    """Whether a listening address is reached from this machine only."""
    return host in {"localhost", "::1"} or host.startswith("127.")


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check all settings. Raises SettingsError with a line for each that is missing or wrong."""
    instance = instance_folder(environ)
    values = {**_config_file(instance), **environ}
    faults: list[str] = []

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
    if timezone not in available_timezones():
        faults.append(f"EXAMENGINE_TIMEZONE: {timezone!r} is not a zone name such as Asia/Shanghai")
        timezone = "UTC"
    language = get("LANGUAGE", "zh")
    if language not in LANGUAGES:
        faults.append(f"EXAMENGINE_LANGUAGE: {language!r} is neither zh nor en")
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
    )
    if faults:
        raise SettingsError("\n".join(faults))
    return settings
