"""What is asked of a broker about topics that aiokafka doesn't have: a change of some settings that leaves the rest.

Field by field after Kafka's `clients/src/main/resources/common/message`; the oldest version that brokers of Kafka 4 take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String

_TOPIC: Final = 2
_SET: Final = 0
_TEXT: Final = String("utf-8")


class _ChangeSettingsResponse(Response):  # type: ignore[misc]
    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(("error_code", Int16), ("error_message", _TEXT), ("resource_type", Int8), ("resource_name", _TEXT)),
        ),
    )


class _ChangeSettingsRequest(RequestStruct):  # type: ignore[misc]
    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = _ChangeSettingsResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", _TEXT),
                ("configs", Array(("name", _TEXT), ("config_operation", Int8), ("value", _TEXT))),
            ),
        ),
        ("validate_only", Boolean),
    )


class ChangeSettings(Request[_ChangeSettingsRequest]):  # type: ignore[misc]
    """Sets the named settings of topics: {topic: {name: value}}; whatever else a topic has set stays (KIP-339)."""

    API_KEY = 44

    def __init__(self, settings: Mapping[str, Mapping[str, str]]) -> None:
        self._resources = [
            (_TOPIC, topic, [(name, _SET, value) for name, value in values.items()])
            for topic, values in settings.items()
        ]

    def build(self, request_struct_class: type[_ChangeSettingsRequest]) -> _ChangeSettingsRequest:
        """Return the request as it is sent."""
        return request_struct_class(self._resources, False)  # noqa: FBT003 - a field of the protocol, in its order
