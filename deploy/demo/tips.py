"""The tip office of the demo: it takes in what people report, has it verified on site, tells them, and rewards (DOMAIN §7).

Who reported is invented, said once at intake, and kept by the vault alone; the office reads it to pay, and that is recorded.
"""

from __future__ import annotations

import asyncio
import enum
import random
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import httpx

from deploy.demo.api import Json, Platform
from deploy.demo.life import Fate, Quirk, Story, finding
from duban_contracts.events.types import Channel, Grade
from duban_contracts.profile import City, Enterprise
from services.chassis.process.clock import ZONE, Clock

OFFICERS: Final = ("tip-officer-1", "tip-officer-2")
_ONE_IN: Final = 60
# The last one comes in when so much of the play is over: what follows from it has time to settle.
_SHARE: Final = 0.6
_LOOK_EVERY_SECONDS: Final = 0.5
# Nobody grades while the platform is away: a minute where the drill restores its database beside other work, and what lay since.
_WAIT_FOR_GRADE_SECONDS: Final = 240.0


class Kind(enum.StrEnum):
    """What a tip is: true and of which grade, one person's second about the same, unfounded, or sent down from above."""

    MAJOR = "major"
    AGAIN = "again"
    UNFOUNDED = "unfounded"
    REFERRED = "referred"
    GENERAL = "general"


_FIRST: Final = (Kind.MAJOR, Kind.AGAIN, Kind.UNFOUNDED, Kind.REFERRED, Kind.GENERAL)


@dataclass(frozen=True, slots=True)
class Tip:
    """One tip; `at` counts wall seconds from the start, `unit` is the department that it concerns.

    `name` and `phone` are those of an invented person.
    """

    at: float
    channel: str
    county: str
    enterprise: Enterprise
    unit: str
    content: str
    kind: Kind
    days: int
    name: str
    phone: str

    @property
    def grade(self) -> Grade:
        """As what it is confirmed, where there is something."""
        return Grade.MAJOR if self.kind is Kind.MAJOR else Grade.GENERAL


@dataclass
class TipBook:
    """What the office noted: each tip by its number, what became of rewards, the look-ups that it tried, and those it was shown."""

    tips: dict[str, Tip] = field(default_factory=dict)
    rewards: dict[str, str] = field(default_factory=dict)
    tried: int = 0
    read: int = 0
    wrong: list[str] = field(default_factory=list)


