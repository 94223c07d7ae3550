from collections.abc import Callable
from typing import Any

from flask import Flask

current_user: Any

class LoginManager:
    session_protection: str | None
    anonymous_user: Callable[[], Any]
    def init_app(self, app: Flask) -> None: ...
    def user_loader(self, callback: Callable[[str], Any]) -> Callable[[str], Any]: ...

def login_user(user: Any, remember: bool = ...) -> bool: ...
def logout_user() -> bool: ...
