"""Pictures of questions: added in the editor, shown at their places, served to who may see those and to nobody else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examengine.bank import media
from examengine.bank.models import Item, Media
from examengine.core import audit, clock
from examengine.core.db import session
from examengine.core.html import NAME
from examengine.itemtypes import kinds
from examengine.itemtypes.base import Kind
from examengine.results import actions as results
from tests.making import World, csrf_of, log_in
from tests.pictures import JPEG, exif, gif, picture, told
from tests.uploading import CONTENT_TYPE, body
from tests.web.conftest import Instance, Visit

ALT = "The form that callers fill in"


def name_in(text: str) -> str:
    found = re.search(rf"media[:/]({NAME})", text)
    assert found, text[:300]
    return found[1]


def send(ann: FlaskClient, path: str, data: bytes, name: str = "form.png", alt: str = ALT, **fields: Any) -> Any:
    """The editor's form with a picture chosen."""
    page = ann.get(path).get_data(as_text=True)
    facts = {"csrf_token": csrf_of(page), "act": "picture", "picture_alt": alt, "points": "2", **fields}
    return ann.post(path, data=body(facts, "picture", data, name), content_type=CONTENT_TYPE)


@pytest.mark.parametrize("kind", kinds())
def test_a_picture_is_added_to_a_new_question_of_any_kind_and_nothing_entered_is_lost(
    kind: str, world: World, visit: Visit
) -> None:
    world.bank()
    ann, path = visit("ann"), f"/items/new?kind={kind}"
    page = ann.get(path).get_data(as_text=True)
    assert 'name="picture"' in page and 'enctype="multipart/form-data"' in page
    answer = send(ann, path, picture(), stem="What is shown?", source="HB 3.2", explanation="See there.")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "What is shown?" in text and "HB 3.2" in text and "See there." in text
    name = name_in(text)
    assert f'<img src="/items/new/media/{name}" alt="{ALT}"' in text
    assert f"&lt;img src=&#34;media:{name}&#34; alt=&#34;{ALT}&#34;&gt;" in text
    assert re.search(r'name="uploads"[^>]*value="1"', text)
    served = ann.get(f"/items/new/media/{name}")
    assert served.data == picture()
    assert session.query(Item).count() == 0


def test_it_goes_with_the_question_once_that_is_saved(world: World, visit: Visit) -> None:
    bank_id = world.bank().id
    ann, path = visit("ann"), "/items/new?kind=true_false"
    name = name_in(send(ann, path, picture()).get_data(as_text=True))
    code = f'<img src="media:{name}" alt="{ALT}">'
    facts = {"stem": f"Is it so?\n{code}", "explanation": "Yes.", "kind-answer": "true", "uploads": "1"}
    facts |= {"code": "q-1", "bank": str(bank_id), "points": "2", "difficulty": "3", "language": "en", "use": "exam"}
    facts |= {"csrf_token": csrf_of(ann.get(path).get_data(as_text=True)), "act": "publish"}
    answer = ann.post(path, data=facts)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = ann.get(answer.location).get_data(as_text=True)
    assert shown.count(f'<img src="{answer.location}/media/{name}" alt="{ALT}"') == 2, "as candidate and as grader"
    assert ann.get(f"{answer.location}/media/{name}").status_code == 200
    assert ann.get(f"/items/new/media/{name}").status_code == 404, "it belongs to the question now"
    editor = ann.get(f"{answer.location}/draft").get_data(as_text=True)
    assert f"Is it so?\n&lt;img src=&#34;media:{name}&#34; alt=&#34;{ALT}&#34;&gt;" in editor, "plain text stays plain"
    found = session.query(Item).one()
    assert found.latest.words == f"Is it so?\n[picture: {ALT}]"


@pytest.mark.parametrize("alt", ['He says: "Hello"', "1 < 2 & 3 > 2", "客户说：“您好”", "it's [[1]]"])
def test_whatever_it_shows_plain_text_stays_plain_in_the_editor(alt: str, world: World, visit: Visit) -> None:
    code = world.picture(alt=alt)
    item_id = world.item("true_false", data={"stem": f"Look & see.\n\n{code}\nIs it so?"}).id
    page = visit("ann").get(f"/items/{item_id}/draft").get_data(as_text=True)
    written = re.search(r'<textarea[^>]*id="stem"[^>]*>\s*(.*?)</textarea>', page, re.S)
    assert written
    assert html.unescape(written[1]).replace("\r", "") == f"Look & see.\n\n{code}\nIs it so?"


