"""Collect the marked messages, bring the Chinese catalogue up to date, compile it: `make messages`.

Without --check it writes examengine/translations/zh/LC_MESSAGES/messages.{po,mo}. With --check it only says what is
missing, out of date or fuzzy, and exits with 1.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "examengine"
FOLDER = PACKAGE / "translations" / "zh" / "LC_MESSAGES"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**/static/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}


def collect() -> Catalog:
    """All marked messages of the package."""
    found = Catalog(project="examengine", charset="utf-8")
    for file, _, message, _, context in extract_from_dir(
        str(PACKAGE), METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",)
    ):
        found.add(message, locations=[(f"examengine/{file}", 0)], context=context)
    return found


def present() -> Catalog:
    """The catalogue as it stands."""
    path = FOLDER / "messages.po"
    if not path.exists():
        return Catalog(locale="zh_Hans", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def updated() -> Catalog:
    """The catalogue with all messages of the sources and no others."""
    catalogue = present()
    catalogue.update(collect(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# Chinese (Simplified) messages of examengine."
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "examengine", "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 11, 24, tzinfo=UTC)  # no change without a change
    return catalogue


def faults(catalogue: Catalog) -> list[str]:
    """Messages without a translation, and translations whose placeholders differ."""
    found = [f"not translated: {m.id!r}" for m in catalogue if m.id and (m.fuzzy or not all(_strings(m.string)))]
    for message, errors in catalogue.check():
        found += [f"{error}: {message.id!r}" for error in errors]
    return found


def _strings(string: object) -> list[str]:
    return [string] if isinstance(string, str) else list(string or [""])  # type: ignore[call-overload]


def write(catalogue: Catalog) -> None:
    """Write the catalogue and its compiled form."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, catalogue, width=120, no_location=True, sort_output=True, include_previous=False)
    (FOLDER / "messages.mo").write_bytes(compiled(catalogue))


def compiled(catalogue: Catalog) -> bytes:
    """The binary form."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def stale(catalogue: Catalog) -> list[str]:
    """Whether the compiled file says what the catalogue says."""
    path = FOLDER / "messages.mo"
    fresh = path.exists() and path.read_bytes() == compiled(catalogue)
    return [] if fresh else ["messages.mo is out of date: make messages"]


def main() -> int:
    """The console's entry."""
    parser = argparse.ArgumentParser(prog="python -m scripts.messages", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is missing")
    options = parser.parse_args()
    catalogue = updated()
    if not options.check:
        write(catalogue)
    found = faults(catalogue) + (stale(catalogue) if options.check else [])
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{len([m for m in catalogue if m.id])} messages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
