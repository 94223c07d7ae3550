"""What a score rests on, in words: the machine's evidence, the graders' marks, the lead's decision."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from examengine.core.db import MICRO
from examengine.core.i18n import N_
from examengine.itemtypes.multiple_choice import LABELS
from examengine.results.queries import Judged
from examengine.web.shell.language import show_percent, show_points

SOURCES = {
    "machine": N_("by the machine"),
    "marks": N_("by graders"),
    "lead": N_("by the lead"),
    "correction": N_("by a correction"),
    "": N_("not yet: graders have it again"),
    "appeal": N_("by a fresh look after an appeal"),
}
RULES = {
    **LABELS,
    "all": N_("All marks agree within the tolerance"),
    "majority": N_("The largest group of agreeing marks counts"),
    "closest": N_("Of equal groups of marks the closest counts"),
    "union": N_("Equal groups of marks count together"),
    "lead": N_("The marks did not agree, so the lead decided"),
    "appeal": N_("The fresh mark decided"),
}


def _texts(values: list[str | None] | str) -> str:
    if isinstance(values, str):
        return values
    return " | ".join("–" if value is None else value for value in values)


def _share(fraction: int) -> str:
    return show_percent(100 * Decimal(fraction) * MICRO)


_WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "rule": (N_("Rule"), lambda rule: gettext(RULES.get(rule, rule))),
    "fraction": (N_("Share earned"), _share),
    "n": (N_("Options"), str),
    "c": (N_("Right options"), str),
    "t": (N_("Right picks"), str),
    "f": (N_("Wrong picks"), str),
    "normalised": (N_("Answer as compared"), _texts),
    "matched": (N_("Accepted answer that fits"), _texts),
    "note": (N_("Note"), str),
}


def evidence_of(judged: Judged) -> list[tuple[str, str]]:
    """Terms and texts of what the score of a question rests on."""
    found = judged.evidence
    rows = [(gettext("Scored"), gettext(SOURCES[judged.source]))]
    known = ((label, words, found.get(key)) for key, (label, words) in _WORDS.items())
    rows += [(gettext(label), words(value)) for label, words, value in known if value not in (None, "", [])]
    if judged.marks:
        rows.append((gettext("Marks"), ", ".join(map(show_points, judged.marks))))
    if judged.source == "marks":
        counted = gettext("%(counted)s of %(all)s", counted=len(found["counted"]), all=len(judged.marks))
        rows.append((gettext("Marks that count"), counted))
        rows.append((gettext("Range of these"), f"{show_points(judged.low)} – {show_points(judged.high)}"))
    for row in found.get("criteria", ()):
        title = row["title"] or gettext("Whole answer")
        rows.append((title, f"{show_points(row['points'])} / {show_points(row['maximum'])}"))
    if judged.source == "appeal":
        rows.append((gettext("Points before the appeal"), show_points(Decimal(found["before"]) * MICRO)))
    if judged.reason:
        rows.append((gettext("The lead's reason"), judged.reason))
    return rows
