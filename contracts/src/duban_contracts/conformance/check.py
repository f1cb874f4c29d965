"""What the platform would say to each event, by the same rules as the gateway and the ledger, and what it can't see.

An event is *refused* where the platform would refuse it. It is *not certified* where the platform would take it though
its publisher is at fault (no key, several partitions, a topic of nobody). Advice is neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from duban_contracts import uscc
from duban_contracts.admissible.dates import Present
from duban_contracts.admissible.texts import folded
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.conformance.faults import fault
from duban_contracts.conformance.records import Captured, read
from duban_contracts.days import Zone
from duban_contracts.events.claims import HazardReported
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.topics import county_of
from duban_contracts.validation import MOST_BATCH_EVENTS, envelope_violation, examine_sent

# All of China counts its days by one zone.
ZONE: Final = Zone("Asia/Shanghai")
# A name of two to four Chinese characters, a mobile number, a resident's identity number: no opaque account.
_PERSON: Final = re.compile(r"[\u4e00-\u9fff·]{2,6}|(?:\+?86[- ]?)?1[3-9][0-9]{9}|[1-9][0-9]{16}[0-9Xx]")


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one event: `violations` get it refused, `faults` keep its publisher uncertified, `advice` neither."""

    index: int
    id: str | None
    type: str | None
    violations: tuple[Refusal, ...] = ()
    faults: tuple[Refusal, ...] = ()
    advice: tuple[Refusal, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the platform would refuse the event."""
        return bool(self.violations)

    @property
    def certified(self) -> bool:
        """Whether nothing stands against the event or the way in which it was published."""
        return not self.violations and not self.faults


def check(raw: bytes, county: str | None = None, present: Present | None = None) -> list[Finding]:
    """Return a finding for every event in `raw`, in order; see :class:`Checker`."""
    return Checker(county, present).check(raw)


@dataclass(slots=True)
class Checker:
    """Checks one file after another and remembers what was in them, as the platform does.

    `county` is the division code that the publisher's key is bound to; a captured record's own topic goes before
    it. `present` is the day by which dates are judged: today, unless another is given.
    """

    county: str | None = None
    present: Present | None = None
    _seen: dict[tuple[str, str], tuple[str, object]] = field(default_factory=dict)
    _partitions: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    _first: dict[tuple[str, str], HazardReported] = field(default_factory=dict)

    def check(self, raw: bytes) -> list[Finding]:
        """Return a finding for every event in `raw` (JSON, JSON lines, captured Kafka records), in order.

        Raises Unreadable when `raw` holds no JSON.
        """
        return [self._finding(index, captured) for index, captured in enumerate(read(raw))]

    def _finding(self, index: int, captured: Captured) -> Finding:
        event = captured.event
        if isinstance(event, EnvelopeError):
            event_id, kind = (event.event.id, event.event.type or None) if event.event else (None, None)
            return Finding(index, event_id, kind, (envelope_violation(event),), tuple(_topic_faults(captured)))
        owner = (county_of(captured.topic) if captured.topic else None) or self.county
        found = examine_sent(event, owner, self.present or Present.at(datetime.now(UTC), ZONE))
        violations = list(found) if isinstance(found, list) else []
        # Layout and order of fields don't count, as at the gateway.
        content: tuple[str, object] = (event.type, event.data if isinstance(found, list) else found)
        if self._seen.setdefault((event.source, event.id), content) != content:
            violations.append(violation("id-reused", "id"))
        if index >= MOST_BATCH_EVENTS and not captured.from_kafka:
            violations.append(refusal("batch-too-large", field="document", limit=MOST_BATCH_EVENTS))
        faults, advice = list(_topic_faults(captured)), []
        if not isinstance(found, list):
            faults += self._record_faults(captured, event, found)
            advice = self._advice(found)
        return Finding(index, event.id, event.type, tuple(violations), tuple(faults), tuple(advice))

    def _record_faults(self, captured: Captured, event: CloudEvent, data: EventData) -> list[Refusal]:
        if not captured.from_kafka:
            return []
        reference, found = str(getattr(data, "reference", "")), []
        if event.partitionkey != reference:
            key = "空" if event.partitionkey is None else event.partitionkey
            found.append(fault("key-not-reference", field="partitionkey", key=key, reference=reference))
        if captured.partition is not None:
            used = self._partitions.setdefault((captured.topic or "", folded(reference)), set())
            used.add(captured.partition)
            if len(used) > 1:
                shown = "、".join(map(str, sorted(used)))
                found.append(fault("split-reference", field="partition", reference=reference, partitions=shown))
        return found

    def _advice(self, data: EventData) -> list[Refusal]:
        found = []
        account = getattr(data, "submitted_by", None)
        if account and _PERSON.fullmatch(account):
            found.append(
                _advised("$.submitted_by", "像是个人姓名、电话或证件号码；应为不透明的账号", "an opaque account")
            )
        if isinstance(data, HazardReported):
            if uscc.read(data.enterprise.uscc)[1] is not None:
                told = "统一社会信用代码可疑（校验位不符或为占位值）；隐患照常入账，并标注存疑"
                found.append(_advised("$.enterprise.uscc", told, "GB 32100"))
            first = self._first.setdefault((data.county, folded(data.reference)), data)
            if first.reference != data.reference:
                told = f"与编号 {first.reference} 看起来相同，平台视为同一隐患"
                found.append(_advised("$.reference", told, "references are compared folded"))
            if folded(first.enterprise.name) != folded(data.enterprise.name):
                told = "同一编号用于两家企业；后报的内容会更正前一条"
                found.append(_advised("$.enterprise", told, "one reference, one hazard"))
        return found


def _topic_faults(captured: Captured) -> list[Refusal]:
    if captured.topic is None or county_of(captured.topic) is not None:
        return []
    return [fault("topic-of-nobody", field="topic", topic=captured.topic)]


def _advised(path: str, zh: str, rule: str) -> Refusal:
    return Refusal("advice", f"{path}：{zh}", path, rule)
