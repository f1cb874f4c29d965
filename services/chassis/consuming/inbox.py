"""Take each event in once: the claim of its identity commits together with its effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from duban_contracts.codec import digest_of, says
from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.columns import Columns
from services.chassis.storage.database import Connection


class EventIdentity(NamedTuple):
    """An event's identity, and the SHA-256 of what it says."""

    identity: UUID
    digest: bytes


class Claimed(NamedTuple):
    """What a batch came to: the events not seen before, and those whose id was used before for something else."""

    new: list[Delivery]
    reused: list[Delivery]


_COLUMNS: Final[Columns[EventIdentity]] = Columns({"identity": "uuid", "digest": "bytea"})
# What conflicts is committed by then: an INSERT waits for whoever is about to claim the same identity. What was claimed is
# therefore looked up by a statement of its own, which sees it, and only where there is any: nearly every batch is all new,
# and asking in one statement made half of what claiming cost PostgreSQL.
_CLAIM: Final = f"""
INSERT INTO inbox (consumer, identity, digest) SELECT $1, identity, digest FROM {_COLUMNS.rows("new", 2)}
    ON CONFLICT DO NOTHING RETURNING identity"""  # noqa: S608
# One look-up by key each (OFFSET 0 keeps them apart), also where the table grew too fast for its statistics.
_KNOWN: Final = f"""
SELECT asked.identity, known.digest FROM {_COLUMNS.only("identity").rows("asked", 2)} CROSS JOIN LATERAL (
       SELECT digest FROM inbox WHERE consumer = $1 AND identity = asked.identity OFFSET 0) AS known"""  # noqa: S608


async def claim(connection: Connection, consumer: str, deliveries: Sequence[Delivery]) -> Claimed:
    """Return which deliveries are new, in their order, and remember them in the caller's transaction.

    The first of a batch under an id claims it; a later one that says the same is a repetition and in neither list.
    """
    said = [(delivery, delivery.identity.int, digest_of(delivery.event.type, delivery.data)) for delivery in deliveries]
    first = {number: (delivery, digest) for delivery, number, digest in reversed(said)}
    # One order for all, so that two instances that take the same events can't deadlock.
    asked = [EventIdentity(first[number][0].identity, first[number][1]) for number in sorted(first)]
    new = {row["identity"].int for row in await connection.fetch(_CLAIM, consumer, *_COLUMNS.arguments(asked))}
    known: dict[int, bytes | None] = {number: first[number][1] for number in new}
    if repeated := [each.identity for each in asked if each.identity.int not in new]:
        rows = await connection.fetch(_KNOWN, consumer, repeated)
        known |= {row["identity"].int: row["digest"] for row in rows}
    return Claimed(
        [delivery for delivery, number, _ in said if number in new and first[number][0] is delivery],
        [
            delivery
            for delivery, number, digest in said
            if (kept := known.get(number)) not in {None, digest} and not says(delivery.event.type, delivery.data, kept)
        ],
    )
