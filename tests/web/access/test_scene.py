"""The scene is what its rules rely on."""

from __future__ import annotations

from tests.web.scene import Scene


def test_it_has_every_state(scene: Scene) -> None:
    states = {kind: {thing.state for thing in things} for kind, things in scene.things.items()}
    assert states["attempts"] == {"in_progress", "paused", "submitted", "void"}
    assert states["cases"] == {"waiting", "lead", "resolved", "appeal"}
    assert states["tasks"] == {"open", "claimed", "done"}
    assert {thing.holder for thing in scene.things["tasks"] if thing.asked} > {"gina", "mia", "olga"}
    assert {thing.exam for thing in scene.things["cases"] if thing.asked} == {"now", "free"}


def test_it_has_what_follows_an_exam_and_what_an_office_has(scene: Scene) -> None:
    states = {kind: {thing.state for thing in things} for kind, things in scene.things.items()}
    assert states["appeals"] == {"open", "marking", "rejected", "withdrawn"}
    assert states["key corrections"] >= {"draft", "ready"}
    assert states["exam corrections"] >= {"draft", "ready", "applied", "discarded"}
    assert states["imports"] == {"ready", "columns", "reading"}
    assert states["slips"] == {"printed", "waiting"}
    assert states["mails"] == {"failed", "waiting"}
    assert states["work"] == {"waiting", "failed", "done"}
    assert states["teams"] == states["competencies"] == {"", "retired"}


def test_there_are_addresses_whose_numbers_do_not_belong_together(scene: Scene) -> None:
    crossed = {kind for kind, things in scene.things.items() if any(thing.broken for thing in things)}
    assert crossed >= {"own appeals", "leaves", "key corrections", "exam corrections", "case corrections", "answers"}
