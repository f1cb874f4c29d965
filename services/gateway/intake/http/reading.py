"""Reading a request: how much it may hold, and in which of CloudEvents' three HTTP modes it comes."""

from __future__ import annotations

import enum
from typing import Final

from starlette.datastructures import Headers

from duban_contracts.admissible.media_types import media_type_of
from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, DATA_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from services.chassis.web.problems import Problem


class Mode(enum.Enum):
    """CloudEvents' HTTP content modes (CloudEvents 1.0.2, HTTP protocol binding §3)."""

    STRUCTURED = "structured"
    BATCH = "batch"
    BINARY = "binary"


_MODES: Final = {BATCH_CONTENT_TYPE: Mode.BATCH, STRUCTURED_CONTENT_TYPE: Mode.STRUCTURED}


def mode_of(headers: Headers) -> Mode:
    """Return the content mode of a request; raises Problem 415 for anything that is no CloudEvent in UTF-8 JSON.

    In binary mode the content type is an attribute of the event, and is judged with it.
    """
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _unsupported("不支持压缩的请求正文，请去掉 Content-Encoding")
    named = headers.getlist("content-type")
    media_type = media_type_of(named[0] if len(named) == 1 else "")
    mode = _MODES.get(media_type.essence)
    if mode is None and _is_binary(headers) and not media_type.essence.startswith("application/cloudevents"):
        return Mode.BINARY
    if not media_type.is_utf8:
        raise _unsupported("请求正文必须使用 UTF-8 编码")
    if mode is None:
        raise _unsupported(
            f"Content-Type 须为 {STRUCTURED_CONTENT_TYPE}（单条）或 {BATCH_CONTENT_TYPE}（批量）；"
            f"使用 ce-* 请求头时为 {DATA_CONTENT_TYPE}"
        )
    return mode


def _is_binary(headers: Headers) -> bool:
    """Tell whether a request has an attribute of an event as its header; which of them is missing is said later."""
    return any(f"ce-{name}" in headers for name in ("specversion", "id", "source", "type"))


def _unsupported(detail: str) -> Problem:
    return Problem("unsupported-media-type", field="Content-Type", detail=detail)
