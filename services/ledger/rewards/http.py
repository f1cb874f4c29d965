"""`POST /v1/tips/{name}/reward` and `/v1/rewards`: decided once, held when claimed twice, paid once (SY35)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Response

from duban_contracts.refusals import Refusal
from services.chassis.access.acting import Acting
from services.chassis.access.policy import Action, allow
from services.chassis.access.refusals import Caller
from services.chassis.access.roles import TIP_OFFICERS
from services.chassis.storage.database import Connection, Database
from services.chassis.web.bodies import JsonBody
from services.chassis.web.documents import answer
from services.chassis.web.idempotency import Attempt, Once
from services.chassis.web.paging import After, Page, page_of
from services.chassis.web.parameters import Limit
from services.chassis.web.preconditions import Expecting, Precondition
from services.chassis.web.problems import accepted, declares
from services.chassis.web.routes import Router
from services.ledger.rewards import tables
from services.ledger.rewards.documents import ByDecision, RewardDocument
from services.ledger.rewards.handlers import change_reward, decide_reward
from services.ledger.rewards.model import Pay, Resolve, Reward, RewardState, paid, resolved
from services.ledger.tips.documents import TipName
from services.ledger.tips.handlers.office import TipOffice

READ: Final = Action("ledger.rewards.read", "查看举报奖励", roles=TIP_OFFICERS)
DECIDE: Final = Action("ledger.rewards.decide", "核定举报奖励", roles=TIP_OFFICERS)
RESOLVE: Final = Action("ledger.rewards.resolve", "复核疑似重复申领的奖励", roles=TIP_OFFICERS)
PAY: Final = Action("ledger.rewards.pay", "登记奖励发放", roles=TIP_OFFICERS)
Decider = Annotated[Caller, Depends(allow(DECIDE))]
_CHANGED: Final = ("reward-not-found", "reward-state-conflict", "identity-in-text", "vault-not-set-up")


@dataclass(frozen=True, slots=True)
class Deps:
    """Dependencies of the routes."""

    database: Database
    office: TipOffice

    async def done(
        self,
        caller: Caller,
        once: Attempt,
        work: Callable[[Connection], Awaitable[Reward | Refusal]],
        status: int = 200,
    ) -> Response:
        """Return the answer to what `work` does in one transaction; raises the Problem of a refusal."""
        async with self.database.transaction() as connection:
            await once.begin(connection, caller.account)
            said = accepted(await work(connection))
            return await once.keep(connection, answer(RewardDocument.of(said), status=status, version=said.version))

    async def reach_vault(self) -> None:
        """See that the vault answers, before a transaction begins; raises VaultAway."""
        if self.office.vault is not None:
            await self.office.vault.reach()

    async def changed(
        self,
        reward_id: str,
        change: Callable[[Reward, Acting], Reward | Refusal],
        said: Resolve | Pay,
        expecting: Precondition,
        caller: Caller,
        once: Attempt,
    ) -> Response:
        """Return the answer to what was done to a reward; raises the Problem of a refusal."""
        await self.reach_vault()
        work = partial(
            change_reward,
            reward_id=reward_id,
            change=change,
            said=said,
            vault=self.office.vault,
            expecting=expecting,
            now=partial(self.office.acting, caller),
        )
        return await self.done(caller, once, work)


def router(deps: Deps) -> Router:
    """Return the routes of rewards."""
    routes = Router(prefix="/v1", tags=["rewards"])
    _deciding(routes, deps)
    _resolving(routes, deps)
    _paying(routes, deps)

    @routes.get("/rewards", summary="举报奖励列表")
    async def page(
        caller: Annotated[Caller, Depends(allow(READ))],
        state: RewardState | None = None,
        after: After[ByDecision] = None,
        limit: Limit = 50,
    ) -> Page[RewardDocument]:
        """Return a page of rewards, newest first."""
        async with deps.database.reading(caller.scope, asks=True) as connection:
            found = await tables.page(
                connection, caller.scope, state, after=after.reward_id if after else None, limit=limit + 1
            )
        return page_of(
            found, limit, item=RewardDocument.of, cursor=lambda reward: ByDecision(reward_id=UUID(reward.reward_id))
        )

    return routes


def _deciding(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/tips/{name}/reward",
        summary="核定举报奖励：按隐患等级，一件一次",
        status_code=201,
        response_model=RewardDocument,
        responses=declares(
            "tip-not-found",
            "tip-state-conflict",
            "reward-not-graded",
            "reward-decided",
            "reporter-unknown",
            "vault-not-set-up",
        ),
    )
    async def decide(name: TipName, caller: Decider, once: Once) -> Response:
        """Decide on a tip's reward."""
        await deps.reach_vault()
        work = partial(decide_reward, name=name, office=deps.office, now=partial(deps.office.acting, caller))
        return await deps.done(caller, once, work, status=201)


def _resolving(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/rewards/{reward_id}/resolve",
        summary="复核疑似重复申领的奖励",
        response_model=RewardDocument,
        responses=declares(*_CHANGED, "reward-same-officer"),
    )
    async def resolve(
        reward_id: UUID,
        command: JsonBody[Resolve],
        caller: Annotated[Caller, Depends(allow(RESOLVE))],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Decide, as another officer, whether a flagged reward is paid after all."""

        def change(reward: Reward, acting: Acting) -> Reward | Refusal:
            return resolved(reward, command, account=acting.account, at=acting.at)

        return await deps.changed(str(reward_id), change, command, expecting, caller, once)


def _paying(routes: Router, deps: Deps) -> None:
    @routes.post(
        "/rewards/{reward_id}/pay",
        summary="登记奖励发放",
        response_model=RewardDocument,
        responses=declares(*_CHANGED, "paid-in-future"),
    )
    async def pay(
        reward_id: UUID,
        command: JsonBody[Pay],
        caller: Annotated[Caller, Depends(allow(PAY))],
        expecting: Expecting,
        once: Once,
    ) -> Response:
        """Note that a reward was paid."""
        zone = deps.office.ledger.rules.zone.name

        def change(reward: Reward, acting: Acting) -> Reward | Refusal:
            return paid(reward, command, account=acting.account, today=acting.today, zone=zone)

        return await deps.changed(str(reward_id), change, command, expecting, caller, once)
