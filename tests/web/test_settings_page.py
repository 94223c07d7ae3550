"""Settings while the server runs: every worker takes them over, hands may edit the file, the environment wins."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.core import clock
from examengine.core.db import session
from tests.making import World, csrf_of
from tests.pictures import JPEG, WEBP, picture, told
from tests.web.conftest import CONFIG, Instance

NOW = {"company": "Cenwan Telecom", "timezone": "Asia/Shanghai", "languages": ["zh", "en"], "language": "en"}


def save(browser: FlaskClient, **changes: Any) -> Any:
    fields = {name: value for name, value in (NOW | changes).items() if value is not None}
    token = csrf_of(browser.get("/account").get_data(as_text=True))
    return browser.post("/admin/settings", data={"csrf_token": token, **fields}, content_type="multipart/form-data")


def company(browser: FlaskClient) -> bool:
    return "New Name" in browser.get("/login").get_data(as_text=True)


def test_another_worker_takes_a_change_over_within_a_second(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, other = instance.visit("ben"), instance.visit()
    assert not company(other)
    assert save(ben, company="New Name").status_code == 303
    began = clock.seconds()
    monkeypatch.setattr(clock, "seconds", lambda: began + 1.1)
    assert company(other)


def test_the_save_path_never_looks(instance: Instance, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = world.start(world.sitting())
    other = instance.visit()
    looks: list[int] = []
    monkeypatch.setattr("examengine.web.shell.own_settings.take_over", lambda at_once=False: looks.append(1))
    other.put(f"/attempts/{attempt.id}/saves/1/1", data=b"[]")
    other.post(f"/attempts/{attempt.id}/submit", data=b"{}")
    assert looks == []
    other.get("/login")
    assert looks == [1]


def test_a_faulty_file_breaks_no_page_and_is_told_to_administrators(instance: Instance) -> None:
    ben = instance.visit("ben")
    instance.config.write_text("EXAMENGINE_COMPANY=New Name\nEXAMENGINE_TIMEZONE=Nowhere\n")
    for path in ("/admin", "/admin/status", "/admin/settings"):
        page = ben.get(path)
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert "The file config.env is faulty" in text
        assert "EXAMENGINE_TIMEZONE: &#39;Nowhere&#39;" in text
        assert "Cenwan Telecom" in text
    answer = save(ben, company="Other")
    assert answer.status_code == 422
    assert "mended by hand first" in answer.get_data(as_text=True)
    instance.config.write_text("EXAMENGINE_COMPANY=New Name\n")
    page = ben.get("/admin/status").get_data(as_text=True)
    assert "is faulty" not in page
    assert "New Name" in page


def test_what_waits_for_a_restart_is_named(instance: Instance) -> None:
    ben = instance.visit("ben")
    instance.config.write_text(CONFIG + "EXAMENGINE_PORT=9000\n")
    assert "EXAMENGINE_PORT" in ben.get("/admin/status").get_data(as_text=True)


def test_what_the_environment_fixes_is_shown_and_cannot_be_changed(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAMENGINE_COMPANY", "Fixed Name")
    ben = instance.visit("ben", instance.worker(EXAMENGINE_COMPANY="Fixed Name"))
    page = ben.get("/admin/settings").get_data(as_text=True)
    assert "EXAMENGINE_COMPANY" in page
    assert 'name="company"' not in page
    assert save(ben, company="Mine", timezone="UTC").status_code == 303
    kept = instance.config.read_text()
    assert "Mine" not in kept
    assert "EXAMENGINE_TIMEZONE=UTC" in kept
    assert "Fixed Name" in ben.get("/admin").get_data(as_text=True)


@pytest.mark.parametrize("name", ["COMPANY", "TIMEZONE", "LANGUAGES", "LANGUAGE", "LOGO"])
def test_each_setting_may_be_fixed(instance: Instance, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    logo = "a" * 64 + ".png"
    value = {"COMPANY": "X", "TIMEZONE": "UTC", "LANGUAGES": "zh,en", "LANGUAGE": "zh", "LOGO": logo}[name]
    monkeypatch.setenv(f"EXAMENGINE_{name}", value)
    ben = instance.visit("ben", instance.worker(**{f"EXAMENGINE_{name}": value}))
    for path in ("/admin/settings", "/admin/setup"):
        assert f"EXAMENGINE_{name}" in ben.get(path).get_data(as_text=True)
    assert save(ben, language=None if name == "LANGUAGE" else "en", languages=["zh", "en"]).status_code == 303


def test_the_zone_is_told_with_what_its_change_means(instance: Instance, world: World) -> None:
    sitting = world.sitting(people=["ben"])
    opens = sitting.opens_at
    ben = instance.visit("ben")
    assert "Asia/Shanghai, UTC+08:00" in ben.get("/admin/settings").get_data(as_text=True)
    assert '<option value="Asia/Kolkata">UTC+05:30 ' in ben.get("/admin/settings").get_data(as_text=True)
    save(ben, timezone="Asia/Tokyo")
    page = ben.get("/admin/settings").get_data(as_text=True)
    assert "The time zone is now Asia/Tokyo (UTC+09:00)" in page
    assert "shown in the zone Asia/Tokyo" in page
    session.expire_all()
    assert sitting.opens_at == opens


def test_a_save_without_a_change_writes_nothing(instance: Instance) -> None:
    ben = instance.visit("ben")
    before = instance.config.stat().st_ino
    assert save(ben).status_code == 303
    assert instance.config.stat().st_ino == before


@pytest.mark.parametrize(("data", "kind"), [(picture(), "png"), (JPEG, "jpeg"), (WEBP, "webp")], ids=told)
def test_the_logo_is_for_everybody_and_for_ever(instance: Instance, data: bytes, kind: str) -> None:
    ben = instance.visit("ben")
    other = instance.visit()  # a worker that has not seen the new file yet
    save(ben, logo=(io.BytesIO(data), "x"))
    name = next((instance.folder / "media").iterdir()).name
    answer = other.get(f"/logo/{name}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, data, f"image/{kind}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_only_the_logo_is_served(instance: Instance) -> None:
    ben = instance.visit("ben")
    save(ben, logo=(io.BytesIO(picture()), "x"))
    name = next((instance.folder / "media").iterdir()).name
    (instance.folder / "media" / ("b" * 64 + ".png")).write_bytes(b"an exam's picture")
    for wrong in ("b" * 64 + ".png", "..%2fconfig.env", "config.env", name.upper(), name + "/"):
        assert ben.get(f"/logo/{wrong}").status_code == 404
    save(ben, remove_logo="y")
    assert ben.get(f"/logo/{name}").status_code == 404
    assert "company-logo" not in ben.get("/admin").get_data(as_text=True)


@pytest.mark.parametrize(
    "data",
    [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"GIF89a", b"", picture(after=b"x" * 600_000)],
    ids=told,
)
def test_a_bad_logo_changes_nothing(instance: Instance, data: bytes) -> None:
    ben = instance.visit("ben")
    token = csrf_of(ben.get("/admin/settings").get_data(as_text=True))
    fields = [("csrf_token", token), *((name, value) for name, value in NOW.items() if name != "languages")]
    parts = [f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    parts += ['--B\r\nContent-Disposition: form-data; name="languages"\r\n\r\nen\r\n']
    parts += ['--B\r\nContent-Disposition: form-data; name="logo"; filename="logo.png"\r\n\r\n']
    body = "".join(parts).encode() + data + b"\r\n--B--\r\n"
    answer = ben.post("/admin/settings", data=body, content_type="multipart/form-data; boundary=B")
    assert answer.status_code == 422
    assert "Choose the logo" in answer.get_data(as_text=True)
    assert instance.config.read_text() == CONFIG
    assert not (instance.folder / "media").exists()


def test_a_logo_that_is_no_file_is_no_logo(instance: Instance) -> None:
    assert save(instance.visit("ben"), logo="just words").status_code == 303
    assert instance.config.read_text() == CONFIG


def test_people_see_the_languages_that_are_offered(instance: Instance) -> None:
    ben, cem = instance.visit("ben"), instance.visit("cem")
    stranger = {"Accept-Language": "en-GB"}
    assert 'lang="en"' in cem.get("/account").get_data(as_text=True)
    assert 'value="zh"' in cem.get("/account").get_data(as_text=True)
    save(ben, languages=["zh"], language="zh")
    again = instance.visit("cem")
    page = again.get("/account").get_data(as_text=True)
    assert 'lang="zh-Hans"' in page
    assert 'name="language"' not in page
    assert 'lang="zh-Hans"' in instance.visit().get("/login", headers=stranger).get_data(as_text=True)
    token = csrf_of(page)
    again.post("/preferences", data={"csrf_token": token, "language": "en"})
    assert 'lang="zh-Hans"' in again.get("/account").get_data(as_text=True)
    save(ben, languages=["en", "zh"], language="zh")
    assert 'lang="en"' in instance.visit("cem").get("/account").get_data(as_text=True)
