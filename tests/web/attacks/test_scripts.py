"""Script in every text field of every form: stored, shown again to everybody, and never code."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask

from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES
from tests.web.attacks.corpus import LONG, SHORT, made_of
from tests.web.attacks.insiders import insider
from tests.web.attacks.sowing import NUMBERS, Sower, plant
from tests.web.crowd import Crowd
from tests.web.scene import ROLES, Scene
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
REFUSED = {
    ("admin.person_new", "username"),
    ("admin.person_new", "email"),
    ("admin.person_edit", "username"),
    ("admin.person_edit", "email"),
    ("author.banks", "code"),
    ("author.new_item", "code"),
}
"""Fields that take no such text at all."""


def views(app: Flask, scene: Scene) -> Iterator[tuple[str, str, object]]:
    """Every page of every thing by somebody who may; pages without a thing by everybody."""
    for endpoint, rule in RULES.items():
        if "GET" not in methods(app, endpoint) or endpoint == "public.logout":
            continue
        for thing in things(scene, rule.over):
            path = address(app, endpoint, thing)
            names = [insider(endpoint, thing, "GET")] if rule.over else ["", *ROLES]
            yield from ((name, path, thing) for name in names if name is not None)


@ON_SQLITE
def test_what_is_typed_into_any_field_is_text_wherever_it_is_shown(
    whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    sower = Sower(whole_app, scene, crowd)
    sower.sow()
    lacking = {
        (endpoint, field)
        for endpoint, field in sower.tried - sower.taken - REFUSED
        if field.rsplit("-", 1)[-1] not in NUMBERS and not any(f == field for _, f in sower.taken)
    }
    assert not lacking, f"no text reached these fields, so they are not tested: {sorted(lacking)}"
    plant()
    shown = 0
    for name, path, thing in views(whole_app, scene):
        answer = crowd.send(name, path, thing, method="GET")  # type: ignore[arg-type]
        page = answer.get_data(as_text=True)
        if answer.mimetype == "text/html":
            assert not made_of(page), (name, path, made_of(page)[:3])
            shown += "xssq" in page
        else:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert shown > 60, f"the corpus was shown on {shown} pages only: the search must look at it"
    snapshot.restore()


@ON_SQLITE
@pytest.mark.parametrize("text", [LONG, *SHORT], ids=range(1 + len(SHORT)))
def test_what_an_address_says_is_text_on_its_page(
    text: str, whole_app: Flask, scene: Scene, crowd: Crowd, curious: frozenset[str]
) -> None:
    from tests.web.attacks.test_types import PARAMETERS

    query = "&".join(f"{name}={quote(text)}" for name in PARAMETERS)
    for endpoint, rule in RULES.items():
        if "GET" not in methods(whole_app, endpoint) or (text != LONG and endpoint not in curious):
            continue
        thing = things(scene, rule.over)[0]
        name = insider(endpoint, thing, "GET") or "sam"
        for who in {name, ""}:
            answer = crowd.send(
                who,
                f"{address(whole_app, endpoint, thing)}?{query}",
                thing,
                method="GET",
                headers={"Referer": f"http://localhost/{text.splitlines()[0]}", "User-Agent": "xssq"},
            )
            assert not made_of(answer.get_data(as_text=True)), (endpoint, who)


@ON_SQLITE
@pytest.mark.parametrize(
    "path", ["/{text}", "/attempts/{text}", "/welcome/{text}", "/items/new?kind={text}", "/static/{text}"]
)
def test_an_address_that_is_not_there_is_text_on_the_error_page(path: str, scene: Scene, crowd: Crowd) -> None:
    for text in (LONG, *SHORT):
        for name in ("", "ann"):
            answer = crowd.send(
                name, path.format(text=quote(text)), method="GET", headers={"Referer": "http://localhost/<xssq>"}
            )
            assert not made_of(answer.get_data(as_text=True)), (path, text)


def test_the_search_knows_what_it_looks_for() -> None:
    """Each part of the corpus, written as it is, is found."""
    assert made_of(f"<p>{LONG}</p>")
    for text in SHORT:
        assert made_of(f'<a href="{text}">' if text.startswith("javascript") else f"<p>{text}</p>") or "{{" in text
    assert made_of("5929")
    assert not made_of("<p>&lt;xssq&gt; javascript:xssq()</p><svg class='icon'></svg>")
