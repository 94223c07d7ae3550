"""A question as its author looks at it: as candidates see it, as graders see it, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext
from markupsafe import Markup

from examengine.bank import media
from examengine.bank.models import ItemVersion
from examengine.bank.review_item import content_hints
from examengine.core import html
from examengine.core.i18n import N_, Message
from examengine.itemtypes import get
from examengine.itemtypes.base import Content, ContentError, Hint, JSONValue, Kind, Rubric
from examengine.web.shell import items
from examengine.web.shell.media_urls import Address, pictures_at

_TAG = re.compile(r"</?([A-Za-z][^\s<>/]*)[^<>]*>")


@dataclass(frozen=True)
class Sample:
    """What the two previews show; `content` is None when the draft cannot be read at all."""

    kind: Kind[Content]
    content: Content | None
    problems: list[Message]
    advice: list[Message] = field(default_factory=list)
    pictures: Address | None = None
    """Where the author gets them."""

    @property
    def candidate(self) -> Markup:
        """The question as a candidate sees it."""
        return items.preview(self.kind.present(self.content), pictures=self.pictures) if self.content else Markup("")

    @property
    def empty(self) -> bool:
        """Whether there is nothing yet to look at."""
        return self.content is None or not html.plain(self.content.stem)

    @property
    def key(self) -> list[str]:
        """The key in the reader's language, where its words are the engine's own."""
        if self.content is None:
            return []
        worded = self.kind.present(self.content).facts.get("worded")
        return [gettext(line) if worded else line for line in self.kind.key(self.content)]

    @property
    def rubric(self) -> Rubric:
        """Criteria for graders."""
        return self.kind.rubric(self.content) if self.content else ()

    @property
    def model_answer(self) -> str:
        """Rich text; most kinds have none."""
        return str(getattr(self.content, "model_answer", ""))

    @property
    def weak_answer(self) -> str:
        """Rich text; most kinds have none."""
        return str(getattr(self.content, "weak_answer", ""))


def sample_of(kind: Kind[Content], data: Mapping[str, JSONValue], pictures: Address | None = None) -> Sample:
    """The sample of authoring data that may be incomplete."""
    try:
        written = kind.load(data)
    except ContentError as error:
        return Sample(kind, None, [Message(N_("The question cannot be read: %(reason)s"), {"reason": str(error)})])
    content = kind.clean(written)
    advice = [*_left_out(kind, written, content), *_advice(kind, content)]
    return Sample(kind, content, media.faults(kind, content), advice, pictures)


def _advice(kind: Kind[Content], content: Content) -> list[Hint]:
    """What a review of the bank would say, as soon as there is anything to say it about."""
    return list(content_hints(kind, content)) if html.plain(content.stem) else []


def _left_out(kind: Kind[Content], written: Content, kept: Content) -> list[Message]:
    """Says what the sanitiser takes away: tags (an author may have meant a less-than sign), pictures from elsewhere."""
    found = [tag.lower() for tag in _TAG.findall(" ".join(kind.texts(written)))]
    tags = set(found) - html.TAGS
    text = N_("This HTML is not allowed and is left out: %(tags)s. For a less-than sign write &lt;")
    left = [Message(text, {"tags": ", ".join(sorted(tags)[:10])})] if tags else []
    if found.count("img") > len(kind.pictures(kept)):
        left.append(Message(N_("Pictures from elsewhere are left out: add the picture's file under “Pictures”.")))
    return left


def sample_of_version(version: ItemVersion) -> Sample:
    """The sample of a stored version."""
    address = pictures_at("author.item_picture", item_id=version.item_id)
    return sample_of(get(version.kind), version.content, address)
