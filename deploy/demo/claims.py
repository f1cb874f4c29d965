"""The events a county's system makes of a story."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec

from deploy.demo.life import Story
from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.codec import encode, type_of
from duban_contracts.events.claims import HazardRectified, HazardReported, RectificationPlanned
from duban_contracts.events.types import Channel, Enterprise
from services.chassis.process.clock import ZONE


class CountySystem:
    """Makes events with ids of its own; `dice` makes them the same for one seed."""

    def __init__(self, county: str, seed: int) -> None:
        self._county = county
        self._dice = random.Random(f"{seed}-{county}")  # noqa: S311 - a story, not a secret

    def reported(self, story: Story, now: datetime, *, description: str | None = None) -> CloudEvent:
        """隐患上报."""
        data = HazardReported(
            county=story.county,
            reference=story.reference,
            channel=story.channel,
            sector=story.enterprise.sector,
            enterprise=_enterprise(story),
            place=story.enterprise.place,
            description=description or story.description,
            found_on=story.found_on,
            suggested_grade=story.grade,
        )
        return self._event(data, story.reference, now)

    def found_again(self, story: Story, now: datetime) -> CloudEvent:
        """隐患上报 of the same hazard by another channel, under a reference of its own."""
        twin = replace(
            story,
            reference=f"{story.again}",
            channel=Channel.VERIFIED_TIP if story.channel is Channel.INSPECTION else Channel.INSPECTION,
        )
        return self.reported(twin, now, description=f"现场核查：{story.description}")

    def rectified(self, story: Story, now: datetime, *, again: bool = False) -> CloudEvent:
        """整改完成; `again` after a return."""
        data = HazardRectified(
            county=story.county,
            reference=story.reference,
            measures="已按退回意见补充整改，并附复查照片"
            if again
            else "已停止作业并完成整改，现场照片与验收记录已归档",
            completed_on=now.astimezone(ZONE).date(),
            submitted_by=f"principal-{story.reference.lower()}",
        )
        return self._event(data, story.reference, now)

    def planned(self, story: Story, now: datetime) -> CloudEvent:
        """整改方案."""
        data = RectificationPlanned(
            county=story.county,
            reference=story.reference,
            measures="立即停用相关设备，限期更换并组织验收",
            responsible_post="安全总监",
            funds_yuan=50_000,
            contingency="停用期间设警戒区，专人值守，备用设备待命",
            submitted_by=f"principal-{story.reference.lower()}",
        )
        return self._event(data, story.reference, now)

    def malformed(self, story: Story, now: datetime) -> CloudEvent:
        """Return a report that breaks the contract in one of the usual ways."""
        document = msgspec.json.decode(self.reported(story, now).data)
        flaw = self._dice.choice(("sector", "date", "missing", "unknown"))
        if flaw == "sector":
            document["sector"] = "no_such_sector"
        elif flaw == "date":
            document["found_on"] = "2026年3月2日"
        elif flaw == "missing":
            del document["description"]
        else:
            document["severity"] = "very bad"
        whole = self.reported(story, now)
        return msgspec.structs.replace(whole, data=msgspec.json.encode(document))

    def foreign(self, story: Story, now: datetime, other: str) -> CloudEvent:
        """Return a report in another county's name."""
        whole = self.reported(story, now)
        document = msgspec.json.decode(whole.data)
        document["county"] = other
        return msgspec.structs.replace(whole, data=msgspec.json.encode(document))

    def _event(self, data: EventData, reference: str, now: datetime) -> CloudEvent:
        return CloudEvent(
            id=str(UUID(int=self._dice.getrandbits(128), version=4)),
            source=f"/county/{self._county}/hazard-system",
            type=type_of(type(data)).name,
            data=encode(data),
            time=now,
            subject=reference,
            partitionkey=reference,
        )


def _enterprise(story: Story) -> Enterprise:
    return Enterprise(name=story.enterprise.name, uscc=story.enterprise.uscc)
