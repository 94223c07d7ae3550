from typing import Any

from wtforms import FileField as FileField

class FileRequired:
    def __init__(self, message: str | None = ...) -> None: ...
    def __call__(self, form: Any, field: Any) -> None: ...
