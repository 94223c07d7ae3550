"""bank check, load, save, list."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from examengine.bank import actions as bank
from examengine.bank import queries
from examengine.bank.models import Media
from examengine.core import clock
from examengine.core.db import session
from examengine.core.settings import root
from tests.cli.conftest import Console
from tests.pictures import picture

SHIPPED = root() / "question_banks"
ITEM = {
    "id": "cc-en-001",
    "kind": "single_choice",
    "language": "en",
    "points": 2,
    "difficulty": 2,
    "competencies": ["business.service"],
    "source": "HB 1.1",
    "stem": "What comes first?",
    "explanation": "Whoever is heard calms down.",
    "options": [{"text": "Listen", "key": True}, {"text": "Transfer"}, {"text": "Hang up"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small bank beside the shipped competencies."""
    banks = tmp_path / "banks"
    (banks / "calls").mkdir(parents=True)
    shutil.copy(SHIPPED / "competencies.yaml", banks)
    head = {"schema": 1, "bank": "calls", "title": {"en": "Calls", "zh": "来电"}, "files": ["items.yaml"]}
    (banks / "calls" / "bank.yaml").write_text(yaml.safe_dump(head, allow_unicode=True), "utf-8")
    write(banks, ITEM, {**ITEM, "id": "cc-en-002", "stem": "And then?"})
    return banks


def write(banks: Path, *items: dict[str, Any]) -> None:
    apart = json.loads(json.dumps(items))  # YAML would write what two items share as an alias
    text = yaml.safe_dump(apart, allow_unicode=True, sort_keys=False)
    (banks / "calls" / "items.yaml").write_text(text, "utf-8")


def edit(console: Console, code: str, stem: str) -> None:
    """Somebody edits an item in the browser."""
    with console.app().app_context():
        found = queries.find_bank("calls")
        assert found is not None
        item = queries.find_item(found.id, code)
        assert item is not None
        draft = bank.draft_of(item, item.latest)
        bank.write_item(found, item, replace(draft, data={**draft.data, "stem": stem}), clock.now(), None)
        bank.publish_item(item, clock.now(), None)
        session.commit()


def stems(console: Console) -> list[str]:
    with console.app().app_context():
        found = queries.find_bank("calls")
        return [item.latest.words for item in queries.find_bank_items(found.id)] if found else []


def test_the_shipped_banks_are_sound(offline: Console) -> None:
    made = offline.json("bank", "check", SHIPPED)
    assert set(made) == {"banks", "items", "by_kind", "problems", "warnings", "figures"}
    assert made["problems"] == []
    assert "complaint_handling" in made["banks"]
    assert sum(made["by_kind"].values()) == made["items"]


def test_the_first_bank_has_sixty_items_of_all_kinds_in_both_languages(offline: Console) -> None:
    made = offline.json("bank", "check", SHIPPED / "complaint_handling", "--items")
    assert made["items"] == len(made["item_list"]) >= 60
    kinds = {"single_choice", "multiple_choice", "true_false", "fill_in", "short_answer", "essay"}
    assert {(item["kind"], item["language"]) for item in made["item_list"]} >= {
        (kind, language) for kind in kinds for language in ("zh", "en")
    }


def test_check_lists_items_with_their_keys(offline: Console, folder: Path) -> None:
    [first, _] = offline.json("bank", "check", folder, "--items")["item_list"]
    assert (first["bank"], first["id"], first["file"], first["line"]) == ("calls", "cc-en-001", "items.yaml", 1)
    assert (first["stem"], first["options"], first["key"], first["key_positions"]) == (
        "What comes first?",
        ["Listen", "Transfer", "Hang up"],
        ["Listen"],
        [0],
    )


RUBRIC = [{"criterion": "Tone", "levels": [{"points": 0, "text": "cold"}, {"points": 2, "text": "warm"}]}]


