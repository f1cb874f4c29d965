"""The clock role's work: look at what is due, twice a second. A slice that has alarms adds one such job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from services.scheduler import metrics
from services.scheduler.alarms import handlers
from services.scheduler.alarms.handlers import Deps, Source
from services.scheduler.alarms.model import Kind
from services.scheduler.alarms.tables import BATCH


@dataclass
class RaiseAlarms:
    """Raises the alarms of one source. `plan` runs first, until it has succeeded once.

    Several may run at once: rows that one of them holds are skipped by the others.
    """

    source: Source
    deps: Deps
    plan: Callable[[], Awaitable[object]]
    _planned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        for kind in Kind:
            metrics.RAISED.labels(self.source.subject_kind, kind)  # a series from zero shows its first increase

    async def look(self) -> None:
        """Raise everything that is due now; any exception leaves what was raised before it."""
        if not self._planned:
            await self.plan()
            self._planned = True
        while await handlers.raise_passed(self.source, deps=self.deps) == BATCH:
            pass
        while await handlers.remind(self.source, deps=self.deps) == BATCH:
            pass
        await handlers.report(self.source, deps=self.deps)