def test_a_copy_shows_the_pictures_of_its_origin(world: World, visit: Visit) -> None:
    code = world.picture()
    item_id = world.item(data={"stem": f"<p>Look.</p><p>{code}</p>"}).id
    page = visit("ann").get(f"/items/new?kind=single_choice&copy={item_id}").get_data(as_text=True)
    assert f'src="/items/{item_id}/media/{name_in(code)}"' in page
    assert f'data-preview="/items/preview/single_choice?copy={item_id}"' in page


def test_the_live_preview_shows_the_picture(world: World, visit: Visit) -> None:
    code, item_id = world.picture(), world.item().id
    ann = visit("ann")
    facts = {"csrf_token": csrf_of(ann.get("/account").get_data(as_text=True)), "stem": code}
    page = ann.post(f"/items/preview/single_choice?item={item_id}", data=facts).get_data(as_text=True)
    assert f'<img src="/items/{item_id}/media/{name_in(code)}"' in page


def test_the_same_picture_twice_is_one_and_each_upload_is_on_record(world: World, visit: Visit) -> None:
    first, second = world.item().id, world.item().id
    ann = visit("ann")
    for item_id in (first, second, second):
        assert (
            send(ann, f"/items/{item_id}/draft", picture(after=b"x" * item_id), alt=f"words {item_id}").status_code
            == 200
        )
    kept = session.query(Media).one()
    assert (kept.width, kept.height, kept.size, kept.file_name) == (8, 4, len(picture()), "form.png")
    acts = [entry.action for entry in audit.find_latest(audit.AuditFilter(subject="media"), 9)]
    assert sorted(acts) == ["media.add", "media.offer", "media.offer", "media.offer"]
    for item_id in (first, second):
        assert f"words {item_id}" in ann.get(f"/items/{item_id}/draft").get_data(as_text=True)
        assert ann.get(f"/items/{item_id}/media/{kept.name}").status_code == 200


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(world: World, instance: Instance) -> None:
    world.bank()
    (instance.folder / "media").write_text("no folder")
    answer = send(instance.visit("ann"), "/items/new?kind=essay", picture(), stem="Just written")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "The media folder of the instance cannot be written" in page and "Just written" in page
    assert session.query(Media).count() == 0


def test_with_a_file_chosen_any_button_adds_it_and_saves_nothing(world: World, visit: Visit) -> None:
    item = world.item()
    item_id, before = item.id, item.latest.sha256
    answer = send(visit("ann"), f"/items/{item_id}/draft", picture(), stem="Changed", act="save")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Changed" in page
    assert "The picture is added, but nothing is saved yet." in page
    session.expire_all()
    assert session.get_one(Item, item_id).latest.sha256 == before


SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"", "empty.png", "The file is empty."),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.png", "This is no PNG"),
        (b"<!doctype html>" + SCRIPT, "x.jpg", "This is no PNG"),
        (b"%PDF-1.7 " + SCRIPT, "x.pdf", "This is no PNG"),
        (picture()[:40], "half.png", "damaged"),
        (gif(frames=2), "moves.gif", "moves"),
        (picture(4000, 2400), "bomb.png", "more than 8 million pixels"),
        (picture(4001, 1), "wide.png", "wider or higher than 4000 pixels"),
        (picture(after=bytes(1024 * 1024)), "large.png", "larger than 1024 KiB"),
    ],
    ids=told,
)
def test_what_is_no_fit_picture_is_refused_in_words_and_everything_stays(
    data: bytes, name: str, why: str, world: World, visit: Visit
) -> None:
    item_id = world.item().id
    answer = send(visit("ann"), f"/items/{item_id}/draft", data, name, stem="Just written")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert why in page and "Choose the file again" in page
    assert "Just written" in page and ALT in page
    assert session.query(Media).count() == 0


@pytest.mark.parametrize(("alt", "why"), [("  ", "Say in words"), ("x" * 301, "more than 300 characters")])
def test_a_picture_needs_a_description(alt: str, why: str, world: World, visit: Visit) -> None:
    answer = send(visit("ann"), f"/items/{world.item().id}/draft", picture(), alt=alt)
    assert answer.status_code == 422 and why in answer.get_data(as_text=True)


