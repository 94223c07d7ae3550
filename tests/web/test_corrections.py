"""Pages of corrections: who may open them, what they show to whom, what the buttons do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from examengine.core import audit, clock, tasks
from examengine.core.db import session
from examengine.grading import corrections
from examengine.grading.models import Correction
from examengine.jobs import work
from examengine.results import correction_pages
from tests.counting import statements
from tests.grading.marking import case_of, essay, mark
from tests.making import World, csrf_of
from tests.results.correcting import (
    answered,
    apply,
    choice,
    earned,
    for_exam,
    keyed,
    percents,
    rekey,
    run_sweeps,
    single,
    undo,
)
from tests.web.conftest import Visit


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def press(browser: FlaskClient, page: str, action: str, **fields: Any) -> Any:
    token = csrf_of(text_of(browser.get(page)))
    return browser.post(action, data={"csrf_token": token, **fields})


def do_work(answer: Any) -> str:
    """Do the task that the answer leads to; gives the page that follows."""
    assert answer.status_code == 303, text_of(answer)[:2000]
    task_id = int(answer.location.split("/work/")[1].split("?")[0])
    session.rollback()
    assert work.run(task_id)
    assert tasks.get_task(task_id).state == "done", tasks.get_task(task_id).outcome
    session.rollback()
    return str(answer.location.partition("next=")[2])


def scene(world: World) -> tuple[Any, Any, Any]:
    one, two = choice(world, "one"), choice(world, "two")
    exam = world.exam([one, two], release="complete", shuffle_items=False)
    sitting = world.sitting(exam, ["cem", "sam"], hours=2)
    attempts = answered(world, sitting, "cem", {1: 0, 2: 0}), answered(world, sitting, "sam", {1: 1, 2: 0})
    run_sweeps()
    return (exam, *attempts)


def only() -> Correction:
    session.expire_all()
    return session.query(Correction).order_by(Correction.id.desc()).limit(1).one()


KEY_1 = {f"kind-options-{n}-text": text for n, text in enumerate(("Listen first", "Transfer at once", "Hang up"))} | {
    "kind-options-1-key": "y",
    "explanation": "Better so",
}


def test_a_trainer_corrects_a_key_through_the_pages(world: World, visit: Visit) -> None:
    _, cem, sam = scene(world)
    ann, item = visit("ann"), world.items["one"].id
    assert f"/items/{item}/key" in text_of(ann.get(f"/items/{item}"))
    page = text_of(ann.get(f"/items/{item}/key"))
    assert page.count("readonly") == 3
    path = do_work(press(ann, f"/items/{item}/key", f"/items/{item}/key", **KEY_1))
    page = text_of(ann.get(path))
    assert "This is a preview." in page
    assert "Candidate 1" in page
    assert "Cem" not in page, "names are for managers"
    assert press(ann, path, f"{path}/apply", reason=" ").status_code == 422
    assert press(ann, path, f"{path}/apply", reason="B is right").status_code == 303
    run_sweeps()
    assert (percents(cem)[-1], percents(sam)[-1]) == ("50.00", "100.00")
    assert "B is right" in text_of(ann.get(path))
    assert press(ann, path, f"{path}/apply", reason="again").status_code == 409
    assert press(ann, path, f"{path}/undo", reason="A it is").status_code == 303
    run_sweeps()
    assert percents(sam)[-1] == "50.00"
    assert "Undone" in text_of(ann.get(f"/items/{item}/corrections"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {**KEY_1, "kind-options-1-key": ""},
        {**KEY_1, "kind-options-0-key": "y"},
        {**KEY_1, "kind-options-2-text": ""},
        {"kind-options-0-text": "x" * 5000, "explanation": "y" * 30_000},
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_planned(world: World, visit: Visit, fields: dict[str, str]) -> None:
    scene(world)
    item = world.items["one"].id
    answer = press(visit("ann"), f"/items/{item}/key", f"/items/{item}/key", **fields)
    assert answer.status_code == 422
    session.expire_all()
    assert session.query(Correction).count() == 0


def test_texts_of_the_form_do_not_change_what_was_shown(world: World, visit: Visit) -> None:
    from examengine.bank.models import ItemVersion

    scene(world)
    item = world.items["one"].id
    hostile = {**KEY_1, "kind-options-0-text": "<script>alert(1)</script>another option", "stem": "another"}
    do_work(press(visit("ann"), f"/items/{item}/key", f"/items/{item}/key", **hostile))
    version = session.get_one(ItemVersion, only().version_id)
    assert version.content["options"][0]["text"] == "<p>Listen first</p>"
    assert version.content["stem"] == "<p>First?</p>"


def test_a_manager_changes_points_and_sees_names(world: World, visit: Visit) -> None:
    exam, _, sam = scene(world)
    kim, item = visit("kim"), world.items["one"].id
    form = f"/manage/exams/{exam.id}/questions/{item}/correction"
    assert form in text_of(kim.get(f"/manage/exams/{exam.id}/corrections"))
    for fields in (
        {},
        {"kind": "points"},
        {"kind": "points", "points": "0"},
        {"kind": "points", "points": "2"},
        {"kind": "x"},
    ):
        assert press(kim, form, form, **fields).status_code == 422, fields
    path = do_work(press(kim, form, form, kind="points", points="6"))
    page = text_of(kim.get(path))
    assert "Sam Stranger" in page
    assert "50.00 %" in page
    assert "25.00 %" in page
    press(kim, path, f"{path}/apply", reason="It was harder")
    run_sweeps()
    assert percents(sam)[-1] == "25.00"
    assert "6" in text_of(kim.get(form))
    looks = session.query(audit.AuditEntry).filter_by(action="correction.look").count()
    assert looks >= 1


def test_a_manager_corrects_one_score_from_the_result(world: World, visit: Visit) -> None:
    _, _, sam = scene(world)
    kim = visit("kim")
    form = f"/manage/attempts/{sam.id}/questions/1/correction"
    assert form in text_of(kim.get(f"/manage/attempts/{sam.id}"))
    for points in ("", "x", "3", "-1", "0", "1e1", "0.001"):
        assert press(kim, form, form, points=points).status_code == 422, points
    path = do_work(press(kim, form, form, points="1,5"))
    press(kim, path, f"{path}/apply", reason="Half right")
    run_sweeps()
    page = text_of(kim.get(f"/manage/attempts/{sam.id}"))
    assert "Revisions of this result" in page
    assert "by a correction" in page
    assert kim.get(f"/manage/attempts/{sam.id}/questions/9/correction").status_code == 404


def test_discard_and_prepare_anew(world: World, visit: Visit) -> None:
    exam, *_ = scene(world)
    made = for_exam(world, exam, world.items["one"], "drop")
    kim, path = visit("kim"), f"/manage/exams/{exam.id}/corrections/{made.id}"
    assert do_work(press(kim, path, f"{path}/renew")) == path
    assert press(kim, path, f"{path}/discard").status_code == 303
    assert "Discarded" in text_of(kim.get(path))
    assert press(kim, "/account", f"{path}/renew").status_code == 409


def test_a_stale_preview_is_made_anew_before_it_is_applied(world: World, visit: Visit) -> None:
    one = choice(world, "one")
    exam = world.exam([one], release="complete")
    sitting = world.sitting(exam, ["cem", "sam"])
    answered(world, sitting, "cem", {1: 0})
    made = for_exam(world, exam, one, "everyone")
    answered(world, sitting, "sam", {1: 1})
    kim, path = visit("kim"), f"/manage/exams/{exam.id}/corrections/{made.id}"
    assert do_work(press(kim, path, f"{path}/apply", reason="x")) == path
    assert (only().state, only().counts["changed"]) == ("ready", 1)
    assert "made anew" in text_of(kim.get(path))
    assert press(kim, path, f"{path}/apply", reason="x").location == path


def test_the_lead_overrides_a_decided_answer_blind(world: World, visit: Visit) -> None:
    item = essay(world)
    attempt = answered(world, world.sitting(world.exam([item], release="complete")), "cem", {1: "what Cem wrote"})
    mark(world, "mia", "7")
    mark(world, "max", "7")
    run_sweeps()
    case, ada = case_of(attempt).id, visit("ada")
    form = f"/marking/desk/{case}/correction"
    assert form in text_of(ada.get(f"/marking/desk/{case}"))
    path = do_work(press(ada, form, form, points="9"))
    page = text_of(ada.get(path))
    assert "Cem" not in page
    press(ada, path, f"{path}/apply", reason="Read again")
    run_sweeps()
    assert earned(attempt)[1] == (9, 10)
    assert "9 / 10" in text_of(ada.get(f"/marking/desk/{case}"))
    assert visit("mia").get(form).status_code == 404


def test_a_number_is_never_put_on_a_list(world: World, visit: Visit) -> None:
    item = world.item("fill_in", "hours", data={"stem": "<p>[[1]]</p>", "blanks": [{"number": "24"}]})
    answered(world, world.sitting(world.exam([item])), "cem", {1: ["24 hours"]})
    path = f"/items/{item.id}/answers"
    ann = visit("ann")
    page = text_of(ann.get(path))
    assert "near “24”" in page
    assert 'name="take"' not in page
    assert press(ann, f"/items/{item.id}", path, take="0:24 hours").status_code == 404


def typed(world: World, *answers: str) -> Any:
    data = {"stem": "<p>Check [[1]].</p>", "blanks": [{"accept": ["password"]}]}
    item = world.item("fill_in", "blank", data=data)
    people = [f"op{n}" for n in range(len(answers))]
    sitting = world.sitting(world.exam([item], release="complete"), people)
    attempts = [answered(world, sitting, name, {1: [text]}) for name, text in zip(people, answers, strict=True)]
    run_sweeps()
    return item, attempts


def test_wrong_answers_are_grouped_and_accepted(world: World, visit: Visit) -> None:
    item, attempts = typed(world, "Pasword", "pasword ", "cat", "PASSWORD", "<b>x</b>", "")
    ann, path = visit("ann"), f"/items/{item.id}/answers"
    page = text_of(ann.get(path))
    assert page.index("asword") < page.index("cat")
    assert "near “password”" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "1 of 5 written answers" in page
    assert [earned(a)[1][0] for a in attempts] == [0, 0, 0, 2, 0, 0], "a near miss is never accepted by itself"
    assert press(ann, path, path).location == path
    assert press(ann, path, path, take="0:nonsense").status_code == 404
    back = do_work(press(ann, path, path, take="0:pasword"))
    press(ann, back, f"{back}/apply", reason="A slip")
    run_sweeps()
    assert [earned(a)[1][0] for a in attempts] == [2, 2, 0, 2, 0, 0]
    assert "pasword" not in text_of(ann.get(path)).split("<tbody>")[1]
    assert ann.get(f"/items/{choice(world).id}/answers").status_code == 404


def test_people_who_are_enrolled_find_nothing(world: World, visit: Visit, travel: Callable[..., None]) -> None:
    one = choice(world, "one")
    exam = world.exam([one], release="complete")
    sitting = world.sitting(exam, ["cem", "ann", "kim"], hours=2)
    attempt = answered(world, sitting, "cem", {1: 0})
    run_sweeps()
    made = rekey(world, one, keyed(1), by="ben")
    paths = {
        "ann": [f"/items/{one.id}/{rest}" for rest in ("key", "corrections", f"corrections/{made.id}")],
        "kim": [
            f"/manage/exams/{exam.id}/corrections",
            f"/manage/exams/{exam.id}/corrections/{made.id}",
            f"/manage/exams/{exam.id}/questions/{one.id}/correction",
            f"/manage/attempts/{attempt.id}/questions/1/correction",
        ],
    }
    for name, own in paths.items():
        browser = visit(name)
        for path in own:
            assert browser.get(path).status_code == 404, path
        token = csrf_of(text_of(browser.get("/account")))
        for act in ("apply", "undo", "discard", "renew"):
            answer = browser.post(f"{own[1 if name == 'kim' else 2]}/{act}", data={"csrf_token": token, "reason": "x"})
            assert answer.status_code == 404
    travel(hours=3)
    kim = visit("kim")
    assert kim.get(paths["kim"][1]).status_code == 200


def test_a_trainer_opens_corrections_of_keys_only_and_of_their_own_items(world: World, visit: Visit) -> None:
    exam, *_ = scene(world)
    ann = visit("ann")
    made = for_exam(world, exam, world.items["one"], "drop")
    key = rekey(world, world.items["one"], keyed(1))
    assert ann.get(f"/items/{world.items['one'].id}/corrections/{made.id}").status_code == 404
    assert ann.get(f"/items/{world.items['two'].id}/corrections/{key.id}").status_code == 404
    other = world.exam([choice(world, "three")])
    assert visit("kim").get(f"/manage/exams/{other.id}/corrections/{key.id}").status_code == 404


def test_the_owner_reads_what_was_corrected_when_and_why_but_never_who(
    world: World, visit: Visit, travel: Callable[..., None]
) -> None:
    exam, _, sam = scene(world)
    made = rekey(world, world.items["one"], keyed(1))
    apply(world, made)
    browser = visit("sam")
    page = text_of(browser.get(f"/attempts/{sam.id}/result"))
    assert "The key of question 1 was corrected." in page
    assert "50.00 %" in page
    assert "Passed now" in page
    assert "The key was wrong" not in page, "a reason may tell the key, and others are still to sit"
    assert "The reason is shown after the last sitting" in page
    travel(hours=3)
    page = text_of(visit("sam").get(f"/attempts/{sam.id}/result"))
    assert "The key was wrong" in page
    assert "Kim" not in page
    assert "Ann" not in page
    undo(world, made)
    page = text_of(visit("sam").get(f"/attempts/{sam.id}/result"))
    assert "A correction of question 1 was taken back." in page
    apply(world, for_exam(world, exam, world.items["one"], "drop"))
    page = text_of(visit("sam").get(f"/attempts/{sam.id}/result"))
    assert "does not count" in page


def test_a_preview_takes_a_fixed_number_of_statements(world: World, app: Any) -> None:
    one = choice(world, "one")
    exam = world.exam([one], release="complete")
    counts = []
    for people in (["p1"], [f"q{n}" for n in range(9)]):
        sitting = world.sitting(exam, people)
        for name in people:
            answered(world, sitting, name, {1: 0})
        made = for_exam(world, exam, one, "points", str(len(people) + 4))
        with statements() as seen:
            correction_pages.find_lines(made, "all", None)
        counts.append(len(seen))
        corrections.discard(made.id, clock.now(), world.person("kim").id)
        session.commit()
    assert counts[0] == counts[1]


def test_pages_with_one_score_and_long_lists(world: World, visit: Visit) -> None:
    exam, _, sam = scene(world)
    single(world, sam, 1, "1")
    kim = visit("kim")
    page = text_of(kim.get(f"/manage/exams/{exam.id}/corrections?q=tw&page=99&asked=-1"))
    assert ">two<" in page
    made = only()
    for query in ("?show=passes", "?show=nonsense&page=x&sitting=x", "?sitting=99999999999999999999"):
        assert kim.get(f"/manage/exams/{exam.id}/corrections/{made.id}{query}").status_code == 200
