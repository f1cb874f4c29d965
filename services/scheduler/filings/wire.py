"""Filings put together: the consumer of all counties' topics, of which it takes 任务办理 alone."""

from __future__ import annotations

from functools import partial

from services.chassis.assembly import Part, Platform
from services.chassis.consuming import progress
from services.chassis.consuming.floor import Floor
from services.scheduler.filings.handlers import Filings, refuse_records, take_filings
from services.scheduler.settings import Settings
from services.scheduler.tasks.handlers.hearing import CONSUMER


def wire(platform: Platform[Settings]) -> Part:
    """Return the filings' part of the scheduler; raises ProfileError as the tasks do."""
    filings = Filings.on(platform)
    consumer = platform.consumer(
        "claims",
        list(filings.county_of),
        partial(take_filings, filings=filings),
        refuse=partial(refuse_records, filings=filings),
        progress=partial(progress.note, consumer=CONSUMER),
        observed=Floor(CONSUMER).note,
    )
    return Part(consumers=[consumer])
