"""exam check, load, save, list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examengine.core.settings import root
from tests.cli.conftest import Console

SHIPPED = root() / "question_banks"
TEXT = """\
schema: 1
title: Calls, autumn
sections:
  - title: Part 1
    slots:
      - {bank: complaint_handling, count: 3, kind: single_choice, language: en, points: 2}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "autumn.yaml"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def stocked(console: Console) -> Console:
    """With a bank and a grader."""
    console("bank", "load", SHIPPED / "complaint_handling")
    console("user", "add", "3001", "Mia Grader", "--role", "grader")
    return console


def test_check_counts_and_looks_into_the_banks_beside(offline: Console) -> None:
    made = offline.json("exam", "check", SHIPPED / "complaint_handling" / "blueprint.yaml")
    [row] = made["exams"]
    assert made["problems"] == []
    assert row["with_banks"]
    assert row["questions"] == 21
    assert row["points"] == 50


def test_check_names_what_the_banks_beside_lack(offline: Console, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(SHIPPED / "complaint_handling", tmp_path / "complaint_handling")
    path = tmp_path / "autumn.yaml"
    path.write_text(TEXT.replace("count: 3", "count: 100"), "utf-8")
    [problem] = offline.json("exam", "check", path, exit_code=1)["problems"]
    assert (problem["file"], problem["line"]) == (str(path), 6)
    assert "Slot 1 cannot be filled" in problem["reason"]
    assert f"{path}:6: Slot 1" in offline("exam", "check", path, exit_code=1).stderr


def test_check_without_banks_says_so(offline: Console, file: Path) -> None:
    assert "no banks beside it" in offline("exam", "check", file).stdout


def test_two_files_of_one_title_are_a_mistake(offline: Console, file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(TEXT, "utf-8")
    made = offline.json("exam", "check", file, tmp_path / "other.yaml", exit_code=1)
    assert len(made["problems"]) == 2


def test_load_publish_list_save(stocked: Console, file: Path, tmp_path: Path) -> None:
    [row] = stocked.json("exam", "load", file)["exams"]
    assert (row["outcome"], row["state"], row["revision"]) == ("added", "draft", None)
    [row] = stocked.json("exam", "load", file, "--publish")["exams"]
    assert (row["outcome"], row["state"], row["revision"]) == ("unchanged", "published", 1)
    [row] = stocked.json("exam", "load", file, "--publish")["exams"]
    assert row["revision"] == 1
    assert stocked.json("exam", "list") == [
        {"exam": row["exam"], "title": "Calls, autumn", "state": "published", "revision": 1, "sittings": 0}
    ]
    out = tmp_path / "saved.yaml"
    assert stocked.json("exam", "save", row["exam"], out)["file"] == str(out)
    [again] = stocked.json("exam", "load", out)["exams"]
    assert again["outcome"] == "unchanged"
    assert "there is no exam 99" in stocked("exam", "save", 99, out, exit_code=1).stderr


def test_a_grown_bank_is_published_anew(stocked: Console, file: Path) -> None:
    stocked("exam", "load", file, "--publish")
    with stocked.app().app_context():
        from examengine.bank import actions, queries
        from examengine.core import clock
        from examengine.core.db import session

        found = queries.find_bank("complaint_handling")
        assert found is not None
        item = next(
            i
            for i in queries.find_bank_items(found.id)
            if i.latest.kind == "single_choice" and i.latest.language == "en"
        )
        actions.retire_item(item, clock.now(), None)
        session.commit()
    [row] = stocked.json("exam", "load", file, "--publish")["exams"]
    assert row["revision"] == 2


def test_written_questions_need_graders_before_they_are_published(stocked: Console, file: Path) -> None:
    file.write_text(TEXT.replace("count: 3, kind: single_choice", "count: 1, kind: essay"), "utf-8")
    assert "name the graders first" in stocked("exam", "load", file, "--publish", exit_code=1).stderr
    assert stocked.json("exam", "list") == []
    file.write_text(file.read_text("utf-8") + "graders: [3001]\n", "utf-8")
    stocked("exam", "load", file, "--publish")


def test_all_or_nothing(stocked: Console, file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("autumn", "winter").replace("complaint_handling", "praise"), "utf-8")
    done = stocked("exam", "load", file, bad, exit_code=1)
    assert f"{bad}:6: There is no bank “praise”." in done.stderr
    assert stocked.json("exam", "list") == []


def test_what_was_written_in_the_browser_is_not_lost(stocked: Console, file: Path) -> None:
    stocked("exam", "load", file)
    with stocked.app().app_context():
        from dataclasses import replace

        from examengine.core import clock
        from examengine.core.db import session
        from examengine.exams import actions, plans, queries

        exam = queries.find_titled("Calls, autumn")
        assert exam is not None
        plan = plans.load(exam.plan)
        actions.write_exam(exam, exam.title, replace(plan, terms=replace(plan.terms, attempts=5)), clock.now(), None)
        session.commit()
    file.write_text(TEXT + "minutes: 20\n", "utf-8")
    done = stocked("exam", "load", file, "--json", exit_code=1)
    assert json.loads(done.stdout)["exams"][0]["outcome"] == "conflict"
    assert "--file or --browser decides" in done.stderr
    assert stocked.json("exam", "load", file, "--browser")["exams"][0]["outcome"] == "kept"
    assert stocked.json("exam", "load", file, "--file")["exams"][0]["outcome"] == "unchanged"