def write_tips(city: City, *, seed: int, hazards: int, seconds: float) -> list[Tip]:
    """Return the tips of a city's life, in order of time; the same seed tells the same.

    There is one of each kind at least.
    """
    dice = random.Random(f"{seed}-tips")  # noqa: S311 - a story, not a secret
    number = max(len(_FIRST), hazards // _ONE_IN)
    tips: list[Tip] = []
    for place in range(number):
        kind = _FIRST[place] if place < len(_FIRST) else Kind.GENERAL
        before = tips[0] if kind is Kind.AGAIN else None
        enterprise = before.enterprise if before else dice.choice(city.enterprises)
        tips.append(
            Tip(
                at=seconds * _SHARE * place / number,
                channel="referral" if kind is Kind.REFERRED else dice.choice(("hotline", "web", "letter")),
                county=enterprise.county,
                enterprise=enterprise,
                unit="fire_rescue" if before else "emergency_management",
                content=finding(dice, enterprise),
                kind=kind,
                days=dice.randint(2, 4),
                name=before.name if before else f"举报人{dice.getrandbits(40):010x}（虚构）",
                phone=before.phone if before else f"139{dice.randrange(10**8):08d}",
            )
        )
    return tips


class TipOffice:
    """Works through the tips, one after the other in time; what is verified becomes one of the city's stories."""

    def __init__(
        self, platform: Platform, clock: Clock, tips: Sequence[Tip], stories: MutableMapping[str, Story]
    ) -> None:
        self._platform = platform
        self._clock = clock
        self._tips = tips
        self._stories = stories
        self.book = TipBook()

    async def work(self) -> None:
        """Take in every tip at its time and go on with it until its reporter is told, and rewarded where that is due."""
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._one(place, tip, began) for place, tip in enumerate(self._tips)))

    async def _one(self, place: int, tip: Tip, began: float) -> None:
        await asyncio.sleep(max(0.0, began + tip.at - asyncio.get_running_loop().time()))
        number = await self._take_in(place, tip)
        found = await self._visit(number, tip)
        told = "经现场核查属实，已登记为隐患督促整改" if found else "经现场核查，未发现所反映的问题"
        await self._does(f"/v1/tips/{number}/tell", OFFICERS[0], {"told": told})
        if tip.kind is Kind.REFERRED:
            await self._does(f"/v1/tips/{number}/answer", OFFICERS[0], {"answer": told})
        if found:
            await self._reward(number)

    async def _take_in(self, place: int, tip: Tip) -> str:
        body: Json = {
            "channel": tip.channel,
            "county": tip.county,
            "sector": tip.enterprise.sector,
            "place": tip.enterprise.place,
            "content": tip.content,
            "enterprise": _named(tip.enterprise),
            "unit": tip.unit,
            "reporter": {"name": tip.name, "phone": tip.phone},
        }
        if tip.kind is Kind.REFERRED:
            body["answer_due_on"] = (self._today() + timedelta(days=30)).isoformat()
        said = await self._platform.post("ledger", "/v1/tips", OFFICERS[place % 2], body, once=f"tip-{place}")
        number = str(said["number"])
        self.book.tips[number] = tip
        return number

    async def _visit(self, number: str, tip: Tip) -> bool:
        """Look at it on site; return whether it is a hazard, whose story goes on from here."""
        clerk = f"regulator-{tip.county}-1"
        seen = {"visited_on": self._today().isoformat(), "visit": "四不两直现场核查，查看现场并询问负责人"}
        if tip.kind is Kind.UNFOUNDED:
            await self._does(f"/v1/tips/{number}/refute", clerk, seen)
            return False
        story = _story(number, tip, self._today())
        # Before it is in the ledger: whoever finds it there finds its story, too.
        self._stories[story.reference] = story
        found = {
            "enterprise": _named(tip.enterprise),
            "place": tip.enterprise.place,
            "description": tip.content,
            "suggested_grade": tip.grade,
        }
        await self._does(f"/v1/tips/{number}/verify", clerk, seen | found)
        return True

    async def _reward(self, number: str) -> None:
        """Decide on the reward once the hazard is graded, and pay it; a second claim goes to the other officer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAIT_FOR_GRADE_SECONDS
        while (decided := await self._asked(f"/v1/tips/{number}/reward", OFFICERS[0], None)) is None:
            if loop.time() > until:
                self.book.wrong.append(f"{number} 的隐患久未定级")
                return
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        path = f"/v1/rewards/{decided['reward_id']}"
        if decided["state"] == "held":
            no = {"pay": False, "reason": "同一举报人就同一单位重复申领"}
            decided = await self._does(f"{path}/resolve", OFFICERS[1], no)
        elif await self._looks_up(number):
            paid = {"paid_on": self._today().isoformat(), "voucher": f"奖励发放单 {number}"}
            decided = await self._does(f"{path}/pay", OFFICERS[0], paid)
        self.book.rewards[number] = decided["state"]

    async def _looks_up(self, number: str) -> bool:
        """Ask who it was, have that released by the other officer, and read it, to pay the right person.

        An answer with an identity is kept nowhere: whoever loses it may have read, and asks anew.
        """
        shown = None
        while shown is None:
            self.book.tried += 1
            shown = await self._read(number)
        self.book.read += 1
        tip = self.book.tips[number]
        right = (shown["reporter"]["name"], shown["reporter"]["phone"]) == (tip.name, tip.phone)
        if not right:
            self.book.wrong.append(f"{number} 查得的举报人不符")
        return right

    async def _read(self, number: str) -> Json | None:
        why = {"reason": "reward", "note": "核对奖励发放对象"}
        asked = await self._platform.post("ledger", f"/v1/tips/{number}/lookups", OFFICERS[0], why)
        path = f"/v1/lookups/{asked['lookup_id']}"
        if asked["needs_release"]:
            await self._asked(f"{path}/release", OFFICERS[1], {})
        return await self._asked(f"{path}/read", OFFICERS[0], {})

    async def _does(self, path: str, account: str, body: Json) -> Json:
        return await self._platform.post("ledger", path, account, body, once=path)

    async def _asked(self, path: str, account: str, body: Json | None) -> Json | None:
        """Give a command; None where it has to wait for something, or was carried out and its answer lost."""
        try:
            return await self._platform.post("ledger", path, account, body, once=path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
            return None

    def _today(self) -> date:
        return self._clock.now().astimezone(ZONE).date()


def _story(number: str, tip: Tip, today: date) -> Story:
    return Story(
        reference=f"tip/{number}",
        county=tip.county,
        at=tip.at,
        enterprise=tip.enterprise,
        channel=Channel.VERIFIED_TIP,
        grade=tip.grade,
        description=tip.content,
        found_on=today,
        fate=Fate.IN_TIME,
        quirk=Quirk.NONE,
        days=tip.days,
    )


def _named(enterprise: Enterprise) -> Json:
    return {"name": enterprise.name, "uscc": enterprise.uscc}
