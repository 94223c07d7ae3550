from collections.abc import Callable
from typing import Any
from wsgiref.headers import Headers

class WhiteNoise:
    def __init__(
        self,
        application: Any,
        *,
        max_age: int | None = ...,
        allow_all_origins: bool = ...,
        add_headers_function: Callable[[Headers, str, str], None] | None = ...,
        immutable_file_test: Callable[[str, str], bool] | str | None = ...,
    ) -> None: ...
    def add_files(self, root: str, prefix: str | None = ...) -> None: ...
    def __call__(self, environ: Any, start_response: Any) -> Any: ...