@pytest.mark.parametrize(
    ("kind", "data", "key", "positions"),
    [
        ("multiple_choice", {"options": [{"text": "a"}, {"text": "b", "key": True}]}, ["b"], [1]),
        ("true_false", {"answer": False}, ["False"], [1]),
        (
            "fill_in",
            {"stem": "[[1]] or [[2]]", "blanks": [{"accept": ["a", "b"]}, {"number": "8.5", "tolerance": "0.1"}]},
            [{"blank": 1, "accept": ["a", "b"]}, {"blank": 2, "accept": ["8.5"], "tolerance": "0.1"}],
            [],
        ),
        (
            "short_answer",
            {"accept": ["E2"], "model_answer": "<p>Level E2.</p>"},
            {"accept": ["E2"], "model_answer": "Level E2."},
            [],
        ),
        (
            "essay",
            {"rubric": RUBRIC, "model_answer": "Warmly.", "weak_answer": "No."},
            {
                "rubric": [
                    {"criterion": "Tone", "levels": [{"points": "0", "text": "cold"}, {"points": "2", "text": "warm"}]}
                ],
                "model_answer": "Warmly.",
                "weak_answer": "No.",
            },
            [],
        ),
    ],
)
def test_the_listed_key_of_every_kind_says_all(
    offline: Console, folder: Path, kind: str, data: dict[str, Any], key: Any, positions: list[int]
) -> None:
    write(folder, {k: v for k, v in ITEM.items() if k != "options"} | {"kind": kind} | data)
    [listed] = offline.json("bank", "check", folder, "--items")["item_list"]
    assert (listed["key"], listed["key_positions"]) == (key, positions)


