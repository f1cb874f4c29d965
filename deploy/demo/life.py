"""The script of a city's life: what each hazard is and what will become of it. Pure, and the same for one seed."""

from __future__ import annotations

import enum
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from duban_contracts.events.types import Channel, Grade
from duban_contracts.profile import City, Enterprise

T = TypeVar("T")


class Fate(enum.StrEnum):
    """What will become of a hazard."""

    IN_TIME = "in_time"
    RETURNED = "returned"
    LATE = "late"
    NEVER = "never"
    REJECTED = "rejected"


class Quirk(enum.StrEnum):
    """What goes wrong on the way from the county, as it does in life."""

    NONE = "none"
    RETRIED = "retried"
    SENT_TWICE = "sent_twice"
    FIXED_BEFORE_REPORTED = "fixed_before_reported"
    CORRECTED = "corrected"
    FOUND_AGAIN = "found_again"
    MALFORMED = "malformed"
    FOREIGN = "foreign"


# Of the hazards that are mended in time so many stay mended for each one that doesn't.
_EVERY: Final = 7
# Of so many hazards one has something that is done rarely.
_RARE: Final = 13


@dataclass(frozen=True, slots=True)
class Story:
    """One hazard's story. `at` counts wall seconds from the start; `days` is the deadline given at confirmation."""

    reference: str
    county: str
    at: float
    enterprise: Enterprise
    channel: Channel
    grade: Grade
    description: str
    found_on: date
    fate: Fate
    quirk: Quirk
    days: int

    @property
    def reaches_the_ledger(self) -> bool:
        """Tell whether a hazard is to come of it."""
        return self.quirk not in {Quirk.MALFORMED, Quirk.FOREIGN}

    @property
    def relapses(self) -> bool:
        """Tell whether what was mended in time is found broken again when somebody looks back."""
        return self.fate is Fate.IN_TIME and int(self.reference[-4:]) % _EVERY == 0

    @property
    def is_listed(self) -> bool:
        """Tell whether the city's committee takes over supervision of it (挂牌督办): every other major hazard."""
        return self.grade is Grade.MAJOR and int(self.reference[-4:]) % 2 == 0

    @property
    def is_stopped(self) -> bool:
        """Tell whether the enterprise is ordered to stop meanwhile (责令停产停业): every other major hazard."""
        return self.grade is Grade.MAJOR and not self.is_listed

    @property
    def still_holds(self) -> bool:
        """Tell whether somebody looks back at it soon, and finds it mended (回头看合格): half of what doesn't relapse."""
        return not self.relapses and sum(self.reference.encode()) % 2 == 0

    @property
    def is_false(self) -> bool:
        """Tell whether what is found broken again never was mended (虚假整改): half of what relapses."""
        return self.relapses and int(self.reference[-4:]) // _EVERY % 2 == 0

    @property
    def is_sent_up(self) -> bool:
        """Tell whether its county can't solve it alone, and consults the city (二级会商)."""
        return int(self.reference[-4:]) % _RARE == 3  # noqa: PLR2004 - one of so many

    @property
    def asks_for_time(self) -> bool:
        """Tell whether somebody asks for a later deadline (申请延期)."""
        return self.grade is Grade.GENERAL and int(self.reference[-4:]) % _RARE == 5  # noqa: PLR2004 - one of so many

    @property
    def is_given_time(self) -> bool:
        """Tell whether it is given: half of what is asked for."""
        return sum(self.reference.encode()) % 2 == 0

    @property
    def is_mistyped(self) -> bool:
        """Tell whether its deadline is typed in wrongly and set right (更正期限)."""
        is_plain = self.grade is Grade.GENERAL and self.fate is Fate.IN_TIME
        return is_plain and int(self.reference[-4:]) % _RARE == 8  # noqa: PLR2004 - one of so many

    @property
    def is_split(self) -> bool:
        """Tell whether what was merged is taken out again for another look: every other one that is found again."""
        return self.again is not None and int(self.reference[-4:]) % 2 == 0

    @property
    def again(self) -> str | None:
        """The reference under which the same hazard is reported once more, by another channel; None where it isn't."""
        return f"{self.reference}-B" if self.quirk is Quirk.FOUND_AGAIN else None


