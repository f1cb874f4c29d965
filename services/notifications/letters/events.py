"""Events of supervision, tasks and hazards from Kafka: each asks for letters of some kinds, most for one, or says that letters hold no longer."""

from __future__ import annotations

from collections.abc import Sequence

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.supervision import SupervisionRecalled
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.notifications.letters.handlers.deps import Deps
from services.notifications.letters.handlers.issue import issue_letters
from services.notifications.letters.handlers.recall import recall_letters, still_asking, withdraw_prompts
from services.notifications.letters.model.confirming import is_news, last_words
from services.notifications.letters.model.kind import requests_of


async def write_what_is_asked_for(connection: Connection, deliveries: Sequence[Delivery], *, deps: Deps) -> None:
    """Write the letters that these events ask for, and recall those that hold no longer.

    A subject's events come in order, so a recall stands behind everything that it recalls. It asks for a letter where one
    of those had gone out.
    """
    told = [(each.event, each.data) for each in deliveries]
    recalls = [(event, data) for event, data in told if isinstance(data, SupervisionRecalled)]
    await _write(connection, [each for each in told if not isinstance(each[1], SupervisionRecalled)], deps)
    await _write(connection, await recall_letters(connection, recalls, deps=deps), deps)


async def ask_for_second_levels(connection: Connection, deliveries: Sequence[Delivery], *, deps: Deps) -> None:
    """Write the letters that first levels ask for which still wait, and recall what is on its way about others.

    A hazard's events come in order, so what settles a first level stands behind it. One that the broker took days ago is
    not asked about: it is read again, and what became of it may stand further on.
    """
    wall = deps.clock.wall()
    words = last_words((each.event, each.data) for each in deliveries)
    await withdraw_prompts(connection, words, deps=deps)
    news = {each.event.id for each in deliveries if is_news(each.timestamp, wall)}
    fresh = [word for word in words if word[0].id in news]
    await _write(connection, await still_asking(connection, fresh), deps)


async def _write(connection: Connection, told: Sequence[tuple[CloudEvent, EventData]], deps: Deps) -> None:
    requests = [request for event, data in told for request in requests_of(event, data, deps.kinds)]
    await issue_letters(connection, requests, deps=deps)
