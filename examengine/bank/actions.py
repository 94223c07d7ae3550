"""Verbs on banks and items: write, publish, retire, load from files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select

from examengine.bank import media, queries
from examengine.bank.models import Bank, Item, ItemVersion, VersionCompetency
from examengine.core import audit, html
from examengine.core.db import session
from examengine.core.errors import Conflict, Invalid
from examengine.core.i18n import N_, Message
from examengine.core.settings import LANGUAGES
from examengine.formats.base import USES, BankDraft, FileItem, ItemDraft
from examengine.itemtypes import get, kinds
from examengine.itemtypes.base import ContentError

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def add_bank(
    code: str, titles: Mapping[str, str], descriptions: Mapping[str, str], now: datetime, by: int | None
) -> Bank:
    """A new bank. Raises Invalid for a bad code, Conflict for a taken one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", code):
        raise Invalid(N_("A bank's code has small letters, digits and _ only, and starts with a letter."))
    if queries.find_bank(code):
        raise Conflict(Message(N_("There is a bank “%(code)s” already."), {"code": code}))
    bank = Bank(code=code, titles=dict(titles), descriptions=dict(descriptions), created_at=now)
    session.add(bank)
    session.flush()
    audit.record(now, by, "bank.add", "bank", bank.id, code=code)
    return bank


def checked(draft: ItemDraft) -> ItemDraft:
    """The draft with its data loaded, cleaned and written in normal form. Raises Invalid, naming each fault."""
    found: list[Message] = []
    if not CODE.fullmatch(draft.code):
        found.append(Message(N_("An item's code has small letters, digits and - only.")))
    if draft.language not in LANGUAGES or draft.use not in USES:
        found.append(Message(N_("Language or use is not one of the choices.")))
    if not 0 < draft.points <= 1000:
        found.append(Message(N_("Points go from 0.01 to 1000 with at most two decimals.")))
    if not 1 <= draft.difficulty <= 5:
        found.append(Message(N_("Difficulty goes from 1 to 5.")))
    known = queries.find_successors()
    for code in draft.competencies:
        if code not in known:
            found.append(Message(N_("There is no competency “%(code)s”."), {"code": code}))
    if draft.kind not in kinds():
        raise Invalid(problems=[*found, Message(N_("There is no kind of question “%(kind)s”."), {"kind": draft.kind})])
    try:
        kind = get(draft.kind)
        data = kind.dump(kind.clean(kind.load(draft.data)))
    except ContentError as error:
        raise Invalid(
            problems=[*found, Message(N_("The question cannot be read: %(reason)s"), {"reason": str(error)})]
        ) from None
    if found:
        raise Invalid(problems=found)
    tags = dict.fromkeys(known[code] for code in draft.competencies)
    return replace(draft, data=data, competencies=tuple(tags))


def write_item(bank: Bank, item: Item | None, draft: ItemDraft, now: datetime, by: int | None) -> Item:
    """Save a draft as the item's working version (a new item when None). Raises Invalid, Conflict."""
    draft = checked(draft)
    if item is None:
        if queries.find_item(bank.id, draft.code):
            raise Conflict(Message(N_("The bank has an item “%(code)s” already."), {"code": draft.code}))
        item = Item(bank_id=bank.id, code=draft.code, use=draft.use)
        session.add(item)
        session.flush()
    elif item.latest.kind != draft.kind:
        raise Conflict(N_("An item keeps its kind; write a new item instead."))
    item.use = draft.use
    version = item.draft or _new_version(item, now, by)
    _fill(version, draft)
    version.author_id = by
    item.draft = version
    session.flush()
    audit.record(now, by, "item.write", "item", item.id, version=version.number, sha256=version.sha256)
    return item


def _new_version(item: Item, now: datetime, by: int | None) -> ItemVersion:
    last = session.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_id == item.id)) or 0
    return ItemVersion(item_id=item.id, number=last + 1, created_at=now, author_id=by, competency_rows=[])


