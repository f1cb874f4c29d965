"""What an operator decides about a delivery that failed or is in doubt: send it again, or state that it arrived."""

from __future__ import annotations

from uuid import UUID

from services.chassis.storage.database import Connection
from services.notifications.application.outcome import Books, enter
from services.notifications.domain import delivery
from services.notifications.domain.contacts import Directory
from services.notifications.domain.records import OpenDelivery


class UnknownDeliveryError(LookupError):
    """There is no such delivery."""


async def retry_delivery(
    connection: Connection, delivery_id: UUID, *, account: str, directory: Directory, books: Books
) -> None:
    """Send a failed or uncertain delivery again, to the address that the profile names today.

    It opens the office's endpoint again if a 410 had closed it. Raises UnknownDeliveryError, and
    StepNotAllowedError when the delivery is neither failed nor uncertain.
    """
    found = await _lock(connection, delivery_id, books)
    now = books.clock.wall()
    step = delivery.retry(found.state, now=now)
    head = found.letter.head
    office = directory.addressee(head.county, head.unit)
    address = office.address(found.state.channel) if office else None
    if office and address:
        await books.deliveries.readdress(connection, delivery_id, address, office.endpoint)
        await books.deliveries.open_endpoint(connection, office.endpoint)
    await books.deliveries.decide(connection, delivery_id, "retry", account, now)
    await enter(connection, found, step, books=books)


async def confirm_delivery(connection: Connection, delivery_id: UUID, *, account: str, books: Books) -> None:
    """Record that an uncertain delivery did arrive, as the receiver told the operator.

    Raises UnknownDeliveryError, and StepNotAllowedError when the delivery is not uncertain.
    """
    found = await _lock(connection, delivery_id, books)
    step = delivery.confirm(found.state)
    await books.deliveries.decide(connection, delivery_id, "confirm", account, books.clock.wall())
    await enter(connection, found, step, books=books)


async def _lock(connection: Connection, delivery_id: UUID, books: Books) -> OpenDelivery:
    letter_id = await books.deliveries.letter_of(connection, delivery_id)
    letter = letter_id and await books.letters.lock(connection, letter_id)
    found = letter and await books.deliveries.lock(connection, letter, delivery_id)
    if not found:
        raise UnknownDeliveryError(str(delivery_id))
    return found
