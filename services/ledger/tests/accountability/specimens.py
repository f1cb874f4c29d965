"""Cases for the rights test: each of a hazard whose closure was marked false."""

from __future__ import annotations

from services.chassis.access.scope import Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.ledger.hazards.moves import MarkFalse
from services.ledger.tests.in_process import InProcess
from services.ledger.tests.telling import DUE


def accountability_specimens(ledger: InProcess, closed: Make) -> list[Specimen]:
    """How each endpoint of the cases is tried; `closed` makes a hazard that was struck off."""

    async def case(database: Database, facts: Facts) -> str:
        hazard = await closed(database, facts)
        await ledger.move(hazard.number, MarkFalse(reason="经核查并未整改", deadline_on=DUE))
        return f"ZR-{hazard.number}-1"

    said = {"result": "interviewed", "conclusion": "已约谈企业主要负责人"}
    missing = "/v1/accountability-cases/ZR-140502-2026-999999-1"
    return [
        Specimen.rows(
            "GET /v1/accountability-cases",
            make=case,
            call=lambda _: Call(path="/v1/accountability-cases", params={"limit": 1000}),
            shows=lambda answer, number: number in answer.text,
        ),
        Specimen.item(
            "GET /v1/accountability-cases/{case}",
            make=case,
            call=lambda number: Call(path=f"/v1/accountability-cases/{number}"),
            missing=Call(path=missing),
        ),
        Specimen.item(
            "POST /v1/accountability-cases/{case}/conclude",
            make=case,
            call=lambda number: Call(path=f"/v1/accountability-cases/{number}/conclude", json=said),
            missing=Call(path=f"{missing}/conclude", json=said),
        ),
    ]
