"""The review of a bank: what a careful colleague would say about its published questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import render_template, request

from examengine.bank import published
from examengine.bank import queries as bank
from examengine.bank.review import Finding
from examengine.core.pages import SIZE, Page
from examengine.web.author import blueprint, words
from examengine.web.author.sight import for_trainers, hidden_items
from examengine.web.shell.language import language
from examengine.web.shell.lists import asked_one


@blueprint.get("/banks/<int:bank_id>/review")
@for_trainers
def bank_review(bank_id: int) -> str:
    """Figures, and warnings by kind with their questions."""
    found = bank.get_bank(bank_id)
    seen = published.find_review(found, hidden_items())
    code = asked_one("code", words.FINDINGS)
    all_findings = seen.review.findings if seen.review else ()
    order = list(words.FINDINGS)
    chosen = sorted((f for f in all_findings if code in ("", f.code)), key=lambda f: (order.index(f.code), f.items))
    return render_template(
        "author/bank_review.html",
        bank=found,
        seen=seen,
        figures=seen.review.overall if seen.review else None,
        page=_page(chosen, request.args.get("page", 1, int)),
        counts=Counter(finding.code for finding in all_findings),
        code=code,
        words=words,
        language=language(),
        largest=published.LARGEST,
    )


def _page(findings: Sequence[Finding], number: int) -> Page[Finding]:
    pages = max(1, -(-len(findings) // SIZE))
    number = max(1, min(number, pages))
    return Page(findings[(number - 1) * SIZE : number * SIZE], number, SIZE, len(findings))
