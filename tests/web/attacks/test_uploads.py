"""Hostile files in every file field of every form: refused in words or taken as what they are, and never code."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import xlsxwriter
from flask import Flask
from sqlalchemy import select

from examengine.bank.models import Media, MediaUpload
from examengine.core import pictures
from examengine.core.db import session
from examengine.core.tasks import Task
from examengine.jobs import work
from tests.pictures import JPEG, WEBP, chunk, exif, gif, picture
from tests.uploading import CONTENT_TYPE, body
from tests.web.access.routes import address, methods, things
from tests.web.access_rules import RULES
from tests.web.attacks.corpus import LONG, SHORT, made_of
from tests.web.attacks.forms import Form, forms_of
from tests.web.attacks.insiders import doors, insider
from tests.web.attacks.test_files import dangerous
from tests.web.crowd import Crowd
from tests.web.scene import NOTHING, Scene, Thing
from tests.web.snapshot import Snapshot

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")
FURTHER = {"author.new_item": "?kind=single_choice"}
"""What an address asks so that its page has the form."""
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload=xssq()><script>xssq()</script><html><body><xssq>"
FORMULA = "=cmd|' /C calc'!A0"


def sheet() -> bytes:
    """A table of people with script and formulas in its cells."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet(SHORT[0][:20].replace("'", "").replace("/", ""))
        for n, row in enumerate(
            [["工号", "姓名", "班组", SHORT[0]], ["x1", LONG, LONG, FORMULA], [FORMULA, FORMULA, "", ""]]
        ):
            page.write_row(n, 0, row)
    return file.getvalue()


def table(*rows: tuple[str, ...]) -> bytes:
    """The same as CSV."""
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def bomb() -> bytes:
    """A table whose one part unpacks to 200 MB."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", bytes(200_000_000))
    return file.getvalue()


def exam(title: str) -> bytes:
    """An exam as a file."""
    slot = "{bank: complaints, count: 1, points: 1}"
    words = title.replace("'", "''").replace("\u2028", " ")
    return f"schema: 1\ntitle: '{words}'\nsections:\n- title: '{words}'\n  slots: [{slot}]\n".encode()


DESCRIPTION = LONG[:300].strip()
PALETTE = "a PNG with script where its palette is"
CONTENTS: dict[str, bytes] = {
    "nothing": b"",
    "html": b"<!doctype html><html><body onload=xssq()>" + SCRIPT,
    "svg": b"<?xml version='1.0'?>" + SCRIPT,
    "NUL": bytes(2000),
    "NUL and script": b"\0\0" + SCRIPT + bytes(100),
    "a GIF that is a script": b"GIF89a/*" + bytes(20) + b"*/=1;xssq();" + SCRIPT,
    "a GIF with script behind its end": gif(after=SCRIPT),
    "a GIF with script in a comment": gif(b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0"),
    "a PNG with script behind its end": picture(after=SCRIPT),
    "a PNG with script in its text": picture(more=chunk(b"tEXt", b"Title\0" + SCRIPT) + chunk(b"iTXt", SCRIPT)),
    PALETTE: picture(more=chunk(b"PLTE", SCRIPT[: len(SCRIPT) // 3 * 3])),
    "a JPEG with script in its facts": JPEG[:2] + exif(1, more=SCRIPT) + JPEG[2:] + SCRIPT,
    "a JPEG with script for a comment": JPEG[:2]
    + b"\xff\xfe"
    + (len(SCRIPT) + 2).to_bytes(2, "big")
    + SCRIPT
    + JPEG[2:],
    "a WebP with script behind its end": WEBP + SCRIPT,
    "a picture that is a page first": SCRIPT + picture(),
    "pdf": b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (xssq()) >> >>" + SCRIPT,
    "a program": b"\x7fELF" + bytes(200),
    "a picture that unpacks to 2 GB": picture(8, 4).replace((8).to_bytes(4, "big"), (40_000).to_bytes(4, "big"), 1),
    "a table that unpacks to 200 MB": bomb(),
    "a table": sheet(),
    "a list": table(("工号", "姓名", "班组", SHORT[0]), ("x1", LONG, FORMULA, ""), (FORMULA, "x", "y", "z")),
    "a list with NUL": "工号,姓名\nx2,a\0b\n\0,\0\n".encode(),
    "an exam": exam(LONG[:190]),
    "an exam of a program": b"!!python/object/apply:os.system ['touch /tmp/xssq']\n",
    "an exam without end": b"a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
    "an exam with script for a key": f"schema: 1\n? {SHORT[0]!r}\n: 1\ntitle: x\n".encode(),
    "half of GB18030": "工号,姓名\nx3,王芳".encode("gb18030")[:-1],
}
NAMES = (
    f"{LONG}.png",
    *SHORT,
    "../../../../etc/passwd",
    "..\\..\\..\\secret_key",
    "/etc/passwd",
    "%2e%2e%2fsecret_key.png",
    "a\0b.png",
    "a.html",
    "a.png.html",
    "a.svg",
    ".htaccess",
    "con",
    "x" * 5_000 + ".png",
    "投" * 2_000,
    f"{FORMULA}.csv",
    "=1+2",
    "\u202egnp.exe",
    "a\r\nX-Evil: 1",
    "\ud800",
    " ",
    "<xssq>",
)


@dataclass(frozen=True)
class Field:
    """A file field of a form that somebody may send."""

    endpoint: str
    name: str
    thing: Thing
    form: Form
    field: str


def fields(app: Flask, scene: Scene, crowd: Crowd) -> list[Field]:
    """All of them."""
    found = []
    for endpoint, path, name, thing in doors(app, scene, "GET"):
        there = path + FURTHER.get(endpoint, "")
        page = crowd.ask(name, "GET", there, thing).get_data()
        for form in forms_of(page.decode("utf-8", "replace"), there):
            found += [Field(endpoint, name, thing, form, field) for field in form.files]
    return found


def send(crowd: Crowd, at: Field, content: bytes, name: str, kind: str) -> str:
    """The form with this file; the page that comes back, or that it leads to."""
    values = {key: value for key, value in at.form.values().items() if key != "csrf_token"}
    for text in at.form.texts:
        if not values.get(text):
            values[text] = "words"
    if at.field == "picture":
        values |= {"act": "picture", "picture_alt": DESCRIPTION}
    data = body({"csrf_token": crowd.tokens[at.name], **values}, at.field, content, name, kind)
    answer = crowd.send(at.name, at.form.action, at.thing, data=data, content_type=CONTENT_TYPE)
    told = (at.endpoint, name[:40], content[:20])
    assert answer.status_code in (200, 302, 303, 400, 409, 413, 422), (told, answer.status_code)
    assert "X-Evil" not in answer.headers, told
    page: str = answer.get_data(as_text=True)
    assert answer.mimetype == "text/html" and not made_of(page), (told, made_of(page)[:3])
    if answer.status_code in (302, 303):
        page = crowd.send(at.name, answer.location, method="GET").get_data(as_text=True)
        assert not made_of(page), (told, made_of(page)[:3])
    return page


def read_on() -> None:
    """The long work that uploads have begun."""
    for key in session.scalars(select(Task.id).where(Task.state == "waiting", Task.kind.startswith("people."))).all():
        work.run(key)
    session.rollback()


def walked(app: Flask, scene: Scene) -> Iterator[tuple[str, str, Thing]]:
    """Pages that tell of uploads, of all things: trainers', administrators', everybody's own."""
    for endpoint, rule in RULES.items():
        if endpoint.startswith(("author.", "admin.", "public.")) and "GET" in methods(app, endpoint):
            for thing in things(scene, rule.over) if rule.over else [NOTHING]:
                name = insider(endpoint, thing, "GET")
                if name and endpoint != "public.logout":
                    yield name, address(app, endpoint, thing), thing


