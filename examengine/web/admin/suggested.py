"""The competency tree that comes with the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from examengine.core.settings import root
from examengine.formats import bank_yaml, yaml_reading


@cache
def suggested_tree() -> Sequence[tuple[str, Mapping[str, str]]]:
    """Codes and titles; none when the file is not there or is faulty (`examengine bank check` says how)."""
    try:
        return bank_yaml.read_competencies(root() / "question_banks" / "competencies.yaml")
    except yaml_reading.Unreadable:
        return ()
