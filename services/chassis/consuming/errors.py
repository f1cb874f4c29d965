"""The two kinds of failure that the consumer loop knows; the third, a refusal, is a value (docs/adr/0022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from services.chassis.storage.database import is_retryable

if TYPE_CHECKING:
    from services.chassis.consuming.deliveries import Delivery


class Retryable(Exception):
    """Something outside is not there just now: the batch is tried again in place and the partition waits."""


class Poison(Exception):
    """This one event can never be processed: it is kept as a dead letter and its neighbours go on.

    `code` is stable and low in cardinality (it labels a metric); `message` is for the operator.
    """

    def __init__(self, code: str, message: str, *, delivery: Delivery | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.delivery = delivery


class DeadLetterLimitExceeded(Exception):
    """Too many events failed: the consumer stops rather than drain its topic into dead letters."""


class Stalled(Exception):
    """The consumer has work and does not move; the process must be restarted."""


def is_away(error: BaseException) -> bool:
    """Return whether what failed is something outside that comes back: it is tried again in place."""
    return isinstance(error, Retryable | KafkaError) or is_retryable(error)
