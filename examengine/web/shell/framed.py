"""Pages of the hot path within the site's frame: the template is rendered once a kind of reader, then filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from examengine.notices.readers import Reader
from examengine.web.shell.frames import Frame, frame, mark
from examengine.web.shell.language import language
from examengine.web.shell.request_cycle import csp_nonce
from examengine.web.shell.templating import shell_key


@dataclass(frozen=True)
class _Somebody:
    """Who stands in the frame instead of the person of this request."""

    id: Markup
    name: Markup
    is_authenticated: bool = True


def framed(template: str, reader: Reader, values: Mapping[str, object]) -> bytes:
    """The page for this reader: `template`'s own marks are filled with `values` (HTML).

    What else the template shows must depend on nothing but the reader's language, theme, roles and unread notices.
    """

    def render() -> str:
        return render_template(
            template,
            current_user=_Somebody(mark("PERSON"), mark("NAME")),
            csrf_token=lambda: mark("CSRF"),
            csp_nonce=lambda: mark("NONCE"),
            here=mark("HERE"),
        )

    key = (template, language(), reader.theme, reader.roles, min(reader.unread, 100), shell_key())
    told = "_flashes" in session  # what is told once is in no frame that is kept
    shown = Frame(render()) if told else frame(key, render)
    return shown.fill_in(
        {
            "PERSON": reader.id,
            "NAME": escape(reader.name),
            "CSRF": generate_csrf(),
            "NONCE": csp_nonce(),
            "HERE": escape(request.full_path if request.query_string else request.path),
            **values,
        }
    )
