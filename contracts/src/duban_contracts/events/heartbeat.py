"""The ledger's heartbeat: one record on every partition of `ledger.hazard.v1`, about once a second."""

from __future__ import annotations

import msgspec

from duban_contracts.catalogue import EventData, event
from duban_contracts.events.types import CountyCode, Instant
from duban_contracts.topics import TopicFamily


@event("ledger.heartbeat.v1", family=TopicFamily.HAZARD, title_zh="台账心跳")
class LedgerHeartbeat(EventData, frozen=True, kw_only=True):
    """台账心跳: how far the ledger has read, said in order with what it recorded.

    Every claim that reached the broker before `applied_through` (UTC), and every command answered before it,
    stands ahead of this record in this partition. The scheduler raises 督办逾期 only for deadlines up to it,
    so a 整改完成 that is still on its way can't be overtaken (promise P3). It has no aggregate version
    and is no hazard's event; readers that keep figures skip it. It also carries freshness through
    every stage.

    `behind` names the counties of which less is applied, with their own instant: what one county sends, or holds back,
    delays the alarms about its own hazards only.
    """

    applied_through: Instant
    behind: dict[CountyCode, Instant] = msgspec.field(default_factory=dict)
