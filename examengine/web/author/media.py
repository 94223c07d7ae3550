"""Pictures of a question: shown to its authors, and added while it is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from examengine.bank import media
from examengine.bank.models import Item
from examengine.core import clock, html, pictures
from examengine.core import media as files
from examengine.core.db import session
from examengine.core.errors import Invalid
from examengine.core.i18n import N_
from examengine.itemtypes.base import Content, Kind
from examengine.web.author import blueprint
from examengine.web.author.sight import for_trainers, item_in_sight
from examengine.web.shell.media_files import picture
from examengine.web.shell.media_urls import Address, pictures_at
from examengine.web.shell.own_settings import own
from examengine.web.shell.people import me
from examengine.web.shell.request_cycle import UPLOADS

MOST = 12 * 1024 * 1024
"""Bytes of a request with a picture: one that is too large is refused in words, with all that was entered."""
UPLOADS["author.new_item"] = UPLOADS["author.edit_item"] = MOST
MOST_UPLOADS = 50


@dataclass(frozen=True)
class Offer:
    """A picture that can be put into the question's texts."""

    name: str
    alt: str
    url: str

    @property
    def code(self) -> str:
        """What is put into a text."""
        return html.code(self.name, self.alt)


@blueprint.get("/items/<int:item_id>/media/<name>")
@for_trainers
def item_picture(item_id: int, name: str) -> Response:
    """A picture of any version of the question, or one just added for it."""
    item_in_sight(item_id)
    return picture(media.get_of_item(item_id, name).name)


@blueprint.get("/items/new/media/<name>")
@for_trainers
def new_picture(name: str) -> Response:
    """What she has just added to a question that has no number yet; nobody else's."""
    return picture(media.get_own(name, me().id).name)


def sent() -> FileStorage | None:
    """The picture's file in this request: whatever button was pressed, a file that was chosen is taken in."""
    file = request.files.get("picture")
    return file if file is not None and file.filename else None


def take(item_id: int | None, alt: str) -> int:
    """Take the sent picture in for the question; gives back the upload's number. Raises Invalid, Conflict."""
    file = sent()
    if file is None:
        raise Invalid(N_("Choose a file first."))
    by, name = me().id, file.filename or ""
    session.rollback()  # nothing keeps SQLite's write lock while a picture is looked at and its file written
    found = media.check(file.stream.read(pictures.QUESTION.size + 1))
    media.described(alt)
    files.keep(own().media, found.name, found.data)
    return media.upload(found, name, alt, item_id, clock.now(), by).id


def addresses(item_id: int | None, origin: Item | None = None) -> Address:
    """Where an author gets the pictures of the question that she writes; `origin`: whose copy it is."""
    if item_id is not None:
        return pictures_at("author.item_picture", item_id=item_id)
    if origin is None:
        return pictures_at("author.new_picture")
    copied = media.names_of(origin.latest)
    there, here = pictures_at("author.item_picture", item_id=origin.id), pictures_at("author.new_picture")
    return lambda name: there(name) if name in copied else here(name)


def numbers(text: str) -> list[int]:
    """Numbers of uploads as the form carries them."""
    found = [int(word) for word in text.split() if word.isascii() and word.isdecimal() and len(word) < 18]
    return found[-MOST_UPLOADS:]


def offers(
    kind: Kind[Content], content: Content | None, item_id: int | None, uploads: Collection[int], address: Address
) -> Sequence[Offer]:
    """What was added for the question, latest first, then what else stands in its texts."""
    found = {row.media.name: row.alt for row in media.find_at_hand(item_id, uploads, me().id)}
    written = kind.pictures(content) if content else []
    for shown in written:
        found.setdefault(shown.name, shown.alt)
    return [Offer(name, alt, address(name)) for name, alt in found.items()]
