"""Supervision events from Kafka: each asks for letters of some kinds, most for one, or says that letters hold no longer."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.events.supervision import SupervisionRecalled
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.handlers.issue import issue_letters
from services.notifications.letters.handlers.recall import recall_letters
from services.notifications.letters.kinds import KINDS
from services.notifications.letters.model.kind import requests_of


async def write_what_is_asked_for(connection: Connection, deliveries: Sequence[Delivery], *, deps: Deps) -> None:
    """Write the letters that these events ask for, and recall those that hold no longer.

    A subject's events come in order, so a recall stands behind everything that it recalls.
    """
    requests = [request for each in deliveries for request in requests_of(each.event, each.data, KINDS)]
    await issue_letters(connection, requests, deps=deps)
    told = [(each.event, each.data) for each in deliveries if isinstance(each.data, SupervisionRecalled)]
    await recall_letters(connection, told, deps=deps)
