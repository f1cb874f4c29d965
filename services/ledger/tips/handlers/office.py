"""What dealing with tips needs of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from duban_contracts.policies import Tips
from services.chassis.access.acting import Acting
from services.chassis.access.refusals import Caller
from services.chassis.assembly import Platform
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.settings import Settings
from services.ledger.tips.moves import By
from services.ledger.vault.handlers.vault import Vault

# Of which kind the vault's subjects are that this slice seals.
SUBJECTS: Final = "tip"


@dataclass(frozen=True, kw_only=True)
class TipOffice:
    """The ledger that verified tips enter, the city and its counties, and the vault (None: there is none)."""

    ledger: Ledger
    city: str
    counties: frozenset[str]
    vault: Vault | None

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Self:
        """Return the office of this platform."""
        return cls(
            ledger=Ledger.on(platform),
            city=platform.city.code,
            counties=frozenset(county.code for county in platform.city.counties),
            vault=Vault.on(platform),
        )

    @property
    def policy(self) -> Tips:
        """What the city decided about tips."""
        return self.ledger.rules.tips

    def acting(self, caller: Caller) -> Acting:
        """Return who does something, now."""
        return Acting.now(caller, clock=self.ledger.clock, zone=self.ledger.rules.zone)

    def by(self, acting: Acting) -> By:
        """Return the same as rules know it."""
        return By(account=acting.account, at=acting.at, today=acting.today, zone=self.ledger.rules.zone.name)
