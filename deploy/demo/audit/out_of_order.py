"""Promise P2 as a reader of the ledger's topic sees it: each hazard's events in order, none missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from duban_contracts.cloudevents import CloudEvent


def out_of_order(events: Iterable[CloudEvent], versions: Mapping[str, int]) -> list[str]:
    """Return what is wrong with `events` (per partition in order), given each hazard's version in the ledger.

    An event may come again after a crash, under the same id; what counts is where each version stands first.
    """
    seen: dict[str, int] = {}
    ids: dict[tuple[str, int], str] = {}
    wrong: list[str] = []
    for event in events:
        if event.aggregateversion is None or event.subject is None:
            continue
        hazard, version = event.subject, event.aggregateversion
        if ids.setdefault((hazard, version), event.id) != event.id:
            wrong.append(f"{hazard} 第 {version} 版有两个事件")
        if version > seen.get(hazard, 0) + 1:
            wrong.append(f"{hazard} 第 {version} 版先于第 {version - 1} 版")
        seen[hazard] = max(seen.get(hazard, 0), version)
    wrong += [
        f"{hazard} 台账 {versions.get(hazard)} 版，主题 {seen.get(hazard)} 版"
        for hazard in sorted(versions.keys() | seen.keys())
        if versions.get(hazard) != seen.get(hazard)
    ]
    return wrong
