"""How the rights test reaches every endpoint of the checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.ledger.checkpoints.jobs import make_checkpoint
from services.ledger.hazards.model import Hazard
from services.ledger.tests.checkpoints.log import Log
from services.ledger.tests.in_process import InProcess

_NOBODYS: Final = "00000000-0000-7000-8000-000000000000"
_INCLUSION: Final = "/v1/checkpoint/inclusion"


async def checkpoint_specimens(ledger: InProcess, key: Path, hazard: Make) -> list[Specimen]:
    """Return one for each endpoint; `hazard` makes a confirmed hazard."""
    log = Log(ledger, key.parent, key)

    async def under_a_checkpoint(database: Database, facts: Facts) -> tuple[Hazard, str]:
        made: Hazard = await hazard(database, facts)
        assert await make_checkpoint(database, signing=log.signing)
        event = "SELECT event_id::text FROM hazard_history WHERE hazard_id = $1 AND version = 1"
        return made, await ledger.pool.fetchval(event, made.hazard_id)

    await ledger.registered()
    assert await make_checkpoint(ledger.database, signing=log.signing)
    return [
        Specimen.plain("GET /v1/checkpoint", call=lambda _: Call(path="/v1/checkpoint")),
        Specimen.plain("GET /v1/checkpoint/keys", call=lambda _: Call(path="/v1/checkpoint/keys")),
        Specimen.plain(
            "GET /v1/checkpoint/consistency", call=lambda _: Call(path="/v1/checkpoint/consistency", params={"old": 1})
        ),
        Specimen.item(
            "GET /v1/checkpoint/inclusion",
            make=under_a_checkpoint,
            call=lambda made: Call(path=_INCLUSION, params={"event": made[1]}),
            missing=Call(path=_INCLUSION, params={"event": _NOBODYS}),
        ),
        Specimen.item(
            "GET /v1/hazards/{name}/history/{version}/proof",
            make=under_a_checkpoint,
            call=lambda made: Call(path=f"/v1/hazards/{made[0].number}/history/1/proof"),
            missing=Call(path="/v1/hazards/140502-2026-999999/history/1/proof"),
        ),
    ]
