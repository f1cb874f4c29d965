"""PromQL that more than one board needs."""

from __future__ import annotations

from typing import Final

CITY: Final = 'city=~"$city"'
DAY: Final = 86_400
HOUR: Final = 3_600


def of(metric: str, *matchers: str, **labels: str) -> str:
    """Select a metric of the chosen city, with further matchers, and with labels that have this value."""
    equal = (f'{label}="{value}"' for label, value in labels.items())
    return f"{metric}{{{','.join((CITY, *matchers, *equal))}}}"


def age(timestamp: str, by: str) -> str:
    """Return the age of the oldest instant of each group, without the seconds that passed since the scrape.

    `time() - x` would add them and draw a saw; alerts keep it, since a service that is gone has to grow older there.
    An instant of 0 says that there is none.
    """
    return f"max by ({by}) ((timestamp({timestamp}) - {timestamp}) and {timestamp} > 0)"


def named(expression: str) -> str:
    """Give a vector by county the county's name, as the ledger has it from the city's profile."""
    return f"({expression}) * on (county) group_left (name) max by (county, name) ({of('duban_county_info')})"


def quantile(share: float, histogram: str, by: str = "", *, window: str = "$__rate_interval", **labels: str) -> str:
    """Return a quantile of a histogram over `window`, by further labels."""
    split = f"le, {by}" if by else "le"
    buckets = of(f"{histogram}_bucket", **labels)
    return f"histogram_quantile({share}, sum by ({split}) (rate({buckets}[{window}])))"


def foremost(expression: str, measure: str, by: str = "county", number: int = 15) -> str:
    """Keep the series whose `measure` is among the greatest at the end of the range: 300 curves are none.

    `measure` is taken at the end; in it `@ end()` stands behind each selector.
    """
    return f"({expression}) and on ({by}) topk({number}, {measure})"


def running(name: str, running_now: str, expected: str) -> str:
    """Return 1 for each `name` that runs in every chosen city, 0 for one that does not, or of which there is no series.

    What is dead has no series of its own; that there should be one is recorded.
    """
    by = f"max by (city, {name})"
    return f"min by ({name}) ({running_now} or 0 * {by} ({of(expected)}))"


READ: Final = running(
    "consumer", f"max by (city, consumer) ({of('duban_consumer_reading')})", "duban:consumer_expected"
)
SERVING: Final = running("service", f"min by (city, service) ({of('up', job='duban')})", "duban:service_expected")
