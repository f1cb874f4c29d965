"""How the rights test reaches every endpoint of rewards."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec

from duban_contracts.events.types import Grade
from duban_contracts.testing.calendar import june
from services.chassis.access.scope import Dimension, Facts
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Database
from services.chassis.testing.rights.specimens import Call, Make, Specimen
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.moves import Confirm
from services.ledger.rewards import tables
from services.ledger.rewards.model import Double, Reward, RewardState, Why
from services.ledger.tests.in_process import NOON, InProcess
from services.ledger.tests.tips.saying import verification
from services.ledger.tests.tips.specimens import TipRows
from services.ledger.tips.handlers.decide import verify_tip
from services.ledger.tips.model.tip import Tip
from services.ledger.tips.moves import Verify

# What a reward says of where it is: that of its tip, without the enterprise.
_CARRIED: Final = {Dimension.COUNTY, Dimension.TOWNSHIP, Dimension.SECTOR}
_DOUBLE: Final = Double(tip_number="JB-140502-2026-000001", unit=None, why=Why.HAZARD)


class RewardRows(TipRows):
    """Makes tips that can be rewarded, and rewards."""

    async def graded(self, database: Database, facts: Facts) -> Tip:
        """Make a verified tip whose hazard is confirmed."""
        tip = await self.tip()(database, facts)
        said = msgspec.convert(verification(), Verify)
        async with database.transaction() as connection:
            now = partial(self.acting, "county")
            found = await verify_tip(
                connection, tip.number, said, expecting=Precondition(), office=self.office, now=now
            )
        assert isinstance(found, Tip)
        assert found.hazard_id is not None
        confirm = Confirm(grade=Grade.GENERAL, responsible_unit="fire_rescue", deadline_on=june(11))
        await self.ledger.move(found.hazard_id, confirm)
        return found

    def reward(self, state: RewardState) -> Make:
        """Make rewards that stand so."""

        async def make(database: Database, facts: Facts) -> Reward:
            tip = await self.graded(database, facts)
            assert tip.hazard_id is not None
            assert tip.hazard_number is not None
            reward = Reward(
                reward_id=uuid7_text(),
                version=1,
                state=state,
                tip_id=tip.tip_id,
                tip_number=tip.number,
                hazard_id=tip.hazard_id,
                hazard_number=tip.hazard_number,
                county=tip.county,
                township=tip.township,
                sector=tip.sector,
                unit=tip.unit,
                grade=Grade.GENERAL,
                amount=500,
                doubles=(_DOUBLE,) if state is RewardState.HELD else (),
                decided_by="somebody-else",
                decided_at=NOON,
            )
            async with database.transaction() as connection:
                await tables.insert(connection, reward)
            return reward

        return make


def reward_specimens(ledger: InProcess) -> list[Specimen]:
    """Return one for each endpoint."""
    rows = RewardRows(ledger)
    return [
        Specimen.item(
            "POST /v1/tips/{name}/reward",
            make=rows.graded,
            call=lambda tip: Call(path=f"/v1/tips/{tip.number}/reward"),
            missing=Call(path="/v1/tips/JB-140502-2026-999999/reward"),
        ),
        Specimen.rows(
            "GET /v1/rewards",
            make=rows.reward(RewardState.DECIDED),
            call=lambda _: Call(path="/v1/rewards", params={"limit": 1000}),
            shows=_shows,
            carries=_CARRIED,
        ),
        _of_reward("resolve", rows.reward(RewardState.HELD), {"pay": True, "reason": "两处隐患"}),
        _of_reward("pay", rows.reward(RewardState.DECIDED), {"paid_on": "2026-06-01", "voucher": "拨付"}),
    ]


def _of_reward(verb: str, make: Make, body: dict[str, Any]) -> Specimen:
    return Specimen.item(
        f"POST /v1/rewards/{{reward_id}}/{verb}",
        make=make,
        call=lambda reward: Call(path=f"/v1/rewards/{reward.reward_id}/{verb}", json=body),
        missing=Call(path=f"/v1/rewards/{uuid4()}/{verb}", json=body),
        carries=_CARRIED,
    )


def _shows(answer: httpx.Response, reward: Reward) -> bool:
    return reward.reward_id in answer.text
