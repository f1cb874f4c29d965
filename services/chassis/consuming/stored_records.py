"""A Kafka record in a table: the same seven columns wherever one is kept."""

from __future__ import annotations

from typing import Final

import asyncpg

from services.chassis.consuming.deliveries import RawRecord
from services.chassis.publishing.outbox import pack_headers, unpack_headers
from services.chassis.storage.columns import Columns

RECORD: Final[Columns[RawRecord]] = Columns(
    {
        "topic": "text",
        "partition": "integer",
        "offset": "bigint",
        "timestamp": "timestamptz",
        "key": "bytea",
        "value": "bytea",
        "headers": ("bytea", lambda record: pack_headers(record.headers)),
    }
)


def record_of(row: asyncpg.Record) -> RawRecord:
    """Return the record that a row with the columns of RECORD holds."""
    return RawRecord(
        row["topic"],
        row["partition"],
        row["offset"],
        row["timestamp"],
        row["key"],
        row["value"],
        unpack_headers(row["headers"]),
    )
