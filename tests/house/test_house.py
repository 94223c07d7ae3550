"""The house itself: contracts, migrations, messages, vendored files, palette; nothing of its workplace."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from examengine.core.db import Base, db
from scripts import messages

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examengine"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    found = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return found or [path for path in PACKAGE.rglob("*") if path.is_file()]


def test_the_architecture_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_migrations_make_what_the_models_say_and_go_down_and_up_again(whole_app: Flask) -> None:
    folder = str(ROOT / "migrations")
    with whole_app.app_context():
        db.session.remove()
        assert differences() == []
        downgrade(directory=folder, revision="base")
        with db.engine.connect() as connection:
            left = set(db.inspect(connection).get_table_names()) - {"alembic_version"}
        assert left == set()
        upgrade(directory=folder)
        assert differences() == []


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_every_message_is_translated_and_the_catalogue_is_compiled() -> None:
    catalogue = messages.updated()
    assert messages.faults(catalogue) == []
    assert messages.stale(catalogue) == []
    assert {m.id for m in messages.present() if m.id} == {m.id for m in catalogue if m.id}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_no_file_names_a_package_index_or_this_workplace() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted",
        "npmjs" + ".",
        "registry" + ".npm",
        "/opt/" + "pypi",
        "/work/" + "main",
    ]
    words = re.compile("|".join(map(re.escape, hosts)))
    named = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in {".png", ".mo", ".woff2"} and words.search(path.read_text("utf-8", "replace"))
    ]
    assert named == []


def test_vendored_files_are_those_of_the_manifest() -> None:
    folder = PACKAGE / "web" / "static" / "vendor"
    manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    rows = manifest if isinstance(manifest, list) else manifest.get("files", manifest.get("packages", []))
    assert rows
    text = json.dumps(manifest)
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in {".css", ".js"}:
            assert hashlib.sha256(path.read_bytes()).hexdigest() in text, path.name


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\b", block))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_palette_has_contrast(theme: str) -> None:
    css = (PACKAGE / "web" / "static" / "css" / "tokens.css").read_text("utf-8")
    blocks = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    palette = {
        k: v
        for selector, body in blocks
        if ":root" in selector and "dark" not in selector
        for k, v in colours(body).items()
    }
    if theme == "dark":
        palette |= {k: v for selector, body in blocks if "dark" in selector for k, v in colours(body).items()}
    weak = []
    for text in ("text", "muted", "accent", "ok", "warn", "bad"):
        for ground in ("bg", "surface", "sunken"):
            if contrast(palette[text], palette[ground]) < 4.5:
                weak.append((text, ground))
    for tone in ("ok", "warn", "bad"):
        if contrast(palette[tone], palette[f"{tone}-soft"]) < 4.5:
            weak.append((tone, f"{tone}-soft"))
    if contrast(palette["on-accent"], palette["accent"]) < 4.5:
        weak.append(("on-accent", "accent"))
    if contrast(palette["line-strong"], palette["surface"]) < 3:
        weak.append(("line-strong", "surface"))
    assert weak == []