def test_without_a_file_the_button_asks_for_one(world: World, visit: Visit) -> None:
    answer = send(visit("ann"), f"/items/{world.item().id}/draft", b"", "")
    assert answer.status_code == 422 and "Choose a file first." in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["../../x.png", "x.html", "..\\x.php", "\u202egnp.exe", "n" * 300 + ".png", "con"])
def test_a_files_name_decides_nothing(name: str, world: World, visit: Visit, app: Flask) -> None:
    ann, item_id = visit("ann"), world.item().id
    assert send(ann, f"/items/{item_id}/draft", picture(after=SCRIPT), name).status_code == 200
    kept = session.query(Media).one()
    assert re.fullmatch(NAME, kept.name) and len(kept.file_name) <= 120
    assert "/" not in kept.file_name and "\\" not in kept.file_name
    served = ann.get(f"/items/{item_id}/media/{kept.name}")
    assert served.mimetype == "image/png" and SCRIPT not in served.data
    folder: Path = app.config["SETTINGS"].media
    assert (folder / kept.name).read_bytes() == picture()


def test_what_a_camera_notes_is_gone(world: World, visit: Visit, app: Flask) -> None:
    sent = JPEG[:2] + exif(6, more=b"GPS 39.9 116.4") + JPEG[2:]
    assert send(visit("ann"), f"/items/{world.item().id}/draft", sent, "photo.jpg").status_code == 200
    kept = (app.config["SETTINGS"].media / session.query(Media).one().name).read_bytes()
    assert b"GPS" not in kept and kept[2:4] == b"\xff\xe1", "but the way up stays"


def test_a_picture_without_words_or_without_a_file_is_not_published(world: World, visit: Visit) -> None:
    bare = world.picture(alt="")
    gone = f'<img src="media:{"0" * 64}.png" alt="lost">'
    ann = visit("ann")
    item = world.item("true_false")
    path = f"/items/{item.id}/draft"
    facts = {
        "stem": f"<p>{bare}{gone}</p>",
        "kind-answer": "true",
        "explanation": "x",
        "points": "2",
        "difficulty": "3",
    }
    facts |= {"language": "en", "use": "exam", "seen": item.latest.sha256, "act": "publish"}
    facts["csrf_token"] = csrf_of(ann.get(path).get_data(as_text=True))
    page = ann.get(ann.post(path, data=facts).location).get_data(as_text=True)
    assert "The draft is saved, but not published." in page
    assert "Picture 1 has no description" in page
    assert "The file of picture 2 is not here" in page


def test_a_picture_from_elsewhere_is_left_out_and_the_author_told(world: World, visit: Visit) -> None:
    ann = visit("ann")
    facts = {"csrf_token": csrf_of(ann.get("/account").get_data(as_text=True))}
    facts["stem"] = "<p>a<img src='https://x.example/y.png' alt='x'></p>"
    page = ann.post("/items/preview/true_false", data=facts).get_data(as_text=True)
    assert "Pictures from elsewhere are left out" in page
    assert "x.example" not in page.replace("&#39;", "")


# Who gets which file


@pytest.fixture
def asked(world: World) -> dict[str, str]:
    """An exam with pictures in stem, option, explanation; Cem and Sam sit it. Names by place."""
    codes = {
        place: world.picture(n, 4, f"picture of the {place}") for n, place in enumerate(("stem", "option", "key"), 3)
    }
    options = [{"text": f"<p>{codes['option']}</p>", "key": True}, {"text": "<p>Other</p>"}]
    data = {"stem": f"<p>Which?</p><p>{codes['stem']}</p>", "options": options, "explanation": f"<p>{codes['key']}</p>"}
    item = world.item("single_choice", "pictured", data=data)
    plain = world.item("true_false", "plain")
    world.sitting(world.exam([item, plain], release="hand", shuffle_items=False), ["cem", "sam"], hours=2)
    return {place: name_in(code) for place, code in codes.items()}


def begun(world: World, name: str = "cem") -> int:
    from examengine.exams.models import Sitting

    attempt_id = world.start(session.query(Sitting).one(), name).id
    session.commit()
    return attempt_id


