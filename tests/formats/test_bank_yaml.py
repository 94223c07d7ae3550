"""Bank folders: what is wrong is named with file, line and reason; what is written is read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from examengine.formats import bank_yaml, yaml_reading
from examengine.formats.base import BankDraft, FileItem, ItemDraft, Place
from examengine.itemtypes import kinds

HEAD = """\
schema: 1
bank: complaints
title: {zh: 投诉, en: Complaints}
files: [items.yaml]
"""
ITEM = """\
- id: cc-1
  kind: single_choice
  language: en
  points: 2
  difficulty: 1
  competencies: [business.service]
  stem: First?
  options:
    - {text: Listen, key: true}
    - {text: Hang up}
"""
ESSAY = """\
- id: cc-2
  kind: essay
  language: zh
  points: 10
  difficulty: 4
  competencies: [business.service]
  stem: 请说明。
  rubric:
    - criterion: 语气
      levels: [{points: 0, text: 差}, {points: 4, text: 好}]
    - criterion: 事实
      levels: [{points: 0, text: 差}, {points: 6, text: 好}]
  model_answer: 如此。
"""
FILL_IN = """\
- id: cc-3
  kind: fill_in
  language: en
  points: 2
  difficulty: 1
  competencies: [business.service]
  stem: Within [[1]] hours, [[2]].
  blanks: [{number: 24}, {accept: [call]}]
