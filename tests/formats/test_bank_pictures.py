"""Pictures beside item files: each fault with its file and line, and what is written is read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examengine.core import pictures
from examengine.formats import bank_pictures, bank_yaml
from examengine.formats.base import BankDraft
from tests.formats.test_bank_yaml import HEAD
from tests.pictures import JPEG, exif, gif, picture

ITEM = """\
- id: cc-1
  kind: single_choice
  language: en
  points: 2
  difficulty: 1
  competencies: [business.service]
  stem: |
    Which form is this?
    <img src="pictures/form.png" alt="A form with three fields">
  options:
    - {text: "Order", key: true}
    - {text: '<img src="pictures/other.gif" alt="A complaint">'}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank folder with two pictures."""
    made = tmp_path / "complaints"
    (made / "pictures").mkdir(parents=True)
    (made / "bank.yaml").write_text(HEAD, "utf-8")
    (made / "items.yaml").write_text(ITEM, "utf-8")
    (made / "pictures" / "form.png").write_bytes(picture(after=b"GPS"))
    (made / "pictures" / "other.gif").write_bytes(gif())
    return made


def told(bank: BankDraft) -> list[str]:
    return [f"{p.place.file}:{p.place.line}: {p.reason}" for p in bank.problems]


def test_texts_name_the_content_and_the_files_come_along_cleaned(folder: Path) -> None:
    bank = bank_yaml.read_folder(folder)
    assert told(bank) == []
    name, other = pictures.checked(picture()).name, pictures.checked(gif()).name
    data = bank.items[0].draft.data
    assert data["stem"] == f'<p>Which form is this?<br><img src="media:{name}" alt="A form with three fields"></p>'
    assert data["options"][1]["text"] == f'<p><img src="media:{other}" alt="A complaint"></p>'
    assert {key: found.file_name for key, found in bank.pictures.items()} == {name: "form.png", other: "other.gif"}
    assert bank.pictures[name].picture.data == picture()


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ('<img src="pictures/none.png" alt="x">', "pictures/none.png cannot be read: No such file"),
        ('<img src="pictures/../bank.yaml" alt="x">', "“pictures/../bank.yaml” is not"),
        ('<img src="../pictures/form.png" alt="x">', "“../pictures/form.png” is not"),
        ('<img src="/etc/passwd" alt="x">', "“/etc/passwd” is not"),
        ('<img src="https://x.example/y.png" alt="x">', "is not"),
        ("<IMG alt=x>", "“” is not"),
        (f'<img src="media:{"0" * 64}.png" alt="x">', "is not"),
        ('<img src="pictures/.hidden.png" alt="x">', "is not"),
        ('<img src="pictures/a\\b.png" alt="x">', "is not"),
        ("<img src='pictures/page.png' alt=x>", "pictures/page.png: This is no PNG, JPEG, WebP or GIF picture."),
        ("<img src=pictures/large.png alt=x>", "pictures/large.png: The picture is larger than 1024 KiB."),
        ("<img src=pictures/empty.png alt=x>", "pictures/empty.png: The file is empty."),
        ("<img src=pictures/out.png alt=x>", "pictures/out.png is outside its folder"),
        ("<img src=pictures/folder alt=x>", "pictures/folder cannot be read"),
        ('<img src="pictures/form.png">', "Picture 1 has no description"),
        ('<img src="pictures/form.png" alt=" ">', "Picture 1 has no description"),
    ],
)
def test_each_fault_is_named_with_file_line_and_reason(tag: str, why: str, folder: Path, tmp_path: Path) -> None:
    (folder / "pictures" / "page.png").write_bytes(b"<html><script>")
    (folder / "pictures" / "large.png").write_bytes(picture(after=bytes(1024 * 1024)))
    (folder / "pictures" / "empty.png").write_bytes(b"")
    (tmp_path / "outside.png").write_bytes(picture())
    (folder / "pictures" / "out.png").symlink_to(tmp_path / "outside.png")
    (folder / "pictures" / "folder").mkdir()
    text = ITEM.replace('<img src="pictures/form.png" alt="A form with three fields">', tag)
    (folder / "items.yaml").write_text(text, "utf-8")
    bank = bank_yaml.read_folder(folder)
    assert len(bank.problems) == 1
    line = 1 if "no description" in why else 7
    assert told(bank)[0].startswith(f"items.yaml:{line}: cc-1: ")
    assert why in told(bank)[0]
    assert bank.items == ()


def test_the_pictures_folder_is_no_way_out(folder: Path, tmp_path: Path) -> None:
    (folder / "pictures").rename(tmp_path / "elsewhere")
    (folder / "pictures").symlink_to(tmp_path / "elsewhere")
    problems = told(bank_yaml.read_folder(folder))
    assert [line.split(": ")[2] for line in problems] == [
        "pictures/form.png is outside its folder",
        "pictures/other.gif is outside its folder",
    ]


def test_a_picture_that_changed_changes_the_items_hash_and_nothing_else_does(folder: Path) -> None:
    before = bank_yaml.read_folder(folder).items[0].file_hash
    (folder / "pictures" / "form.png").write_bytes(picture())  # the same once it is cleaned
    assert bank_yaml.read_folder(folder).items[0].file_hash == before
    (folder / "pictures" / "form.png").write_bytes(picture(9, 9))
    assert bank_yaml.read_folder(folder).items[0].file_hash != before


def test_what_is_written_is_read_again_with_its_pictures(folder: Path, tmp_path: Path) -> None:
    bank = bank_yaml.read_folder(folder)
    copy = tmp_path / "again" / "complaints"
    written = bank_yaml.write_folder(copy, bank)
    assert {path.name for path in written} == {"bank.yaml", "items-en.yaml", "form.png", "other.gif"}
    again = bank_yaml.read_folder(copy)
    assert told(again) == []
    assert again.items[0].draft == bank.items[0].draft
    assert again.items[0].file_hash == bank_yaml.file_hash(bank.items[0].draft)
    assert 'src="pictures/form.png"' in (copy / "items-en.yaml").read_text("utf-8")


def test_names_of_files_are_plain_and_no_two_alike() -> None:
    one, two, three = "1" * 64 + ".png", "2" * 64 + ".png", "3" * 64 + ".jpg"
    names = bank_pictures.file_names([(one, "来电 流程.png"), (two, "来电 流程.PNG"), (three, "../../.x.jpg")])
    assert names == {one: "来电-流程.png", two: f"来电-流程-{'2' * 16}.png", three: "x.jpg"}
    assert bank_pictures.file_names([(one, "")]) == {one: "1" * 16 + ".png"}
    assert not any(os.sep in name for name in names.values())


def test_a_cameras_notes_do_not_reach_the_bank(folder: Path) -> None:
    (folder / "pictures" / "form.png").write_bytes(JPEG[:2] + exif(1, more=b"GPS 39.9") + JPEG[2:])
    found = bank_yaml.read_folder(folder).pictures
    assert not any(b"GPS" in one.picture.data for one in found.values())
    assert pictures.checked(JPEG).name in found, "a name says nothing: the content does"
