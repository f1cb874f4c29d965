"""What an operator decides about a delivery that waits, failed or is in doubt: send it now, or state that it arrived."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from duban_contracts.refusals import Refusal, refusal
from services.chassis.storage.database import Connection
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.settle import record_outcome
from services.notifications.delivery.model import delivery
from services.notifications.delivery.model.delivery import Decision
from services.notifications.delivery.model.rows import OpenDelivery
from services.notifications.delivery.tables import queue


class Resolve(Protocol):
    """One of the two decisions."""

    async def __call__(self, connection: Connection, delivery_id: UUID, *, account: str, deps: Deps) -> Refusal | None:
        """Decide about a delivery as `account`, or refuse to."""
        ...


async def retry_delivery(connection: Connection, delivery_id: UUID, *, account: str, deps: Deps) -> Refusal | None:
    """Send a failed or uncertain delivery again, or a pending one at once, to the address that the profile names today.

    It opens the office's endpoint again if that had said that it wants no more.
    """
    deliveries = await queue.lock_with_siblings(connection, delivery_id)
    if not deliveries:
        return refusal("delivery-not-found")
    found, now = deliveries[delivery_id], deps.clock.wall()
    step = delivery.retry(found.state, now=now)
    if isinstance(step, Refusal):
        return step
    await _readdress(connection, found, deps)
    await queue.decide(connection, delivery_id, Decision.RETRY, account, now)
    await record_outcome(connection, deliveries, delivery_id, step, deps)
    return None


async def confirm_delivery(connection: Connection, delivery_id: UUID, *, account: str, deps: Deps) -> Refusal | None:
    """Record that an uncertain delivery did arrive, as the receiver told the operator."""
    deliveries = await queue.lock_with_siblings(connection, delivery_id)
    if not deliveries:
        return refusal("delivery-not-found")
    step = delivery.confirm(deliveries[delivery_id].state)
    if isinstance(step, Refusal):
        return step
    await queue.decide(connection, delivery_id, Decision.CONFIRM, account, deps.clock.wall())
    await record_outcome(connection, deliveries, delivery_id, step, deps)
    return None


async def _readdress(connection: Connection, found: OpenDelivery, deps: Deps) -> None:
    channel = found.state.channel
    office = deps.directory.addressee(found.county, found.unit)
    address = office.addresses.get(channel) if office else None
    if office and address:
        endpoint = office.endpoint
        await queue.readdress(connection, found.delivery_id, channel=channel, address=address, endpoint=endpoint)