"""

Read = Callable[..., BankDraft]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """read(items, head=…): the bank folder of these texts."""

    def write(items: str | bytes = ITEM, head: str | bytes = HEAD, **more: str) -> BankDraft:
        folder = tmp_path / "complaints"
        folder.mkdir(exist_ok=True)
        texts = {"bank.yaml": head, "items.yaml": items, **{f"{name}.yaml": text for name, text in more.items()}}
        for name, text in texts.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return bank_yaml.read_folder(folder, frozenset({"business.service"}))

    return write


def problems(bank: BankDraft) -> list[tuple[str, int, str]]:
    return [(problem.place.file, problem.place.line, str(problem.reason)) for problem in bank.problems]


def only(bank: BankDraft) -> tuple[str, int, str]:
    [problem] = problems(bank)
    return problem


def test_a_good_bank_has_its_items_and_no_problems(read: Read) -> None:
    bank = read(ITEM + ESSAY + FILL_IN)
    assert problems(bank) == []
    assert (bank.code, bank.titles) == ("complaints", {"zh": "投诉", "en": "Complaints"})
    assert [(item.draft.code, item.place) for item in bank.items] == [
        ("cc-1", Place("items.yaml", 1)),
        ("cc-2", Place("items.yaml", 11)),
        ("cc-3", Place("items.yaml", 24)),
    ]


def test_a_draft_has_its_facts_and_cleaned_data(read: Read) -> None:
    [item] = read(ITEM.replace("First?", "First <script>x</script><b>step</b>?")).items
    assert item.draft == ItemDraft(
        "cc-1",
        "single_choice",
        "en",
        Decimal(2),
        1,
        ("business.service",),
        "",
        "exam",
        {
            "stem": "<p>First step?</p>",
            "explanation": "",
            "options": [{"text": "<p>Listen</p>", "key": True}, {"text": "<p>Hang up</p>"}],
            "shuffle": True,
        },
    )


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("items", "line", "reason"),
    [
        (edited(ITEM, "stem: First?", "stem: 'First?"), 10, "not YAML: found unexpected end of stream"),
        (edited(ITEM, "  stem", "\tstem"), 7, "not YAML: found character that cannot start any token"),
        (
            edited(ITEM, "stem: First?", "stem: !!python/name:os.system x"),
            7,
            "not YAML: could not determine a constructor",
        ),
        (edited(ITEM, "difficulty: 1", "difficulty: 2024-13-45"), 1, "not YAML: month must be in 1..12"),
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("a: b\n", 1, "an item file is a list of items"),
        (ITEM + "---\n" + ITEM, 11, "not YAML: but found another document"),
        ("- \x01\n", 1, "not YAML: "),
        ("[" * 100_000, 1, "nested too deeply"),
        (edited(ITEM, "stem: First?", "stem: First?\n  stem: Second?"), 8, "stem stands twice"),
        (edited(ITEM, "key: true}", "key: true, key: false}"), 9, "key stands twice"),
        (edited(ITEM, "First?", '"half \\ud83d"'), 7, "not YAML: found invalid Unicode character escape code"),
        (edited(ITEM, "{text: Hang up}", "&x {text: Hang up}\n    - *x"), 11, "aliases (*name) are not allowed"),
        (edited(ITEM, "First?", "&x First?\n  explanation: *x"), 8, "aliases (*name) are not allowed"),
    ],
)
def test_a_file_that_cannot_be_read(read: Read, items: str, line: int, reason: str) -> None:
    file, at, said = only(read(items))
    assert (file, at) == ("items.yaml", line)
    assert said.startswith(reason)


def test_a_file_that_is_not_utf8(read: Read) -> None:
    assert only(read(ESSAY.encode("gb18030"))) == ("items.yaml", 1, "the file is not UTF-8")
    assert only(read(head=HEAD.encode("gb18030"))) == ("bank.yaml", 1, "the file is not UTF-8")


def test_a_byte_order_mark_does_no_harm(read: Read) -> None:
    assert problems(read(b"\xef\xbb\xbf" + ESSAY.encode(), b"\xef\xbb\xbf" + HEAD.encode())) == []


@pytest.mark.parametrize(
    ("items", "line", "reason"),
    [
        # unknown, missing, of the wrong type
        (edited(ITEM, "stem: First?", "stem: First?\n  hint: Think"), 1, "hint is not known here"),
        (edited(ITEM, "{text: Hang up}", "{text: Hang up, points: 1}"), 10, "options/1: points is not known here"),
        (edited(ITEM, "  stem: First?\n", ""), 1, "stem is missing"),
        (edited(ITEM, "{text: Hang up}", "{key: false}"), 10, "options/1: text is missing"),
        (edited(ITEM, "points: 2", "points: two"), 4, "points: “two” is of the wrong type (number is needed)"),
        (edited(ITEM, "key: true", "key: 'yes'"), 9, "options/0/key: “yes” is of the wrong type (boolean"),
        (edited(ITEM, "First?", "2026-11-24"), 7, "stem: “2026-11-24” is of the wrong type (string"),
        (
            edited(ITEM, "[business.service]", "business.service"),
            6,
            "competencies: “business.service” is of the wrong type (array",
        ),
        (edited(ITEM, "single_choice", "single"), 2, "kind: “single” is not one of"),
        (edited(ITEM, "language: en", "language: de"), 3, "language: “de” is not one of"),
        (edited(ITEM, "difficulty: 1", "difficulty: 6"), 5, "difficulty: 6 is out of range (limit 5)"),
        (edited(ITEM, "id: cc-1", "id: CC 1"), 1, "id: 'CC 1' does not match"),
        ("- 1\n", 1, "“1” is of the wrong type (object"),
        # points
        (edited(ITEM, "points: 2", "points: 0"), 4, "points: 0 is out of range (limit 0)"),
        (edited(ITEM, "points: 2", "points: 1001"), 4, "points: 1001 is out of range (limit 1000)"),
        (edited(ITEM, "points: 2", "points: .nan"), 4, "cc-1: points go from 0.01 to 1000"),
        (edited(ITEM, "points: 2", "points: .inf"), 4, "points: inf is out of range"),
        (edited(ITEM, "points: 2", "points: 0.001"), 4, "cc-1: points go from 0.01 to 1000 with at most two decimals"),
        # what the schema does not know
        (edited(ITEM, "business.service", "business.magic"), 6, "cc-1: no competency 'business.magic'"),
        (edited(ITEM, ", key: true", ""), 1, "cc-1: No option is marked as correct."),
        (
            edited(ITEM, "{text: Hang up}", "{text: Hang up, key: true}"),
            1,
            "cc-1: Only one option may be marked as correct.",
        ),
        (edited(ITEM, "First?", "'<p></p>'"), 1, "cc-1: The question has no text."),
        (edited(ESSAY, "points: 10", "points: 9"), 9, "cc-2: the rubric's best levels sum to 10, the points are 9"),
        (edited(ESSAY, "{points: 4,", "{points: 0,"), 1, "cc-2: Criterion “语气”: levels must start at 0 and rise."),
        (edited(ESSAY, "{points: 4,", "{points: four,"), 1, "cc-2: points: 'four' is no number"),
        (edited(FILL_IN, "[[2]]", "[[3]]"), 1, "cc-3: The question must have [[1]] to [[2]] once each, in order."),
        (edited(FILL_IN, "[[2]]", "[[1]]"), 1, "cc-3: The question must have [[1]] to [[2]] once each, in order."),
        (edited(FILL_IN, "{number: 24}", "{number: a day}"), 1, "cc-3: number: 'a day' is no plain number"),
        (edited(FILL_IN, "{number: 24}", "{number: 24, accept: [x]}"), 8, "blanks/0: "),
        (
            edited(FILL_IN, "{number: 24}", "{number: 0, tolerance: 5%}"),
            1,
            "cc-3: Blank 1: the key 0 takes no relative",
        ),
    ],
)
def test_a_fault_of_an_item(read: Read, items: str, line: int, reason: str) -> None:
    file, at, said = problems(read(items))[0]
    assert (file, at) == ("items.yaml", line)
    assert said.startswith(reason)


def test_a_long_reason_is_cut(read: Read) -> None:
    assert len(only(read(edited(ITEM, "points: 2", f"points: '{'x' * 5000}'")))[2]) < 300


def test_all_faults_of_all_items_are_named_and_the_good_ones_read(read: Read) -> None:
    first = edited(edited(ITEM, "points: 2", "points: two"), "language: en", "language: de")
    bank = read(first + ESSAY + edited(FILL_IN, "[[2]]", "[[3]]"))
    assert [line for _, line, _ in problems(bank)] == [3, 4, 24]
    assert [item.draft.code for item in bank.items] == ["cc-2"]


def test_an_id_stands_once_in_a_bank(read: Read) -> None:
    assert only(read(ITEM + ITEM)) == ("items.yaml", 11, "id 'cc-1' stands in items.yaml:1 already")


def test_an_id_stands_once_in_all_files_of_a_bank(read: Read) -> None:
    bank = read(ITEM, edited(HEAD, "[items.yaml]", "[items.yaml, more.yaml]"), more=ESSAY + ITEM)
    assert only(bank) == ("more.yaml", 14, "id 'cc-1' stands in items.yaml:1 already")


@pytest.mark.parametrize(
    ("head", "line", "reason"),
    [
        ("schema: [", 1, "not YAML: "),
        ("schema: 1\n", 1, "bank is missing"),
        (edited(HEAD, "schema: 1", "schema: 2"), 1, "schema: 1 was expected"),
        (edited(HEAD, "schema: 1", "schema: 1\nowner: me"), 1, "owner is not known here"),
        (edited(HEAD, "[items.yaml]", "items.yaml"), 4, "files: “items.yaml” is of the wrong type (array"),
        (edited(HEAD, "[items.yaml]", "[]"), 4, "files: [] should be non-empty"),
        (edited(HEAD, "[items.yaml]", "[../items.yaml]"), 4, "files/0: '../items.yaml' does not match"),
        (edited(HEAD, "[items.yaml]", "[/etc/passwd]"), 4, "files/0: '/etc/passwd' does not match"),
        (edited(HEAD, "[items.yaml]", "[absent.yaml]"), 1, "the file cannot be read: No such file or directory"),
        (edited(HEAD, "bank: complaints", "bank: praise"), 2, "bank is not the folder's name 'complaints'"),
        (edited(HEAD, "zh: 投诉", "fr: Plaintes"), 3, "title: “fr” is not one of"),
        ("- a\n", 1, "“['a']” is of the wrong type (object"),
    ],
)
def test_a_fault_of_the_head(read: Read, head: str, line: int, reason: str) -> None:
    file, at, said = problems(read(head=head))[0]
    assert (file, at) == ("absent.yaml" if "absent" in head else "bank.yaml", line)
    assert said.startswith(reason)


def test_a_folder_without_a_head(tmp_path: Path) -> None:
    assert only(bank_yaml.read_folder(tmp_path)) == (
        "bank.yaml",
        1,
        "the file cannot be read: No such file or directory",
    )


def test_a_link_out_of_the_folder_is_not_followed(read: Read, tmp_path: Path) -> None:
    read()
    (tmp_path / "elsewhere.yaml").write_text(ITEM)
    (tmp_path / "complaints" / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "complaints" / "bank.yaml").write_text(edited(HEAD, "items.yaml", "link.yaml"), "utf-8")
    bank = bank_yaml.read_folder(tmp_path / "complaints")
    assert only(bank) == ("link.yaml", 1, "the file is outside its folder")
    assert bank.items == ()


def test_a_file_that_is_too_large_is_not_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reading, "LARGEST", len(HEAD.encode()))
    assert only(read(ITEM)) == ("items.yaml", 1, "the file is larger than 8 MiB")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "bank.yaml").mkdir()
    assert only(bank_yaml.read_folder(tmp_path)) == ("bank.yaml", 1, "the file cannot be read: Is a directory")


def test_without_a_tree_competencies_are_not_checked(read: Read, tmp_path: Path) -> None:
    read(edited(ITEM, "business.service", "any.thing"))
    assert problems(bank_yaml.read_folder(tmp_path / "complaints")) == []


def test_the_hash_follows_what_is_said_and_not_how_it_is_written(read: Read) -> None:
    [first] = read(ITEM).items
    [quoted] = read("# a comment\n" + edited(ITEM, "First?", "'First?'")).items
    [changed] = read(edited(ITEM, "First?", "Second?")).items
    assert first.file_hash == quoted.file_hash != changed.file_hash


def test_competencies_are_read_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "competencies.yaml"
    path.write_text("- {code: b, title: {en: B}}\n- {code: b.a, title: {zh: 甲}}\n", "utf-8")
    assert bank_yaml.read_competencies(path) == [("b", {"en": "B"}), ("b.a", {"zh": "甲"})]


@pytest.mark.parametrize(
    ("text", "line"), [("a: b", 1), ("- {code: b, title: {en: B}}\n- {code: B, title: {en: B}}", 2), ("- [", 1)]
)
def test_competencies_with_a_fault(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "competencies.yaml"
    path.write_text(text)
    with pytest.raises(yaml_reading.Unreadable) as caught:
        bank_yaml.read_competencies(path)
    assert caught.value.problem.place == Place("competencies.yaml", line)


# Round trip


def draft(kind: str, **data: Any) -> ItemDraft:
    found = kinds()[kind]
    content = found.clean(found.load({**found.examples().data, **data}))
    points = Decimal(10) if kind == "essay" else Decimal("1.5")
    code = f"{kind.replace('_', '-')}-1"
    return ItemDraft(code, kind, "en", points, 3, ("business.service",), "HB 1", "both", found.dump(content))


def written(folder: Path, *drafts: ItemDraft) -> BankDraft:
    items = tuple(FileItem(one, Place("", 0), "") for one in drafts)
    bank_yaml.write_folder(folder, BankDraft(folder.name, {"en": "Bank"}, {"en": "All of it"}, items, ()))
    return bank_yaml.read_folder(folder, frozenset({"business.service"}))


def test_every_kind_is_read_as_it_was_written(tmp_path: Path) -> None:
    drafts = [replace(draft(kind), language=language) for language in ("en", "zh") for kind in kinds()]
    drafts = [replace(one, code=f"{one.code}-{one.language}") for one in drafts]
    bank = written(tmp_path / "bank", *drafts)
    assert problems(bank) == []
    assert [item.draft for item in bank.items] == drafts
    assert [item.file_hash for item in bank.items] == [bank_yaml.file_hash(one) for one in drafts]
    assert (bank.code, bank.titles, bank.descriptions) == ("bank", {"en": "Bank"}, {"en": "All of it"})


def test_a_bank_has_a_file_for_each_language(tmp_path: Path) -> None:
    items = [
        FileItem(replace(draft(kind), language=code), Place("", 0), "")
        for kind, code in (("essay", "zh"), ("fill_in", "en"))
    ]
    paths = bank_yaml.write_folder(tmp_path / "bank", BankDraft("bank", {"en": "B"}, {"en": "B"}, tuple(items), ()))
    assert [path.name for path in paths] == ["bank.yaml", "items-en.yaml", "items-zh.yaml"]


def test_a_read_bank_written_again_says_the_same(read: Read, tmp_path: Path) -> None:
    first = read(ITEM + ESSAY + FILL_IN)
    again = written(tmp_path / "complaints", *(item.draft for item in first.items))
    assert {item.draft.code: item.draft.fingerprint() for item in again.items} == {
        item.draft.code: item.draft.fingerprint() for item in first.items
    }


_TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.lists(
    st.sampled_from(
        [
            "yes",
            "null",
            "1.0",
            "~",
            "a: b",
            "- a",
            "#",
            "'",
            '"',
            "\n",
            "\n\n",
            " ",
            "\x85",
            "\u2028",
            "\ufeff",
            "😀",
            "投诉。",
            ": ",
        ]
    ),
    max_size=6,
).map("".join)


@given(stem=_TEXT, accept=_TEXT, model=_TEXT, source=_TEXT)
def test_any_text_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, stem: str, accept: str, model: str, source: str
) -> None:
    one = draft("short_answer", stem=f"?{stem}", accept=["a", accept], model_answer=model)
    one = replace(one, source=source)
    bank = written(tmp_path_factory.mktemp("any") / "bank", one)
    assert problems(bank) == []
    [item] = bank.items
    assert item.draft == one
    assert item.file_hash == bank_yaml.file_hash(one)


@given(st.decimals(Decimal("0.01"), 1000, places=2))
def test_points_are_read_as_they_were_written(points: Decimal) -> None:
    row = yaml.safe_load(yaml_reading.write(bank_yaml.row_of(replace(draft("true_false"), points=points))))
    assert bank_yaml.draft_of(row).points == points


def test_a_fingerprint_follows_all_that_a_draft_says_but_its_code() -> None:
    one = draft("true_false")
    changes: list[dict[str, Any]] = [
        {"points": Decimal(2)},
        {"difficulty": 4},
        {"language": "zh"},
        {"competencies": ("a", "b")},
        {"source": "HB 2"},
        {"use": "exam"},
        {"data": {**one.data, "answer": False}},
    ]
    assert len({one.fingerprint(), *(replace(one, **change).fingerprint() for change in changes)}) == 8
    assert replace(one, code="other").fingerprint() == one.fingerprint()
    assert replace(one, points=Decimal("1.500000")).fingerprint() == one.fingerprint()
    several = replace(one, competencies=("a", "b"))
    assert several.fingerprint() == replace(one, competencies=("b", "a")).fingerprint()
