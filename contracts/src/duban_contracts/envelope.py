"""The envelope: the CloudEvents 1.0 attributes that Duban uses, and what each may hold.

Source of the rules: CloudEvents 1.0.2, type system. `cloudevents` reads and writes it in every mode.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from duban_contracts.admissible import octets, texts
from duban_contracts.admissible.instants import BadInstant, instant_of
from duban_contracts.admissible.media_types import media_type_of

DATA_CONTENT_TYPE: Final = "application/json"
MAX_ATTRIBUTE_LENGTH: Final = texts.MOST_ATTRIBUTE_CHARACTERS

# Namespace of delivery identities; a constant for life, since it is part of every inbox key.
_IDENTITY_NAMESPACE: Final = UUID("6f0d2b7e-6c1b-5f0a-9a9e-2d6d7561626e").bytes
TEXT_ATTRIBUTES: Final = (
    "id",
    "source",
    "type",
    "subject",
    "dataschema",
    "partitionkey",
    "correlationid",
    "causationid",
    "traceparent",
)
ATTRIBUTES: Final = ("specversion", "datacontenttype", *TEXT_ATTRIBUTES, "time", "aggregateversion")
_TEXTUAL: Final = tuple(name for name in ATTRIBUTES if name != "aggregateversion")
_says_something: Final = texts.PLAINLY_VISIBLE.search
_REQUIRED: Final = ("id", "source", "type")
# CloudEvents 1.0.2, type system: an Integer has 32 bits.
_MAX_INTEGER: Final = 2**31 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,10}\Z")


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event: the CloudEvents attributes that Duban uses, and the payload as bare JSON bytes.

    `id` is made by the publisher and makes retries safe; `source` names the publishing system; `subject` is
    the hazard, letter or task reference. `aggregateversion` counts the events of one aggregate from 1 without
    gaps (absent on county claims); `partitionkey` is the Kafka record key.
    """

    id: str
    source: str
    type: str
    data: bytes
    time: datetime | None = None
    subject: str | None = None
    dataschema: str | None = None
    partitionkey: str | None = None
    aggregateversion: int | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None

    def identity(self, topic: str) -> UUID:
        """Return the key under which a consumer of `topic` remembers this event.

        CloudEvents promises that `source` + `id` is unique. The topic is part of the key because it, and not
        the payload, says who is speaking: one county can't pre-empt another's event ids.
        """
        # `uuid.uuid5` at two thirds of its cost: every event that is taken in asks for it.
        named = hashlib.sha1(_IDENTITY_NAMESPACE + f"{topic}\n{self.source}\n{self.id}".encode(), usedforsecurity=False)
        return UUID(bytes=named.digest()[:16], version=5)


class EnvelopeError(ValueError):
    """A record or document is not a CloudEvent: `attribute` names what is wrong, `rule` and `zh` the broken rule.

    `code` is the refusal's. `event` holds what could be read (id, source, and type or ""), so that the refusal can be
    found under the event's own id; None where id or source could not.
    """

    def __init__(
        self,
        attribute: str,
        rule: str,
        zh: str = "不合规",
        *,
        code: str = "bad-envelope",
        event: CloudEvent | None = None,
    ) -> None:
        super().__init__(f"{attribute}: {rule}")
        self.attribute = attribute
        self.rule = rule
        self.zh = zh
        self.code = code
        self.event = event


def build(fields: Mapping[str, Any], data: bytes | None) -> CloudEvent:
    """Return the event of these attributes, as they came from any mode; raises EnvelopeError.

    An attribute that is null or says nothing is not there. `data` is None where there is none.
    """
    try:
        return _built(fields, data)
    except EnvelopeError as error:
        raise named(error, fields, data or b"") from None


