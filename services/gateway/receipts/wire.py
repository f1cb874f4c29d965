"""How the receipts are put together: the routes of a county, and the consumer of all counties' feedback."""

from __future__ import annotations

from duban_contracts.topics import feedback_topic
from services.chassis.assembly import Part, Platform
from services.gateway.receipts.handlers import note_answers
from services.gateway.receipts.http import Deps, router
from services.gateway.settings import Settings


def wire(platform: Platform[Settings]) -> Part:
    """Return the receipts' part of the gateway."""
    topics = [feedback_topic(county.code, platform.settings.topic_prefix) for county in platform.city.counties]
    return Part(
        routers=[router(Deps(platform.database))],
        consumers=[platform.consumer("feedback", topics, note_answers)],
    )
