"""What OpenAPI says of `POST /v1/events`: its body is read raw, so FastAPI can't know it."""

from __future__ import annotations

from typing import Any, Final

from duban_contracts.admissible.texts import MOST_ATTRIBUTE_CHARACTERS
from duban_contracts.cloudevents import BATCH_CONTENT_TYPE, DATA_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from duban_contracts.codec import event_types
from duban_contracts.codes import CODES, Group
from duban_contracts.topics import TopicFamily
from duban_contracts.validation import MOST_BATCH_EVENTS
from services.chassis.web.problems import declares
from services.gateway.intake.documents import Submission

# A single event is answered with its own refusal, so the route may answer with whatever an event may be refused for.
_GROUPS: Final = frozenset({Group.EVENT, Group.GATEWAY})
# Said at other addresses, and of what only Kafka holds.
_ELSEWHERE: Final = frozenset({"receipt-not-found", "too-many-waiting", "feed-expired", "unreadable-batch"})
# Said at other doors, too, and in the catalogue with those; a test holds that nothing an examination says is left out.
_OF_OTHERS: Final = frozenset({"completed-in-future", "finding-outside-area", "finding-repeated"})
CODES_OF_EVENTS: Final = [
    code
    for code, meaning in CODES.items()
    if code in _OF_OTHERS or (meaning.county and meaning.group in _GROUPS and code not in _ELSEWHERE)
]
"""What an event, or a whole submission, may be refused for."""
_SAYS_SOMETHING: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": MOST_ATTRIBUTE_CHARACTERS,
    "pattern": r"\S",
}
_CLAIMS: Final = {"enum": [kind.name for kind in event_types() if kind.family is TopicFamily.CLAIMS]}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 JSON; `data` by the JSON Schema of the event type, or its text in `data_base64`",
    "required": ["specversion", "id", "source", "type"],
    "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _SAYS_SOMETHING,
        "source": _SAYS_SOMETHING,
        "type": _CLAIMS,
        "time": _MOMENT,
        "data": {"type": "object"},
        "data_base64": {"type": "string", "contentEncoding": "base64", "contentMediaType": DATA_CONTENT_TYPE},
    },
}
_BARE: Final = {"type": "object", "description": "binary mode: bare `data`, its attributes as `ce-*` headers"}
_IN_BINARY_MODE: Final = "仅用于二进制方式（正文只有 data）；非 ASCII 字符须百分号编码"


def _attribute(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the header that holds an attribute in binary mode; the other modes do without it."""
    return {"name": f"ce-{name}", "in": "header", "required": False, "schema": schema, "description": _IN_BINARY_MODE}


EVENTS: Final[dict[str, Any]] = {
    "status_code": 202,
    "summary": "上报事件（单条或批量）",
    "response_model": Submission,
    "response_description": "every event has the broker's ack",
    "responses": {
        200: {"description": "dry run: every event would be taken", "model": Submission},
        207: {"description": "some events were taken, some refused", "model": Submission},
        **declares(*CODES_OF_EVENTS, "body-too-large", "unsupported-media-type"),
    },
    "openapi_extra": {
        "parameters": [
            _attribute("specversion", {"const": "1.0"}),
            _attribute("id", _SAYS_SOMETHING),
            _attribute("source", _SAYS_SOMETHING),
            _attribute("type", _CLAIMS),
            _attribute("time", _MOMENT),
        ],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED_CONTENT_TYPE: {"schema": _EVENT},
                BATCH_CONTENT_TYPE: {"schema": {"type": "array", "maxItems": MOST_BATCH_EVENTS, "items": _EVENT}},
                DATA_CONTENT_TYPE: {"schema": _BARE},
            },
        },
    },
}
