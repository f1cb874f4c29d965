"""Supervision events from Kafka: each asks for letters of some kinds, most for one."""

from __future__ import annotations

from collections.abc import Sequence

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.handlers.issue import issue_letters
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.kind import requests_of


async def write_what_is_asked_for(connection: Connection, deliveries: Sequence[Delivery], *, deps: Deps) -> None:
    """Write the letters that these events ask for."""
    requests = [request for each in deliveries for request in requests_of(each.event, each.data, KINDS)]
    await issue_letters(connection, requests, deps=deps)
