"""What the headers of a request say of media types: of its body's, and of those that its sender would like to get."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers

from duban_contracts.admissible.media_types import MediaType, media_type_of
from duban_contracts.refusals import Refusal, refusal

_IDENTITY: Final = "identity"
_WEIGHT: Final = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def media_type_in(headers: Headers) -> MediaType | None:
    """Return the media type of a body; None where none is named, or several: readers differ in which they take."""
    named = headers.getlist("content-type")
    return media_type_of(named[0]) if len(named) == 1 else None


def is_compressed(headers: Headers) -> bool:
    """Say whether a body comes in any coding (`Content-Encoding`)."""
    return headers.get("content-encoding", _IDENTITY).lower() != _IDENTITY


def compressed() -> Refusal:
    """Return the refusal of a body that is compressed."""
    return refusal(
        "unsupported-media-type",
        field="Content-Encoding",
        rule="must be left out: no compressed body is taken",
        detail="不支持压缩的请求正文，请去掉 Content-Encoding",
    )


def of_another_type(zh: str, rule: str) -> Refusal:
    """Return the refusal of a body whose media type is none that is taken; `zh` and `rule` say which are."""
    return refusal("unsupported-media-type", field="Content-Type", rule=rule, detail=zh)


def asks_for(accept: str | None, kind: str, *, rather_than: str) -> bool:
    """Say whether Accept asks for `kind` by name and likes nothing less about it than about `rather_than` (RFC 9110 §12.5.1).

    A range with a malformed weight is none. A wildcard names nothing: who takes whatever there is gets `rather_than`.
    """
    weights = _weights(accept or "")
    other = next((weights[each] for each in _ranges(rather_than) if each in weights), 0.0)
    return weights.get(kind, 0.0) > 0 and weights[kind] >= other


def _ranges(kind: str) -> tuple[str, str, str]:
    """Return the media ranges that hold a media type, the closest first: that one counts."""
    return kind, f"{kind.partition('/')[0]}/*", "*/*"


def _weights(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        weight = next((each for each in parameters if each.partition("=")[0].strip() == "q"), "q=1")
        if match := _WEIGHT.fullmatch(weight):
            found[kind] = max(found.get(kind, 0.0), float(match[1]))
    return found
