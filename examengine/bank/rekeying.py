"""A corrected key: another version of an item that candidates could not tell from the one they saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from examengine.bank import media, queries
from examengine.bank.actions import draft_of
from examengine.bank.models import Item, ItemVersion, VersionCompetency
from examengine.core import audit
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message
from examengine.itemtypes import get
from examengine.itemtypes.base import ContentError, JSONValue


def find_family(version: ItemVersion) -> Sequence[ItemVersion]:
    """The item's frozen versions that candidates cannot tell from this one, itself too, newest first."""
    kind = get(version.kind)
    shown = kind.present(kind.load(version.content))
    frozen = (other for other in queries.find_versions(version.item_id) if other.published_at is not None)
    return [other for other in frozen if kind.present(kind.load(other.content)) == shown]


def rekeyed(
    item: Item, shown: ItemVersion, data: Mapping[str, JSONValue], now: datetime, by: int | None
) -> ItemVersion:
    """The frozen version with what was shown and the key of `data`: one that there is already, or a new one.

    The item goes on with its published version until `adopt`. Raises Invalid, Conflict (people mark it by a rubric).
    """
    kind = get(shown.kind)
    if kind.marked_by == "people":
        raise Conflict(N_("People mark this question by its rubric: it has no key that could be corrected."))
    old = kind.load(shown.content)
    try:
        content = kind.rekey(old, kind.clean(kind.load(data)))
    except ContentError as error:
        raise Invalid(Message(N_("The question cannot be read: %(reason)s"), {"reason": str(error)})) from None
    problems = media.faults(kind, content)
    if problems:
        raise Invalid(problems=problems)
    if kind.present(content) != kind.present(old) or kind.rubric(content) != kind.rubric(old):
        raise Invalid(N_("What candidates saw must stay as it was."))
    written = kind.dump(content)
    known = (other for other in find_family(shown) if kind.dump(kind.load(other.content)) == written)
    return next(known, None) or _freeze(item, shown, written, now, by)


def _freeze(
    item: Item, shown: ItemVersion, data: Mapping[str, JSONValue], now: datetime, by: int | None
) -> ItemVersion:
    draft = replace(draft_of(item, shown), data=data)
    last = session.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_id == item.id)) or 0
    version = ItemVersion(
        item_id=item.id,
        number=last + 1,
        kind=shown.kind,
        language=shown.language,
        points=shown.points,
        difficulty=shown.difficulty,
        source=shown.source,
        content=dict(data),
        words=shown.words,
        sha256=draft.fingerprint(),
        created_at=now,
        published_at=now,
        author_id=by,
        competency_rows=[VersionCompetency(code=code) for code in shown.competencies],
    )
    session.add(version)
    session.flush()
    audit.record(now, by, "item.rekey", "item", item.id, version=version.number, of=shown.number)
    return version


def adopt(item_id: int, version_id: int, instead_of: Sequence[int], now: datetime, by: int | None, reason: str) -> None:
    """New exams take this version from now on, if they took one of `instead_of` so far."""
    item = queries.get_item(item_id)
    if item.published_id == version_id or item.published_id not in instead_of:
        return
    before = item.published_id
    item.published_id = version_id
    session.flush()
    session.expire(item, ["published"])
    audit.record(now, by, "item.adopt", "item", item_id, reason, before=before, after=version_id)
