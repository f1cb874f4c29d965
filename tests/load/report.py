"""From the rounds to a summary, and from a summary to a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.load.figures import bound_by, cores_used, mean_cores, median, verdict
from tests.load.lifecycles_page import lifecycles_page

# A figure is reported whether it meets its aim or not.
AIM_EVENTS: Final = 3000
AIM_SHARE_OF_POSTGRES: Final = 1 / 3
AIM_P99_MILLISECONDS: Final = 1000
# From so many callers on, so many lives a second.
AIM_LIFECYCLES: Final = {0: 180, 128: 230}
AIM_MILLISECONDS_A_LIFE: Final = 10
AIM_MEGABYTES: Final = 150

SHARED_CORES: Final = 0.2


def summarise(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the medians, what bounds them, and whether each aim is met."""
    cores = document["machine"]["cores"]
    summary: dict[str, Any] = {}
    if ingest := document.get("ingest"):
        summary["ingest"] = _ingest(ingest["rounds"], cores)
    if freshness := document.get("freshness"):
        summary["freshness"] = {rate: _freshness(rounds, cores) for rate, rounds in freshness["rounds"].items()}
    if lifecycles := document.get("lifecycles"):
        summary["lifecycles"] = _lifecycles(lifecycles, cores)
    return summary


def _ingest(rounds: Mapping[str, Sequence[Mapping[str, Any]]], cores: int) -> dict[str, Any]:
    rates = {way: median([run["events_per_second"] for run in runs]) for way, runs in rounds.items()}
    # Each round's own ratio: the machine's speed drifts from minute to minute, less so within a round.
    shares = [
        ledger["events_per_second"] / bare["events_per_second"]
        for ledger, bare in zip(rounds["ledger"], rounds["bare_postgres"], strict=True)
    ]
    return {
        "events_per_second": rates,
        "share_of_bare_postgres": round(median(shares), 2),
        "bound_by": bound_by(mean_cores(rounds["ledger"]), cores),
        "aims": {
            f"ledger >= {AIM_EVENTS}/s": rates["ledger"] >= AIM_EVENTS,
            "ledger >= a third of bare PostgreSQL": median(shares) >= AIM_SHARE_OF_POSTGRES,
        },
    }


def _freshness(rounds: Sequence[Mapping[str, Any]], cores: int) -> dict[str, Any]:
    spreads = [run["milliseconds"]["claim_to_figure"] for run in rounds]
    ledger = [run["milliseconds"]["claim_to_ledger"] for run in rounds]
    p99 = median([spread["p99"] for spread in spreads])
    return {
        "offered_per_second": median([run["offered_per_second"] for run in rounds]),
        "claim_to_figure_ms": {name: median([s[name] for s in spreads]) for name in ("p50", "p90", "p99")},
        "worst_ms": max(spread["max"] for spread in spreads),
        "claim_to_ledger_ms": {name: median([s[name] for s in ledger]) for name in ("p50", "p99")},
        "bound_by": bound_by(mean_cores(rounds), cores),
        "aims": {f"p99 < {AIM_P99_MILLISECONDS} ms": p99 < AIM_P99_MILLISECONDS},
    }


def _lifecycles(section: Mapping[str, Any], cores: int) -> dict[str, Any]:
    rounds = section["rounds"]
    rate = median([run["lifecycles_per_second"] for run in rounds])
    aim = max((least, aim) for least, aim in AIM_LIFECYCLES.items() if least <= section["callers"])[1]
    cost = [run["processor_ms_per_lifecycle"] for run in rounds]
    each = {part: median([run.get(part, 0.0) for run in cost]) for part in cost[0]}
    resident = {name: sizes["resident"] for name, sizes in section["memory_after"].items()}
    return {
        "lifecycles_per_second": rate,
        "requests_per_second": median([run["requests_per_second"] for run in rounds]),
        "requests_per_lifecycle": median([run["requests_per_lifecycle"] for run in rounds]),
        "processor_ms_per_lifecycle": each,
        "resident_mb": resident,
        "bound_by": bound_by(mean_cores(rounds), cores),
        "aims": {
            f">= {aim}/s": rate >= aim,
            f"<= {AIM_MILLISECONDS_A_LIFE} ms of processor each": each["all"] <= AIM_MILLISECONDS_A_LIFE,
            f"every service < {AIM_MEGABYTES} MB": max(resident.values()) < AIM_MEGABYTES,
        },
    }


def render(document: Mapping[str, Any]) -> str:
    """Return the page that stands beside the JSON file."""
    lines = [f"# Bench of {document['measured_at']}", "", *_foreign(document), *head(document)]
    if "ingest" in document:
        lines += _ingest_page(document["ingest"], document["summary"]["ingest"])
    if "freshness" in document:
        lines += _freshness_page(document["freshness"], document["summary"]["freshness"])
    if "lifecycles" in document:
        lines += lifecycles_page(document["lifecycles"], document["summary"]["lifecycles"])
    for part, error in document.get("failed", {}).items():
        lines += [f"**{part} was not measured:** `{error}`", ""]
    return "\n".join(lines) + "\n"