def test_warnings_are_apart_from_problems_and_fail_only_when_asked_to(offline: Console, folder: Path) -> None:
    negative = {**ITEM, "id": "cc-en-002", "stem": "<p>Which of these is not a complaint?</p>"}
    write(folder, ITEM, negative)
    made = offline.json("bank", "check", folder)
    assert made["problems"] == []
    [warning] = made["warnings"]
    assert set(warning) == {"code", "bank", "items", "file", "line", "reason"}
    assert (warning["code"], warning["bank"], warning["items"]) == ("hidden_negation", "calls", ["cc-en-002"])
    lines = (folder / "calls" / "items.yaml").read_text("utf-8").splitlines()
    assert (warning["file"], lines[warning["line"] - 1]) == ("calls/items.yaml", "- id: cc-en-002")
    assert made["figures"]["banks"]["calls"]["items"] == made["figures"]["overall"]["items"] == 2
    plain = offline("bank", "check", folder)
    assert f"calls/items.yaml:{warning['line']}: warning: cc-en-002: " in plain.stderr
    assert plain.stdout.endswith("0 problems, 1 warnings\n")
    offline("bank", "check", folder, "--strict", exit_code=1)
    quiet = offline("bank", "check", folder, "--no-warnings", "--strict")
    assert quiet.stderr == ""
    assert set(offline.json("bank", "check", folder, "--no-warnings")) == {"banks", "items", "by_kind", "problems"}


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"options": [{"text": "a"}, {"text": "b"}]}, "- id: cc-en-002"),
        ({"points": 0}, "  points: 0"),
        ({"kind": "drawing"}, "  kind: drawing"),
        ({"competencies": ["no.such"]}, "  - no.such"),
        ({"id": "cc-en-001"}, "- id: cc-en-001"),
        ({"surprise": 1}, "- id: cc-en-002"),
        ({"language": "fr"}, "  language: fr"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_faulty_item_is_named_with_file_line_and_reason(
    offline: Console, folder: Path, change: dict[str, Any], begins: str
) -> None:
    write(folder, ITEM, {**ITEM, "id": "cc-en-002", **change})
    made = offline.json("bank", "check", folder, exit_code=1)
    [problem] = made["problems"]
    assert set(problem) == {"file", "line", "reason"}
    assert problem["file"] == "calls/items.yaml"
    lines = (folder / "calls" / "items.yaml").read_text("utf-8").splitlines()
    assert problem["line"] == len(lines) - lines[::-1].index(begins), problem
    assert problem["reason"]
    plain = offline("bank", "check", folder, exit_code=1)
    assert f"calls/items.yaml:{problem['line']}: " in plain.stderr


def test_a_folder_without_banks_is_a_problem(offline: Console, tmp_path: Path) -> None:
    assert offline.json("bank", "check", tmp_path, exit_code=1)["problems"]


@pytest.mark.parametrize("text", ["- [", "a: &x 1\nb: *x", "", "just words", "- 1", "\x00"])
def test_a_file_that_is_no_item_file_is_named(offline: Console, folder: Path, text: str) -> None:
    (folder / "calls" / "items.yaml").write_text(text)
    made = offline.json("bank", "check", folder, exit_code=1)
    assert {problem["file"] for problem in made["problems"]} == {"calls/items.yaml"}


def test_load_reports_what_it_did(console: Console, folder: Path) -> None:
    made = console.json("bank", "load", folder)
    assert set(made["calls"]) == {"added", "changed", "unchanged", "kept", "conflicts", "gone"}
    assert made["calls"]["added"] == ["cc-en-001", "cc-en-002"]
    assert console.json("bank", "load", folder / "calls")["calls"]["unchanged"] == ["cc-en-001", "cc-en-002"]
    assert console.json("bank", "list") == [{"bank": "calls", "titles": {"en": "Calls", "zh": "来电"}, "items": 2}]


def test_a_faulty_folder_loads_nothing(console: Console, folder: Path) -> None:
    write(folder, ITEM, {**ITEM, "id": "cc-en-002", "points": 0})
    done = console("bank", "load", folder, exit_code=1)
    assert "calls/items.yaml:" in done.stderr
    assert stems(console) == []


def both_sides(console: Console, folder: Path) -> None:
    console("bank", "load", folder)
    edit(console, "cc-en-001", "Edited in the browser?")
    write(folder, {**ITEM, "stem": "Edited in the file?"}, {**ITEM, "id": "cc-en-002", "stem": "And now?"})


def test_changed_on_both_sides_changes_nothing_and_ends_with_one(console: Console, folder: Path) -> None:
    both_sides(console, folder)
    made = console.json("bank", "load", folder, exit_code=1)
    assert made["calls"]["conflicts"] == ["cc-en-001"]
    assert stems(console) == ["Edited in the browser?", "And then?"]
    plain = console("bank", "load", folder, exit_code=1)
    assert "--file or --browser decides" in plain.stderr


@pytest.mark.parametrize(
    ("option", "stem"), [("--file", "Edited in the file?"), ("--browser", "Edited in the browser?")]
)
def test_somebody_decides(console: Console, folder: Path, option: str, stem: str) -> None:
    both_sides(console, folder)
    console("bank", "load", folder, option)
    assert stems(console) == [stem, "And now?"]
    console("bank", "load", folder)


def test_an_item_gone_from_the_file_is_reported(console: Console, folder: Path) -> None:
    console("bank", "load", folder)
    write(folder, ITEM)
    done = console("bank", "load", folder)
    assert "cc-en-002: no longer in the files" in done.stderr
    assert len(stems(console)) == 2


def test_what_was_edited_in_the_browser_is_saved_checked_and_loads_unchanged(
    console: Console, folder: Path, tmp_path: Path
) -> None:
    console("bank", "load", folder)
    edit(console, "cc-en-001", "Edited in the browser?")
    out = tmp_path / "out"
    made = console.json("bank", "save", "calls", out)
    assert set(made) == {"files", "items"}
    assert made["items"] == 2
    assert all(Path(name).exists() for name in made["files"])
    shutil.copy(folder / "competencies.yaml", out)
    assert console.json("bank", "check", out)["problems"] == []
    report = console.json("bank", "load", out)["calls"]
    assert report["unchanged"] == ["cc-en-001", "cc-en-002"]
    assert stems(console) == ["Edited in the browser?", "And then?"]


def test_every_shipped_item_survives_saving(console: Console, tmp_path: Path) -> None:
    console("bank", "load", SHIPPED / "complaint_handling")
    console("bank", "save", "complaint_handling", tmp_path)
    shutil.copy(SHIPPED / "competencies.yaml", tmp_path)
    assert console.json("bank", "check", tmp_path)["problems"] == []
    report = console.json("bank", "load", tmp_path)["complaint_handling"]
    assert {name for name, codes in report.items() if codes} == {"unchanged"}


def test_there_is_nothing_to_save_of_a_bank_that_is_not_there(console: Console, tmp_path: Path) -> None:
    assert "nothing_here" in console("bank", "save", "nothing_here", tmp_path, exit_code=1).stderr


PICTURED = {
    **ITEM,
    "id": "cc-en-003",
    "stem": 'What is this?\n<img src="pictures/form.png" alt="A form with three fields">',
}


def media_of(console: Console) -> list[Path]:
    return sorted((console.instance / "media").glob("*"))


def test_pictures_are_loaded_once_and_saved_back(console: Console, folder: Path, tmp_path: Path) -> None:
    (folder / "calls" / "pictures").mkdir()
    (folder / "calls" / "pictures" / "form.png").write_bytes(picture(after=b"GPS"))
    write(folder, PICTURED)
    assert offline_problems(console, folder) == []
    for words in ("1 added", "1 unchanged"):
        assert words in console("bank", "load", folder).stdout
        assert [path.read_bytes() for path in media_of(console)] == [picture()]
    with console.app().app_context():
        assert session.query(Media).one().file_name == "form.png"
        session.remove()
    out = tmp_path / "out"
    console("bank", "save", "calls", out)
    assert (out / "calls" / "pictures" / "form.png").read_bytes() == picture()
    shutil.copy(SHIPPED / "competencies.yaml", out)
    assert "1 unchanged" in console("bank", "load", out).stdout, "what was saved says nothing new"
    (folder / "calls" / "pictures" / "form.png").write_bytes(picture(9, 9))
    assert "1 changed" in console("bank", "load", folder).stdout, "another picture under the same name"
    assert len(media_of(console)) == 2


def offline_problems(console: Console, folder: Path) -> list[Any]:
    found: list[Any] = console.json("bank", "check", folder)["problems"]
    return found


def test_a_faulty_picture_keeps_a_bank_from_being_loaded(console: Console, folder: Path) -> None:
    write(folder, PICTURED)
    [problem] = console.json("bank", "check", folder, exit_code=1)["problems"]
    assert (problem["file"], problem["line"]) == ("calls/items.yaml", 9)
    assert "pictures/form.png cannot be read" in problem["reason"]
    assert "nothing was loaded" in console("bank", "load", folder, exit_code=1).stderr
    assert media_of(console) == []


def test_a_picture_whose_file_is_gone_is_said_by_save_and_by_doctor(
    console: Console, folder: Path, tmp_path: Path
) -> None:
    (folder / "calls" / "pictures").mkdir()
    (folder / "calls" / "pictures" / "form.png").write_bytes(picture())
    write(folder, PICTURED)
    console("bank", "load", folder)
    assert "✓ pictures: 1 pictures" in console("doctor").stdout
    media_of(console)[0].write_bytes(b"half")
    assert "1 of 1 pictures of questions missing or cut short" in console("doctor", exit_code=1).stdout
    media_of(console)[0].unlink()
    told = console("doctor", exit_code=1).stdout
    assert "1 of 1 pictures of questions missing or cut short" in told and "copy these files" in told
    done = console("bank", "save", "calls", tmp_path / "out", exit_code=1)
    assert "missing in the media folder" in done.stderr
