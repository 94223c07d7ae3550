"""What the attacks find out about the pages, once a run and database."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request, request_finished

from tests.web.attacks.insiders import doors
from tests.web.crowd import Crowd
from tests.web.scene import Scene
from tests.web.snapshot import Snapshot


@pytest.fixture(scope="session")
def curious(whole_app: Flask, kept_scene: tuple[Scene, Snapshot], kept_crowd: Crowd) -> frozenset[str]:
    """Endpoints whose pages look at what their address asks: with the others one query is as good as another."""
    scene, snapshot = kept_scene
    snapshot.restore()
    looked: list[bool] = []
    found = set()

    def look(_: Flask, **__: Any) -> None:
        looked.append("args" in vars(request))  # Werkzeug reads them when they are first asked for

    with whole_app.app_context(), request_finished.connected_to(look, whole_app):
        for endpoint, path, name, thing in doors(whole_app, scene, "GET"):
            looked.clear()
            kept_crowd.ask(name, "GET", f"{path}?page=1", thing)
            if any(looked):
                found.add(endpoint)
    return frozenset(found)
