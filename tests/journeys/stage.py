"""Sets the stage of a story inside a served instance: `python -m tests.journeys.stage '{"people": ["cem"]}'`.

Prints {"sitting": id}. With {"fold": attempt id} it prints the answers that the server has instead, with
{"journal": attempt id} the digests of its saves.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from examengine.accounts import queries as people
from examengine.app import create_app
from examengine.bank import actions as bank_actions
from examengine.bank import queries as bank
from examengine.core import clock
from examengine.core.db import session
from examengine.delivery import journal
from examengine.delivery import queries as attempts
from examengine.exams import actions, plans, queries
from examengine.formats.base import ItemDraft

KINDS = ("single_choice", "multiple_choice", "fill_in", "essay")


def plan(facts: dict[str, Any]) -> plans.Plan:
    """Two choice questions, one fill-in, one essay (or the `kinds` said), all English."""
    found = bank.find_bank("complaint_handling")
    assert found is not None
    rules = [plans.DrawRule(found.id, 1, Decimal(2), kind=kind, language="en") for kind in facts.get("kinds", KINDS)]
    terms = plans.Terms(
        time_limit_s=facts.get("limit_s", 1800),
        page_mode=facts.get("page_mode", "all"),
        attempts=5,
        release=facts.get("release", "marked"),
    )
    return plans.Plan(terms, (plans.Section("Part one", tuple(rules)),))


CHOICES = (("first-step", "What do you do first?"), ("second-step", "And then?"))
OPTIONS = ("Listen to the end", "Transfer the call", "Hang up")


def keyed(now: datetime) -> plans.Plan:
    """Two choice questions whose key is the first option, results out as soon as they are complete."""
    home = bank.find_bank("complaint_handling")
    assert home is not None
    slots = []
    for code, question in CHOICES:
        options = [{"text": f"<p>{text}</p>", "key": n == 0} for n, text in enumerate(OPTIONS)]
        data = {"stem": f"<p>{question}</p>", "explanation": "<p>So it is.</p>", "options": options}
        draft = ItemDraft(code, "single_choice", "en", Decimal(2), 1, ("business.service",), "", "exam", data)
        item = bank_actions.write_item(home, None, draft, now, None)
        bank_actions.publish_item(item, now, None)
        slots.append(plans.FixedSlot(item.id))
    terms = plans.Terms(release="complete", shuffle_items=False)
    return plans.Plan(terms, (plans.Section("Part one", tuple(slots)),))


def chosen(codes: list[str]) -> plans.Plan:
    """These questions and no others."""
    home = bank.find_bank("complaint_handling")
    assert home is not None
    found = [bank.find_item(home.id, code) for code in codes]
    slots = tuple(plans.FixedSlot(item.id) for item in found if item is not None)
    return plans.Plan(plans.Terms(shuffle_items=False), (plans.Section("Part one", slots),))


def stage(facts: dict[str, Any]) -> dict[str, Any]:
    """A published exam (a short one, or `exam`) with an open sitting (`closed`: one that was over an hour ago)."""
    now = clock.now()
    by_name = {person.username: person.id for person in people.find_people()}
    if "exam" in facts:
        exam = queries.get_exam(facts["exam"])
    else:
        drawn = keyed(now) if facts.get("keyed") else plan(facts)
        drawn = chosen(facts["codes"]) if "codes" in facts else drawn
        exam = actions.add_exam(facts.get("title", "Short test"), now, None, drawn)
        graders = [by_name[name] for name in facts.get("graders", ("mia", "max"))]
        actions.set_duties(exam, {"grader": graders, "lead": [by_name["ada"]]}, now, None)
        actions.publish_exam(exam, now, None)
    close = now + timedelta(hours=-1 if facts.get("closed") else 2)
    sitting = actions.plan_sitting(
        exam,
        exam.title,
        close - timedelta(hours=2, minutes=1),
        close,
        close,
        now,
        None,
        person_ids=[by_name[name] for name in facts["people"]],
        invigilator_ids=[by_name["kim"]],
    )
    session.commit()
    return {"sitting": sitting.id, "exam": exam.id}


def main() -> None:
    """The console's entry."""
    facts = json.loads(sys.argv[1])
    app = create_app()
    with app.app_context():
        if "fold" in facts:
            folded = journal.fold(attempts.find_rows(facts["fold"]))
            answer: dict[str, Any] = {"values": {str(k): v for k, v in folded.values.items()}}
            answer["state"] = attempts.get_attempt(facts["fold"]).state
        elif "journal" in facts:
            answer = {"saves": {row.seq: row.sha256.hex() for row in attempts.find_rows(facts["journal"])}}
        else:
            answer = stage(facts)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
