"""What passes the edge, what is refused, and what makes two events the same."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent, EnvelopeError
from duban_contracts.codec import encode
from duban_contracts.refusals import Refusal as Violation

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_ENVELOPE_MESSAGES: Final[dict[str, str]] = {
    "document": "事件不是一个 JSON 对象。",
    "specversion": "CloudEvents 属性 specversion 须为 1.0。",
    "datacontenttype": "CloudEvents 属性 datacontenttype 须为 application/json。",
    "data": "事件缺少内容 data。",
    "data_base64": "data_base64 不是合规的 Base64 编码。",
    "time": "CloudEvents 属性 time 须为带时区的 RFC 3339 时间。",
    "headers": "ce-* 请求头须为 UTF-8 文本。",
}


class RefusalCode(enum.StrEnum):
    """Stable codes of why one event was refused; three of them are the contract's own."""

    INVALID_EVENT = "invalid-event"
    UNKNOWN_EVENT_TYPE = "unknown-event-type"
    NOT_A_CLAIM = "not-a-claim"
    INVALID_PAYLOAD = "invalid-payload"
    EVENT_TOO_LARGE = "event-too-large"
    COUNTY_MISMATCH = "county-mismatch"
    EVENT_ID_REUSED = "event-id-reused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not taken. `field` and `rule` are the first broken one; `violations` are all of them."""

    code: RefusalCode
    message: str
    field: str | None = None
    rule: str | None = None
    violations: tuple[Violation, ...] = ()
    receipt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that passed the edge. Two claims of one `receipt_id` are the same when their digests are."""

    event: CloudEvent
    receipt_id: UUID
    reference: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that did not pass. `event_id` is None where none could be read."""

    event_id: str | None
    refusal: Refusal


def malformed(error: EnvelopeError) -> Refusal:
    """Return the refusal of something that is no CloudEvent."""
    message = _ENVELOPE_MESSAGES.get(error.attribute, f"CloudEvents 属性 {error.attribute} 缺失或不合规。")
    return Refusal(RefusalCode.INVALID_EVENT, message, error.attribute, error.rule)


def too_large(limit: int) -> Refusal:
    """Return the refusal of one event of more than `limit` bytes."""
    message = f"单条事件超过 {limit} 字节；佐证材料请只报名称和摘要。"
    return Refusal(RefusalCode.EVENT_TOO_LARGE, message, "data", f"must be at most {limit} bytes")


def broken(violations: list[Violation]) -> Refusal:
    """Return the refusal of an event that breaks the contract; `violations` is not empty."""
    first = violations[0]
    try:
        code = RefusalCode(first.code)
    except ValueError:
        code = RefusalCode.INVALID_PAYLOAD
    return Refusal(code, first.message, first.field, first.rule, tuple(violations))


def event_id_reused(receipt_id: UUID) -> Refusal:
    """Return the refusal of an event id that stands for other content already."""
    return Refusal(
        RefusalCode.EVENT_ID_REUSED,
        "该事件编号（source 与 id）已用于其他内容；更正内容请使用新的事件编号。",
        field="id",
        rule="one id, one content",
        receipt_id=receipt_id,
    )


def digest_of(event_type: str, data: EventData) -> bytes:
    """Return the SHA-256 of what an event says: its type and its canonical payload.

    Layout, order of fields, `time` and trace do not count: a county system that builds the event anew for a retry
    still says the same.
    """
    return hashlib.sha256(event_type.encode() + b"\n" + encode(data)).digest()


def kept_traceparent(own: str | None, of_request: str | None) -> str | None:
    """Return the trace to carry on: the event's own where it is valid (W3C Trace Context), else the request's."""
    if own is not None and _TRACEPARENT.fullmatch(own):
        return own
    return of_request
