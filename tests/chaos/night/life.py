"""A city that lives quietly: an event each second, counties in turn; some are confirmed and become overdue within minutes."""

from __future__ import annotations

import contextlib
import itertools
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from deploy.local.settings import LOOPBACK, Settings
from services.chassis.process.clock import ZONE

# A day in a minute: a deadline passes within two minutes of its confirmation, the example calendar lasts for hours.
CLOCK_RATE: Final = "1440"
CLOCK_ORIGIN: Final = "2026-03-02T08:00:00+08:00"
_CONFIRM_EVERY: Final = 10
_DAYS: Final = 1


@dataclass
class Life:
    """Goes on through every outage: what is refused or unanswered is counted and forgotten."""

    settings: Settings
    keys: Mapping[str, str]
    counties: list[str]
    pause: float = 1.0
    quiet: set[str] = field(default_factory=set)  # counties that send nothing just now
    sent: int = 0
    taken: int = 0
    confirmed: int = 0

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Live beside the block."""
        stopping = threading.Event()
        thread = threading.Thread(target=self._live, args=(stopping,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(60)

    def _live(self, stopping: threading.Event) -> None:
        with httpx.Client(timeout=10) as client:
            for turn, county in enumerate(itertools.cycle(self.counties)):
                if stopping.wait(self.pause):
                    return
                with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                    if county not in self.quiet:
                        self._report(client, county, turn)
                    if turn % _CONFIRM_EVERY == 0:
                        self._confirm(client, county)

    def _report(self, client: httpx.Client, county: str, turn: int) -> None:
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"/county/{county}/safety-system",
            "type": "duban.hazard.reported.v1",
            "data": {
                "county": county,
                "reference": f"NIGHT-{uuid.uuid4().hex[:12]}",
                "channel": "inspection",
                "sector": "hazchem",
                "enterprise": {"name": "示例二号燃气站（虚构）"},
                "place": "储罐区东侧",
                "description": "可燃气体探测器失效，未及时校验",
                "found_on": "2026-03-01",
            },
        }
        self.sent += 1
        answer = client.post(
            f"{self._url('gateway', turn)}/v1/events",
            json=event,
            headers=self._as(f"county-{county}") | {"Content-Type": "application/cloudevents+json"},
        )
        self.taken += answer.is_success

    def _confirm(self, client: httpx.Client, county: str) -> None:
        clerk = self._as(f"regulator-{county}-1")
        asked = {"county": county, "state": "reported", "limit": "1"}
        url = f"{self._url('ledger', 0)}/v1/hazards"
        for hazard in client.get(url, params=asked, headers=clerk).json()["items"]:
            today = datetime.fromisoformat(hazard["registered_at"]).astimezone(ZONE).date()
            body: dict[str, Any] = {
                "grade": "general",
                "responsible_unit": "emergency_management",
                "deadline_on": (today + timedelta(days=_DAYS)).isoformat(),
            }
            self.confirmed += client.post(f"{url}/{hazard['hazard_id']}/confirm", json=body, headers=clerk).is_success

    def _url(self, service: str, turn: int) -> str:
        instances = self.settings.instances(service)
        return f"http://{LOOPBACK}:{instances[turn % len(instances)].port}"

    def _as(self, account: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[account]}"}
