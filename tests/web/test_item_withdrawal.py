"""The page that names what breaks without a question, and the act; trainers and managers, nobody who is to sit it."""

from __future__ import annotations

from decimal import Decimal

from examengine.core.db import session
from examengine.exams import plans
from examengine.exams.models import Exam
from tests.making import World, post
from tests.web.conftest import Visit


def drawn(world: World, items: int) -> Exam:
    for _ in range(items):
        world.item()
    rule = plans.DrawRule(world.bank().id, 2, Decimal(2), kind="single_choice")
    return world.exam_of(plans.Plan(plans.Terms(), (plans.Section("Part 1", (rule,)),)))


def test_what_breaks_and_what_goes_on_stands_on_the_page(world: World, visit: Visit) -> None:
    exam = drawn(world, 3)
    world.sitting(exam, title="Weekly draw")
    item = next(iter(world.items.values()))
    world.sitting(world.exam([item]), title="Fixed one")
    item_id = item.id
    page = visit("ann").get(f"/items/{item_id}/withdrawal").get_data(as_text=True)
    assert "Weekly draw" in page and "Enough other questions fit" in page
    assert "Fixed one" in page and "It is a fixed question: slot 1" in page


def test_a_shortage_is_named_with_its_number(world: World, visit: Visit) -> None:
    drawn(world, 2)
    item_id = next(iter(world.items.values())).id
    page = visit("ann").get(f"/items/{item_id}/withdrawal").get_data(as_text=True)
    assert "Slot 1 cannot be filled: 1 more fitting questions are needed." in page


def test_a_manager_is_led_to_the_score_of_who_has_begun(world: World, visit: Visit) -> None:
    exam = drawn(world, 3)
    sitting = world.sitting(exam)
    item_id, link = next(iter(world.items.values())).id, f"/manage/exams/{exam.id}/questions/"
    assert link not in visit("kim").get(f"/items/{item_id}/withdrawal").get_data(as_text=True)
    world.start(sitting)
    session.commit()
    kim = visit("kim")
    page = kim.get(f"/items/{item_id}/withdrawal").get_data(as_text=True)
    assert f"{link}{item_id}/correction" in page
    assert kim.get(f"{link}{item_id}/correction").status_code == 200
    assert link not in visit("ann").get(f"/items/{item_id}/withdrawal").get_data(as_text=True)


def test_one_act_heals_and_says_what_is_left(world: World, visit: Visit) -> None:
    exam = drawn(world, 3)
    world.sitting(exam)
    item = next(iter(world.items.values()))
    world.exam([item])
    item_id, before = item.id, exam.revision_id
    ann = visit("ann")
    answer = post(ann, "/account", f"/items/{item_id}/withdrawal", reason="wrong key", retire="retire")
    assert answer.status_code == 303
    page = ann.get(answer.location).get_data(as_text=True)
    assert "1 sitting goes on without the question" in page
    assert "keeps the question: replace it and publish" in page
    session.expire_all()
    assert exam.revision_id != before
    assert item.state == "retired"


def test_a_manager_may_act_too_and_comes_from_the_result(world: World, visit: Visit) -> None:
    exam = drawn(world, 3)
    attempt = world.sat(world.sitting(exam))
    item = next(iter(world.items.values()))
    item_id, attempt_id = item.id, attempt.id
    from examengine.jobs import sweeps

    sweeps.run_all()
    session.commit()
    kim = visit("kim")
    assert "/withdrawal" in kim.get(f"/manage/attempts/{attempt_id}").get_data(as_text=True)
    assert kim.get(f"/items/{item_id}/withdrawal").status_code == 200
    assert post(kim, "/account", f"/items/{item_id}/withdrawal", reason="wrong", retire="keep").status_code == 303
    session.expire_all()
    assert item.state == "active"


def test_without_a_reason_nothing_happens_and_the_choice_stays(world: World, visit: Visit) -> None:
    exam = drawn(world, 3)
    item_id, before = next(iter(world.items.values())).id, exam.revision_id
    answer = post(visit("ann"), "/account", f"/items/{item_id}/withdrawal", reason=" ", retire="keep")
    assert answer.status_code == 422
    session.expire_all()
    assert exam.revision_id == before


def test_who_is_to_sit_such_an_exam_finds_nothing(world: World, visit: Visit) -> None:
    world.sitting(drawn(world, 3), ["ann"])
    item_id = next(iter(world.items.values())).id
    ann = visit("ann")
    assert ann.get(f"/items/{item_id}/withdrawal").status_code == 404
    assert post(ann, "/account", f"/items/{item_id}/withdrawal", reason="x", retire="keep").status_code == 404
    for who in ("mia", "cem"):
        assert visit(who).get(f"/items/{item_id}/withdrawal").status_code == 403
