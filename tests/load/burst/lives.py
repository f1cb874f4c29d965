"""Whole lifecycles as counties and regulators lead them, and what the platform said that it had taken."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from duban_contracts.cloudevents import STRUCTURED_CONTENT_TYPE, CloudEvent, to_structured
from tests.load import claims
from tests.load.burst.patience import Connections, Failed, Tallies, patiently
from tests.load.http_client import Client
from tests.load.rig import COUNTIES

CALM: Final = COUNTIES[-1]
"""The county that takes no part in the burst, and should notice nothing of it."""
CROWD: Final = COUNTIES[:-1]
_WAIT_SECONDS: Final = 20
# Times of `_WAIT_SECONDS`: an hour after which nothing that was accepted comes any more.
_PATIENCE: Final = 180
# Of self-reports, one in so many is in the eyes of the county a major one: a letter asks the city to confirm it.
_FIRST_LEVEL: Final = 4


@dataclass
class Accepted:
    """What was answered with 2xx, by the hazard's reference: nothing of it may be missing anywhere."""

    events: dict[str, list[str]] = field(default_factory=dict)
    """Ids of events, 202."""
    steps: dict[str, set[str]] = field(default_factory=dict)
    """Types of the events that its commands recorded, 200, and of those that its claims must have led to."""

    def event(self, event: CloudEvent, kind: str) -> None:
        """Note an event that the gateway has promised."""
        reference = event.subject or ""
        self.events.setdefault(reference, []).append(event.id)
        self.step(reference, kind)

    def step(self, reference: str, kind: str) -> None:
        """Note a step that is recorded, or will be."""
        self.steps.setdefault(reference, set()).add(kind)


def reports(series: str) -> Iterator[tuple[CloudEvent, bool]]:
    """Yield reports of the crowd's counties without end, and whether a first level takes each for a major one."""
    number = 0
    for event in claims.reports(10_000_000, series=series):
        data = msgspec.json.decode(event.data)
        if data["county"] == CALM:
            continue
        number += data["channel"] == "self_report"
        yield event, data["channel"] == "self_report" and number % _FIRST_LEVEL == 0


class Desk:
    """The connections of one county: its system, and two of its regulators."""

    def __init__(self, urls: Mapping[str, str], keys: Mapping[str, str], county: str) -> None:
        self.edge = Connections(urls["gateway"], keys[f"county-{county}"])
        self.clerk = Connections(urls["ledger"], keys[f"regulator-{county}-1"])
        self.reviewer = Connections(urls["ledger"], keys[f"regulator-{county}-2"])

    def close(self) -> None:
        """Close them."""
        for each in (self.edge, self.clerk, self.reviewer):
            each.close()


@dataclass
class Life:
    """One lifecycle: report, search, confirm, rectified, read, close; or report, search, first level."""

    desk: Desk
    county: str
    accepted: Accepted
    tallies: Tallies
    dice: random.Random

    async def lead(self, report: CloudEvent, *, is_major: bool) -> None:
        """Lead it to its end, as long as that takes; raises Failed."""
        reference = report.subject or ""
        await self.send(report, "hazard.registered")
        hazard = await self._until("search", f"/v1/hazards?county={self.county}&reference={reference}", _only)
        path = f"/v1/hazards/{hazard['hazard_id']}"
        if is_major:
            body = {"grade": "major", "reason": "经县级核实，符合重大事故隐患判定标准"}
            await self._command(self.desk.clerk, path, "first-confirm", body, reference, "hazard.first_confirmed")
            return
        deadline = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - any day well ahead
        body = {"grade": "general", "responsible_unit": "emergency_management", "deadline_on": deadline}
        confirmed = await self._command(self.desk.clerk, path, "confirm", body, reference, "hazard.confirmed")
        await self.send(claims.rectified(self.county, reference), "hazard.submitted")
        await self._until("read", path, _in_review, f'If-None-Match: "{confirmed["version"]}"\r\n')
        body = {"review": "现场复查合格，同意销号"}
        closed = await self._command(self.desk.reviewer, path, "close", body, reference, "hazard.closed")
        if closed["state"] != "closed":
            raise Failed(f"close: {closed['state']}")

    async def send(self, event: CloudEvent, kind: str) -> None:
        """Send one event until it is promised."""
        body = msgspec.json.encode(to_structured(event))
        said = await self._ask(
            self.desk.edge, lambda client: client.post("/v1/events", body, STRUCTURED_CONTENT_TYPE), "send"
        )
        if said["accepted"] != 1:
            raise Failed(f"send: {said}")
        self.accepted.event(event, kind)

    async def _command(
        self, by: Connections, path: str, move: str, fields: Mapping[str, str], reference: str, kind: str
    ) -> Any:
        body = msgspec.json.encode(fields)
        key = f"Idempotency-Key: {reference}-{move}\r\n"
        said = await self._ask(by, lambda client: client.post(f"{path}/{move}", body, headers=key), "command")
        self.accepted.step(reference, kind)
        return said

    async def _until(self, step: str, path: str, ripe: Callable[[Any], Any], headers: str = "") -> Any:
        wish = f"Prefer: wait={_WAIT_SECONDS}\r\n{headers}"
        for _ in range(_PATIENCE):
            found = ripe(await self._ask(self.desk.clerk, lambda client: client.get(path, wish), step))
            if found is not None:
                return found
        raise Failed(f"{step}: {path} did not change")

    async def _ask(self, by: Connections, call: Callable[[Client], Any], step: str) -> Any:
        return await patiently(by, call, step=step, tallies=self.tallies, dice=self.dice)


def _only(page: Any) -> Any:
    return page["items"][0] if page["items"] else None


def _in_review(found: Any) -> Any:
    return found if found is not None and found["state"] == "in_review" else None
