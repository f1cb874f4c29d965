"""A consumer whose batches find everything by key has no statement planned anew; of the others PostgreSQL decides."""

from __future__ import annotations

import pytest

from services.chassis.consuming.deliveries import Delivery
from services.chassis.storage.database import Connection
from services.chassis.testing.in_process import InProcess, working
from services.chassis.testing.kafka import publish
from services.chassis.testing.workers import rectified


@pytest.mark.parametrize(("by_key", "mode"), [(True, "force_generic_plan"), (False, "auto")])
async def test_only_who_says_that_everything_is_found_by_key_plans_once(
    in_process: InProcess, *, by_key: bool, mode: str
) -> None:
    modes = list[str]()

    async def step(connection: Connection, _: Delivery) -> None:
        modes.append(await connection.fetchval("SHOW plan_cache_mode"))

    in_process.step = step
    await publish(in_process.bootstrap, f"{in_process.prefix}in", [rectified("K1")])
    async with working(in_process.consumer(by_key=by_key).run):
        await in_process.effects(1)
    assert modes == [mode]
