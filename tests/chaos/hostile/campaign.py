"""What happens when: calm first, then hostility at both doors, then hostility while everything is killed and frozen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import asyncpg

from deploy.local import platform, secrets_store
from deploy.local.settings import ROOT, Settings
from duban_contracts.topics import county_of
from services.chassis.consuming import holds
from tests.chaos.faults import Hand
from tests.chaos.hostile.answers import Feedback
from tests.chaos.hostile.http_door import HttpDoor
from tests.chaos.hostile.kafka_door import KafkaDoor
from tests.chaos.hostile.latency import Phase
from tests.chaos.hostile.mischief import Mischief

# One that writes to its own topic, and one behind the gateway. They tell no stories of the demo's.
AT_KAFKA: Final = "140525"
AT_GATEWAY: Final = "140524"
HOSTILE: Final = frozenset({AT_KAFKA, AT_GATEWAY})
# Connections, caches and pools of a platform that has just begun; what it takes then says nothing.
_WARM_UP_SECONDS: Final = 4.0
_OPERATOR_SECONDS: Final = 2.0
_SETTLE_SECONDS: Final = 240.0


class Campaign:
    """One hostile play: who does it, when, and what they noted for the audit."""

    def __init__(
        self, settings: Settings, *, seed: int, seconds: float, hand: Hand, say: Callable[[str], None]
    ) -> None:
        self.settings = settings
        self.phases: list[Phase] = []
        self.held = 0
        keys = secrets_store.read_json(settings.credentials / "keys.json")
        self.kafka = KafkaDoor(settings.kafka_bootstrap, Mischief(AT_KAFKA, seed), seed)
        key = keys[f"county-{AT_GATEWAY}"]["key"]
        self.http = HttpDoor(settings.port("gateway"), key, Mischief(AT_GATEWAY, seed), seed)
        self._seconds = seconds
        self._hand = hand
        self._say = say

    @staticmethod
    def lasts(seconds: float) -> float:
        """Return how long the honest counties play, for phases of `seconds`."""
        return _WARM_UP_SECONDS + 3 * seconds

    async def disturb(self) -> None:
        """Do everything in its time, then wait until the last hostile record has its answer."""
        await asyncio.sleep(_WARM_UP_SECONDS)
        with self._phase("calm"):
            await asyncio.sleep(self._seconds)
        stopping, settled = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resume_what_is_held(settled))
            doors = [
                group.create_task(self.kafka.rage(stopping, flood=True)),
                group.create_task(self.http.rage(stopping)),
            ]
            with self._phase("hostile"):
                await asyncio.sleep(self._seconds)
            with self._phase("hostile storm"):
                await self._hand.strike()
            stopping.set()
            await asyncio.gather(*doors)
            self._say("hostility ends; what is left of it is waited for")
            last = await self.kafka.last()
            await self._answered(last)
            settled.set()

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        begin = datetime.now(UTC)
        self._say(f"{name} begins")
        yield
        self.phases.append(Phase(name, begin, datetime.now(UTC)))

    async def _answered(self, offset: int) -> None:
        deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            found = await Feedback.read(self.settings.kafka_bootstrap, AT_KAFKA)
            if found.at(f"{self.kafka.topic}/0/{offset}"):
                return
            await asyncio.sleep(2)
        raise AssertionError(f"{self.kafka.topic}/0/{offset}, the last hostile record, got no answer")

    async def _resume_what_is_held(self, settled: asyncio.Event) -> None:
        """Do what an operator does: see which county is held, and let it go on."""
        environment = platform.environment(self.settings)
        while not settled.is_set():
            for topic in await _held(environment["DUBAN_LEDGER_DSN"]):
                county = county_of(topic)
                assert county is not None
                if await _duban(["counties", "resume", county, "--as", "operator-1"], environment) == 0:
                    self.held += 1
                    self._say(f"{topic} was held and is resumed")
            await asyncio.sleep(_OPERATOR_SECONDS)


async def _held(dsn: str) -> list[str]:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return []
    try:
        return [hold.topic for hold in await holds.open_holds(connection)]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return []
    finally:
        connection.terminate()


async def _duban(arguments: Sequence[str], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "services.cli.command_line", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUBAN_")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=kept | environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()