def named(error: EnvelopeError, fields: Mapping[str, Any], data: bytes = b"") -> EnvelopeError:
    """Return `error` with the event's own id and source, where `fields` have them in a form that can be repeated."""
    event_id, source, kind = (_repeatable(fields.get(name)) for name in _REQUIRED)
    if event_id is None or source is None:
        return error
    event = CloudEvent(id=event_id, source=source, type=kind or "", data=data)
    return EnvelopeError(error.attribute, error.rule, error.zh, code=error.code, event=event)


def _repeatable(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    plain = isinstance(value, str) and texts.fits_attribute(value) and "\N{REPLACEMENT CHARACTER}" not in value
    return value if plain else None


def _built(fields: Mapping[str, Any], data: bytes | None) -> CloudEvent:
    if data is None:
        raise EnvelopeError("data", "is required", "缺失")
    # Of several faults the first in this order is named, in whichever order they came.
    said: dict[str, Any] = {
        name: text_attribute(name, value) for name in _TEXTUAL if (value := fields.get(name)) is not None
    }
    if said.pop("specversion", None) != "1.0":
        raise EnvelopeError("specversion", 'must be "1.0"', "须为 1.0")
    _check_content_type(said.pop("datacontenttype", None))
    for name in _REQUIRED:
        if said.get(name) is None:
            raise EnvelopeError(name, "is required and must not be blank", "缺失或为空")
    time = said.pop("time", None)
    return CloudEvent(
        data=data,
        time=None if time is None else _instant(time),
        aggregateversion=_version(fields.get("aggregateversion")),
        **said,
    )


def text_attribute(name: str, value: Any) -> str | None:
    """Return the attribute `name`, given as text or as bytes, or None when it says nothing; raises EnvelopeError."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise _not_utf8(name, value) from None
    if value is None:
        return None
    if not isinstance(value, str):
        raise EnvelopeError(name, "must be a string", "须为文本")
    # The quick look stands in line, since every attribute of every event passes here.
    if len(value) <= MAX_ATTRIBUTE_LENGTH and value.isprintable() and _says_something(value):
        return value
    if not texts.fits_line(value):
        raise EnvelopeError(name, "must not hold control characters", "含有控制字符、换行或改变书写方向的字符")
    if len(value) > MAX_ATTRIBUTE_LENGTH:
        limit = MAX_ATTRIBUTE_LENGTH
        raise EnvelopeError(name, f"must be at most {limit} characters", f"过长，最多 {limit} 个字符")
    return None if texts.is_blank(value) else value


def _not_utf8(name: str, value: bytes) -> EnvelopeError:
    gbk = octets.looks_like_gbk(value)
    en, zh = (" (it looks like GBK)", "，像是 GBK 编码") if gbk else ("", "")
    return EnvelopeError(name, f"must be UTF-8{en}", f"不是 UTF-8 编码{zh}", code="bad-encoding")


def _check_content_type(text: str | None) -> None:
    if text is None or text == DATA_CONTENT_TYPE:
        return
    media_type = media_type_of(text)
    if media_type.essence != DATA_CONTENT_TYPE or not media_type.is_utf8:
        raise EnvelopeError(
            "datacontenttype", f"must be {DATA_CONTENT_TYPE} in UTF-8", f"须为 UTF-8 编码的 {DATA_CONTENT_TYPE}"
        )


def _instant(text: str) -> datetime:
    try:
        return instant_of(text)
    except BadInstant as error:
        raise EnvelopeError("time", error.en, error.zh) from None


def _version(value: object) -> int | None:
    """Read `aggregateversion`: a CloudEvents Integer, or its digits where attributes travel as text."""
    if isinstance(value, bytes):
        value = text_attribute("aggregateversion", value)
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise EnvelopeError("aggregateversion", "must be a whole number", "须为整数")
    if not 1 <= value <= _MAX_INTEGER:
        raise EnvelopeError("aggregateversion", f"must be from 1 to {_MAX_INTEGER}", f"须在 1 至 {_MAX_INTEGER} 之间")
    return value
