"""The result page: what it asks of the database, and that a kept frame shows nobody anything of another's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from examengine.accounts.models import PersonRole
from examengine.core import clock
from examengine.core.db import session
from examengine.exams.models import Sitting
from examengine.jobs import sweeps
from examengine.notices import actions as notices
from examengine.notices import queries as notice_queries
from examengine.notices.models import NoticePreference
from examengine.notices.readers import find_reader
from tests.counting import statements
from tests.making import World, csrf_of
from tests.web.conftest import Visit

KINDS = ("single_choice", "multiple_choice", "true_false", "fill_in")


def released(world: World, *names: str, items: int = 4) -> dict[str, int]:
    """Attempts with a released result, by name."""
    exam = world.exam([world.item(KINDS[n % 4]) for n in range(items)], release="complete")
    sitting: Sitting = world.sitting(exam, names, hours=2)
    made = {name: world.sat(sitting, name).id for name in names}
    session.commit()
    sweeps.run_all()
    session.commit()
    return made


def text_of(browser: object, attempt: int) -> str:
    answer = browser.get(f"/attempts/{attempt}/result")  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


@pytest.mark.parametrize("items", [4, 24])
def test_the_page_asks_six_statements_however_long_the_paper_is(world: World, visit: Visit, items: int) -> None:
    attempt, cem = released(world, "cem", items=items)["cem"], visit("cem")
    text_of(cem, attempt)
    with statements() as seen:
        text = text_of(cem, attempt)
    assert len(seen) <= 6, seen
    assert text.count('<ul class="answer-lines">') == items


def test_each_reader_sees_her_own_name_token_and_nonce_in_the_kept_frame(world: World, visit: Visit) -> None:
    attempts = released(world, "cem", "sam")
    for name in ("cem", "sam", "cem"):
        browser = visit(name)
        text = text_of(browser, attempts[name])
        other = world.person("sam" if name == "cem" else "cem").name
        assert world.person(name).name in text
        assert other not in text
        assert f'data-person="{world.person(name).id}"' in text
        assert len(set(re.findall(r'nonce="([^"]*)"', text))) == 1
        form = {"csrf_token": csrf_of(text), "theme": "dark", "next": f"/attempts/{attempts[name]}/result"}
        assert f'name="next" value="{form["next"]}"' in text
        assert browser.post("/preferences", data=form).status_code in (302, 303)


def test_a_theme_a_language_a_role_and_a_notice_show_at_once(world: World, visit: Visit) -> None:
    attempt, cem = released(world, "cem")["cem"], visit("cem")
    first = text_of(cem, attempt)
    assert 'data-theme="auto"' in first
    assert "Marking" not in first
    before = int(re.search(r'<span class="bell-count" aria-hidden="true">(\d+)', first)[1])  # type: ignore[index]
    person = world.person("cem")
    person.theme = "dark"
    session.commit()
    assert 'data-theme="dark"' in text_of(cem, attempt)
    person = world.person("cem")
    person.role_rows.append(PersonRole(person_id=person.id, role="grader"))
    session.commit()
    assert "Marking" in text_of(cem, attempt)
    notices.tell([world.person("cem").id], "result.released", clock.now(), attempt, title="Another")
    session.commit()
    then = text_of(cem, attempt)
    assert f'<span class="bell-count" aria-hidden="true">{before + 1}' in then
    world.person("cem").language = "zh"
    session.commit()
    assert 'lang="zh-Hans"' in text_of(cem, attempt)


def test_what_is_told_once_is_told_once(world: World, visit: Visit) -> None:
    attempt, cem = released(world, "cem")["cem"], visit("cem")
    token = csrf_of(text_of(cem, attempt))
    reason = "The second question has two right answers, I think, and here is why it matters to me."
    answer = cem.post(f"/attempts/{attempt}/appeal", data={"csrf_token": token, "reason": reason})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:500]
    said = "Your appeal is with the managers"
    assert said in text_of(cem, attempt)
    assert said not in text_of(cem, attempt)


def test_who_was_logged_out_or_must_choose_a_password_reads_nothing(world: World, visit: Visit) -> None:
    attempt, cem = released(world, "cem")["cem"], visit("cem")
    world.person("cem").must_change_password = True
    session.commit()
    assert "/password" in cem.get(f"/attempts/{attempt}/result").location
    world.person("cem").must_change_password = False
    world.person("cem").session_version += 1
    session.commit()
    assert cem.get(f"/attempts/{attempt}/result").location.startswith("/login")


def test_what_was_typed_is_escaped(world: World, visit: Visit, travel: Callable[..., None]) -> None:
    exam = world.exam([world.item("fill_in")], release="complete")
    sitting = world.sitting(exam, ["cem"], hours=2)
    begun = world.start(sitting)
    values = {1: ["<b>%(TITLE)s</b>", "\ue000NONCE\ue001"]}
    world.save(world.token(begun), 1, [{"slot": 1, "t": 1, "value": values[1]}])
    attempt = world.submit(begun, values).id
    session.commit()
    sweeps.run_all()
    session.commit()
    travel(hours=3)
    sweeps.run_all()
    session.commit()
    text = text_of(visit("cem"), attempt)
    assert "<b>%(TITLE)s" not in text
    assert "&lt;b&gt;%(TITLE)s&lt;/b&gt;" in text
    assert "\ue000NONCE\ue001" in text


def test_the_reader_and_the_queries_count_the_same_notices(world: World) -> None:
    person = world.person("cem")
    for kind in ("result.released", "marking.lead", "marking.lead", "appeal.answered"):
        notices.tell([person.id], kind, clock.now(), None, title="Spring")
    session.add(NoticePreference(person_id=person.id, kind="marking.lead", channel="app", wanted=False))
    session.commit()
    reader = find_reader(person.id, person.session_version)
    assert reader is not None
    assert reader.unread == notice_queries.count_unread(person.id)
    assert reader.roles == person.roles
    assert find_reader(person.id, person.session_version + 1) is None


def test_an_empty_answer_is_no_line_and_an_empty_blank_a_dash(world: World, visit: Visit) -> None:
    exam = world.exam([world.item("fill_in")], release="complete")
    sitting = world.sitting(exam, ["cem", "sam"], hours=2)
    begun = world.start(sitting, "cem")
    nothing = world.submit(begun, {}).id
    begun = world.start(sitting, "sam")
    world.save(world.token(begun, "sam"), 1, [{"slot": 1, "t": 1, "value": ["", "24"]}])
    half = world.submit(begun, {1: ["", "24"]}, "sam").id
    sweeps.run_all()
    session.commit()
    text = text_of(visit("cem"), nothing)
    assert "Not answered" in text
    assert '<ul class="answer-lines"></ul>' in text
    text = text_of(visit("sam"), half)
    assert text.count('<span class="answer-text">') == 2
    assert '<span class="answer-text">–</span>' in text
