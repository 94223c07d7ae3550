"""Help: a page for each role in both languages, within reach of every page; it says what the product says and does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from examengine.accounts import actions as accounts
from examengine.cli import main as console
from examengine.core import clock, pictures
from examengine.core.db import session
from examengine.exams import actions as exams
from examengine.web.public.help import STATIC, TOPICS
from scripts import help_pictures, messages
from tests.making import World, log_in
from tests.web.conftest import Visit

LANGUAGES = ("en", "zh")
OWN = {"cem": "operator", "mia": "grader", "ann": "trainer", "kim": "manager", "ben": "administrator"}
PAGES = [(language, topic) for language in LANGUAGES for topic in TOPICS]
EACH = pytest.mark.parametrize(("language", "topic"), PAGES)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
LARGEST = 2_500_000


def address(topic: str) -> str:
    return f"/help/{topic}"


@pytest.fixture
def read(visit: Visit, world: World) -> Callable[[str, str], str]:
    """read("zh", "grader"): the page in Chinese, as Zoe reads it; Ann reads English."""
    accounts.set_preferences(world.person("zoe"), "zh", None)
    session.commit()
    readers = {"en": visit("ann"), "zh": visit("zoe")}

    def go(language: str, topic: str) -> str:
        answer = readers[language].get(address(topic))
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    return go


def anchors(page: str) -> list[str]:
    return re.findall(r'id="([\w-]+)"', page)


def article(page: str) -> str:
    """The text of a topic, without the frame."""
    return page.partition('<article class="help-text">')[2].partition("</article>")[0]


@EACH
def test_a_topic_has_one_heading_and_a_table_of_its_contents(
    read: Callable[[str, str], str], language: str, topic: str
) -> None:
    page = read(language, topic)
    assert page.count("<h1") == 1
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}"' in page
    side = page.partition('class="help-side')[2].partition("<article")[0]
    listed = re.findall(r'<a href="#([\w-]+)">(.+?)</a>', side)
    found = re.findall(r'<h2 id="([\w-]+)">(.+?)</h2>', article(page))
    assert listed == found
    assert len(found) >= 4
    assert len(set(anchors(page))) == len(anchors(page))
    words = article(page).replace("中文", "")  # the switch has this name in English too
    assert bool(re.search("[\u4e00-\u9fff]", words)) is (language == "zh")


@ON_SQLITE
@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_tell_the_same_things(read: Callable[[str, str], str], topic: str) -> None:
    """Two texts of their own, but with the same parts, pictures and commands, so that a link fits both."""
    en, zh = (article(read(language, topic)) for language in LANGUAGES)
    for pattern in (r'<h2 id="([\w-]+)"', r"help/\w\w/([\w-]+\.webp)", r"<code>(.+?)</code>", r"<(dt|h3|kbd|tr)\b"):
        assert re.findall(pattern, en) == re.findall(pattern, zh), pattern


@ON_SQLITE
@EACH
def test_links_lead_somewhere(
    read: Callable[[str, str], str], visit: Visit, app: Flask, language: str, topic: str
) -> None:
    page = read(language, topic)
    for link in re.findall(r'href="([^"]+)"', article(page)):
        parts = urlsplit(html.unescape(link))
        with app.test_request_context():
            adapter = app.url_map.bind("")
            try:
                assert not parts.path or adapter.match(parts.path)
            except HTTPException:
                pytest.fail(f"{link} is no page")
        if parts.fragment:
            there = read(language, parts.path.removeprefix("/help/")) if parts.path else page
            assert parts.fragment in anchors(there), link


@ON_SQLITE
@EACH
def test_pictures_are_there_and_described(read: Callable[[str, str], str], language: str, topic: str) -> None:
    shown = re.findall(
        r'<img src="/static/\w+/([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)" loading="lazy">',
        article(read(language, topic)),
    )
    assert len(shown) == article(read(language, topic)).count("<img")
    assert 2 <= len(shown) <= 4
    for path, words, width, height in shown:
        assert path.startswith(f"help/{language}/")
        picture = pictures.checked((STATIC / path).read_bytes())
        assert (picture.width, picture.height) == (int(width), int(height))
        assert picture.width <= 1000
        assert len(words) > (40 if language == "en" else 15), path
        assert Path(path).stem in {each.name for each in help_pictures.PICTURES}


def test_the_script_makes_the_pictures_of_both_languages_and_no_others() -> None:
    files = {path.relative_to(STATIC / "help") for path in (STATIC / "help").rglob("*") if path.is_file()}
    names = [each.name for each in help_pictures.PICTURES]
    assert len(set(names)) == len(names)
    assert files == {Path(language) / f"{name}.webp" for language in LANGUAGES for name in names}
    assert sum((STATIC / "help" / path).stat().st_size for path in files) < LARGEST
    used = {name for language, topic in PAGES for name in re.findall(r'picture\("([\w-]+)"', source(language, topic))}
    assert used == set(names)


def source(language: str, topic: str) -> str:
    folder = Path(STATIC).parent / "templates" / "help"
    return (folder / language / f"{topic}.html").read_text("utf-8")


SWITCHES = {"中文", "English"}
"""Names of languages stand in their own on every page, outside the catalogue."""


def spoken(language: str) -> set[str]:
    """What the product says in a language; what is filled in is a …"""
    found: set[str] = set()
    for message in messages.present():
        texts = message.id if language == "en" else message.string
        found |= {texts} if isinstance(texts, str) else set(texts)
    return {re.sub(r"%\(\w+\)s|\{\w+\}", "…", text) for text in found if text}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_the_product_are_those_of_the_product(language: str) -> None:
    """In <b class="ui"> its buttons, fields and headings, word for word; in <q> what it says, or a part of that."""
    known = spoken(language)
    for topic in TOPICS:
        text = source(language, topic)
        words = [html.unescape(word) for word in re.findall(r'<b class="ui">(.+?)</b>', text)]
        assert len(words) > 5
        assert not [word for word in words if word not in known | SWITCHES], topic
        said = [html.unescape(part) for part in re.findall(r"<q>(.+?)</q>", text)]
        assert not [part for part in said if not any(part in whole for whole in known)], topic


def commands() -> Iterator[str]:
    for language, topic in PAGES:
        for text in re.findall(r"<code>(.+?)</code>", source(language, topic), re.DOTALL):
            yield from (line for line in text.splitlines() if line.startswith("examengine "))


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_are_those_of_the_console(line: str) -> None:
    command: click.Command = console
    words = line.split()[1:]
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_settings_that_are_named_exist() -> None:
    readme = (Path(__file__).parents[2] / "examengine" / "core" / "settings.py").read_text("utf-8")
    mail = (Path(__file__).parents[2] / "examengine" / "core" / "mail.py").read_text("utf-8")
    for language, topic in PAGES:
        for name in re.findall(r"EXAMENGINE_(\w+)", source(language, topic)):
            assert name.lower() in (readme + mail).lower(), name


@pytest.mark.parametrize("name", OWN)
def test_help_leads_to_ones_own_page_and_lists_the_others(visit: Visit, name: str) -> None:
    browser = visit(name)
    assert browser.get("/help").location == address(OWN[name])
    page = browser.get(address(OWN[name])).get_data(as_text=True)
    for topic in TOPICS:
        assert f'href="{address(topic)}"' in page, topic
    own, others = page.partition("For you")[2].partition("For others")[::2]
    assert f'{address(OWN[name])}" aria-current="page"' in own
    assert ("/help/invigilator" in own) is (name == "kim")
    assert address(OWN[name]) + '"' not in others.partition("<article")[0]


def watches(world: World, name: str) -> int:
    """A sitting that somebody watches over."""
    sitting = world.sitting()
    exams.set_invigilators(sitting, [world.person(name).id], clock.now(), world.person("kim").id)
    session.commit()
    return sitting.id


def test_whoever_watches_over_a_sitting_finds_the_invigilators_page(world: World, visit: Visit) -> None:
    watches(world, "ann")
    page = visit("ann").get("/help/trainer").get_data(as_text=True)
    assert "/help/invigilator" in page.partition("For you")[2].partition("For others")[0]


def test_strangers_read_about_the_log_in_only(client: FlaskClient) -> None:
    assert client.get("/help").location.startswith("/login?next=/help")
    for topic in TOPICS.keys() - {"login"}:
        assert client.get(address(topic)).location == f"/login?next={address(topic)}"
    page = client.get("/help/login")
    assert page.status_code == 200
    assert "/help/grader" not in page.get_data(as_text=True)


def test_there_are_no_other_topics(client: FlaskClient, visit: Visit) -> None:
    for browser in (client, visit("cem")):
        for path in ("/help/nowhere", "/help/..", "/help/en", "/help/parts", "/help/operator/"):
            assert browser.get(path).status_code == 404, path


def link_of(page: str) -> str:
    found = re.findall(r'<a class="help-link" href="([^"]+)"', page)
    assert len(found) == 1
    return str(found[0])


PLACES = {
    "cem": ("operator", ("/home", "/record", "/attempts/1", "/attempts/1/result")),
    "mia": ("grader", ("/marking", "/marking/marks", "/marking/desk")),
    "ann": ("trainer", ("/items", "/items/1", "/items/new?kind=essay", "/banks", "/exams", "/exams/1")),
    "kim": ("manager", ("/manage/sittings", "/manage/sittings/1", "/manage/people", "/manage/appeals")),
    "ben": ("administrator", ("/admin", "/admin/people", "/admin/settings", "/admin/audit", "/admin/status")),
}


@pytest.mark.parametrize("name", PLACES)
def test_every_page_has_a_link_to_the_help_that_fits_it(world: World, visit: Visit, name: str) -> None:
    attempt = world.start(world.sitting())
    session.commit()
    browser, (topic, paths) = visit(name), PLACES[name]
    for path in paths:
        answer = browser.get(path.replace("/attempts/1", f"/attempts/{attempt.id}"))
        assert answer.status_code in (200, 404), path
        page = answer.get_data(as_text=True)
        assert link_of(page).partition("#")[0] == address(topic), path
    for path in ("/account", "/notices", "/nowhere", address(topic)):
        page = browser.get(path).get_data(as_text=True)
        assert link_of(page) == "/help", path
    elsewhere = "/marking" if name != "mia" else "/admin"
    refused = browser.get(elsewhere)
    assert refused.status_code == 403
    assert link_of(refused.get_data(as_text=True)) == "/help"


def test_the_room_leads_to_the_invigilators_help(world: World, visit: Visit) -> None:
    sitting_id = watches(world, "mia")
    page = visit("mia").get(f"/invigilation/{sitting_id}").get_data(as_text=True)
    assert link_of(page) == address("invigilator")


def test_the_exam_page_opens_help_elsewhere_in_either_language(world: World, visit: Visit) -> None:
    path, cem = f"/attempts/{world.start(world.sitting()).id}", visit("cem")
    for language in LANGUAGES:
        accounts.set_preferences(world.person("cem"), language, None)
        session.commit()
        page = cem.get(path).get_data(as_text=True)
        assert link_of(page) == "/help/operator#during"
        assert 'href="/help/operator#during" target="_blank" rel="noopener"' in page
        assert "during" in anchors(cem.get("/help/operator").get_data(as_text=True))


def test_before_the_log_in_help_is_about_the_log_in(client: FlaskClient, world: World) -> None:
    for path in ("/login", "/login/code", "/nowhere", "/help/login"):
        assert link_of(client.get(path).get_data(as_text=True)) == "/help/login", path
    accounts.set_password(world.person("cem"), "slip of paper", clock.now(), None, temporary=True)
    session.commit()
    log_in(client, "cem", "slip of paper")
    assert link_of(client.get("/account/password").get_data(as_text=True)) == "/help/login"
    assert client.get("/help/login").status_code == 200
    assert client.get("/help/operator").location.startswith("/account/password")
