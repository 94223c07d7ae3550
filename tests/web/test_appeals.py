"""Contesting a result through the pages: the operator asks, the manager decides, a fresh grader marks blind."""

from __future__ import annotations

import pytest

from examengine.core.audit import AuditEntry
from examengine.core.db import session
from examengine.grading import queries as grading
from examengine.results.models import Appeal, Result
from tests.grading.marking import LEVELS, mark
from tests.making import World, csrf_of, post
from tests.results.test_appeals import ANSWER, REASON, ask, released, send
from tests.web.conftest import Visit


def contest(visit: Visit, attempt_id: int, who: str = "cem", **fields: str) -> int:
    values = {"reason": REASON, "slots": "1", **fields}
    return int(post(visit(who), "/account", f"/attempts/{attempt_id}/appeal", **values).status_code)


def test_from_appeal_to_the_new_result(world: World, visit: Visit) -> None:
    attempt_id = released(world).id
    cem, kim, zoe = visit("cem"), visit("kim"), visit("zoe")
    assert "I do not agree with this result" in cem.get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert contest(visit, attempt_id) == 303
    page = cem.get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert REASON in page and "With the managers" in page and "I do not agree" not in page
    appeal_id = session.query(Appeal.id).scalar()
    session.rollback()
    assert "A result of “November sitting” is contested." in kim.get("/notices").get_data(as_text=True)
    path = f"/manage/appeals/{appeal_id}"
    seen = kim.get(path).get_data(as_text=True)
    assert REASON in seen and "what 1 wrote" in seen and "7, 8" in seen
    assert "Zoe Grader" in seen and "Mia Grader" not in seen
    assert post(kim, path, f"{path}/marking", slot="1", **{"grader-1": "0"}).status_code == 303
    queue = zoe.get("/marking").get_data(as_text=True)
    assert "ppeal" not in queue
    answer = post(zoe, "/marking", "/marking/next")
    task = zoe.get(answer.location).get_data(as_text=True)
    assert "what 1 wrote" in task and "ppeal" not in task and "Cem" not in task
    fields = {
        "csrf_token": csrf_of(task),
        "criterion_1": str(LEVELS.index("9")),
        "comment": "fresh words",
        "before": "",
    }
    assert zoe.post(answer.location, data=fields).status_code == 303
    before = cem.get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert "75.00" in before and "fresh words" not in before
    assert "raise the result by 1.5 points" in kim.get(path).get_data(as_text=True)
    assert post(kim, path, f"{path}/answer", answer=ANSWER).status_code == 303
    after = cem.get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert "90.00" in after and ANSWER in after and "Before: 75.00 %. Now: 90.00 %." in after
    assert "fresh words" in after and "Zoe" not in after and "Kim" not in after
    assert "Your appeal about" in cem.get("/notices").get_data(as_text=True)
    record = kim.get(f"/manage/people/{world.person('cem').id}/record")
    assert record.status_code == 200


