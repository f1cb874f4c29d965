"""Opens the door by which people come in where the settings name a provider. Elsewhere nothing of it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from duban_contracts.profile import City
from services.chassis.process.clock import Clock
from services.chassis.process.sign_in import Issuer

if TYPE_CHECKING:
    # Others say it so in annotations: whoever imports the class loads what stands behind it.
    from services.chassis.access.signin.door import SignIn as SignIn  # noqa: PLC0414


def open_door(issuer: Issuer | None, profile: Path, city: City, clock: Clock) -> SignIn | None:
    """Return the door for `issuer`, None when there is none.

    Raises ProfileError for a wrong `people.json`, and UnusableSetting for an issuer without TLS in production.
    """
    if issuer is None:
        return None
    # Here and not above: what verifies signatures and fetches keys is 10 to 14 MB of a process, which one with keys alone does without.
    from services.chassis.access.signin.door import SignIn  # noqa: PLC0415

    return SignIn.of(issuer, profile, city, clock)
