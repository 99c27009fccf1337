"""An event loop whose time passes at once: hours of waiting, tested in moments and the same in every run."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Skipping(selectors.SelectSelector):
    """Waits for nothing: what would be waited is added to ``time``."""

    time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            self.time += max(0.0, timeout or 0.0)
        return ready


class FleetingLoop(asyncio.SelectorEventLoop):
    """``asyncio.sleep`` and timeouts take no time; ``time`` says what they would have taken."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.time


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """What ``asyncio.run`` gives, at once."""
    with asyncio.Runner(loop_factory=FleetingLoop) as runner:
        return runner.run(work)


def now() -> float:
    """Seconds of the running loop."""
    return asyncio.get_running_loop().time()
