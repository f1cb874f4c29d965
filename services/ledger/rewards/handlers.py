"""Decide on a reward, let a second officer decide what was flagged, and note that it was paid."""

from __future__ import annotations

from collections.abc import Callable

from duban_contracts.events.types import Grade
from duban_contracts.refusals import Refusal, refusal
from services.chassis.access.acting import Acting, Now
from services.chassis.publishing.envelopes import uuid7_text
from services.chassis.storage.database import Connection
from services.chassis.storage.locks import hold_names
from services.chassis.web.preconditions import Precondition
from services.ledger.hazards.model import Hazard, HazardKey
from services.ledger.hazards.tables import register
from services.ledger.rewards import tables
from services.ledger.rewards.model import Matter, Pay, Resolve, Reward, RewardState, doubles
from services.ledger.tips.handlers.office import TipOffice
from services.ledger.tips.model.tip import STATES_ZH, Tip, TipState
from services.ledger.tips.tables import rows
from services.ledger.vault.handlers.seal import names_reporter, same_person
from services.ledger.vault.handlers.vault import Vault


async def decide_reward(connection: Connection, name: str, *, office: TipOffice, now: Now) -> Reward | Refusal:
    """Decide on the reward of the tip of this id or number, once, in the caller's transaction.

    It is worth what the city pays for the hazard's grade. Where the same person claims for the same matter already, in
    whichever department, it is held. Nobody decides beside this: two claims at once would not see each other. The caller
    has reached the vault before the transaction began, and it is asked before anybody is kept waiting.
    """
    tip = await rows.lock(connection, name)
    if tip is None or not now().caller.finds(rows.facts_of(tip)):
        return refusal("tip-not-found", field="name")
    hazard = await _graded(connection, tip)
    if isinstance(hazard, Refusal):
        return hazard
    if not tip.has_reporter:
        return refusal("reporter-unknown")
    if office.vault is None:
        return refusal("vault-not-set-up")
    same = await same_person(office.vault, tip.tip_id)
    await hold_names(connection, "reward", ["any"])
    if await tables.of_tip(connection, tip.tip_id) is not None:
        return refusal("reward-decided")
    others = await tables.claimed(connection, same)
    reward = _decided(tip, hazard, others, office, now().after(tip.changed_at))
    await tables.insert(connection, reward)
    return reward


async def change_reward(
    connection: Connection,
    reward_id: str,
    change: Callable[[Reward, Acting], Reward | Refusal],
    said: Resolve | Pay,
    *,
    vault: Vault | None,
    expecting: Precondition,
    now: Now,
) -> Reward | Refusal:
    """Let `change` go on with a reward as was `said`, in the caller's transaction; it is told who acts once the reward is held.

    Nothing that is said of it names who is paid. The caller has reached the vault before the transaction began.
    """
    reward = await tables.lock(connection, reward_id)
    acting = now().after(reward.decided_at if reward else None)
    if reward is None or not acting.caller.finds(tables.facts_of(reward)):
        return refusal("reward-not-found", field="reward_id")
    if unmet := expecting.unmet(reward.version):
        return unmet
    after = change(reward, acting)
    if isinstance(after, Refusal):
        return after
    if against := await names_reporter(vault, reward.tip_id, said):
        return against
    await tables.update(connection, after)
    return after


async def _graded(connection: Connection, tip: Tip) -> Hazard | Refusal:
    """Return the hazard that the tip became, or that goes on for it; rewarded is what was verified and graded (P4.36)."""
    if tip.state is not TipState.VERIFIED or tip.hazard_id is None:
        return refusal("tip-state-conflict", state=STATES_ZH[tip.state], move="核定奖励")
    hazard = await register.one(connection, HazardKey(hazard_id=tip.hazard_id))
    if hazard is not None and hazard.merged_into is not None:
        hazard = await register.one(connection, HazardKey(hazard_id=hazard.merged_into))
    return refusal("reward-not-graded") if hazard is None or hazard.grade is None else hazard


def _decided(tip: Tip, hazard: Hazard, others: list[Matter], office: TipOffice, acting: Acting) -> Reward:
    own = Matter(
        tip_id=tip.tip_id,
        tip_number=tip.number,
        unit=tip.unit,
        hazard_id=hazard.hazard_id,
        enterprise_name=hazard.enterprise.name,
        enterprise_uscc=hazard.enterprise.uscc,
    )
    found = doubles(own, others)
    grade = hazard.grade or Grade.GENERAL
    return Reward(
        reward_id=uuid7_text(),
        version=1,
        state=RewardState.HELD if found else RewardState.DECIDED,
        tip_id=tip.tip_id,
        tip_number=tip.number,
        hazard_id=hazard.hazard_id,
        hazard_number=hazard.number,
        county=tip.county,
        township=tip.township,
        sector=tip.sector,
        unit=tip.unit,
        grade=grade,
        amount=office.policy.rewards.of(grade),
        doubles=found,
        decided_by=acting.account,
        decided_at=acting.at,
    )
