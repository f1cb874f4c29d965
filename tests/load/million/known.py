"""What stands behind the names in braces of the catalogue: something that is in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.chassis.web.paging import Cursor
from services.gateway.feed import documents as feed
from services.gateway.receipts import http as receipts
from services.ledger.hazards.http import awaited as hazards
from services.notifications.letters import http as letters

_KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "ledger": {
        "hazard": "SELECT number FROM hazard WHERE state = 'closed' ORDER BY hazard_id DESC OFFSET 100 LIMIT 1",
        "reported": """SELECT number FROM hazard WHERE version = 1 AND first_confirmed_at IS NULL
                        ORDER BY hazard_id DESC LIMIT 1""",
        "enterprise": """SELECT enterprise_uscc FROM hazard WHERE enterprise_uscc IS NOT NULL GROUP BY enterprise_uscc
                          ORDER BY count(*) DESC LIMIT 1""",
        "listed": "SELECT hazard_id::text FROM listing LIMIT 1",
        "serial": "SELECT right(number, 6) FROM hazard ORDER BY hazard_id DESC OFFSET 5000 LIMIT 1",
        "half": "SELECT hazard_id::text FROM hazard ORDER BY hazard_id OFFSET (SELECT count(*) / 2 FROM hazard) LIMIT 1",
        "middle": "SELECT coalesce(max(position) / 2, 0)::text FROM hazard_history",
    },
    "gateway": {
        "half": "SELECT max(position) / 2 FROM receipt",
        "feed": "SELECT max(position) / 2 FROM feed WHERE county = '140502'",
    },
    "notifications": {
        "half": "SELECT max(position) / 2 FROM letter",
        "about": "SELECT about_id FROM letter ORDER BY position DESC LIMIT 1",
        "enterprise": "SELECT enterprise FROM letter WHERE enterprise IS NOT NULL LIMIT 1",
    },
    "scheduler": {
        "serial": "SELECT right(number, 5) FROM task ORDER BY task_id DESC LIMIT 1",
        "enterprise": "SELECT enterprise FROM training_session LIMIT 1",
    },
}
# What of them is where a page ended.
_CURSORS: Final[Mapping[str, Mapping[str, Callable[[str], Cursor]]]] = {
    "ledger": {"half": lambda text: hazards.ByArrival(hazard_id=UUID(text))},
    "gateway": {
        "half": lambda text: receipts.ByPosition(position=int(text)),
        "feed": lambda text: feed.ByPlace(county="140502", position=int(text)),
    },
    "notifications": {"half": lambda text: letters.ByPosition(position=int(text))},
}


async def known(service: str, connection: asyncpg.Connection[Any]) -> dict[str, str]:
    """Return by its name what a service's database has of it."""
    found = {name: str(await connection.fetchval(query)) for name, query in _KNOWN.get(service, {}).items()}
    return found | {name: cursor(found[name]).encode() for name, cursor in _CURSORS.get(service, {}).items()}
