"""The review page of a bank."""

from __future__ import annotations

import ast
from pathlib import Path

import examengine
from examengine.bank import published
from examengine.web.author import words
from tests.making import World
from tests.web.conftest import Visit

NEGATIVE = "<p>Which of these is not a complaint?</p>"


def test_a_trainer_reads_warnings_with_links_to_the_questions(visit: Visit, world: World) -> None:
    item = world.item(code="bad-one", data={"stem": NEGATIVE})
    world.item(code="good-one")
    page = visit("ann").get(f"/banks/{world.bank().id}/review").get_data(as_text=True)
    assert "Negation not stressed" in page
    assert f'href="/items/{item.id}"' in page
    assert "bad-one" in page
    assert "good-one" not in page


def test_warnings_are_filtered_and_cut_into_pages(visit: Visit, world: World) -> None:
    for n in range(51):
        world.item("true_false", f"q-{n:02}", data={"explanation": "", "stem": f"<p>Statement number {n}</p>"})
    world.item(code="bad-one", data={"stem": NEGATIVE})
    browser, address = visit("ann"), f"/banks/{world.bank().id}/review"
    first = browser.get(f"{address}?code=no_explanation").get_data(as_text=True)
    assert "51 warnings" in first
    assert ">q-00<" in first
    assert ">q-50<" not in first
    assert ">q-50<" in browser.get(f"{address}?code=no_explanation&page=2").get_data(as_text=True)
    assert ">bad-one<" not in first
    assert browser.get(f"{address}?code=nonsense&page=999").status_code == 200


def test_who_will_be_asked_a_question_reads_nothing_of_it(visit: Visit, world: World) -> None:
    hidden = world.item(code="hidden-one", data={"stem": NEGATIVE})
    world.item(code="other-one", data={"stem": NEGATIVE})
    world.sitting(world.exam([hidden]), people=["ann"])
    page = visit("ann").get(f"/banks/{world.bank().id}/review").get_data(as_text=True)
    assert "other-one" in page
    assert "hidden-one" not in page


def test_questions_are_the_trainers_own_and_unknown_banks_are_not_there(visit: Visit, world: World) -> None:
    address = f"/banks/{world.bank().id}/review"
    assert visit("kim").get(address).status_code == 403
    browser = visit("ann")
    assert browser.get("/banks/999999/review").status_code == 404
    assert "No question of this bank is published yet." in browser.get(address).get_data(as_text=True)


def test_a_large_bank_is_left_to_the_console(visit: Visit, world: World) -> None:
    for n in range(2):
        world.item(code=f"q-{n}")
    before, published.LARGEST = published.LARGEST, 1
    try:
        page = visit("ann").get(f"/banks/{world.bank().id}/review").get_data(as_text=True)
    finally:
        published.LARGEST = before
    assert "examengine bank check /tmp/banks/complaints" in page


def test_the_author_of_a_question_reads_the_same_advice(visit: Visit, world: World) -> None:
    item = world.item(code="bad-one", data={"stem": NEGATIVE})
    assert "is not stressed" in visit("ann").get(f"/items/{item.id}").get_data(as_text=True)


def given_codes() -> set[str]:
    """Every code that a Hint or a Finding is made with, as the source says."""
    found = set()
    package = Path(examengine.__file__).parent
    for path in (*package.glob("bank/review*.py"), *package.glob("itemtypes/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                named = [k.value for k in node.keywords if k.arg == "code"]
                given = node.args[2:3] if node.func.id == "Hint" else node.args[:1] if node.func.id == "Finding" else []
                found |= {arg.value for arg in (*named, *given) if isinstance(arg, ast.Constant)}
    return {code for code in found if isinstance(code, str)}


def test_every_warning_has_a_title() -> None:
    assert given_codes() | {"kind_share", "language_share"} == set(words.FINDINGS)
