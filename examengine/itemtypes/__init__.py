"""Kinds of item, one file each; `kinds()` finds them, nothing outside names one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from examengine.itemtypes.base import Content, Kind


@cache
def kinds() -> Mapping[str, Kind[Content]]:
    """All kinds by name, in their display order: every module of this package that has a KIND."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.rank)}


def get(name: str) -> Kind[Content]:
    """The kind called `name`. Raises KeyError."""
    return kinds()[name]
