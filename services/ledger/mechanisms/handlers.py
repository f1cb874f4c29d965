"""Reading a city's mechanisms, and how far a hazard has come in each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from duban_contracts.profile import ProfileError, read
from services.chassis.access.refusals import Caller
from services.chassis.storage.database import Connection
from services.ledger.hazards.model import Hazard
from services.ledger.mechanisms.model import Happened, Mechanism, StepDone, bare, fault_of, steps_of
from services.ledger.supervision.handlers import timeline_for

FILE: Final = "mechanisms.json"


def load(profile: Path) -> tuple[Mechanism, ...]:
    """Read the mechanisms that are switched on; none where the profile has no such file. Raises ProfileError."""
    path = profile / FILE
    if not path.exists():
        return ()
    found = read(path, tuple[Mechanism, ...])
    if fault := fault_of(found):
        raise ProfileError(path, *fault)
    return tuple(mechanism for mechanism in found if mechanism.on)


async def shown(
    connection: Connection, hazard: Hazard, mechanisms: Sequence[Mechanism], caller: Caller
) -> list[tuple[Mechanism, list[StepDone]]]:
    """Return each mechanism with its steps as this hazard has done them, by what the caller is shown on its timeline."""
    history, letters = await timeline_for(connection, hazard, caller)
    happened: list[Happened] = [(bare(record.type), datetime.fromisoformat(record.time)) for record in history]
    happened += [(bare(entry.type), entry.occurred_at) for entry in letters]
    # Each line of them stands in its own order; between the two the instants decide.
    happened.sort(key=lambda each: each[1])
    return [(mechanism, steps_of(mechanism, happened)) for mechanism in mechanisms]
