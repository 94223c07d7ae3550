"""Settings of a running process: the file's changes are taken over, its faults are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examengine.core import clock, live_settings, settings
from examengine.core.live_settings import LiveSettings

KEY = "k" * 48


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveSettings:
    for name in list(os.environ):
        if name.startswith("EXAMENGINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EXAMENGINE_LANGUAGE", "en")
    write(tmp_path, "EXAMENGINE_COMPANY=Old\n")
    environ = {"EXAMENGINE_INSTANCE": str(tmp_path), "EXAMENGINE_SECRET_KEY": KEY, "EXAMENGINE_LANGUAGE": "en"}
    return LiveSettings(settings.load(environ))


def write(folder: Path, text: str) -> None:
    """As the pages write it: another file in the place of the old one."""
    new = folder / "new"
    new.write_text(text)
    new.replace(folder / "config.env")


def test_a_changed_file_is_taken_over(live: LiveSettings, tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_COMPANY=New\nEXAMENGINE_TIMEZONE=Europe/Berlin\n")
    found = live.look(at_once=True)
    assert (found.company, found.timezone) == ("New", "Europe/Berlin")
    assert (live.faults, live.waiting) == ((), ())


def test_the_file_is_looked_at_once_a_second(
    live: LiveSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.seconds()
    looks = []
    whole = LiveSettings._signature
    monkeypatch.setattr(LiveSettings, "_signature", lambda self: looks.append(1) or whole(self))
    monkeypatch.setattr(clock, "seconds", lambda: now + 0.5)
    write(tmp_path, "EXAMENGINE_COMPANY=New\n")
    assert live.look().company == "Old"
    monkeypatch.setattr(clock, "seconds", lambda: now + 1.5)
    assert [live.look().company for _ in range(3)] == ["New"] * 3
    assert len(looks) == 1


def test_a_faulty_file_changes_nothing_and_is_named(live: LiveSettings, tmp_path: Path) -> None:
    before = live.current
    write(tmp_path, "EXAMENGINE_COMPANY=New\nEXAMENGINE_TIMEZONE=Nowhere\nwhat is this\n")
    assert live.look(at_once=True) == before
    assert [fault.partition(":")[0] for fault in live.faults] == ["config.env, line 3", "EXAMENGINE_TIMEZONE"]
    write(tmp_path, "EXAMENGINE_COMPANY=Mended\n")
    assert live.look(at_once=True).company == "Mended"
    assert live.faults == ()


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"=", b"\0"])
def test_no_content_of_the_file_breaks_a_look(live: LiveSettings, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.env").write_bytes(data)
    assert live.look(at_once=True).language == "en"


def test_what_the_process_began_with_waits_for_a_restart(live: LiveSettings, tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_COMPANY=New\nEXAMENGINE_PORT=9000\nEXAMENGINE_SECRET_KEY=" + "z" * 48 + "\n")
    found = live.look(at_once=True)
    assert (found.company, found.port, found.secret_key) == ("New", 8000, KEY)
    assert live.waiting == ("EXAMENGINE_PORT",)


def test_the_environment_still_comes_first(live: LiveSettings, tmp_path: Path) -> None:
    write(tmp_path, "EXAMENGINE_LANGUAGE=zh\n")
    assert live.look(at_once=True).language == "en"
    assert "EXAMENGINE_LANGUAGE" in live.current.fixed


def test_the_file_may_go(live: LiveSettings, tmp_path: Path) -> None:
    (tmp_path / "config.env").unlink()
    assert live.look(at_once=True).company == "examengine"


def test_only_looks_and_languages_are_live() -> None:
    assert {"company", "timezone", "language", "languages", "logo"} == live_settings.LIVE
