"""Of which sector something is that an account records beside hazards."""

from __future__ import annotations

from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.scope import Scope


def own_sector(said: str | None, scope: Scope) -> str | Refusal | None:
    """Return the sector, by default the account's only one; refused is what would lie outside the account's own scope.

    Who looks after some sectors does not see what is of none.
    """
    if scope.sector is None:
        return said
    if said is None and len(scope.sector) == 1:
        return next(iter(scope.sector))
    what = "未写明行业领域的事项" if said is None else "该行业领域"
    return said if said in scope.sector else refusal("outside-scope", field="sector", what=what)