def _fill(version: ItemVersion, draft: ItemDraft) -> None:
    version.kind, version.language = draft.kind, draft.language
    version.points, version.difficulty, version.source = draft.points, draft.difficulty, draft.source[:200]
    version.content = dict(draft.data)
    version.movable = marks(draft)
    version.words = html.plain(str(draft.data.get("stem", "")))
    version.sha256 = draft.fingerprint()
    wanted = set(draft.competencies)
    version.competency_rows = [row for row in version.competency_rows if row.code in wanted] + [
        VersionCompetency(code=code) for code in sorted(wanted - {row.code for row in version.competency_rows})
    ]
    session.add(version)


def marks(draft: ItemDraft) -> str:
    """Which of the draft's parts may be shuffled, as ItemVersion.movable keeps it."""
    kind = get(draft.kind)
    return "".join(str(int(mark)) for mark in kind.movable(kind.load(draft.data)))


def draft_of(item: Item, version: ItemVersion) -> ItemDraft:
    """The draft that a version was made of."""
    return ItemDraft(
        item.code,
        version.kind,
        version.language,
        version.points,
        version.difficulty,
        version.competencies,
        version.source,
        item.use,
        version.content,
    )


def publish_item(item: Item, now: datetime, by: int | None) -> ItemVersion:
    """Freeze the draft and make it the version that new exams take. Raises Conflict, Invalid."""
    version = item.draft
    if version is None:
        raise Conflict(N_("There is no draft to publish."))
    kind = get(version.kind)
    problems = media.faults(kind, kind.load(version.content))
    if problems:
        raise Invalid(problems=problems)
    version.published_at = now
    item.published, item.draft = version, None
    item.state = "active"
    session.flush()
    audit.record(now, by, "item.publish", "item", item.id, version=version.number, sha256=version.sha256)
    return version


def discard_draft(item: Item, now: datetime, by: int | None) -> None:
    """Drop the draft and go on with the published version. Raises Conflict when there is none."""
    if item.draft is None or item.published is None:
        raise Conflict(N_("There is no draft beside a published version."))
    draft, item.draft = item.draft, None
    session.flush()
    session.delete(draft)
    session.flush()
    audit.record(now, by, "item.discard", "item", item.id, version=draft.number)


def retire_item(item: Item, now: datetime, by: int | None, reason: str = "") -> None:
    """Take an item out of lists and future exams; published exams keep it."""
    item.state = "retired"
    session.flush()
    audit.record(now, by, "item.retire", "item", item.id, reason)


def restore_item(item: Item, now: datetime, by: int | None) -> None:
    """Bring a retired item back."""
    item.state = "active"
    session.flush()
    audit.record(now, by, "item.restore", "item", item.id)


@dataclass
class LoadReport:
    """What loading a bank folder did, by item code."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Changed on both sides, and the browser's side was kept on request."""
    conflicts: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def load_bank(draft: BankDraft, now: datetime, by: int | None, prefer: str = "") -> LoadReport:
    """Take a bank folder in and publish what is new or changed (semantics §7).

    `prefer` "file" or "browser" decides where both sides changed; else such items are conflicts and nothing is done.
    """
    bank = queries.find_bank(draft.code) or add_bank(draft.code, draft.titles, draft.descriptions, now, by)
    known = {item.code: item for item in queries.find_bank_items(bank.id)}
    queries.load_versions(list(known.values()))
    report = LoadReport(gone=sorted(set(known) - {item.draft.code for item in draft.items}))
    takes: list[FileItem] = []
    for entry in draft.items:
        item = known.get(entry.draft.code)
        if item is None:
            report.added.append(entry.draft.code)
            takes.append(entry)
        elif item.file_hash == entry.file_hash or item.latest.sha256 == entry.draft.fingerprint():
            report.unchanged.append(entry.draft.code)
            item.file_hash = entry.file_hash
        elif item.latest.sha256 == item.loaded_sha256 or prefer == "file":
            report.changed.append(entry.draft.code)
            takes.append(entry)
        elif prefer == "browser":
            report.kept.append(entry.draft.code)
            item.file_hash = entry.file_hash
        else:
            report.conflicts.append(entry.draft.code)
    if report.conflicts:
        return report
    bank.titles, bank.descriptions = dict(draft.titles), dict(draft.descriptions)
    for entry in takes:
        item = write_item(bank, known.get(entry.draft.code), entry.draft, now, by)
        version = publish_item(item, now, by)
        item.file_hash, item.loaded_sha256 = entry.file_hash, version.sha256
    session.flush()
    return report
