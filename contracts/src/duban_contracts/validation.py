"""The check that publishers are held to: the closed contract first, the published vocabularies second.

A right event costs one decoding; only a wrong one is walked to name every error (see :mod:`explain`).
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec

from duban_contracts.catalogue import EventData, EventType
from duban_contracts.closed import closed_decoder
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import UnknownEventType, lookup
from duban_contracts.explain import explain
from duban_contracts.legible import legible
from duban_contracts.not_json import NOT_JSON, reason
from duban_contracts.refusals import Refusal, refusal, violation
from duban_contracts.terms import check_terms
from duban_contracts.topics import TopicFamily

# The largest payload of one event, in bytes: far above any honest claim, far below what a broker takes (1 MiB).
MOST_EVENT_BYTES: Final = 262_144
MOST_BATCH_EVENTS: Final = 1000
# A document that is wrong in a thousand places is answered by its first faults.
MOST_VIOLATIONS: Final = 20

_ENVELOPE_ZH: Final = {
    "document": "事件不是一个 JSON 对象",
    "record": "不是一条捕获的 Kafka 记录",
    "specversion": "属性 specversion 须为 1.0",
    "datacontenttype": "属性 datacontenttype 须为 application/json",
    "data": "缺少事件内容 data",
    "data_base64": "data_base64 不是合规的 Base64 编码",
    "time": "属性 time 须为带时区的 RFC 3339 时间",
    "headers": "消息头须为 UTF-8 文本",
}


def check_claim(event: CloudEvent, county: str | None = None) -> list[Refusal]:
    """Return what is wrong with `event` as a claim of a county; an empty list when it may be published.

    The rules are those of :func:`examine_claim`.
    """
    found = examine_claim(event, county)
    return found if isinstance(found, list) else []


def examine_claim(event: CloudEvent, county: str | None = None) -> EventData | list[Refusal]:
    """Return the payload of `event`, or what is wrong with it as a claim of a county (at least one refusal).

    Checks the type, the size, the closed payload and the vocabularies. With `county` (the owner of the key or topic),
    also that the payload names no other county: code `county-mismatch`.
    """
    try:
        entry = lookup(event.type)
    except UnknownEventType:
        return [violation("unknown-event-type", "type", type=event.type)]
    if entry.family is not TopicFamily.CLAIMS:
        return [violation("not-a-claim", "type", type=event.type)]
    if len(event.data) > MOST_EVENT_BYTES:
        return [refusal("event-too-large", field="data", limit=MOST_EVENT_BYTES)]
    found = check_payload(entry, event.data)
    if found:
        return found
    data = entry.decoder.decode(event.data)
    if county is not None and getattr(data, "county", county) != county:
        return [violation("county-mismatch", "$.county", county=county)]
    return check_terms(data) or data


def envelope_violation(error: EnvelopeError) -> Refusal:
    """Return what an unreadable envelope is answered with: code `bad-envelope`, the attribute as field."""
    detail = _ENVELOPE_ZH.get(error.attribute, f"属性 {legible(error.attribute)} 缺失或不合规")
    return refusal("bad-envelope", field=error.attribute, rule=error.rule, detail=detail)


def check_payload(entry: EventType, data: bytes) -> list[Refusal]:
    """Return how `data` breaks the closed model of `entry`: every broken rule, at any depth."""
    try:
        closed_decoder(entry.model).decode(data)
    except msgspec.ValidationError as error:
        return _all_violations(entry, data, error)
    except NOT_JSON as error:
        return [violation("not-json", "$", detail=reason(error))]
    return []


def _all_violations(entry: EventType, data: bytes, error: msgspec.ValidationError) -> list[Refusal]:
    try:
        document = msgspec.json.decode(data)
    except NOT_JSON as broken:
        return [violation("not-json", "$", detail=reason(broken))]
    found = list(islice(explain(document, entry.model), MOST_VIOLATIONS))
    return found or [violation("wrong-format", "$", rule=str(error), pattern="")]