def test_the_exam_page_shows_pictures_that_its_owner_and_nobody_else_gets(
    asked: dict[str, str], world: World, visit: Visit, client: FlaskClient
) -> None:
    attempt_id = begun(world)
    cem, at = visit("cem"), f"/attempts/{attempt_id}/slots/1/media"
    page = cem.get(f"/attempts/{attempt_id}").get_data(as_text=True)
    assert f'<img src="{at}/{asked["stem"]}" alt="picture of the stem">' in page
    assert f'<img src="{at}/{asked["option"]}" alt="picture of the option">' in page
    assert "media:" not in page
    for place in ("stem", "option"):
        served = cem.get(f"{at}/{asked[place]}")
        assert served.status_code == 200 and served.mimetype == "image/png"
        assert served.headers["Cache-Control"] == "private, no-cache"
        assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        again = cem.get(f"{at}/{asked[place]}", headers={"If-None-Match": served.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert cem.head(f"{at}/{asked[place]}").status_code == 200
        assert visit("sam").get(f"{at}/{asked[place]}").status_code == 404
        assert visit("kim").get(f"{at}/{asked[place]}").status_code == 404
        assert client.get(f"{at}/{asked[place]}").location.startswith("/login")
        assert cem.post(f"{at}/{asked[place]}").status_code in (400, 405)
    assert cem.get(f"{at}/{asked['key']}").status_code == 404
    assert cem.get(f"/attempts/{attempt_id}/slots/2/media/{asked['stem']}").status_code == 404
    for wrong in ("0" * 64 + ".png", "x.png", asked["stem"].replace("png", "jpg"), "..%2f..%2fsecret_key", "%00"):
        assert cem.get(f"{at}/{wrong}").status_code == 404


def test_another_attempts_page_has_its_own_addresses(asked: dict[str, str], world: World, visit: Visit) -> None:
    one, other = begun(world), begun(world, "sam")
    visit("cem").get(f"/attempts/{one}")
    page = visit("sam").get(f"/attempts/{other}").get_data(as_text=True)
    assert f"/attempts/{other}/slots/1/media/{asked['stem']}" in page
    assert f"/attempts/{one}/" not in page


def test_an_ended_session_gets_none(asked: dict[str, str], world: World, visit: Visit) -> None:
    attempt_id = begun(world)
    cem = visit("cem")
    world.person("cem").session_version += 1
    session.commit()
    answer = cem.get(f"/attempts/{attempt_id}/slots/1/media/{asked['stem']}")
    assert answer.status_code == 302 and answer.location.startswith("/login")


def test_after_the_exam_pictures_come_with_the_result_and_the_keys_with_the_keys(
    asked: dict[str, str], world: World, visit: Visit, travel: Callable[..., None]
) -> None:
    from examengine.exams.models import Sitting

    sitting = session.query(Sitting).one()
    attempt = world.start(sitting, "cem")
    attempt_id, sitting_id = attempt.id, sitting.id
    world.submit(attempt, {})
    session.commit()
    at = f"/attempts/{attempt_id}/slots/1/media"
    got = lambda: {place: visit("cem").get(f"{at}/{name}").status_code for place, name in asked.items()}  # noqa: E731
    assert set(got().values()) == {404}, "not released"
    results.complete(attempt_id, clock.now())
    results.release_by_hand(sitting_id, clock.now(), world.person("kim").id)
    session.commit()
    assert got() == {"stem": 200, "option": 200, "key": 404}

    def shown() -> dict[str, bool]:
        page = visit("cem").get(f"/attempts/{attempt_id}/result").get_data(as_text=True)
        return {place: f'<img src="{at}/{name}" alt="picture of the {place}"' in page for place, name in asked.items()}

    assert shown() == {"stem": True, "option": True, "key": False}
    travel(hours=3)
    assert all(shown().values())
    assert set(got().values()) == {200}
    from examengine.delivery import actions as delivery

    delivery.void(attempt_id, clock.now(), world.person("kim").id, "a mistake")
    session.commit()
    assert set(got().values()) == {404}


def test_graders_leads_and_managers_get_those_of_their_pages(world: World, visit: Visit) -> None:
    codes = {place: world.picture(n, 5, place) for n, place in enumerate(("stem", "model", "weak", "explained"), 3)}
    names = {place: name_in(code) for place, code in codes.items()}
    data = {
        "stem": codes["stem"],
        "model_answer": codes["model"],
        "weak_answer": codes["weak"],
        "explanation": codes["explained"],
    }
    item = world.item("essay", "pictured", points="10", data=data)
    sitting = world.sitting(world.exam([item], marking={"markers": 1}))
    attempt_id = world.sat(sitting).id
    from examengine.grading import actions as grading
    from examengine.grading.models import MarkingTask

    task = grading.claim_next(world.person("mia").id, clock.now())
    assert isinstance(task, MarkingTask)
    task_id, case_id = task.id, task.case_id
    session.commit()
    mia, at = visit("mia"), f"/marking/tasks/{task_id}/media"
    page = mia.get(f"/marking/tasks/{task_id}").get_data(as_text=True)
    assert f'<img src="{at}/{names["stem"]}" alt="stem" loading="lazy">' in page
    assert f'<img src="{at}/{names["model"]}" alt="model" loading="lazy">' in page
    assert {place: mia.get(f"{at}/{name}").status_code for place, name in names.items()} == {
        "stem": 200,
        "model": 200,
        "weak": 404,
        "explained": 404,
    }
    assert visit("max").get(f"{at}/{names['stem']}").status_code == 404
    assert visit("ada").get(f"/marking/desk/{case_id}/media/{names['stem']}").status_code == 404, "not at the lead yet"
    grading.give_mark(
        task_id, world.person("mia").id, [0] * len(page.split('<fieldset class="criterion"')[1:]), "", clock.now()
    )
    session.commit()
    results.complete(attempt_id, clock.now())
    session.commit()
    case = visit("ada").get(f"/marking/desk/{case_id}").get_data(as_text=True)
    assert f'src="/marking/desk/{case_id}/media/{names["model"]}"' in case
    assert visit("ada").get(f"/marking/desk/{case_id}/media/{names['model']}").status_code == 200
    kim, below = visit("kim"), f"/manage/attempts/{attempt_id}/questions/1/media"
    assert f'<img src="{below}/{names["stem"]}"' in kim.get(f"/manage/attempts/{attempt_id}").get_data(as_text=True)
    assert f'<img src="{below}/{names["stem"]}"' in kim.get(
        f"/manage/attempts/{attempt_id}/questions/1/correction"
    ).get_data(as_text=True)
    assert kim.get(f"{below}/{names['stem']}").status_code == 200
    assert kim.get(f"{below}/{names['model']}").status_code == 404, "she sees no model answers there"
    assert kim.get(f"/manage/attempts/{attempt_id}/questions/2/media/{names['stem']}").status_code == 404
    assert visit("cem").get(f"{below}/{names['stem']}").status_code == 403


def test_another_questions_picture_is_not_there(world: World, visit: Visit) -> None:
    code = world.picture()
    with_it, without = world.item(data={"stem": f"<p>{code}</p>"}).id, world.item().id
    ann = visit("ann")
    assert ann.get(f"/items/{with_it}/media/{name_in(code)}").status_code == 200
    assert ann.get(f"/items/{without}/media/{name_in(code)}").status_code == 404
    assert visit("kim").get(f"/items/{with_it}/media/{name_in(code)}").status_code == 403


def test_who_is_to_sit_it_gets_none_whatever_her_roles(asked: dict[str, str], world: World, visit: Visit) -> None:
    from examengine.exams import actions as exams
    from examengine.exams.models import Sitting

    item_id = world.items["pictured"].id
    assert visit("ann").get(f"/items/{item_id}/media/{asked['stem']}").status_code == 200
    exams.set_audience(session.query(Sitting).one(), [], [world.person("ann").id], clock.now(), None)
    session.commit()
    assert visit("ann").get(f"/items/{item_id}/media/{asked['stem']}").status_code == 404


def test_a_file_that_is_gone_is_missing(asked: dict[str, str], world: World, visit: Visit, app: Flask) -> None:
    (app.config["SETTINGS"].media / asked["stem"]).unlink()
    assert visit("ann").get(f"/items/{world.items['pictured'].id}/media/{asked['stem']}").status_code == 404


def kind_of(name: str) -> Kind[Any]:
    return kinds()[name]


@pytest.mark.parametrize("name", kinds())
def test_every_rich_text_of_every_kind_may_have_pictures(name: str, world: World) -> None:
    kind, code = kind_of(name), world.picture()
    content = kind.clean(kind.rich(kind.load(kind.examples().data), lambda text: f"{text}<p>{code}</p>"))
    assert len(kind.pictures(content)) == len(kind.texts(content)) >= 2
    assert media.faults(kind, content) == kind.problems(content)
    presentation = kind.present(content)
    assert name_in(presentation.stem)


def test_log_in_again_and_the_picture_is_there_again(asked: dict[str, str], world: World, client: FlaskClient) -> None:
    attempt_id = begun(world)
    log_in(client, "cem")
    assert client.get(f"/attempts/{attempt_id}/slots/1/media/{asked['stem']}").status_code == 200
