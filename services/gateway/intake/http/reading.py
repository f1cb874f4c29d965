"""Reading a request: how much it may hold, and in which of CloudEvents' three HTTP modes it comes."""

from __future__ import annotations

import enum
from typing import Final

from starlette.datastructures import Headers

from duban_contracts.admissible.media_types import MediaType
from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, DATA_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from services.chassis.web.media import compressed, is_compressed, media_type_in, of_another_type
from services.chassis.web.problems import Problem


class Mode(enum.Enum):
    """CloudEvents' HTTP content modes (CloudEvents 1.0.2, HTTP protocol binding §3)."""

    STRUCTURED = "structured"
    BATCH = "batch"
    BINARY = "binary"


_MODES: Final = {BATCH_CONTENT_TYPE: Mode.BATCH, STRUCTURED_CONTENT_TYPE: Mode.STRUCTURED}
_NOT_NAMED: Final = MediaType("", None)
_TAKEN: Final = (
    f"must be {STRUCTURED_CONTENT_TYPE} or {BATCH_CONTENT_TYPE}, or {DATA_CONTENT_TYPE} with ce-* headers, named once"
)
_TAKEN_ZH: Final = (
    f"Content-Type 须为 {STRUCTURED_CONTENT_TYPE}（单条）或 {BATCH_CONTENT_TYPE}（批量）；"
    f"使用 ce-* 请求头时为 {DATA_CONTENT_TYPE}"
)


def mode_of(headers: Headers) -> Mode:
    """Return the content mode of a request; raises Problem 415 for anything that is no CloudEvent in UTF-8 JSON.

    In binary mode the content type is an attribute of the event, and is judged with it.
    """
    if is_compressed(headers):
        raise Problem.of(compressed())
    media_type = media_type_in(headers) or _NOT_NAMED
    mode = _MODES.get(media_type.essence)
    if mode is None and _is_binary(headers) and not media_type.essence.startswith("application/cloudevents"):
        return Mode.BINARY
    if not media_type.is_utf8:
        raise Problem.of(of_another_type("请求正文必须使用 UTF-8 编码", "must name no charset but UTF-8"))
    if mode is None:
        raise Problem.of(of_another_type(_TAKEN_ZH, _TAKEN))
    return mode


def _is_binary(headers: Headers) -> bool:
    """Tell whether a request has an attribute of an event as its header; which of them is missing is said later."""
    return any(f"ce-{name}" in headers for name in ("specversion", "id", "source", "type"))
