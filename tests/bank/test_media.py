"""Pictures of questions in the bank: one row a content, whose they are, what keeps a question from being published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from examengine.bank import actions, media
from examengine.bank import queries as bank
from examengine.bank.models import Item, Media, MediaUpload
from examengine.core import audit, clock, pictures
from examengine.core.db import session
from examengine.core.errors import Invalid, Missing
from tests.making import World
from tests.pictures import picture
from tests.racing import Racer

PICTURE = pictures.checked(picture(), pictures.QUESTION)


def upload(by: int, item_id: int | None = None, alt: str = "a form") -> MediaUpload:
    made = media.upload(PICTURE, "form.png", alt, item_id, clock.now(), by)
    session.commit()
    return made


def test_two_at_once_with_the_same_picture_are_one_row(app: Flask, world: World) -> None:
    ann, ben = world.person("ann").id, world.person("ben").id

    def store(name: str, by: int) -> str:
        return media.store(PICTURE, name, clock.now(), by).file_name

    with Racer(app, lambda: store("one.png", ann), hold=True) as first:
        first.has_worked()
        with Racer(app, lambda: store("other.png", ben)) as second:
            second.must_wait()
            assert first.let_go() == "one.png"
            assert second.result() == "one.png"
    assert session.query(Media).count() == 1


def test_what_was_added_before_the_question_had_a_number_becomes_its_own(world: World) -> None:
    ann, ben, item = world.person("ann").id, world.person("ben").id, world.item()
    mine, hers, name = upload(ann).id, upload(ben).id, PICTURE.name
    assert media.get_own(name, ann).name == name
    with pytest.raises(Missing):
        media.get_of_item(item.id, name)
    media.claim(item, [mine, hers], ann)
    session.commit()
    assert media.get_of_item(item.id, name).name == name
    assert [row.id for row in media.find_at_hand(item.id, [], ann)] == [mine]
    with pytest.raises(Missing):
        media.get_own(name, ann)
    assert media.get_own(name, ben).name == name, "another's stays hers"


def test_numbers_of_others_uploads_offer_nothing(world: World) -> None:
    ann, ben = world.person("ann").id, world.person("ben").id
    theirs = upload(ben).id
    assert media.find_at_hand(None, [theirs], ann) == []
    elsewhere = upload(ann, world.item().id).id
    assert media.find_at_hand(None, [elsewhere], ann) == []


@pytest.mark.parametrize("name", ["", "x.png", "..", "0" * 64, "0" * 64 + ".svg", "%" * 64 + ".png", "_" * 64 + ".png"])
def test_what_is_no_name_of_ours_is_not_looked_for(name: str, world: World) -> None:
    item = world.item(data={"stem": f"<p>{world.picture()}</p>"})
    with pytest.raises(Missing):
        media.get_of_item(item.id, name)


def test_a_picture_of_an_older_version_stays_with_the_question(world: World) -> None:
    code = world.picture()
    item = world.item(data={"stem": f"<p>{code}</p>"})
    [name] = media.names_of(item.latest)
    draft = actions.draft_of(item, item.latest)
    actions.write_item(
        world.bank(), item, replace(draft, data={**draft.data, "stem": "<p>None</p>"}), clock.now(), None
    )
    actions.publish_item(item, clock.now(), None)
    session.commit()
    assert media.names_of(item.latest) == frozenset()
    assert media.get_of_item(item.id, name).name == name


def test_publishing_names_each_picture_without_words_or_file(world: World) -> None:
    item = world.item("essay")
    lost = f'<img src="media:{"0" * 64}.png" alt="lost">'
    draft = actions.draft_of(item, item.latest)
    data = {**draft.data, "stem": f"<p>{world.picture(alt='')}</p>", "model_answer": f"<p>{lost}</p>"}
    actions.write_item(world.bank(), item, replace(draft, data=data), clock.now(), None)
    with pytest.raises(Invalid) as refused:
        actions.publish_item(item, clock.now(), None)
    told = sorted(str(problem) for problem in refused.value.problems)
    assert told[0].startswith("Picture 1 has no description")
    assert told[1].startswith("The file of picture 2 is not here")
    session.rollback()
    assert session.get_one(Item, item.id).draft is None


def test_a_corrected_key_must_not_bring_a_lost_picture(world: World) -> None:
    from examengine.bank.rekeying import rekeyed

    item = world.item("true_false")
    shown = item.published
    assert shown is not None
    data = {**shown.content, "explanation": f'<p><img src="media:{"0" * 64}.png" alt="lost"></p>'}
    with pytest.raises(Invalid, match="file of picture 1"):
        rekeyed(item, shown, data, clock.now(), None)


def test_who_added_what_is_in_the_audit_trail(world: World) -> None:
    ann, item = world.person("ann").id, world.item()
    upload(ann, item.id, "  a\n form ")
    entries = {entry.action: entry for entry in audit.find_latest(audit.AuditFilter(subject="media"), 9)}
    assert entries["media.add"].detail["file"] == "form.png"
    assert entries["media.add"].detail["name"] == PICTURE.name
    assert entries["media.offer"].detail == {"item": item.id, "alt": "a form"}
    assert {entry.actor_id for entry in entries.values()} == {ann}


def test_lists_and_search_know_a_picture_by_its_words(world: World) -> None:
    world.item(data={"stem": f"<p>Which?</p><p>{world.picture(alt='来电登记表')}</p>"})
    found = bank.find_items(bank.ItemFilter(words="来电登记表"), 1).rows
    assert [item.latest.words for item in found] == ["Which?\n[图片：来电登记表]"]
