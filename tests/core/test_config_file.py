"""config.env rewritten: only what is changed changes; the file is whole at every moment and keeps its mode."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core import config_file

HAND = "# ours\n\nEXAMENGINE_COMPANY=Old\n# EXAMENGINE_LANGUAGE=zh\nSOMETHING=else # kept\n"


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        (HAND, {}, HAND),
        (HAND, {"EXAMENGINE_COMPANY": "New"}, HAND.replace("Old", "New")),
        (HAND, {"EXAMENGINE_COMPANY": ""}, HAND.replace("EXAMENGINE_COMPANY=Old\n", "")),
        (HAND, {"EXAMENGINE_LOGO": ""}, HAND),
        (HAND, {"EXAMENGINE_LOGO": "x"}, HAND + "EXAMENGINE_LOGO=x\n"),
        (HAND, {"EXAMENGINE_LANGUAGE": "en"}, HAND.replace("GE=zh\n", "GE=zh\nEXAMENGINE_LANGUAGE=en\n")),
        ("", {"A": "1"}, "A=1\n"),
        ("A=1", {"A": "2"}, "A=2\n"),
        ("A=1\r\nB=2\r\n", {"A": "3"}, "A=3\r\nB=2\r\n"),
        (" A = 1 \nB=2\nA=3\nC=4\n", {"A": "5"}, "B=2\nA=5\nC=4\n"),
        ("AB=1\n", {"A": "2"}, "AB=1\nA=2\n"),
    ],
)
def test_only_what_is_changed_changes(text: str, changes: dict[str, str], expected: str) -> None:
    assert config_file.rewritten(text, changes) == expected


LINES = st.lists(st.sampled_from(["A=1", "B=2", "A=9", "# A=3", "#C", "", "junk", " C = 4", "D=a=b"]), max_size=8)


@given(LINES, st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["", "x", "y=z", "#1"]), max_size=4))
def test_the_reader_finds_what_the_writer_wrote(lines: list[str], changes: dict[str, str]) -> None:
    before, faults = config_file.parsed("\n".join(lines))
    text = config_file.rewritten("\n".join(lines), changes)
    wanted = {name: value for name, value in (before | changes).items() if value}
    after, still = config_file.parsed(text)
    assert {name: value for name, value in after.items() if value} == wanted
    assert len(still) == len(faults)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in lines if line.startswith("#")
    ]


def test_what_is_no_setting_is_a_fault_with_its_line() -> None:
    assert config_file.parsed("A=1\nnonsense\n")[1] == ["config.env, line 2: not NAME=value"]


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(config_file.Unreadable, match="not UTF-8"):
        config_file.read(tmp_path / "config.env")
    (tmp_path / "config.env").write_bytes("\ufeffA=1".encode())  # as Windows editors begin a file
    assert config_file.parsed(config_file.read(tmp_path / "config.env"))[0] == {"A": "1"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "config.env"
    path.write_text("A=1\n")
    path.chmod(mode)
    with config_file.held(path) as real, config_file.prepared(real, "A=2\n") as file:
        assert path.read_text() == "A=1\n"
        file.put()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("A=2\n", mode)
    assert [found.name for found in tmp_path.iterdir()] == ["config.env"]


def test_a_new_file_is_not_for_everybody(tmp_path: Path) -> None:
    with config_file.prepared(tmp_path / "config.env", "A=2\n") as file:
        file.put()
    assert stat.S_IMODE((tmp_path / "config.env").stat().st_mode) == 0o640


def test_what_is_not_put_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), config_file.prepared(tmp_path / "config.env", "A=2\n"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    real, link = tmp_path / "etc" / "settings", tmp_path / "config.env"
    real.write_text("A=1\n")
    link.symlink_to(real)
    with config_file.held(link) as path, config_file.prepared(path, "A=2\n") as file:
        file.put()
    assert link.is_symlink()
    assert real.read_text() == "A=2\n"


def test_two_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.env"
    path.write_text("# ours\n")

    def change(name: str) -> None:
        for number in range(20):
            with config_file.held(path) as real:
                text = config_file.rewritten(config_file.read(real), {f"{name}{number}": "x"})
                with config_file.prepared(real, text) as file:
                    file.put()

    threads = [threading.Thread(target=change, args=(name,)) for name in "AB"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(config_file.parsed(path.read_text())[0]) == 40