def _foreign(document: Mapping[str, Any]) -> list[str]:
    """Warn when the machine was not the bench's own."""
    runs = [run for way in document.get("ingest", {}).get("rounds", {}).values() for run in way]
    runs += [run for rate in document.get("freshness", {}).get("rounds", {}).values() for run in rate]
    runs += document.get("lifecycles", {}).get("rounds", [])
    return shared(runs, document["machine"]["cores"])


def shared(runs: Sequence[Mapping[str, Any]], cores: int) -> list[str]:
    """Return the warning that the machine was not the bench's own while these rounds ran, or nothing."""
    shares = [run["cores"].get("others", 0.0) for run in runs]
    if not shares or median(shares) < SHARED_CORES:
        return []
    warning = (
        f"**The machine was shared:** processes foreign to the bench kept {median(shares):.2f} of its "
        f"{cores} cores busy (median of the rounds, up to {max(shares):.2f}). "
        "Every absolute figure is too low, and every latency too high."
    )
    return [warning, ""]


def head(document: Mapping[str, Any]) -> list[str]:
    """Return what a page says first: the command, the machine, the servers, the versions."""
    machine, servers = document["machine"], document["servers"]
    postgresql, kafka = servers["postgresql"], servers["kafka"]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    return [
        (
            f"`{document['command']}`, {document['took_seconds']} s. Written by the bench; every round is in the JSON file "
            "beside this page. What the figures mean and what moves them is in [README.md](README.md)."
        ),
        "",
        (
            f"- Machine: {machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, {machine['system']}; "
            f"load average before the run {', '.join(map(str, machine['load_average_before']))}. Servers, services and "
            "load generator share these cores."
        ),
        f"- Kafka: {kafka['version']}, one node, Java {kafka['java']}, heap {kafka['heap']}, {' '.join(kafka['options'])}.",
        (
            f"- PostgreSQL: {postgresql['server_version']}, fsync {postgresql['fsync']}, synchronous_commit "
            f"{postgresql['synchronous_commit']}, shared_buffers {postgresql['shared_buffers']}."
        ),
        f"- Versions: {versions}.",
        "",
    ]


def _ingest_page(section: Mapping[str, Any], summary: Mapping[str, Any]) -> list[str]:
    names = {
        "ledger": "county topic → ledger committed",
        "bare_postgres": "bare PostgreSQL: the same rows, 500 events a transaction, one connection",
        "bare_kafka": "bare Kafka: the same records read with aiokafka",
    }
    lines = [
        "## (a) County topic to ledger committed",
        "",
        (
            f"{section['events']:,} distinct 隐患上报, payload {section['mean_payload_bytes']} bytes on average, first to "
            "last commit."
        ),
        "",
        "| way | median events/s | rounds | cores used (median) |",
        "|---|--:|---|---|",
    ]
    for way, runs in section["rounds"].items():
        rounds = ", ".join(f"{run['events_per_second']:,}" for run in runs)
        rate = summary["events_per_second"][way]
        lines.append(f"| {names[way]} | {rate:,.0f} | {rounds} | {cores_used(mean_cores(runs))} |")
    share = f"The ledger runs at {summary['share_of_bare_postgres']:.0%} of bare PostgreSQL (median of the rounds)."
    return [*lines, "", share, "", *verdict(summary)]


def _freshness_page(section: Mapping[str, Any], summary: Mapping[str, Any]) -> list[str]:
    lines = [
        "## (b) County topic to statistics figure",
        "",
        (
            "From the broker's append time of each claim to the commit that shows it in `daily_flow`; "
            f"{section['seconds']:g} s a round, every event counted."
        ),
        "",
        "| offered/s | p50 ms | p90 ms | p99 ms | worst ms | to the ledger p50 / p99 ms | p99 by round |",
        "|--:|--:|--:|--:|--:|--:|---|",
    ]
    for rate, rounds in section["rounds"].items():
        one = summary[rate]
        figure, ledger = one["claim_to_figure_ms"], one["claim_to_ledger_ms"]
        by_round = ", ".join(f"{run['milliseconds']['claim_to_figure']['p99']:.0f}" for run in rounds)
        lines.append(
            f"| {one['offered_per_second']:.0f} | {figure['p50']:.0f} | {figure['p90']:.0f} | {figure['p99']:.0f} "
            f"| {one['worst_ms']:.0f} | {ledger['p50']:.0f} / {ledger['p99']:.0f} | {by_round} |"
        )
    for rate, one in summary.items():
        lines += ["", f"At {rate}/s: {cores_used(mean_cores(section['rounds'][rate]))}.", "", *verdict(one)]
    return lines
