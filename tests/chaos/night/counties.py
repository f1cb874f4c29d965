"""What counties do, and what becomes of it: each a block, broken when it is entered and healed when it is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Final

from duban_contracts.topics import claims_topic
from tests.chaos.night.faults import beside
from tests.chaos.night.stage import Stage
from tests.deploy import lights

_FLOOD: Final = 1_100
_BUG: Final = (
    "CREATE FUNCTION our_bug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'our bug'; END $$",
    "CREATE TRIGGER our_bug BEFORE UPDATE OF status ON receipt FOR EACH ROW EXECUTE FUNCTION our_bug()",
)
_BUSY_PAUSE: Final = 0.2  # seconds between two events: a hundred failures halt a consumer


@contextlib.contextmanager
def flooded(stage: Stage) -> Iterator[None]:
    """A county writes more than a thousand records that are nothing; afterwards an operator lets it go on."""
    county = stage.life.counties[0]
    lights.flood(stage.settings.kafka_bootstrap, claims_topic(county), _FLOOD)
    try:
        yield
    finally:
        stage.duban("counties", "resume", county, "--as", "operator-1")


@contextlib.contextmanager
def hanging_transaction(stage: Stage) -> Iterator[None]:
    """A county's publisher hangs in its transactions."""
    hanging = lights.hanging_transactions(stage.settings.kafka_bootstrap, claims_topic(stage.life.counties[1]))
    with beside(hanging):
        yield


@contextlib.contextmanager
def unreadable(stage: Stage) -> Iterator[None]:
    """A county writes a batch that unfolds beyond any bound."""
    lights.send_unreadable(stage.settings.kafka_bootstrap, claims_topic(stage.life.counties[2]))
    yield


@contextlib.contextmanager
def our_bug(stage: Stage) -> Iterator[None]:
    """No answer to an event can be written, for a reason that trying again does not mend; afterwards an operator has them written."""
    stage.sql("gateway", *_BUG)
    pause, stage.life.pause = stage.life.pause, _BUSY_PAUSE
    try:
        yield
    finally:
        stage.life.pause = pause
        stage.sql("gateway", "DROP FUNCTION our_bug CASCADE")
        stage.duban("dead-letters", "reinsert", "gateway", "--code", "unexpected-error", "--as", "operator-1")


@contextlib.contextmanager
def silent_county(stage: Stage) -> Iterator[None]:
    """One county sends nothing any more, and what it sent lies days back."""
    county = stage.life.counties[3]
    stage.life.quiet.add(county)
    backdated = f"UPDATE county_arrival SET last_at = now() - interval '8 days' WHERE county = '{county}' RETURNING 1"  # noqa: S608
    try:
        # What the ledger holds in memory is written down within half a minute, and then it lies behind.
        time.sleep(40)
        if not stage.sql("ledger", backdated):
            raise LookupError(f"the ledger has not heard of {county} yet")
        yield
    finally:
        stage.life.quiet.discard(county)
