"""Who may do what (DOMAIN §10): roles per move, and where a major hazard needs the city."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from duban_contracts.events.types import Actor, Grade
from services.ledger.domain import refusals
from services.ledger.domain.refusals import Refusal
from services.ledger.domain.transitions import Move

COUNTY_REGULATOR: Final = "county_regulator"
CITY_REGULATOR: Final = "city_regulator"
ENTERPRISE_ROLES: Final = frozenset({"enterprise_user", "enterprise_principal"})
SYSTEM: Final = "system"

_REGULATORS: Final = frozenset({COUNTY_REGULATOR, CITY_REGULATOR})

ROLES: Final[Mapping[Move, frozenset[str]]] = MappingProxyType(
    {
        Move.CONFIRM: _REGULATORS,
        Move.REJECT: _REGULATORS,
        Move.PLAN: _REGULATORS | ENTERPRISE_ROLES,
        Move.SUBMIT: _REGULATORS | ENTERPRISE_ROLES,
        Move.RETURN: _REGULATORS,
        Move.CLOSE: _REGULATORS,
        Move.REOPEN: _REGULATORS | {"supervision_group"},
        Move.EXTEND: _REGULATORS,
        # A regrading is a new confirmation with `major` on one of its sides (DOMAIN §3).
        Move.REGRADE: frozenset({CITY_REGULATOR}),
        Move.MARK_OVERDUE: frozenset({SYSTEM}),
    }
)

# Returning a major hazard's submission is review, which a county regulator may do (DOMAIN §10).
_CITY_DECIDES_MAJOR: Final = frozenset({Move.CONFIRM, Move.CLOSE, Move.EXTEND})


def check_authority(actor: Actor, move: Move, grade: Grade | None) -> Refusal | None:
    """Return why `actor` may not make this move on a hazard of `grade` (the one it will have), or None."""
    if actor.role not in ROLES[move]:
        return refusals.role_may_not(move)
    if grade is Grade.MAJOR and move in _CITY_DECIDES_MAJOR and actor.role != CITY_REGULATOR:
        return refusals.major_needs_city(move)
    return None
