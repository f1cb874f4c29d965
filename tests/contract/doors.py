"""Every door by which an event of a county can come in, in this process: what each says to the same event.

The gateway's route, in all three modes of HTTP, the reading of a record by the consumer that takes its type, in both modes of
Kafka, and the kit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import Headers

from duban_contracts.admissible.dates import Present
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, split_batch
from duban_contracts.conformance import check
from duban_contracts.days import Zone
from duban_contracts.refusals import Refusal
from duban_contracts.topics import TopicFamily, claims_topic, takers
from duban_contracts.validation import unreadable
from services.chassis.consuming.deliveries import RawRecord, read
from services.chassis.web.problems import Problem
from services.gateway.intake.documents import problem_of
from services.gateway.intake.http.reading import Mode, mode_of
from services.gateway.intake.model.claims import RefusedEvent
from services.gateway.intake.model.examination import Examiner
from services.ledger.claims.model.decisions import screen
from services.scheduler.filings.model import screen as screen_filing

COUNTY: Final = "140502"
TOPIC: Final = claims_topic(COUNTY)
NOW: Final = datetime(2026, 11, 21, 4, tzinfo=UTC)
PRESENT: Final = Present.at(NOW, Zone("Asia/Shanghai"))
STRUCTURED: Final = "application/cloudevents+json"

Verdict = tuple[str, str | None] | None
"""Code and field of the first refusal; None where the event is taken."""

REPORT: Final[dict[str, Any]] = {
    "county": COUNTY,
    "reference": "T2-0001",
    "channel": "inspection",
    "sector": "hazchem",
    "enterprise": {"name": "示例化工有限公司"},
    "place": "储罐区",
    "description": "可燃气体探测器失效",
    "found_on": "2026-11-20",
}
RECTIFIED: Final[dict[str, Any]] = {
    "county": COUNTY,
    "reference": "T2-0001",
    "measures": "已更换",
    "completed_on": "2026-11-21",
    "submitted_by": "enterprise-1",
}
# What each consumer of the counties' topics asks of an event that it takes. Who takes which type is said by `CONSUMERS`.
SCREENS: Final[Mapping[str, Callable[[CloudEvent, EventData, str, Present], object]]] = {
    "ledger.claims": screen,
    "scheduler.claims": screen_filing,
}


@dataclass(frozen=True)
class Sent:
    """One event as its publisher means it, whichever way it goes: attributes, and the text of its payload."""

    data: str = json.dumps(REPORT, ensure_ascii=False)
    attributes: tuple[tuple[str, str], ...] = (
        ("specversion", "1.0"),
        ("id", "t2-0001"),
        ("source", "/county/140502/t2"),
        ("type", "duban.hazard.reported.v1"),
    )
    encoding: str = "utf-8"

    @classmethod
    def of(cls, payload: Mapping[str, Any], kind: str = "duban.hazard.reported.v1", **attributes: str) -> Sent:
        return cls(json.dumps(payload, ensure_ascii=False)).having(type=kind, **attributes)

    def having(self, **attributes: str | None) -> Sent:
        """The event with these attributes, or, where None, without."""
        kept = {name: value for name, value in {**dict(self.attributes), **attributes}.items() if value is not None}
        return replace(self, attributes=tuple(kept.items()))

    def document(self) -> bytes:
        members = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in self.attributes]
        return f"{{{', '.join([*members, chr(34) + 'data' + chr(34) + ': ' + self.data])}}}".encode(self.encoding)

    def payload(self) -> bytes:
        return self.data.encode(self.encoding)

    def headers(self) -> list[tuple[str, bytes]]:
        """The headers of its record in Kafka's binary mode."""
        named = {"datacontenttype": "content-type"}
        return [(named.get(name, f"ce_{name}"), value.encode()) for name, value in self.attributes]


def by_http_structured(sent: Sent) -> Verdict:
    return _by_http(STRUCTURED.encode(), sent.document())


def by_http_rehearsed(sent: Sent) -> Verdict:
    return _of_examined(Examiner(COUNTY, TOPIC, None, PRESENT, rehearsing=True).structured(sent.document()))


def by_http_batch(sent: Sent) -> Verdict:
    if sent.encoding in {"utf-16", "utf-8-sig"}:
        # Marks of an encoding stand at the beginning of a text, not within.
        return by_http_structured(sent)
    batch = split_batch(b"[" + sent.document() + b", " + Sent().document() + b"]")
    return _of_examined(_examiner().structured(batch[0]))


