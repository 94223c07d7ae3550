"""Settings: from the environment and config.env; each that is missing or wrong is named, all at once."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from examengine.core import settings
from examengine.core.settings import Settings, SettingsError

KEY = "k" * 48


def load(instance: Path, **environ: str) -> Settings:
    return settings.load({"EXAMENGINE_INSTANCE": str(instance), "EXAMENGINE_SECRET_KEY": KEY, **environ})


def faults(instance: Path, environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings.load({"EXAMENGINE_INSTANCE": str(instance), **environ})
    return str(caught.value).splitlines()


def write(instance: Path, *lines: str) -> None:
    (instance / "config.env").write_text("\n".join(lines), "utf-8")


def test_with_a_key_alone_the_defaults_serve_this_machine_only(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert found.database_url == f"sqlite:///{tmp_path / 'examengine.sqlite3'}"
    assert (found.host, found.port, found.public, found.trusted_proxies) == ("127.0.0.1", 8000, False, 0)
    assert (found.timezone, found.language) == ("Asia/Shanghai", "zh")
    assert found.zone.key == "Asia/Shanghai"
    assert found.on_sqlite


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "short", "shorter than 32"),
        ("DATABASE_URL", "mysql://x/y", "sqlite:/// or postgresql://"),
        ("DATABASE_URL", "sqlite://", "sqlite:///"),
        ("TIMEZONE", "Berlin", "'Berlin' is not a zone name"),
        ("TIMEZONE", "../../etc/passwd", "is not a zone name"),
        ("LANGUAGE", "fr", "'fr' is neither zh nor en"),
        ("PUBLIC", "maybe", "'maybe' is neither yes nor no"),
        ("TRUSTED_PROXIES", "-1", "'-1' is not a whole number from 0 to 5"),
        ("TRUSTED_PROXIES", "6", "from 0 to 5"),
        ("TRUSTED_PROXIES", "one", "from 0 to 5"),
        ("PORT", "0", "'0' is not a port number"),
        ("PORT", "65536", "'65536' is not a port number"),
        ("PORT", "http", "'http' is not a port number"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str, reason: str) -> None:
    [line] = faults(tmp_path, {"EXAMENGINE_SECRET_KEY": KEY, f"EXAMENGINE_{name}": value})
    assert line.startswith(f"EXAMENGINE_{name}: ")
    assert reason in line


def test_a_missing_key_is_named_with_its_remedy(tmp_path: Path) -> None:
    [line] = faults(tmp_path, {})
    assert line.startswith("EXAMENGINE_SECRET_KEY: missing")
    assert "examengine init" in line


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "EXAMENGINE_DATABASE_URL": "x",
        "EXAMENGINE_TIMEZONE": "x",
        "EXAMENGINE_LANGUAGE": "x",
        "EXAMENGINE_PUBLIC": "x",
        "EXAMENGINE_TRUSTED_PROXIES": "x",
        "PORT": "x",
    }
    named = {line.partition(":")[0] for line in faults(tmp_path, wrong)}
    assert named == {*wrong, "EXAMENGINE_SECRET_KEY"}


def test_config_env_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "# ours",
        "",
        " EXAMENGINE_COMPANY = 岑湾通信 ",
        "EXAMENGINE_TIMEZONE=Europe/Berlin",
        "EXAMENGINE_LANGUAGE=en",
    )
    found = load(tmp_path)
    assert (found.company, found.timezone, found.language) == ("岑湾通信", "Europe/Berlin", "en")


def test_a_value_may_have_an_equals_sign(tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_DATABASE_URL=postgresql://u:p@h/d?sslmode=require")
    assert load(tmp_path).database_url == "postgresql+psycopg://u:p@h/d?sslmode=require"


def test_the_environment_comes_before_config_env(tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_COMPANY=File", "EXAMENGINE_LANGUAGE=en")
    found = load(tmp_path, EXAMENGINE_COMPANY="Environment")
    assert (found.company, found.language) == ("Environment", "en")


def test_a_fault_in_config_env_is_named(tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_LANGUAGE=xx")
    assert faults(tmp_path, {"EXAMENGINE_SECRET_KEY": KEY}) == ["EXAMENGINE_LANGUAGE: 'xx' is neither zh nor en"]


def test_the_key_of_the_instance_folder_is_used_and_the_environments_comes_first(tmp_path: Path) -> None:
    path = settings.write_secret_key(tmp_path)
    kept = path.read_text().strip()
    assert settings.load({"EXAMENGINE_INSTANCE": str(tmp_path)}).secret_key == kept
    assert load(tmp_path).secret_key == KEY


def test_the_secret_key_is_made_once_long_enough_and_for_the_owner_only(tmp_path: Path) -> None:
    path = settings.write_secret_key(tmp_path / "new")
    first = path.read_text()
    assert settings.write_secret_key(tmp_path / "new").read_text() == first
    assert len(first.strip()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_key_fallbacks_and_hosts_are_lists(tmp_path: Path) -> None:
    found = load(
        tmp_path, EXAMENGINE_SECRET_KEY_FALLBACKS="old,older,", EXAMENGINE_ALLOWED_HOSTS="a.example, b.example,"
    )
    assert found.secret_key_fallbacks == ("old", "older")
    assert found.allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg(tmp_path: Path, scheme: str) -> None:
    found = load(tmp_path, EXAMENGINE_DATABASE_URL=f"{scheme}://u@h/d")
    assert found.database_url == "postgresql+psycopg://u@h/d"
    assert not found.on_sqlite


@pytest.mark.parametrize(
    ("config", "environ", "port"),
    [
        ([], {"PORT": "7000"}, 7000),
        ([], {"EXAMENGINE_PORT": "7001"}, 7001),
        ([], {"PORT": "7000", "EXAMENGINE_PORT": "7001"}, 7001),
        ([], {"PORT": "7000", "EXAMENGINE_PORT": ""}, 7000),
        (["EXAMENGINE_PORT=9000"], {}, 9000),
        (["EXAMENGINE_PORT=9000"], {"PORT": "7000"}, 7000),
        (["EXAMENGINE_PORT=9000"], {"EXAMENGINE_PORT": "7001"}, 7001),
        (["PORT=9000"], {}, 9000),
        ([], {"PORT": ""}, 8000),
    ],
)
def test_the_port(tmp_path: Path, config: list[str], environ: dict[str, str], port: int) -> None:
    write(tmp_path, *config)
    assert load(tmp_path, **environ).port == port


@pytest.mark.parametrize(
    ("host", "public", "expected"),
    [
        ("127.0.0.1", "", False),
        ("127.1.2.3", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("exam.example", "", True),
        ("127.0.0.1", "yes", True),
        ("0.0.0.0", "NO", False),
    ],
)
def test_off_loopback_means_public_unless_said_otherwise(
    tmp_path: Path, host: str, public: str, expected: bool
) -> None:
    assert load(tmp_path, EXAMENGINE_HOST=host, EXAMENGINE_PUBLIC=public).public is expected


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    assert load(tmp_path, EXAMENGINE_LANGUAGE="").language == "zh"


def test_the_instance_folder_stands_in_the_project_unless_named(tmp_path: Path) -> None:
    assert settings.instance_folder({}) == settings.root() / "instance"
    assert settings.instance_folder({"EXAMENGINE_INSTANCE": str(tmp_path)}) == tmp_path.resolve()


def test_the_root_is_the_projects() -> None:
    assert (settings.root() / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ("zh", "en")),
        (["EXAMENGINE_LANGUAGES=zh"], ("zh",)),
        (["EXAMENGINE_LANGUAGES= en , zh ,en"], ("en", "zh")),
        (["EXAMENGINE_LANGUAGES=en", "EXAMENGINE_LANGUAGE=en"], ("en",)),
    ],
)
def test_the_languages_offered(tmp_path: Path, lines: list[str], expected: tuple[str, ...]) -> None:
    write(tmp_path, *lines)
    assert load(tmp_path).languages == expected


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("LANGUAGES", "zh,fr", "is not zh, en or zh,en"),
        ("LANGUAGES", "en", "'zh' is not among EXAMENGINE_LANGUAGES"),
        ("LOGO", "../../secret_key", "is not the name of a picture"),
        ("LOGO", "a" * 64 + ".svg", "is not the name of a picture"),
    ],
)
def test_what_cannot_be_shown_is_named(tmp_path: Path, name: str, value: str, reason: str) -> None:
    [line] = faults(tmp_path, {"EXAMENGINE_SECRET_KEY": KEY, f"EXAMENGINE_{name}": value})
    assert reason in line


def test_what_the_environment_decides_is_known(tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_COMPANY=File")
    assert load(tmp_path, EXAMENGINE_TIMEZONE="UTC", EXAMENGINE_LOGO="").fixed == {
        "EXAMENGINE_INSTANCE",
        "EXAMENGINE_SECRET_KEY",
        "EXAMENGINE_TIMEZONE",
    }
