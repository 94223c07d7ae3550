"""Bodies of forms with a file, as a browser sends them; the file's name may be as hostile as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BOUNDARY = "----examengine-test-7f3a9c"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def body(fields: Mapping[str, Any], field: str, content: bytes, name: str, kind: str = "image/png") -> bytes:
    """The fields, then the file. A browser writes quotes and line breaks of names as %22, %0D, %0A."""
    parts = []
    for key, value in fields.items():
        for text in value if isinstance(value, list) else [value]:
            parts.append(f'Content-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'.encode("utf-8", "replace"))
    told = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'Content-Disposition: form-data; name="{field}"; filename="{told}"\r\nContent-Type: {kind}\r\n\r\n'
    parts.append(head.encode("utf-8", "replace") + content + b"\r\n")
    mark = f"--{BOUNDARY}".encode()
    return b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"
