"""Questions to a broker about users, rights and quotas that aiokafka doesn't have, in its own way of writing them.

Field by field after Kafka's `clients/src/main/resources/common/message`; the oldest version that brokers of Kafka 4 take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Float64,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

SCRAM_SHA_512: Final = 2

_TEXT: Final = String("utf-8")
_COMPACT: Final = CompactString("utf-8")
_ENTITY: Final = Array(("entity_type", _TEXT), ("entity_name", _TEXT))


class CreateAcls(Request[CreateAclsRequest_v1]):  # type: ignore[misc]
    """Many rights at once; the library's own request takes one."""

    API_KEY = 30

    def __init__(self, creations: Sequence[tuple[Any, ...]]) -> None:
        self._creations = list(creations)

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        """Return the request as it is sent."""
        return request_struct_class(self._creations)


class DeleteAcls(Request[DeleteAclsRequest_v1]):  # type: ignore[misc]
    """Many rights at once."""

    API_KEY = 31

    def __init__(self, filters: Sequence[tuple[Any, ...]]) -> None:
        self._filters = list(filters)

    def build(self, request_struct_class: type[DeleteAclsRequest_v1]) -> DeleteAclsRequest_v1:
        """Return the request as it is sent."""
        return request_struct_class(self._filters)


class _AlterQuotasResponse(Response):  # type: ignore[misc]
    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("error_code", Int16), ("error_message", _TEXT), ("entity", _ENTITY))),
    )


class _AlterQuotasRequest(RequestStruct):  # type: ignore[misc]
    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = _AlterQuotasResponse
    SCHEMA = Schema(
        (
            "entries",
            Array(("entity", _ENTITY), ("ops", Array(("key", _TEXT), ("value", Float64), ("remove", Boolean)))),
        ),
        ("validate_only", Boolean),
    )


class AlterQuotas(Request[_AlterQuotasRequest]):  # type: ignore[misc]
    """Sets or removes users' quotas: (user, [(name, value, remove), …]) each."""

    API_KEY = 49

    def __init__(self, entries: Sequence[tuple[str, Sequence[tuple[str, float, bool]]]]) -> None:
        self._entries = [([("user", user)], list(changes)) for user, changes in entries]

    def build(self, request_struct_class: type[_AlterQuotasRequest]) -> _AlterQuotasRequest:
        """Return the request as it is sent."""
        return request_struct_class(self._entries, False)  # noqa: FBT003 - fields of the protocol, in its order


class _DescribePasswordsResponse(Response):  # type: ignore[misc]
    API_KEY = 50
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("error_message", _COMPACT),
        (
            "results",
            CompactArray(
                ("user", _COMPACT),
                ("error_code", Int16),
                ("error_message", _COMPACT),
                (
                    "credentials",
                    CompactArray(("mechanism", Int8), ("iterations", Int32), ("tags", TaggedFields)),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribePasswordsRequest(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 50
    API_VERSION = 0
    RESPONSE_TYPE = _DescribePasswordsResponse
    SCHEMA = Schema(("users", CompactArray(("name", _COMPACT), ("tags", TaggedFields))), ("tags", TaggedFields))


class DescribePasswords(Request[_DescribePasswordsRequest]):  # type: ignore[misc]
    """All users who have a password."""

    API_KEY = 50

    def build(self, request_struct_class: type[_DescribePasswordsRequest]) -> _DescribePasswordsRequest:
        """Return the request as it is sent."""
        return request_struct_class(None, {})


class _AlterPasswordsResponse(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", _COMPACT), ("error_code", Int16), ("error_message", _COMPACT), ("tags", TaggedFields)
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterPasswordsRequest(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _AlterPasswordsResponse
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", _COMPACT), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("name", _COMPACT),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class AlterPasswords(Request[_AlterPasswordsRequest]):  # type: ignore[misc]
    """Forgets users, and sets others' passwords: (user, iterations, salt, salted password) each."""

    API_KEY = 51

    def __init__(self, forgotten: Sequence[str], set_: Sequence[tuple[str, int, bytes, bytes]]) -> None:
        self._forgotten: list[tuple[Any, ...]] = [(user, SCRAM_SHA_512, {}) for user in forgotten]
        self._set: list[tuple[Any, ...]] = [
            (user, SCRAM_SHA_512, rounds, salt, salted, {}) for user, rounds, salt, salted in set_
        ]

    def build(self, request_struct_class: type[_AlterPasswordsRequest]) -> _AlterPasswordsRequest:
        """Return the request as it is sent."""
        return request_struct_class(self._forgotten, self._set, {})
