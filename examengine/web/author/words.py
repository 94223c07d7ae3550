"""Words of these pages for what the rooms keep as codes."""

from __future__ import annotations

from examengine.core.i18n import N_

LANGUAGES = {"zh": N_("Chinese"), "en": N_("English")}
USES = {"exam": N_("Exams"), "practice": N_("Practice"), "both": N_("Exams and practice")}
ITEM_STATES = {"draft": N_("With a draft"), "published": N_("Published"), "retired": N_("Retired")}
EXAM_STATES = {"draft": N_("Draft"), "published": N_("Published"), "withdrawn": N_("Withdrawn")}
EXAM_TONES = {"draft": "neutral", "published": "ok", "withdrawn": "bad"}
DIFFICULTIES = {
    1: N_("1 – very easy"),
    2: N_("2 – easy"),
    3: N_("3 – medium"),
    4: N_("4 – hard"),
    5: N_("5 – very hard"),
}
