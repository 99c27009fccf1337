"""An orderly end, in phases: reject new work, drain, flush, disconnect, clean up.

Steps have a priority; those of one phase run in parallel, phases one after the other. Every step runs, whatever fails
before it, until the time is over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from driftmgr.telemetry.logs import Logger

Phase = Literal["reject", "drain", "flush", "disconnect", "clean up"]
Step = Callable[[], Awaitable[None]]

PHASES: tuple[tuple[Phase, int], ...] = (
    ("reject", 0),
    ("drain", 100),
    ("flush", 200),
    ("disconnect", 300),
    ("clean up", 400),
)
SECONDS = 30.0
_log = Logger("shutdown")


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one step ended; ``error`` is empty when it went well."""

    name: str
    phase: Phase
    seconds: float
    error: str = ""


class ShutdownReport(msgspec.Struct, frozen=True, kw_only=True):
    """All steps, in the order they ended; ``forced`` tells that a second signal cut it short."""

    results: tuple[StepResult, ...]
    forced: bool = False

    @property
    def errors(self) -> tuple[StepResult, ...]:
        """The steps that failed or were not finished."""
        return tuple(result for result in self.results if result.error)


class Shutdown:
    """The steps of a process's end. ``begin`` may be called from several places; the steps run once."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._steps: list[tuple[int, str, Step]] = []
        self._running: asyncio.Task[ShutdownReport] | None = None
        self._under_way: list[asyncio.Task[StepResult]] = []
        self._forced = False

    def add(self, priority: int, name: str, step: Step) -> None:
        """Register a step: 0-99 reject new work, 100-199 drain, 200-299 flush, 300-399 disconnect, 400+ clean up."""
        if priority < 0:
            raise ValueError(f"{name}: a priority is not negative")
        self._steps.append((priority, name, step))

    async def begin(self) -> ShutdownReport:
        """Run all steps, in phases; never raises what a step raises."""
        if self._running is None:
            self._running = asyncio.ensure_future(self._run())
        return await asyncio.shield(self._running)

    def force(self) -> None:
        """A second signal: the steps under way are cut short, later ones get no time."""
        self._forced = True
        for step in self._under_way:
            step.cancel()

    async def _run(self) -> ShutdownReport:
        results: list[StepResult] = []
        end = time.monotonic() + self._seconds
        for phase, _ in PHASES:
            self._under_way = [
                asyncio.ensure_future(self._step(phase, name, step, end))
                for priority, name, step in self._steps
                if phase_of(priority) == phase
            ]
            results += [await ended for ended in asyncio.as_completed(self._under_way)]
        report = ShutdownReport(results=tuple(results), forced=self._forced)
        _log.info("shutdown", steps=len(results), errors=[f"{one.name}: {one.error}" for one in report.errors])
        return report

    async def _step(self, phase: Phase, name: str, step: Step, end: float) -> StepResult:
        started = time.monotonic()
        error = ""
        try:
            async with asyncio.timeout(0 if self._forced else max(0.0, end - started)):
                await step()
        except TimeoutError:
            error = "not finished in time"
        except asyncio.CancelledError:
            error = "cut short"
        except Exception as caught:  # noqa: BLE001  # collected: one failing step must not keep the others from running
            error = f"{type(caught).__name__}: {caught}"
        return StepResult(name=name, phase=phase, seconds=round(time.monotonic() - started, 3), error=error)


def phase_of(priority: int) -> Phase:
    """The phase that a priority belongs to."""
    return next(phase for phase, first in reversed(PHASES) if priority >= first)
