"""Take the pictures of the README and of the help, each of a fresh demo: `make pictures`. Needs Chromium.

Writes docs/pictures/*.png and examengine/web/static/help/<language>/*.webp; names after the command choose some only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page

from scripts import help_pictures
from scripts.picture_stage import ROOT, Demo, chromium, cut

README = ROOT / "docs" / "pictures"
HELP = ROOT / "examengine" / "web" / "static" / "help"


def exam(page: Page, demo: Demo) -> None:
    """The exam page with a few answers."""
    demo.go(page, "/sittings/1")
    page.click("form[action*=start] button")
    page.wait_for_url("**/attempts/*")
    for question in page.locator("article[data-shape=choice]").all()[:6]:
        question.locator("input").nth(1).check()
    page.locator("article .flag").nth(3).click()
    page.locator("article[data-shape=blanks] input").first.fill("24")
    page.locator("article.item").nth(5).scroll_into_view_if_needed()
    page.wait_for_timeout(4000)


PICTURES: tuple[tuple[str, str, Callable[[Page, Demo], object], dict[str, Any]], ...] = (
    ("exam", "2012", exam, {}),
    ("exam-phone-dark", "2010", exam, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ("marking", "3001", help_pictures.marking, {}),
    ("sitting", "5001", help_pictures.sitting, {}),
    ("editor", "4001", help_pictures.editor, {}),
    ("home", "2004", help_pictures.home, {}),
)


def take_readme(browser: Browser, only: set[str]) -> None:
    """The README's, in Chinese."""
    README.mkdir(parents=True, exist_ok=True)
    demo = Demo("zh")
    try:
        for name, who, story, options in PICTURES:
            if not only or name in only:
                page = demo.visit(browser, who, **options)
                story(page, demo)
                page.screenshot(path=README / f"{name}.png")
                print(f"docs/pictures/{name}.png")
    finally:
        demo.close()


def take_help(browser: Browser, language: str, only: set[str]) -> None:
    """The help's, in a language. Stories may build on those before, so all are told."""
    folder = HELP / language
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(language)
    try:
        for picture in help_pictures.PICTURES:
            page = demo.visit(browser, picture.who, viewport={"width": picture.width, "height": picture.height})
            parts = picture.story(page, demo)
            if not only or picture.name in only:
                (folder / f"{picture.name}.webp").write_bytes(cut(page, parts, picture.highest))
                print(f"examengine/web/static/help/{language}/{picture.name}.webp")
            page.context.close()
    finally:
        demo.close()


def main() -> int:
    """Take them all, or those that are named."""
    only = set(sys.argv[1:])
    with chromium() as browser:
        if not only or only & {name for name, *_ in PICTURES}:
            take_readme(browser, only)
        if not only or only & {picture.name for picture in help_pictures.PICTURES}:
            for language in ("zh", "en"):
                take_help(browser, language, only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
