"""`duban deliveries` as operations run it, against the running service's own routes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from services.chassis.testing.workers import ROOT
from services.notifications.tests.world import COUNTY, World, overdue

pytestmark = [pytest.mark.feature("SY44"), pytest.mark.promise("P9")]


async def test_operations_send_again_by_command_what_did_not_arrive(world: World) -> None:
    await world.say(overdue(unit="transport"))
    [delivery] = (await world.settled())[0]["deliveries"]
    code, listed = await asyncio.to_thread(duban, world, "list", "--county", COUNTY)
    mine = {each["delivery_id"]: each for each in listed["deliveries"]}[delivery["delivery_id"]]
    assert (code, mine["state"], mine["channel"]) == (0, "failed", "email")
    code, told = await asyncio.to_thread(duban, world, "retry", "--county", COUNTY, "--channel", "email", "--dry-run")
    assert (code, delivery["delivery_id"] in told["deliveries"]) == (0, True)
    assert len((await world.settled())[0]["deliveries"][0]["history"]) == 1
    assert (await asyncio.to_thread(duban, world, "retry", delivery["delivery_id"]))[0] == 0
    [letter] = await world.settled()
    assert [each["code"] for each in letter["deliveries"][0]["history"]] == ["550 5.1.1"] * 2
    code, told = await asyncio.to_thread(duban, world, "confirm", delivery["delivery_id"])
    assert (code, told["said"][0].startswith(f"✗ {delivery['delivery_id']}：")) == (1, True), "it did not arrive"


async def test_operations_send_now_by_command_what_waits(world: World) -> None:
    await world.say(overdue(unit="transport"))
    [delivery] = (await world.settled())[0]["deliveries"]
    # As if the mail server had been away for a day: it waits, for two hours more.
    await world.connection.execute(
        """UPDATE delivery SET state = 'pending', next_attempt_at = now() + interval '2 hours' WHERE delivery_id = $1""",
        UUID(delivery["delivery_id"]),
    )
    chosen = ("retry", "--county", COUNTY, "--channel", "email", "--state", "pending")
    code, told = await asyncio.to_thread(duban, world, *chosen)
    assert (code, told["deliveries"]) == (0, [delivery["delivery_id"]])
    [letter] = await world.settled()
    assert len(letter["deliveries"][0]["history"]) == 2
    code, told = await asyncio.to_thread(duban, world, *chosen)
    assert (code, told["deliveries"]) == (0, [])
    assert (await asyncio.to_thread(duban, world, "retry", "--county", COUNTY, "--state", "delivered"))[0] == 2


def duban(world: World, *words: str) -> tuple[int, dict[str, Any]]:
    """Run `duban deliveries` as an operator; return its exit code and its document."""
    place = {"DUBAN_NOTIFICATIONS_URL": str(world.client.base_url).rstrip("/"), "DUBAN_KEY": world.tokens["operator"]}
    command = [sys.executable, "-m", "services.cli.command_line", "deliveries", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | place, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)
