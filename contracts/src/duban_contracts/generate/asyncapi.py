"""The AsyncAPI 3.0 document of the whole platform, from the same catalogue that the services run on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from duban_contracts.catalogue import EventType
from duban_contracts.cloudevents import DATA_CONTENT_TYPE
from duban_contracts.codec import event_types
from duban_contracts.examples import examples
from duban_contracts.generate.families import FAMILIES, FamilyDescription, read_by
from duban_contracts.generate.meaning import meaning, summary
from duban_contracts.generate.schemas import definitions
from duban_contracts.topics import KEEP_FOREVER, Topic, TopicFamily, city_topics

_EXAMPLE_COUNTY: Final = "140502"
_KAFKA_BINDING: Final = "0.5.0"
_COUNTY_PARAMETER: Final = {"code": {"description": "县级行政区划代码 (GB/T 2260), six digits", "examples": ["140502"]}}


def document(version: str) -> dict[str, Any]:
    """Return the whole document for contract release `version`."""
    types = event_types()
    families = [family for family in TopicFamily if any(entry.family is family for entry in types)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Duban (督办): events of a city's work-safety supervision",
            "version": version,
            "description": (
                "CloudEvents 1.0 in Kafka binary mode: `ce_*` headers, the bare JSON payload as record value. "
                "Publishers write closed payloads; readers ignore what they do not know. Over HTTP the same "
                "events travel in structured and batch mode."
            ),
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": "work safety"}, {"name": "安全生产"}],
        },
        "id": "urn:duban:events",
        "defaultContentType": DATA_CONTENT_TYPE,
        "channels": {FAMILIES[family].channel: _channel(family, types) for family in families},
        "operations": {f"{_verb(family)}{_title(family)}": _operation(family, types) for family in families},
        "components": {
            "messages": {entry.name: _message(entry) for entry in types},
            "schemas": _schemas(types),
        },
    }


def _title(family: TopicFamily) -> str:
    return FAMILIES[family].channel.capitalize()


def _verb(family: TopicFamily) -> str:
    return FAMILIES[family].action


def _names(family: TopicFamily, types: Iterable[EventType]) -> list[str]:
    return [entry.name for entry in types if entry.family is family]


def _channel(family: TopicFamily, types: list[EventType]) -> dict[str, Any]:
    about = FAMILIES[family]
    channel = {
        "address": str(family).replace("<code>", "{code}"),
        "title": about.title,
        "description": f"Written by {about.written_by}; read by {read_by(family)}. Record key: {about.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names(family, types)},
        "bindings": {"kafka": _topic_binding(_topic(family))},
    }
    return channel | {"parameters": _COUNTY_PARAMETER} if "<code>" in family else channel


def _topic(family: TopicFamily) -> Topic:
    name = str(family).replace("<code>", _EXAMPLE_COUNTY)
    return next(topic for topic in city_topics([_EXAMPLE_COUNTY]) if topic.name == name)


def _topic_binding(topic: Topic) -> dict[str, Any]:
    retention = topic.retention_ms if topic.retention_ms != KEEP_FOREVER else -1
    settings: dict[str, Any] = {"cleanup.policy": ["delete"], "retention.ms": retention}
    return {"partitions": topic.partitions, "topicConfiguration": settings, "bindingVersion": _KAFKA_BINDING}


def _operation(family: TopicFamily, types: list[EventType]) -> dict[str, Any]:
    about: FamilyDescription = FAMILIES[family]
    channel = f"#/channels/{about.channel}"
    return {
        "action": about.action,
        "title": about.title,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _names(family, types)],
    }


def _message(entry: EventType) -> dict[str, Any]:
    about = FAMILIES[entry.family]
    return {
        "name": entry.name,
        "title": entry.title_zh,
        "summary": summary(entry),
        "description": meaning(entry),
        "contentType": DATA_CONTENT_TYPE,
        "headers": _headers(entry),
        "payload": {"$ref": f"#/components/schemas/{entry.model.__name__}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {"kafka": {"key": {"type": "string", "description": about.key}, "bindingVersion": _KAFKA_BINDING}},
        "examples": [{"name": "full", "payload": examples()[entry.name]}],
    }


def _headers(entry: EventType) -> dict[str, Any]:
    named = {"type": "object", "required": ["ce_type"], "properties": {"ce_type": {"const": entry.name}}}
    return {"allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}, named]}


def _schemas(types: Iterable[EventType]) -> dict[str, Any]:
    schemas: dict[str, Any] = {"CloudEventHeaders": _cloud_event_headers()}
    for entry in types:
        for name, schema in definitions(entry).items():
            placed = _rooted(schema)
            if schemas.setdefault(name, placed) != placed:
                raise ValueError(f"two different definitions are called {name}")
    return dict(sorted(schemas.items()))


def _rooted(schema: Any) -> Any:
    """Return `schema` with its references pointing at the document's components."""
    if isinstance(schema, dict):
        return {key: _rooted(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_rooted(value) for value in schema]
    return re.sub(r"^#/\$defs/", "#/components/schemas/", schema) if isinstance(schema, str) else schema


def _cloud_event_headers() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 512}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 attributes as Kafka headers (binary mode), UTF-8 text",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
        "properties": {
            "content-type": {"const": DATA_CONTENT_TYPE},
            "ce_specversion": {"const": "1.0"},
            "ce_id": text | {"description": "made by the publisher; the same id on a retry"},
            "ce_source": text | {"description": "the publishing system"},
            "ce_type": text | {"description": "event type and version"},
            "ce_time": {"type": "string", "format": "date-time"},
            "ce_subject": text | {"description": "hazard, letter or task"},
            "ce_dataschema": text,
            "ce_aggregateversion": {"type": "string", "pattern": "^[0-9]{1,10}$"},
            "ce_correlationid": text,
            "ce_causationid": text | {"description": "id of the event that caused this one"},
            "traceparent": text | {"description": "W3C Trace Context"},
        },
    }
