"""How the stream is put together: the role `consumer` of this service is Faust."""

from __future__ import annotations

from services.chassis.assembly import Job, Part, Platform
from services.statistics.settings import Settings
from services.statistics.stream.events.worker import StreamWorker


def wire(platform: Platform[Settings]) -> Part:
    """Return the stream's part of statistics."""
    # Faust keeps its app for life: what died in one process can only begin again in another.
    worker = StreamWorker(platform)
    return Part(jobs=[Job(worker.run, restartable=False)], readiness=[worker.standing.missing])
