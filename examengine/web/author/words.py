"""Words of these pages for what the rooms keep as codes."""

from __future__ import annotations

from examengine.core.i18n import N_

LANGUAGES = {"zh": N_("Chinese"), "en": N_("English")}
USES = {"exam": N_("Exams"), "practice": N_("Practice"), "both": N_("Exams and practice")}
ITEM_STATES = {"draft": N_("With a draft"), "published": N_("Published"), "retired": N_("Retired")}
EXAM_STATES = {"draft": N_("Draft"), "published": N_("Published"), "withdrawn": N_("Withdrawn")}
EXAM_TONES = {"draft": "neutral", "published": "ok", "withdrawn": "bad"}
FINDINGS = {
    "hidden_negation": N_("Negation not stressed"),
    "catch_all": N_("All or none of the above"),
    "same_options": N_("Options say the same"),
    "nested_options": N_("One option within another"),
    "unequal_options": N_("Options of unequal length"),
    "absolute_distractors": N_("“Always” and “never” give it away"),
    "near_duplicate": N_("Near-duplicate"),
    "many_near_duplicates": N_("Many near-duplicates"),
    "key_positions": N_("Keys unevenly placed"),
    "key_longest": N_("The longest option is the key"),
    "true_false_balance": N_("True and false out of balance"),
    "difficulty_spread": N_("Difficulties badly spread"),
    "kind_share": N_("Few of a kind"),
    "language_share": N_("Few in a language"),
    "case_share": N_("Few cases"),
    "no_explanation": N_("No explanation"),
    "explanation_repeats": N_("The explanation explains nothing"),
    "no_competency": N_("No competency"),
    "no_source": N_("No source"),
    "long_stem": N_("Very long question"),
    "no_tolerance": N_("Number without tolerance"),
    "redundant_alternative": N_("Alternative not needed"),
    "no_model_answer": N_("No model answer"),
    "no_weak_answer": N_("No weak answer"),
    "rubric_criteria": N_("Number of criteria"),
    "rubric_levels": N_("Number of levels"),
    "rubric_repeats": N_("Levels read alike"),
    "all_keys": N_("Every option is right"),
    "rule_each": N_("Ticking everything pays"),
}
"""What a review finds, most misleading for candidates first."""
DIFFICULTIES = {
    1: N_("1 – very easy"),
    2: N_("2 – easy"),
    3: N_("3 – medium"),
    4: N_("4 – hard"),
    5: N_("5 – very hard"),
}
