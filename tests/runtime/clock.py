"""A clock that only a test moves, and that sleeping moves."""

import asyncio


class Clock:
    """``now`` and ``sleep`` for what takes them; seconds pass at once."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let others run, then be as much later."""
        due = self.time + seconds
        await asyncio.sleep(0)
        self.time = max(self.time, due)
