"""Signing what was stored, and telling everybody in the same transaction.

The root of a size is stored and committed before it is signed, so that no death of the process makes two of one size.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import structlog

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.checkpoints import LedgerCheckpointSigned
from duban_contracts.topics import TopicFamily, feedback_topic
from services.chassis.assembly import Platform
from services.chassis.process.clock import Clock
from services.chassis.process.failpoints import reach
from services.chassis.publishing import outbox
from services.chassis.publishing.envelopes import new_event
from services.chassis.publishing.outbox import outgoing
from services.chassis.storage.database import Connection, Database
from services.ledger.checkpoints.handlers.growing import root_of
from services.ledger.checkpoints.handlers.keys import SigningKeys, UnusableKey
from services.ledger.checkpoints.tables import checkpoints, tiles
from services.ledger.checkpoints.tables.checkpoints import Head
from services.ledger.history.model import SOURCE

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Signing:
    """What signing needs: the time, the keys, and the topics on which it is told."""

    clock: Clock
    keys: SigningKeys
    topics: Sequence[str]

    @classmethod
    def on(cls, platform: Platform[Any], keys: SigningKeys) -> Self:
        """Return the signing of this platform, told on its own topic and to every county."""
        prefix = platform.settings.topic_prefix
        told = [feedback_topic(county.code, prefix) for county in platform.city.counties]
        return cls(clock=platform.clock, keys=keys, topics=[platform.topic(TopicFamily.CHECKPOINT), *told])


async def sign_stored(database: Database, *, signing: Signing) -> bool:
    """Sign what is stored, if anything is, and put it on its way; return False where that can't be, which is logged.

    A root that the tree no longer gives is not signed, and nor is anything once the tree no longer gives what was signed
    last: a log that signs two histories is worth nothing.
    """
    async with database.transaction() as connection:
        await tiles.hold(connection)
        head = await checkpoints.unsigned(connection)
        if (broken := await _rewritten(connection, head)) is not None:
            _log.error("the tree no longer gives what was stored or signed: nothing is signed", size=broken.size)
            return False
        if head is None:
            return True
        try:
            note = signing.keys.sign(head.size, head.root)
        except UnusableKey as error:
            _log.error("no checkpoint can be signed", reason=str(error))
            return False
        event = announcement(head, note, signing)
        await checkpoints.sign(connection, head.size, note, signing.clock.now())
        await outbox.append(connection, [outgoing(topic, event) for topic in signing.topics])
        reach("checkpoint.before_signing_commits")
    reach("checkpoint.signed")
    return True


async def _rewritten(connection: Connection, head: Head | None) -> Head | None:
    """Return what was stored, or signed last, and is not what the tree gives; None where all is as it was."""
    for each in (await checkpoints.newest(connection), head):
        if each is not None and await root_of(connection, each.size) != each.root:
            return each
    return None


def announcement(head: Head, note: str, signing: Signing) -> CloudEvent:
    """Return the event that tells of a signed checkpoint.

    Its id is new and follows from nothing: a second one of the same size, which only a rewriting makes, must reach everybody
    and be dropped by nobody as a repetition.
    """
    origin, now = signing.keys.origin, signing.clock.now()
    data = LedgerCheckpointSigned(
        origin=origin, size=head.size, root=b64encode(head.root).decode(), signed_at=now, note=note
    )
    return new_event(data, source=SOURCE, subject=origin, key=origin, time=now)