def by_http_binary(sent: Sent) -> Verdict:
    named = {"datacontenttype": b"content-type"}
    headers = [
        (named.get(name, f"ce-{name}".encode()), value.encode() if name in named else quote(value).encode())
        for name, value in sent.attributes
    ]
    if "datacontenttype" not in dict(sent.attributes):
        headers.append((b"content-type", b"application/json"))
    return _by_http(None, sent.payload(), headers)


def _by_http(content_type: bytes | None, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> Verdict:
    raw = [*([(b"content-type", content_type)] if content_type else []), *(headers or [])]
    try:
        mode = mode_of(Headers(raw=raw))
    except Problem as problem:
        return problem.refusal.code, problem.refusal.field
    examiner = _examiner()
    return _of_examined(examiner.binary(body, raw) if mode is Mode.BINARY else examiner.structured(body))


def _examiner() -> Examiner:
    return Examiner(COUNTY, TOPIC, None, PRESENT)


def _of_examined(examined: object) -> Verdict:
    if not isinstance(examined, RefusedEvent):
        return None
    problem = problem_of(examined)
    return problem.code, problem.field


def by_kafka_binary(
    sent: Sent, *, key: bytes | None = b"T2-0001", foreign: list[tuple[str, bytes]] | None = None
) -> Verdict:
    return _by_reader(record(sent.payload(), [*sent.headers(), *(foreign or [])], key))


def by_kafka_structured(sent: Sent, *, content_type: bytes = STRUCTURED.encode()) -> Verdict:
    return _by_reader(record(sent.document(), [("content-type", content_type)]))


def record(value: bytes | None, headers: list[tuple[str, bytes]], key: bytes | None = b"T2-0001") -> RawRecord:
    return RawRecord(TOPIC, 0, 0, NOW, key, value, headers)


def _by_reader(arrived: RawRecord) -> Verdict:
    found = refused_by_reader(arrived)
    return None if found is None else (found.code, found.field)


def refused_by_reader(arrived: RawRecord) -> Refusal | None:
    """Why a record of the county is refused, by what the consumer asks that takes its type."""
    event, data = read(arrived)
    if isinstance(data, Refusal):
        return unreadable(event, data, COUNTY)
    assert event is not None
    (taker,) = takers(TopicFamily.CLAIMS, event.type)
    found = SCREENS[taker](event, data, COUNTY, PRESENT)
    return found if isinstance(found, Refusal) else None


def by_kit_structured(sent: Sent) -> Verdict:
    return _by_kit(sent.document())


def by_kit_captured(sent: Sent) -> Verdict:
    """The kit on a record as `kcat -J` prints it; what is no text is no capture."""
    if sent.encoding != "utf-8":
        return by_kit_structured(sent)
    flat = [text for name, value in sent.headers() for text in (name, value.decode())]
    captured = {"topic": TOPIC, "key": "T2-0001", "headers": flat, "payload": sent.data}
    return _by_kit(json.dumps(captured).encode())


def _by_kit(raw: bytes) -> Verdict:
    (finding,) = check(raw, COUNTY, PRESENT)
    return (finding.violations[0].code, finding.violations[0].field) if finding.violations else None


DOORS: Final[Mapping[str, Callable[[Sent], Verdict]]] = {
    "http structured": by_http_structured,
    "http batch": by_http_batch,
    "http binary": by_http_binary,
    "http, dry run": by_http_rehearsed,
    "kafka binary": by_kafka_binary,
    "kafka structured": by_kafka_structured,
    "kit": by_kit_structured,
    "kit, captured": by_kit_captured,
}
# Behind these are no books: a report under a reference that is kept for tips is refused there, as nobody's. The others hand it
# to the ledger, which knows who had one before.
WITHOUT_BOOKS: Final = frozenset({"http, dry run", "kit", "kit, captured"})


def verdicts(sent: Sent) -> dict[str, Verdict]:
    """What every door says of one event."""
    return {name: door(sent) for name, door in DOORS.items()}


def said(sent: Sent) -> Verdict:
    """What all doors say of one event; they say the same."""
    (verdict,) = set(verdicts(sent).values())
    return verdict
