"""What OpenAPI says of `POST /v1/events`: its body is read raw, so FastAPI can't know it."""

from __future__ import annotations

from typing import Any, Final

from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from duban_contracts.codec import event_types
from duban_contracts.codes import CODES, Group
from duban_contracts.topics import TopicFamily
from duban_contracts.validation import MOST_BATCH_EVENTS
from services.chassis.web.problems import declares
from services.gateway.intake.documents import Submission

# A single event is answered with its own refusal, so the route may answer with whatever an event may be refused for.
_ELSEWHERE: Final = frozenset({"receipt-not-found", "too-many-waiting", "feed-expired"})
_CODES: Final = [
    code
    for code, meaning in CODES.items()
    if meaning.county and meaning.group in {Group.EVENT, Group.GATEWAY} and code not in _ELSEWHERE
]
_SAYS_SOMETHING: Final = {"type": "string", "minLength": 1, "pattern": r"\S"}
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 JSON; `data` by the JSON Schema of the event type",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {**_SAYS_SOMETHING, "maxLength": 200},
        "source": {**_SAYS_SOMETHING, "maxLength": 200},
        "type": {"enum": [kind.name for kind in event_types() if kind.family is TopicFamily.CLAIMS]},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}

EVENTS: Final[dict[str, Any]] = {
    "status_code": 202,
    "summary": "上报事件（单条或批量）",
    "response_model": Submission,
    "response_description": "every event has the broker's ack",
    "responses": {
        200: {"description": "dry run: every event would be taken", "model": Submission},
        207: {"description": "some events were taken, some refused", "model": Submission},
        **declares(*_CODES, "body-too-large", "unsupported-media-type"),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED_CONTENT_TYPE: {"schema": _EVENT},
                BATCH_CONTENT_TYPE: {"schema": {"type": "array", "maxItems": MOST_BATCH_EVENTS, "items": _EVENT}},
            },
        }
    },
}
