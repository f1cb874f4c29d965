"""How the intake is put together: its producer, the allowance of each account, and the route."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.chassis.assembly import Part, Platform
from services.chassis.process import replicas
from services.chassis.publishing.producer import ReliableProducer
from services.gateway.intake.handlers.accept_events import Intake
from services.gateway.intake.handlers.mark_events import Marks
from services.gateway.intake.handlers.reserve_events import Reservations
from services.gateway.intake.http.allowance import Allowance
from services.gateway.intake.http.routes import Deps, router
from services.gateway.settings import Settings

# One question that is answered with every topic that the gateway may see: 30 kB for 300 counties.
_PARTITIONS_SECONDS: Final = 15


def wire(platform: Platform[Settings]) -> Part:
    """Return the intake's part of the gateway."""
    settings = platform.settings
    producer = ReliableProducer(
        settings.kafka, "duban-gateway", timeout=settings.publish_timeout_seconds, broker_clock=platform.broker_clock
    )
    database, clock = platform.database, platform.clock
    deps = Deps(
        intake=Intake(database, producer, clock, Reservations(database, clock), Marks(database, clock)),
        allowance=Allowance(settings.allowance_events, settings.allowance_seconds),
        city=platform.city,
        topic_prefix=settings.topic_prefix,
        max_body_bytes=settings.max_body_bytes,
    )
    counting = platform.every(_PARTITIONS_SECONDS, partial(replicas.note, settings.kafka), name="partitions")
    return Part(routers=[router(deps)], jobs=[counting], close=[producer.stop])
