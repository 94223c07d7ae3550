"""The company's logo: for everybody, without a session; the name changes with the picture, so it is kept for ever."""

from __future__ import annotations

from werkzeug.wrappers import Response

from examengine.core import media
from examengine.core.errors import Missing
from examengine.core.pictures import TYPES
from examengine.web.public import blueprint
from examengine.web.shell.media_files import ALONE
from examengine.web.shell.own_settings import own, take_over

FOREVER = "public, max-age=31536000, immutable"


@blueprint.get("/logo/<name>")
def logo(name: str) -> Response:
    """The picture in use and no other file. Raises Missing."""
    if name not in (own().logo, take_over(at_once=True).logo):  # another process may know of the new one first
        raise Missing
    data = media.read(own().media, name)
    headers = {"Cache-Control": FOREVER, "Content-Security-Policy": ALONE}
    return Response(data, mimetype=TYPES[name.rpartition(".")[2]], headers=headers)
