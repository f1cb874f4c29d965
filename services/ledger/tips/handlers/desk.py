"""What dealing with tips needs of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from duban_contracts.profile import read
from services.chassis.access.acting import Acting
from services.chassis.access.refusals import Caller
from services.chassis.assembly import Platform
from services.ledger.hazards.handlers.journal import Ledger
from services.ledger.settings import Settings
from services.ledger.tips.model.policy import TipPolicy
from services.ledger.tips.moves import By
from services.ledger.vault.handlers.vault import Vault

_POLICY_FILE: Final = "tips.json"
# Of which kind the vault's subjects are that this slice seals.
SUBJECTS: Final = "tip"


@dataclass(frozen=True, kw_only=True)
class TipDesk:
    """The ledger that verified tips enter, the city and its counties, the vault (None: there is none), and the policy."""

    ledger: Ledger
    city: str
    counties: frozenset[str]
    vault: Vault | None
    policy: TipPolicy

    @classmethod
    def on(cls, platform: Platform[Settings]) -> Self:
        """Return the desk of this platform; raises ProfileError for a wrong `tips.json`."""
        return cls(
            ledger=Ledger.on(platform),
            city=platform.city.code,
            counties=frozenset(county.code for county in platform.city.counties),
            vault=Vault.on(platform),
            policy=load_policy(platform.settings.profile),
        )

    def acting(self, caller: Caller) -> Acting:
        """Return who does something, now."""
        return Acting.now(caller, clock=self.ledger.clock, zone=self.ledger.rules.zone)

    def by(self, acting: Acting) -> By:
        """Return the same as rules know it."""
        return By(account=acting.account, at=acting.at, today=acting.today, zone=self.ledger.rules.zone.name)


def load_policy(directory: Path) -> TipPolicy:
    """Read `tips.json` of a profile, or take the defaults; raises ProfileError naming file, field and rule."""
    path = directory / _POLICY_FILE
    return read(path, TipPolicy) if path.exists() else TipPolicy()
