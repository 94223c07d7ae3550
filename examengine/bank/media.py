"""Pictures of questions: taking them in, and which of them belong to a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, exists, select, update
from sqlalchemy.exc import IntegrityError

from examengine.bank.models import Item, ItemVersion, Media, MediaUpload
from examengine.core import audit, html, pictures
from examengine.core.db import session
from examengine.core.errors import Invalid, Missing
from examengine.core.i18n import N_, Message
from examengine.core.pictures import Picture
from examengine.itemtypes import get
from examengine.itemtypes.base import Content, Kind

LONGEST_ALT = 300
AT_HAND = 24
"""Of a question's uploads so many are offered, latest first."""


def store(picture: Picture, file_name: str, now: datetime, by: int | None) -> Media:
    """The row of a picture whose file is in the media folder (core.media.keep); the same picture twice is one."""
    found = find(picture.name)
    if found is not None:
        return found
    made = Media(
        name=picture.name,
        size=len(picture.data),
        width=picture.width,
        height=picture.height,
        file_name=file_name.replace("\\", "/").rpartition("/")[2][-120:],
        uploaded_by_id=by,
        at=now,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # somebody else added the same picture at the same moment
        return session.scalars(select(Media).where(Media.name == picture.name)).one()
    size = f"{made.width}×{made.height}"
    audit.record(
        now, by, "media.add", "media", made.id, name=made.name, file=made.file_name, bytes=made.size, pixels=size
    )
    return made


def upload(picture: Picture, file_name: str, alt: str, item_id: int | None, now: datetime, by: int) -> MediaUpload:
    """A picture for a question that is being written. Raises Invalid: it is not described."""
    words = described(alt)
    stored = store(picture, file_name, now, by)
    made = MediaUpload(media=stored, item_id=item_id, person_id=by, alt=words, at=now)
    session.add(made)
    session.flush()
    audit.record(now, by, "media.offer", "media", stored.id, item=item_id, alt=words)
    return made


def described(alt: str) -> str:
    """A description as it is kept. Raises Invalid: there is none, or it is too long."""
    words = " ".join(alt.split())
    if not words:
        raise Invalid(N_("Say in words what the picture shows: who cannot see it hears that instead."))
    if len(words) > LONGEST_ALT:
        raise Invalid(Message(N_("The description has more than %(n)s characters."), {"n": LONGEST_ALT}))
    return words


def find(name: str) -> Media | None:
    """The picture of this name."""
    return session.scalar(select(Media).where(Media.name == name))


def find_by_name(names: Collection[str]) -> dict[str, Media]:
    """Those of these names that there are."""
    return {row.name: row for row in session.scalars(select(Media).where(Media.name.in_(names)))} if names else {}


def find_at_hand(item_id: int | None, upload_ids: Collection[int], by: int) -> Sequence[MediaUpload]:
    """What was added for the question, and what she added for one that is not saved yet; latest first."""
    own = (MediaUpload.person_id == by) & MediaUpload.item_id.is_(None) & MediaUpload.id.in_(upload_ids)
    wanted = own if item_id is None else own | (MediaUpload.item_id == item_id)
    query = select(MediaUpload).where(wanted).order_by(MediaUpload.id.desc()).limit(AT_HAND)
    return session.scalars(query).all()


def claim(item: Item, upload_ids: Collection[int], by: int) -> None:
    """What she added before the question had a number is the question's from now on."""
    own = (MediaUpload.person_id == by) & MediaUpload.item_id.is_(None) & MediaUpload.id.in_(upload_ids)
    session.execute(update(MediaUpload).where(own).values(item_id=item.id))


def get_of_item(item_id: int, name: str) -> Media:
    """A picture that stands in any version of the question, or was added for it. Raises Missing."""
    added = exists().where(MediaUpload.item_id == item_id, MediaUpload.media_id == Media.id)
    return _get(name, added | exists().where(ItemVersion.item_id == item_id, _names(name)))


def get_own(name: str, by: int) -> Media:
    """A picture that the person added for a question that is not saved yet. Raises Missing."""
    own = exists().where(MediaUpload.person_id == by, MediaUpload.item_id.is_(None), MediaUpload.media_id == Media.id)
    return _get(name, own)


def _get(name: str, condition: ColumnElement[bool]) -> Media:
    if not re.fullmatch(html.NAME, name):
        raise Missing
    found = session.scalar(select(Media).where(Media.name == name, condition))
    if found is None:
        raise Missing
    return found


def _names(name: str) -> ColumnElement[bool]:
    return cast(ItemVersion.content, Text).contains(f"media:{name}", autoescape=True)


def names_of(version: ItemVersion) -> frozenset[str]:
    """Names of the pictures in a version's texts."""
    kind = get(version.kind)
    return frozenset(shown.name for shown in kind.pictures(kind.load(version.content)))


def faults(kind: Kind[Content], content: Content) -> list[Message]:
    """What must be mended before publishing, absent pictures too."""
    shown = kind.pictures(content)
    known = find_by_name({picture.name for picture in shown})
    text = N_("The file of picture %(number)s is not here: add the picture again.")
    absent = [n for n, picture in enumerate(shown, 1) if picture.name not in known]
    return [*kind.faults(content), *(Message(text, {"number": number}) for number in absent)]


def check(data: bytes) -> Picture:
    """The picture in an uploaded file. Raises Invalid."""
    return pictures.checked(data, pictures.QUESTION)
