"""Form fields that several audiences share."""

from __future__ import annotations

import re

from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def tidy(text: str | None) -> str:
    """A filter: text without what no database or page takes."""
    return _CONTROL.sub("", text or "").strip()


class CheckList(SelectMultipleField):
    """Several of many, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
