"""How the rights test reaches every endpoint of referrals."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import httpx

from duban_contracts.testing.calendar import june
from services.chassis.access.refusals import Caller
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.ledger.referrals.handlers import hand_over
from services.ledger.referrals.http import Deps
from services.ledger.referrals.model import Referral, ReferralKind
from services.ledger.referrals.moves import Refer
from services.ledger.tests.in_process import EVERYWHERE, InProcess
from services.ledger.tests.people import COUNTIES, PEOPLE

_CARRIES: Final = {Dimension.COUNTY, Dimension.SECTOR}
_REFERRED: Final[dict[str, Any]] = {
    "kind": "crime",
    "body": "public_security",
    "document": "晋应急移〔2026〕1号",
    "matter": "涉嫌危险作业罪",
    "referred_on": june(1).isoformat(),
}
_REPLY: Final = {"replied_on": june(1).isoformat(), "taken_up": True, "reply": "已立案"}


def referral_specimens(ledger: InProcess) -> list[Specimen]:
    made = _referral(Deps(ledger.database, ledger.clock, ledger.platform.city.rules.zone, frozenset(COUNTIES)))
    return [
        *(
            Specimen.rows(f"GET /v1/referrals{below}", make=made, call=_list(below), shows=_names, carries=_CARRIES)
            for below in ("", "/monthly")
        ),
        _item("GET", "", made, None),
        Specimen.plain(
            "POST /v1/referrals", call=lambda own: Call(path="/v1/referrals", json={**_REFERRED, "county": own.county})
        ),
        _item("POST", "/reply", made, _REPLY),
    ]


def _referral(deps: Deps) -> Make:
    async def make(database: Database, facts: Facts) -> Referral:
        command = Refer(
            kind=ReferralKind.CRIME,
            body="public_security",
            document="晋应急移〔2026〕1号",
            matter="涉嫌危险作业罪",
            county=facts.county,
            sector=facts.sector,
            referred_on=june(1),
        )
        async with database.transaction() as connection:
            acting = deps.acting(Caller(PEOPLE["office"], EVERYWHERE, "test"))
            made = await hand_over(connection, command, acting=acting, counties=deps.counties)
        assert isinstance(made, Referral)
        return made

    return make


def _item(method: str, below: str, make: Make, body: dict[str, Any] | None) -> Specimen:
    return Specimen.item(
        f"{method} /v1/referrals/{{referral_id}}{below}",
        make=make,
        call=lambda row: Call(path=f"/v1/referrals/{row.referral_id}{below}", json=body),
        missing=Call(path=f"/v1/referrals/{uuid4()}{below}", json=body),
        carries=_CARRIES,
    )


def _list(below: str) -> Any:
    month = {"month": "2026-06"} if below else {}
    return lambda _: Call(path=f"/v1/referrals{below}", params={"limit": 1000, **month})


def _names(answer: httpx.Response, row: Referral) -> bool:
    return row.referral_id in answer.text
