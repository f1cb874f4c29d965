"""Who is calling. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated account.

    `account` is opaque and names no person. `area` is a division code: six digits for the city or a county, nine for
    a township. `unit` is a term of the vocabulary `units`. No `sectors` means all. `enterprise` is the
    统一社会信用代码 that binds an enterprise's account to it.
    """

    account: str
    role: str
    area: str
    unit: str | None = None
    sectors: tuple[str, ...] = ()
    enterprise: str | None = None
