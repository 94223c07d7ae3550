"""Take the README's pictures of a fresh demo: `make pictures`. Needs Chromium; writes docs/pictures/*.png."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


class Demo:
    """A demo instance that is served while the pictures are taken."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="examengine-pictures-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "EXAMENGINE_INSTANCE": self.folder,
            "PORT": str(port),
            "EXAMENGINE_COMPANY": "岑湾通信",
        }
        command = [sys.executable, "-m", "examengine"]
        done = subprocess.run([*command, "demo", "--json"], env=self.environment, capture_output=True, check=True)
        self.passwords = {a["username"]: a["password"] for a in json.loads(done.stdout)["accounts"]}
        self.process = subprocess.Popen([*command, "serve"], env=self.environment, stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{self.base}/readyz", timeout=2).close()
                return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError("the demo did not become ready")

    def close(self) -> None:
        """Stop serving and clear away."""
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def log_in(browser: Browser, demo: Demo, name: str, **options: Any) -> Page:
    """A page of somebody's own browser."""
    context = browser.new_context(**{"locale": "zh-CN", "viewport": {"width": 1280, "height": 860}, **options})
    page = context.new_page()
    page.goto(demo.base + "/login")
    page.fill("[name=username]", name)
    page.fill("[name=password]", demo.passwords[name])
    page.click("main button[type=submit]")
    page.wait_for_load_state("networkidle")
    return page


def exam(page: Page, demo: Demo) -> None:
    """The exam page with a few answers."""
    page.goto(demo.base + "/sittings/1")
    page.click("form[action*=start] button")
    page.wait_for_url("**/attempts/*")
    for question in page.locator("article[data-shape=choice]").all()[:6]:
        question.locator("input").nth(1).check()
    page.locator("article .flag").nth(3).click()
    page.locator("article[data-shape=blanks] input").first.fill("24")
    page.locator("article.item").nth(5).scroll_into_view_if_needed()
    page.wait_for_timeout(4000)


def marking(page: Page, demo: Demo) -> None:
    """The marking page of an essay."""
    page.goto(demo.base + "/marking")
    page.locator("form[action*='/marking/next'] button").first.click()
    page.wait_for_load_state("networkidle")


def sitting(page: Page, demo: Demo) -> None:
    """The manager's table."""
    page.goto(demo.base + "/manage/sittings/1")


def editor(page: Page, demo: Demo) -> None:
    """The editor of a question."""
    page.goto(demo.base + "/items")
    page.locator("table a").first.click()
    page.wait_for_load_state("networkidle")


def result(page: Page, demo: Demo) -> None:
    """Home of an operator in the middle of the exam."""
    page.goto(demo.base + "/home")


PICTURES: tuple[tuple[str, str, Callable[[Page, Demo], None], dict[str, Any]], ...] = (
    ("exam", "2012", exam, {}),
    ("exam-phone-dark", "2011", exam, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ("marking", "3001", marking, {}),
    ("sitting", "5001", sitting, {}),
    ("editor", "4001", editor, {}),
    ("home", "2007", result, {}),
)


def main() -> int:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    demo = Demo()
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            for name, who, story, options in PICTURES:
                page = log_in(browser, demo, who, **options)
                story(page, demo)
                page.screenshot(path=FOLDER / f"{name}.png")
                print(f"docs/pictures/{name}.png")
            browser.close()
    finally:
        demo.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