_FINDINGS: Final = {
    "catering": ("后厨燃气软管老化龟裂，未安装可燃气体报警装置", "排烟道油污堆积，未按季度清洗"),
    "bottled_lpg": ("气瓶间与明火间距不足，且无防爆照明", "销售超期未检气瓶，台账记录不全"),
    "town_gas": ("调压箱周边被占压，巡检记录缺失", "燃气管道穿越密闭空间未做检测"),
    "crowded_places": ("疏散通道堆放货物，安全出口上锁", "防火卷帘下方放置展柜，无法落地"),
    "construction": ("深基坑临边防护缺失，未设置警示标志", "塔式起重机力矩限制器失灵仍在作业"),
    "coal_mine": ("回风巷甲烷传感器悬挂位置不符合规定", "主排水泵备用泵检修超期"),
    "noncoal_mine": ("边坡监测点位移超限未停止作业", "采场安全出口只有一个"),
    "hazchem": ("储罐区紧急切断阀未投用，联锁长期摘除", "动火作业票审批不全，现场无监护人"),
    "industry_trade": ("有限空间作业未通风检测，未设专人监护", "冲压设备光电保护装置失效"),
    "metallurgy": ("吊运熔融金属的起重机未按规定探伤", "煤气区域未设固定式报警仪"),
    "fire_safety": ("室内消火栓无水，自动喷淋系统处于手动状态", "电动自行车在楼道内停放充电"),
    "road_traffic": ("重点车辆动态监控掉线未处置", "急弯路段缺少防护栏和警示标志"),
    "special_equipment": ("压力容器超期未检仍在使用", "电梯困人应急电话无人接听"),
    "education": ("学校食堂使用的燃气灶具无熄火保护", "教学楼应急照明损坏"),
    "elderly_care": ("养老机构夜间无人值守消防控制室", "失能老人居住楼层缺少疏散担架"),
}
_COMMON: Final = (
    "现场作业人员未持证上岗，安全教育培训记录缺失",
    "配电箱无漏电保护，电气线路私拉乱接",
    "应急预案未演练，灭火器压力不足且超期未检",
)
_FATES: Final = ((Fate.IN_TIME, 46), (Fate.RETURNED, 16), (Fate.LATE, 16), (Fate.NEVER, 12), (Fate.REJECTED, 10))
_QUIRKS: Final = (
    (Quirk.NONE, 53),
    (Quirk.RETRIED, 9),
    (Quirk.SENT_TWICE, 7),
    (Quirk.FIXED_BEFORE_REPORTED, 7),
    (Quirk.CORRECTED, 7),
    (Quirk.FOUND_AGAIN, 7),
    (Quirk.MALFORMED, 6),
    (Quirk.FOREIGN, 4),
)


def write(city: City, *, seed: int, hazards: int, seconds: float, today: date) -> list[Story]:
    """Return `hazards` stories spread over `seconds`, in order of time; the same seed tells the same stories."""
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    rosters = {county.code: [e for e in city.enterprises if e.county == county.code] for county in city.counties}
    stories = []
    for number in range(hazards):
        county = dice.choice(sorted(rosters))
        enterprise = dice.choice(rosters[county])
        fate, quirk = _pick(dice, _FATES), _pick(dice, _QUIRKS)
        if quirk is Quirk.FIXED_BEFORE_REPORTED:
            fate = Fate.IN_TIME
        if quirk is Quirk.FOUND_AGAIN and fate is Fate.REJECTED:
            fate = Fate.LATE
        # Fixed before it was reported is 立行立改, which only a general hazard allows.
        general = fate is Fate.REJECTED or quirk is Quirk.FIXED_BEFORE_REPORTED or dice.random() < 0.85  # noqa: PLR2004
        stories.append(
            Story(
                reference=f"YH{today.year}-{county[-2:]}-{number + 1:04d}",
                county=county,
                at=seconds * number / hazards,
                enterprise=enterprise,
                channel=_pick(dice, ((Channel.SELF_REPORT, 5), (Channel.INSPECTION, 4), (Channel.VERIFIED_TIP, 1))),
                grade=Grade.GENERAL if general else Grade.MAJOR,
                description=finding(dice, enterprise),
                found_on=today - timedelta(days=dice.randint(0, 3)),
                fate=fate,
                quirk=quirk,
                days=dice.randint(2, 4),
            )
        )
    return stories


def finding(dice: random.Random, enterprise: Enterprise) -> str:
    """Return what somebody finds at an enterprise of this sector."""
    return dice.choice(_FINDINGS.get(enterprise.sector, _COMMON) + _COMMON)


def _pick(dice: random.Random, choices: Sequence[tuple[T, int]]) -> T:
    return dice.choices([choice for choice, _ in choices], weights=[weight for _, weight in choices])[0]
