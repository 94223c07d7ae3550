"""Sentences of templates are kept once looked up: each page and each part of it still speaks its own language."""

from __future__ import annotations

from flask import Flask, g, render_template_string
from flask_babel import force_locale, refresh

ZH, EN = "题目", "Questions"


def said(app: Flask, language: str, name: str = "Cem") -> str:
    """What a page in `language` says."""
    with app.test_request_context():
        g.language = language
        refresh()  # the tests' own context is shared by all of them
        return render_template_string("{{ _('Questions') }}|{{ _('%(name)s is due', name=name) }}", name=name)


def test_pages_of_two_languages_take_turns(app: Flask) -> None:
    for _ in range(2):
        assert said(app, "zh").split("|")[0] == ZH
        assert said(app, "en").split("|")[0] == EN


def test_a_part_may_be_forced_into_another_language(app: Flask) -> None:
    with app.test_request_context():
        g.language = "en"
        refresh()
        assert render_template_string("{{ _('Questions') }}") == EN
        with force_locale("zh"):
            assert render_template_string("{{ _('Questions') }}") == ZH
        assert render_template_string("{{ _('Questions') }}") == EN


def test_values_are_escaped_into_a_sentence_and_not_kept_in_it(app: Flask) -> None:
    assert said(app, "en", "<b>Sam</b>").split("|")[1] == "&lt;b&gt;Sam&lt;/b&gt; is due"
    assert said(app, "en", "Cem").split("|")[1] == "Cem is due"
