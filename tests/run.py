"""`make test`: prepare what the tests need, run them all, sum them up in one line.

Writes build/junit-*.xml; the last line is `N passed, N failed, N skipped`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
SLOW = (
    "tests/journeys",
    "tests/web/access",
    "tests/web/attacks",
    "tests/cli/test_backup.py",
    "tests/cli/test_restore_refused.py",
)
"""Not for daily work: stories in a browser, walks over all routes as everybody, backups of whole instances."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def has_browser() -> bool:
    """Whether a Chromium is on the PATH."""
    return any(shutil.which(name) for name in CHROMIUM)


def install_browser() -> None:
    """Debian's Chromium and a font with Chinese, where that is missing and we are allowed to."""
    if has_browser() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Debian's chromium …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"]):
        subprocess.run(["apt-get", *command], env=environment, check=False, **quiet)  # type: ignore[call-overload]


def run(name: str, *arguments: str) -> tuple[int, Path]:
    """One pytest run with its own JUnit file."""
    report = BUILD / f"junit-{name}.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode, report


def count(report: Path) -> tuple[int, int, int]:
    """Passed, failed (errors too) and skipped of a JUnit file; a missing one is a failure."""
    if not report.exists():
        return 0, 1, 0
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).iter("testcase"):
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            failed += 1
        elif "skipped" in outcomes:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main() -> int:
    """Run the suites and sum up."""
    parser = argparse.ArgumentParser(prog="python -m tests.run", description=__doc__.split("\n")[0])
    parser.add_argument("--fast", action="store_true", help="on SQLite only, without what takes long")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    for old in BUILD.glob("junit-*.xml"):
        old.unlink()
    if options.fast:
        without = [f"--ignore={path}" for path in SLOW]
        runs = [run("fast", "-n", "2", "--dist", "loadfile", *without, "-k", "not [postgres and not -postgres")]
    else:
        install_browser()
        runs = [
            run("tests", "-n", "2", "--dist", "loadfile", "--ignore=tests/journeys"),
            # Stories wait for clocks and pages more than they work: three at a time; long ones do not come last.
            run("journeys", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "tests/journeys"),
        ]
    counts = [count(report) for _, report in runs]
    passed, failed, skipped = (sum(column) for column in zip(*counts, strict=True))
    broken = any(code not in (0, 1) for code, _ in runs)
    if broken and not failed:
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
