"""What was refused to whom, recorded; and the one way to say that a row isn't there.

A row outside the caller's scope and a row that does not exist get the same answer, so that nobody learns from a refusal
that something exists. Only our own record tells the two apart (SY65).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import structlog

from duban_contracts.events.types import Actor
from services.chassis.access.principal import Principal
from services.chassis.access.scope import Dimension, Facts, Scope
from services.chassis.telemetry import acts, metrics, tracing
from services.chassis.web.problems import Problem

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Reason(StrEnum):
    """Why something was refused."""

    UNAUTHENTICATED = "unauthenticated"
    ROLE = "role-not-allowed"
    REACH = "reach-not-allowed"
    SCOPE = "outside-scope"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, what it may see, and the action it is about to do (its name, and those asked beside it)."""

    principal: Principal
    scope: Scope
    action: str
    permitted: frozenset[str] = frozenset()

    @property
    def account(self) -> str:
        """The opaque account."""
        return self.principal.account

    @property
    def unit(self) -> str | None:
        """The unit's code, where the account belongs to one."""
        return self.principal.unit

    @property
    def named_area(self) -> str:
        """The code of the account's area, to be written down. Who may see what is the scope's affair."""
        return self.principal.area

    @property
    def county(self) -> str | None:
        """The one county that the account belongs to (a township's officer: that of the township), or None."""
        counties = self.scope.county
        return next(iter(counties)) if counties is not None and len(counties) == 1 else None

    @property
    def actor(self) -> Actor:
        """Return the caller as events name who did something. An enterprise's account belongs to no unit."""
        who = self.principal
        return Actor(account=who.account, role=who.role, unit=who.unit)

    def finds(self, facts: Facts) -> bool:
        """Return whether a row of these facts exists for the caller; a row outside its scope is recorded as refused.

        For handlers, which know no HTTP; routes use `found_in_scope`.
        """
        outside = self.scope.excludes(facts)
        if outside is not None:
            record(Reason.SCOPE, self.action, self.principal, dimension=outside)
        return outside is None


def found_in_scope(row: T | None, facts: Callable[[T], Facts], caller: Caller, missing: Problem) -> T:
    """Return `row` if it exists for the caller; raises `missing`, a 404, alike for one that isn't there or is foreign.

    `facts` reads a row's facts. What is foreign is recorded as refused.
    """
    if row is None or not caller.finds(facts(row)):
        raise missing
    return row


def expect(action: str) -> None:
    """Export that nobody was refused `action` for its scope yet: the first refusal then counts as an increase."""
    metrics.ACCESS_REFUSALS.labels(action, Reason.SCOPE)


def record(reason: Reason, action: str, principal: Principal | None, *, dimension: Dimension | None = None) -> None:
    """Count and log a refusal.

    The line names the opaque account and its role, never a person, an address or anything of the row; the trace leads
    to the request's own line.
    """
    metrics.ACCESS_REFUSALS.labels(action, reason).inc()
    if (act := acts.current()) is not None:
        act.reason = reason.value
    _log.warning(
        "access refused",
        action=action,
        reason=reason.value,
        dimension=dimension.value if dimension else None,
        account=principal.account if principal else None,
        role=principal.role if principal else None,
        traceparent=tracing.current_traceparent(),
    )
