"""The scene is what its rules rely on."""

from __future__ import annotations

from tests.web.scene import Scene


def test_it_has_every_state(scene: Scene) -> None:
    states = {kind: {thing.state for thing in things} for kind, things in scene.things.items()}
    assert states["attempts"] == {"in_progress", "paused", "submitted", "void"}
    assert states["cases"] == {"waiting", "lead", "resolved"}
    assert states["tasks"] == {"open", "claimed", "done"}
    assert {thing.holder for thing in scene.things["tasks"] if thing.asked} > {"gina", "mia", "olga"}
    assert {thing.exam for thing in scene.things["cases"] if thing.asked} == {"now", "free"}
