"""What the OpenAPI document says about the route: bodies are read raw, so FastAPI can't know them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from services.gateway.intake.documents import SubmissionDocument

_PROBLEM: Final = "application/problem+json"


def _schema(model: type) -> dict[str, Any]:
    """Return the JSON Schema of a document with its definitions in place."""
    (schema,), definitions = msgspec.json.schema_components([model], ref_template="#/$defs/{name}")
    resolved: dict[str, Any] = _in_place(schema, definitions)
    return resolved


def _in_place(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _in_place(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {key: _in_place(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_in_place(item, definitions) for item in schema]
    return schema


def _answer(description: str, model: type) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _schema(model)}}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {_PROBLEM: {}}}


_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 JSON; `data` by the JSON Schema of the event type",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "type": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}

EVENTS: Final[dict[str, Any]] = {
    "status_code": 202,
    "summary": "上报事件（单条或批量）",
    "responses": {
        202: _answer("every event has the broker's ack", SubmissionDocument),
        207: _answer("some events were taken, some refused", SubmissionDocument),
        401: _problem("no key, or a wrong or revoked one"),
        403: _problem("the key may not publish, or the event names another county"),
        409: _problem("the event id stands for other content"),
        413: _problem("body above 4 MiB or more than 1,000 events"),
        415: _problem("no CloudEvents content type"),
        422: _problem("the event breaks the contract"),
        429: _problem("too many events; wait for Retry-After"),
        503: _problem("nothing is promised; send the same again after Retry-After"),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED_CONTENT_TYPE: {"schema": _EVENT},
                BATCH_CONTENT_TYPE: {"schema": {"type": "array", "maxItems": 1000, "items": _EVENT}},
            },
        }
    },
}
