"""Reading a request: how much it may hold, and in which of CloudEvents' three HTTP modes it comes."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from fastapi import Request

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, DATA_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from services.chassis.web.problems import Problem

_UTF8: Final = frozenset({"utf-8", "utf8"})


class Mode(enum.Enum):
    """CloudEvents' HTTP content modes (CloudEvents 1.0.2, HTTP protocol binding §3)."""

    STRUCTURED = "structured"
    BATCH = "batch"
    BINARY = "binary"


def mode_of(headers: Mapping[str, str]) -> Mode:
    """Return the content mode of a request; raises Problem 415 for anything that is no CloudEvent in UTF-8 JSON."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _unsupported("不支持压缩的请求正文，请去掉 Content-Encoding")
    media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in _UTF8:
            raise _unsupported("请求正文必须使用 UTF-8 编码")
    match media_type.strip():
        case content_type if content_type == BATCH_CONTENT_TYPE:
            return Mode.BATCH
        case content_type if content_type == STRUCTURED_CONTENT_TYPE:
            return Mode.STRUCTURED
        case content_type if content_type == DATA_CONTENT_TYPE and "ce-specversion" in headers:
            return Mode.BINARY
    raise _unsupported(
        f"Content-Type 须为 {STRUCTURED_CONTENT_TYPE}（单条）或 {BATCH_CONTENT_TYPE}（批量）；"
        f"使用 ce-* 请求头时为 {DATA_CONTENT_TYPE}"
    )


def _unsupported(detail: str) -> Problem:
    return Problem("unsupported-media-type", field="Content-Type", detail=detail)


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; raises Problem 413 as soon as it is known to exceed `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise Problem("body-too-large", limit=limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem("body-too-large", limit=limit)
    return bytes(body)


def binary_attributes(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Return `ce-*` request headers as the record headers of Kafka's binary mode (percent-decoded, §3.1.3.2)."""
    attributes = [
        (f"ce_{name[3:]}", unquote(value).encode())
        for name, value in headers.items()
        if name.startswith("ce-") and name != "ce-traceparent"
    ]
    return [*attributes, ("content-type", DATA_CONTENT_TYPE.encode())]
