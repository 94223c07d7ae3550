"""Every shipped item, previewed once in both roles."""

from __future__ import annotations

import html as escaping
import re

from flask import Flask

from examengine.bank import queries
from examengine.cli import banks
from examengine.core import html
from examengine.core.db import session
from examengine.core.settings import root
from examengine.itemtypes import get
from tests.web.conftest import Visit

FOLDER = root() / "question_banks"


def words(text: str) -> str:
    """What is read of a piece of HTML, without spaces and the gaps of blanks."""
    plain = re.sub(r"<(option|textarea|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+|\[\[\d+\]\]", "", escaping.unescape(re.sub(r"<[^>]*>", "", plain)))


def test_every_shipped_item_is_previewed_as_candidate_and_as_grader(app: Flask, visit: Visit) -> None:
    drafts, problems = banks.read_all(FOLDER)
    assert problems == []
    banks.load_all(FOLDER, drafts)
    session.commit()
    browser = visit("ann")
    ids = {
        (bank.code, item.code): item.id for bank in queries.find_banks() for item in queries.find_bank_items(bank.id)
    }
    session.rollback()
    assert len(ids) == sum(len(bank.items) for bank in drafts)
    for bank in drafts:
        for item in bank.items:
            answer = browser.get(f"/items/{ids[bank.code, item.draft.code]}")
            page = answer.get_data(as_text=True)
            assert answer.status_code == 200, item.draft.code
            found = re.search(
                r'id="preview-candidate">(.*)id="preview-grader">(.*?)</div></div>\s*</div>', page, re.DOTALL
            )
            assert found, item.draft.code
            candidate, grader = words(found.group(1)), words(found.group(2))
            kind = get(item.draft.kind)
            content = kind.load(item.draft.data)
            stem, explanation = words(content.stem), words(content.explanation)
            assert stem in candidate, item.draft.code
            assert stem in grader, item.draft.code
            assert explanation in grader, item.draft.code
            assert explanation not in candidate, item.draft.code
            for line in kind.key(content):
                assert words(line) in grader, (item.draft.code, line)
            for criterion in kind.rubric(content):
                assert all(words(level.text) in grader for level in criterion.levels), item.draft.code
                assert criterion.title not in candidate or criterion.title in html.plain(content.stem), item.draft.code
