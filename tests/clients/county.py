"""What a county's vendor has in hand, and how its programs are run as they are printed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.topics import claims_topic, feedback_topic
from services.chassis.consuming.deliveries import RawRecord
from services.chassis.testing import kafka as chassis_testing

COUNTY: Final = "140502"


@dataclass(frozen=True)
class County:
    """One county's side of a running platform."""

    client: httpx.AsyncClient
    bootstrap: str
    prefix: str
    token: str

    @property
    def topic(self) -> str:
        return claims_topic(COUNTY, self.prefix)

    async def is_up(self) -> None:
        try:
            answer = await self.client.get("/readyz")
        except httpx.TransportError as error:
            raise AssertionError("not listening yet") from error
        assert answer.status_code == 200, answer.text

    def environment(self, group: str) -> dict[str, str]:
        return {
            **os.environ,
            "COUNTY": COUNTY,
            "GATEWAY": str(self.client.base_url),
            "KEY": self.token,
            "KAFKA": self.bootstrap,
            "TOPIC": self.topic,
            "FEEDBACK": feedback_topic(COUNTY, self.prefix),
            "GROUP": f"{self.prefix}county-{COUNTY}.{group}",
            "PYTHONIOENCODING": "utf-8",
        }

    async def receipt(self, event_id: str, source: str) -> dict[str, Any]:
        """The receipt of an event of ours, by the id that the county guide tells one to compute."""
        named = CloudEvent(id=event_id, source=source, type="", data=b"").identity(self.topic)
        answer = await self.client.get(f"/v1/receipts/{named}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def record(self, event_id: str) -> RawRecord:
        """The record of an event of ours as it stands on the claims topic."""
        found = await chassis_testing.read_records(self.bootstrap, self.topic)
        (record,) = [each for each in found if dict(each.headers).get("ce_id") == event_id.encode()]
        return record


async def run(command: Sequence[str], where: Path, environment: Mapping[str, str], seconds: float = 280) -> str:
    """Run a program in a directory and return what it printed; fails unless it ends well and in time."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=where, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        output, _ = await process.communicate()
        raise AssertionError(f"still running after {seconds} s:\n{output.decode()}") from None
    text = output.decode(errors="replace")
    assert process.returncode == 0, text
    return text