@ON_SQLITE
def test_every_form_with_a_file_is_known(whole_app: Flask, scene: Scene, crowd: Crowd) -> None:
    """A page that asks something before it shows its file field takes a line in FURTHER."""
    found = {(at.endpoint, at.field) for at in fields(whole_app, scene, crowd)}
    assert found == {
        ("author.new_item", "picture"),
        ("author.edit_item", "picture"),
        ("author.exam_from_file", "file"),
        ("admin.people_import", "file"),
        ("admin.settings", "logo"),
        ("admin.setup", "logo"),
    }


@ON_SQLITE
def test_no_file_is_ever_code(whole_app: Flask, scene: Scene, crowd: Crowd, snapshot: Snapshot) -> None:
    folder: Path = whole_app.config["SETTINGS"].media
    before = set(folder.glob("*"))
    for at in fields(whole_app, scene, crowd):
        for label, content in CONTENTS.items():
            for kind in ("text/html", "image/png"):
                send(crowd, at, content, f"{SHORT[0]}{label}", kind)
        for name in NAMES:
            for content in (picture(9, 9), CONTENTS["a list"], CONTENTS["an exam"]):
                send(crowd, at, content, name, "image/svg+xml")
    read_on()
    shown = 0
    for name, path, thing in walked(whole_app, scene):
        answer = crowd.send(name, path, thing, method="GET")
        assert answer.status_code < 500 or path == "/readyz", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.mimetype == "text/html":
            page = answer.get_data(as_text=True)
            assert not made_of(page), (path, made_of(page)[:3])
            shown += "xssq" in page
    assert shown, "names of files are shown somewhere, so the search has looked at some"
    _look_at_imports(crowd)
    kept = set(folder.glob("*")) - before
    assert kept, "some were pictures"
    colours = pictures.checked(CONTENTS[PALETTE]).name  # any bytes are colours; it is served as a picture all the same
    for file in kept:
        assert file.name == colours or b"xssq" not in file.read_bytes(), file.name
    _look_at_pictures(crowd, kept)
    assert not Path("/tmp/xssq").exists()
    assert not [path for path in folder.parent.rglob("*") if path.is_symlink() or path.name in ("passwd", ".htaccess")]
    snapshot.restore()


def _look_at_imports(crowd: Crowd) -> None:
    """The previews of all uploads of people, and their tables of refused rows."""
    from examengine.accounts.staging import PeopleImport

    ids = session.scalars(select(PeopleImport.id)).all()
    session.rollback()
    assert len(ids) > 3
    for number in ids:
        page = crowd.send("ben", f"/admin/people/import/{number}", method="GET")
        assert page.status_code < 500 and not made_of(page.get_data(as_text=True)), number
        table = crowd.send("ben", f"/admin/people/import/{number}/refused", method="GET")
        if table.status_code == 200:
            assert table.mimetype == "text/csv" and not dangerous(table.get_data().decode()), number


def _look_at_pictures(crowd: Crowd, kept: set[Path]) -> None:
    """Each of a question is served as a picture and nothing else, whatever it was called."""
    rows = session.execute(select(Media.name, MediaUpload.item_id).join(MediaUpload)).all()
    session.rollback()
    served = 0
    for name, item in {(row[0], row[1]) for row in rows}:
        where = f"/items/{item}/media/{name}" if item else f"/items/new/media/{name}"
        answer = crowd.send("ann", where, method="GET")
        if answer.status_code == 404:  # the scene's: another browser's upload
            continue
        served += 1
        assert answer.mimetype in ("image/png", "image/jpeg", "image/gif", "image/webp")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Content-Disposition"] == "inline"
    assert served >= min(4, len(kept))
