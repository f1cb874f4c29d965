"""A county that is silent for longer than is usual for it (DubanCountySilent)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.ledger.claims.handlers.arrivals import Arrivals, usual_gap
from services.ledger.claims.tables.arrivals import Heard
from services.ledger.tests.in_process import InProcess

DAY = timedelta(days=1)
TOPIC = "county.140502.v1"


def sent(*instants: datetime) -> Sequence[Any]:
    return [SimpleNamespace(topic=TOPIC, timestamp=instant) for instant in instants]


def exported(name: str) -> float:
    value = REGISTRY.get_sample_value(name, {"county": "140502"})
    assert value is not None
    return value


@pytest.mark.servers
async def test_what_is_usual_for_a_county_is_learned_and_outlives_a_restart(ledger: InProcess) -> None:
    await ledger.pool.execute("TRUNCATE county_arrival, county_gap")
    clock, city = ledger.clock, ledger.platform.city
    # Twice a day on five days of a week, nothing at its end; one batch is tried again.
    monday = clock.wall().replace(hour=1) - 28 * DAY
    arrivals = Arrivals(ledger.database, clock, city, {TOPIC: "140502"})
    for day in (monday + (7 * week + weekday) * DAY for week in range(4) for weekday in range(5)):
        arrivals.note(sent(day, day + timedelta(hours=7)))
        arrivals.note(sent(day))
        await arrivals.keep()
    last = monday + 25 * DAY + timedelta(hours=7)
    assert exported("duban_county_last_claim_timestamp_seconds") == last.timestamp()
    # Over the end of a week nothing comes for two days and 17 hours: that is usual.
    assert exported("duban_county_usual_gap_seconds") == timedelta(days=2, hours=17).total_seconds()

    await ledger.pool.execute("INSERT INTO county_arrival (county, last_at) VALUES ('140599', $1)", monday)
    again = Arrivals(ledger.database, clock, city, {TOPIC: "140502"})
    again.note(sent(last - DAY))
    await again.keep()
    assert exported("duban_county_last_claim_timestamp_seconds") == last.timestamp()
    assert REGISTRY.get_sample_value("duban_county_info", {"county": "140502", "name": city.counties[0].name})
    gone = REGISTRY.get_sample_value("duban_county_last_claim_timestamp_seconds", {"county": "140599"})
    assert gone is None, "who left the profile is not silent"


@pytest.mark.parametrize(
    ("days", "usual", "expected"),
    [(0, None, 7 * DAY), (4, DAY / 24, 7 * DAY), (5, DAY / 24, DAY), (40, 3 * DAY, 3 * DAY)],
)
def test_silence_is_usual_for_a_day_at_least_and_for_a_week_while_little_is_known(
    days: int, usual: timedelta | None, expected: timedelta
) -> None:
    at = datetime.fromisoformat("2026-11-26T00:00:00Z")
    assert usual_gap(Heard("140502", at, days, usual)) == expected
