"""What pictures are taken of: a fresh demo that is served, somebody's browser, a cut out of a page."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
COMPANIES = {"zh": "岑湾通信", "en": "Cenwan Telecom"}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
QUALITY, WIDEST, MARGIN = 80, 1000, 14


class Demo:
    """A demo instance in a language that is served while the pictures are taken."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.folder = tempfile.mkdtemp(prefix="examengine-pictures-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAMENGINE_")}
        self.environment = {
            **kept,
            "EXAMENGINE_INSTANCE": self.folder,
            "EXAMENGINE_COMPANY": COMPANIES[language],
            "PORT": str(port),
        }
        command = [sys.executable, "-m", "examengine"]
        made = [*command, "demo", "--json", "--language", language]
        done = subprocess.run(made, env=self.environment, capture_output=True, check=True, cwd=ROOT)
        self.passwords = {a["username"]: a["password"] for a in json.loads(done.stdout)["accounts"]}
        self.process = subprocess.Popen([*command, "serve"], env=self.environment, stderr=subprocess.DEVNULL, cwd=ROOT)
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
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

    def visit(self, browser: Browser, name: str, **options: Any) -> Page:
        """A page of somebody's own browser, logged in; "": of a stranger's."""
        usual = {"locale": LOCALES[self.language], "viewport": {"width": 1280, "height": 860}}
        page = browser.new_context(**{**usual, **options}).new_page()
        page.set_default_timeout(20_000)
        self.go(page, "/login")
        if name:
            page.fill("[name=username]", name)
            page.fill("[name=password]", self.passwords[name])
            page.click("main button[type=submit]")
            page.wait_for_load_state("networkidle")
        return page

    def go(self, page: Page, path: str) -> None:
        """Open a page of the demo."""
        page.goto(self.base + path)
        page.wait_for_load_state("networkidle")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, else Playwright's own."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def cut(page: Page, around: Sequence[Locator], highest: int) -> bytes:
    """A WebP of what stands around parts of the page, cut off when it gets high, at most WIDEST pixels wide."""
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)
    boxes = [box for part in around if (box := part.bounding_box())]
    width = page.evaluate("document.documentElement.clientWidth")
    left = max(0, min(box["x"] for box in boxes) - MARGIN)
    header = page.locator(".site-header").bounding_box() if page.locator(".site-header").count() else None
    top = max(header["y"] + header["height"] if header else 0, min(box["y"] for box in boxes) - MARGIN)
    right = min(width, max(box["x"] + box["width"] for box in boxes) + MARGIN)
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    scale = min(1, WIDEST / (right - left))
    clip = {"x": left, "y": top, "width": right - left, "height": min(highest, bottom - top), "scale": scale}
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "clip": clip})
    return base64.b64decode(taken["data"])
