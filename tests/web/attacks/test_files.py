"""Files that are handed out: no formula in a table, no header of somebody's making, no way out of a folder."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import quote

import pytest
from flask import Flask

from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES
from tests.web.attacks.insiders import insider
from tests.web.attacks.sowing import Sower
from tests.web.crowd import Crowd
from tests.web.scene import Scene, Thing
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
FORMULAS = (
    "=1+2",
    "+1+2",
    "-1+2",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u200b=1",
    "\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "\u00a0=1",
    "\u3000=1",
    "=cmd|' /C calc'!A0",
    '"=1"',
    '";=1',
    ",=1",
    "\x0b=1",
    "\u2028=1",
    "'=1",
    "%0A=1",
    '=HYPERLINK("http://x")',
    "-cmd",
    "\x1f=1",
    "\u180e=1",
)
RUNS = re.compile(r"^[\s\x00-\x1f\u00a0\u180e\u200b-\u200d\u2028\u2060\u3000\ufeff]*[=+\-@＝＋－＠]")
NUMBER = re.compile(r"-\d+(\.\d+)?")


def tables(app: Flask, scene: Scene) -> list[tuple[str, str, Thing]]:
    """Every GET route that answers with a table."""
    found = []
    for endpoint, rule in RULES.items():
        if "GET" in methods(app, endpoint) and "export" in endpoint:
            for thing in things(scene, rule.over):
                name = insider(endpoint, thing, "GET")
                if name:
                    found.append((name, address(app, endpoint, thing), thing))
    return found


def dangerous(text: str) -> list[str]:
    """Cells that a spreadsheet would work out, whether it takes the comma, the semicolon or the tab as the mark."""
    text = text.lstrip("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    for mark in ";\t":
        rows = csv.reader(io.StringIO(text.replace("\r", " "), newline=""), delimiter=mark)
        cells += [row[0] for row in rows if row]
    return [cell for cell in cells if RUNS.match(cell) and not NUMBER.fullmatch(cell)]


@ON_SQLITE
@pytest.mark.parametrize("formula", ("=1+2", "\u200b=cmd|' /C calc'!A0"), ids=repr)
def test_what_is_typed_anywhere_is_no_formula_in_any_table(
    formula: str, whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot
) -> None:
    sower = Sower(whole_app, scene, crowd, formula, ())
    sower.sow(only=("admin.", "manager.", "author.exams", "author.exam", "author.new_exam", "invigilator."))
    seen = 0
    for name, path, thing in tables(whole_app, scene):
        answer = crowd.send(name, path, thing, method="GET")
        text = answer.get_data().decode("utf-8")
        assert answer.mimetype == "text/csv"
        assert not dangerous(text), (path, dangerous(text)[:3])
        seen += formula.strip() in text
    assert seen, "the tables hold what was typed"
    snapshot.restore()


@pytest.mark.parametrize("formula", FORMULAS, ids=repr)
def test_a_cell_is_no_formula(formula: str) -> None:
    from examengine.formats.table_csv import write

    assert not dangerous(write([[formula, "x", formula]]).decode())


TITLES = (
    'a"; filename="evil.exe',
    "a\r\nSet-Cookie: x=1",
    "a\nX-Evil: 1",
    "../../etc/passwd",
    "..\\..\\evil.exe",
    "con",
    "a/b",
    "投诉处理 十一月",
    "\u202egnp.exe",
    "a;b",
    "a%0d%0aX-Evil:1",
    "'; x",
    "." * 50,
    "x" * 200,
    "\x00",
    "\u2028",
)


@ON_SQLITE
@pytest.mark.parametrize("title", TITLES, ids=repr)
def test_a_files_name_is_a_name_and_no_header(title: str, scene: Scene, crowd: Crowd, whole_app: Flask) -> None:
    from examengine.core.db import session
    from examengine.exams.models import Sitting

    thing = scene.thing("sittings", "freed")
    found = session.get(Sitting, thing.values["sitting_id"])
    assert found
    found.title = title
    session.commit()
    answer = crowd.send("kim", address(whole_app, "manager.sitting_export", thing), thing, method="GET")
    told = answer.headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename=\"[\w.-]+\.csv\"; filename\*=UTF-8''[\w.%~-]+\.csv", told), told
    assert "X-Evil" not in answer.headers and "Set-Cookie" not in answer.headers
    name = told.rpartition("''")[2]
    assert "%2F" not in name and "%5C" not in name and "%E2%80%AE" not in name.upper() and not name.startswith(".")


WAYS = (
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "%2e%2e%2fapp.py",
    "..%5capp.py",
    "..\\app.py",
    "....//app.py",
    "..;/app.py",
    "%252e%252e/app.py",
    "css/../../../app.py",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "css/app.css%00.png",
    "css/app.css/..%2f..%2f..%2fapp.py",
    "..%c0%afapp.py",
    "css/",
    "",
    ".",
    "%2e",
    "css/app.css/",
    "file:///etc/passwd",
    "../../../instance/secret_key",
    "..%2f..%2f..%2finstance%2fsecret_key",
    "\u2025/app.py",
)


@ON_SQLITE
@pytest.mark.parametrize("way", WAYS, ids=repr)
@pytest.mark.parametrize("prefix", ["/static/", "/static/{version}/", "/media/", "/logo/", "/files/"])
def test_no_path_leads_out_of_a_folder(prefix: str, way: str, whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    path = prefix.format(version=whole_app.config["STATIC_VERSION"]) + (way if "%" in way else quote(way, safe="/\\;:"))
    for name in ("", "ben"):
        answer = crowd.send(name, path, method="GET")
        assert answer.status_code in (301, 302, 308, 400, 403, 404, 405), (path, answer.status)
        for secret in ("create_app", "root:x:", whole_app.config["SECRET_KEY"]):
            assert secret not in answer.get_data(as_text=True)
