from huey import Huey

class Consumer:
    def __init__(
        self,
        huey: Huey,
        *,
        workers: int = ...,
        periodic: bool = ...,
        max_delay: float = ...,
        worker_type: str = ...,
        shutdown_timeout: float | None = ...,
    ) -> None: ...
    def start(self) -> None: ...
    def stop(self, graceful: bool = ...) -> None: ...
