"""The page of a run of `tests.load.relay`: medians, every round, what a row costs, and whether the need is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.load.figures import bound_by, cores_used, mean_cores, median
from tests.load.report import head, shared

ROWS_A_CLAIM: Final = 2
# Of 300 counties at the busiest hour.
NEED_CLAIMS: Final = 1000
_WAYS: Final = {
    "relay": "the relay: outbox → broker → deleted",
    "bare_kafka": "bare Kafka: the same records from aiokafka, set up as the relay's",
    "bare_outbox": "bare PostgreSQL: the same rows read and deleted by 1,000, published by nobody",
}


def render(document: Mapping[str, Any]) -> str:
    """Return the page."""
    found, cores = document["relay"], document["machine"]["cores"]
    runs = [run for way in found["rounds"].values() for run in way]
    lines = [f"# The relay of one outbox, {document['measured_at'][:10]}", "", *head(document), *shared(runs, cores)]
    lines += [
        (
            f"{found['claims']:,} claims of {found['counties']} counties left {ROWS_A_CLAIM} rows each, on the hazards' topic and on the county's "
            f"feedback, {found['mean_bytes']:,} bytes on the average; all stand there before a round begins. Each round of the relay is counted: every row "
            "is on its topic, once."
        ),
        "",
        "| way | median rows/s | rounds | cores used (median) |",
        "|---|--:|---|---|",
    ]
    for way, words in _WAYS.items():
        rates = _rates(found["rounds"][way])
        spread = ", ".join(f"{rate:,}" for rate in rates)
        lines.append(f"| {words} | {median(rates):,.0f} | {spread} | {cores_used(mean_cores(found['rounds'][way]))} |")
    return "\n".join([*lines, "", *_verdict(found, cores)]) + "\n"


def _verdict(found: Mapping[str, Any], cores: int) -> list[str]:
    rounds = found["rounds"]
    rate, need = median(_rates(rounds["relay"])), NEED_CLAIMS * ROWS_A_CLAIM
    own = mean_cores(rounds["relay"])["bench"] / rate * 1e6
    return [
        (
            f"The relay runs at {rate / median(_rates(rounds['bare_kafka'])):.0%} of bare Kafka and uses {own:.0f} µs of its own processor a row. "
            f"{NEED_CLAIMS:,} claims/s need {need:,} rows/s: it has {rate / need:.1f} times that. Bound by: {bound_by(mean_cores(rounds['relay']), cores)}."
        ),
        "",
    ]


def _rates(rounds: Sequence[Mapping[str, Any]]) -> list[int]:
    return [run["rows_per_second"] for run in rounds]