def test_a_short_reason_comes_back_with_what_was_entered(world: World, visit: Visit) -> None:
    attempt_id = released(world).id
    answer = post(visit("cem"), "/account", f"/attempts/{attempt_id}/appeal", reason="unfair!", slots="1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "unfair!" in page and "at least 5 words" in page
    assert session.query(Appeal).count() == 0


@pytest.mark.parametrize("slots", ["0", "2", "-1", "x", "9" * 30])
def test_questions_that_are_not_there_are_refused(world: World, visit: Visit, slots: str) -> None:
    attempt_id = released(world).id
    assert contest(visit, attempt_id, slots=slots) == 422
    assert session.query(Appeal).count() == 0


def test_it_is_taken_back_with_a_click(world: World, visit: Visit) -> None:
    attempt = released(world)
    attempt_id, appeal_id = attempt.id, ask(world, attempt).id
    sat = world.sat(world.sitting()).id
    path = f"/attempts/{attempt_id}/appeals/{appeal_id}/withdraw"
    assert post(visit("sam"), "/account", path).status_code == 404
    cem = visit("cem")
    assert post(cem, "/account", f"/attempts/{sat}/appeals/{appeal_id}/withdraw").status_code == 404
    assert post(cem, "/account", path).status_code == 303
    session.expire_all()
    assert session.query(Appeal).one().state == "withdrawn"


def test_others_find_neither_result_nor_appeal(world: World, visit: Visit) -> None:
    attempt = released(world)
    attempt_id = attempt.id
    for who in ("sam", "kim", "mia"):
        assert contest(visit, attempt_id, who) == 404
    path = f"/manage/appeals/{ask(world, attempt).id}"
    for who in ("cem", "mia", "ann", "ben"):
        assert visit(who).get(path).status_code == 403
        assert visit(who).get("/manage/appeals").status_code == 403


def test_a_conflicted_manager_and_her_own_appeal_are_not_found(world: World, visit: Visit) -> None:
    attempt = released(world)
    sitting, path = attempt.sitting, f"/manage/appeals/{ask(world, attempt).id}"
    kim = visit("kim")
    assert kim.get(path).status_code == 200
    session.rollback()
    world.sitting(sitting.exam, ["kim"], title="Another one")
    assert kim.get(path).status_code == 404
    assert "Cem Candidate" not in kim.get("/manage/appeals").get_data(as_text=True)
    for act, fields in (("rejection", {"answer": ANSWER}), ("marking", {"slot": "1"}), ("answer", {"answer": ANSWER})):
        assert post(kim, "/account", f"{path}/{act}", **fields).status_code == 404


def test_a_rejection_needs_an_answer_and_is_read(world: World, visit: Visit) -> None:
    attempt = released(world)
    attempt_id, path = attempt.id, f"/manage/appeals/{ask(world, attempt).id}"
    kim = visit("kim")
    assert post(kim, path, f"{path}/rejection", answer="no").status_code == 422
    text = "The rubric wants a reason for each step <b>named</b>."
    assert post(kim, path, f"{path}/rejection", answer=text).status_code == 303
    page = visit("cem").get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
    assert "&lt;b&gt;named&lt;/b&gt;" in page and "The result stays as it was: 75.00 %." in page
    assert post(kim, "/account", f"{path}/rejection", answer=text).status_code == 409


def test_a_lower_outcome_asks_before_it_counts(world: World, visit: Visit) -> None:
    attempt = released(world)
    attempt_id, appeal = attempt.id, ask(world, attempt)
    send(world, appeal)
    path = f"/manage/appeals/{appeal.id}"
    mark(world, "zoe", "7")
    kim = visit("kim")
    assert "lower the result by 0.5 points" in kim.get(path).get_data(as_text=True)
    answer = post(kim, path, f"{path}/answer", answer=ANSWER)
    assert answer.status_code == 422
    assert ANSWER in answer.get_data(as_text=True)
    assert post(kim, path, f"{path}/answer", answer=ANSWER, lower="stand").status_code == 303
    session.expire_all()
    assert [int(row.percent) for row in session.query(Result).filter_by(attempt_id=attempt_id)] == [75, 75]


def test_what_is_sent_is_checked(world: World, visit: Visit) -> None:
    attempt = released(world)
    path = f"/manage/appeals/{ask(world, attempt).id}"
    mia, zoe = world.person("mia").id, world.person("zoe").id
    kim = visit("kim")
    for fields in ({}, {"slot": "2"}, {"slot": "x"}, {"slot": "1", "grader-1": str(mia)}):
        assert post(kim, path, f"{path}/marking", **fields).status_code == 422, fields
    assert post(kim, path, f"{path}/marking", slot="1", **{"grader-1": str(zoe)}).status_code == 303
    session.expire_all()
    [case] = grading.find_cases([attempt.id])
    assert [task.assigned_id for task in case.tasks if task.round == 2] == [zoe]


def test_each_look_is_logged(world: World, visit: Visit) -> None:
    attempt = released(world)
    path = f"/manage/appeals/{ask(world, attempt).id}"
    visit("kim").get(path)
    session.expire_all()
    entry = session.query(AuditEntry).filter_by(action="result.look").one()
    assert entry.detail == {"person": world.person("cem").id}


def test_the_list_is_filtered_by_its_figures(world: World, visit: Visit) -> None:
    attempt = released(world)
    ask(world, attempt)
    kim = visit("kim")
    assert "Cem Candidate" in kim.get("/manage/appeals?stage=open").get_data(as_text=True)
    assert "No appeal fits" in kim.get("/manage/appeals?stage=closed").get_data(as_text=True)
    assert kim.get("/manage/appeals?stage=nonsense&page=99&q=%00").status_code == 200
