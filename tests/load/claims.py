"""Claims for the bench: realistic in length and vocabulary, each one distinct."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import msgspec

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.events.claims import HazardRectified, HazardReported
from duban_contracts.events.types import Channel, Enterprise, Evidence
from duban_contracts.vocabulary import SECTORS
from services.chassis.publishing.envelopes import new_event
from tests.load.rig import COUNTIES

_FINDINGS = (
    "可燃气体探测器失效，未按规定校验，现场报警主机显示屏故障，值班人员未及时发现并处置",
    "疏散通道堆放杂物，常闭式防火门被拆除，应急照明灯损坏六处，消防控制室单人值班",
    "压力容器安全阀超过检验有效期，压力表未标注最高工作压力红线，操作规程未上墙",
    "有限空间作业未办理审批手续，未进行气体检测，现场未设置监护人员和应急救援器材",
    "配电箱线路私拉乱接，未安装漏电保护器，电缆沟积水，绝缘防护用品超过试验周期",
)
_PLACES = ("储罐区东侧装卸平台", "三号生产车间二层", "地下一层配电室", "锅炉房西南角", "综采工作面回风巷")
_COMPANIES = ("示例化工有限公司", "示例煤业有限公司", "示例机械制造有限公司", "示例商贸综合体", "示例建材有限公司")


def reports(count: int, *, series: str, seed: int = 1, counties: Sequence[str] = COUNTIES) -> Iterator[CloudEvent]:
    """Yield `count` distinct 隐患上报 of `counties` in turn; `series` begins their references."""
    dice = random.Random(f"{seed}-{series}")
    sectors = [term.code for term in SECTORS]
    channels = list(Channel)
    for number in range(count):
        county = counties[number % len(counties)]
        claim = HazardReported(
            county=county,
            reference=f"{series}-{number:07d}",
            channel=dice.choice(channels),
            sector=dice.choice(sectors),
            enterprise=Enterprise(name=dice.choice(_COMPANIES)),
            place=dice.choice(_PLACES),
            description="；".join(dice.sample(_FINDINGS, 3)) + f"（现场检查记录第 {number} 号）",
            found_on=date(2026, 11, 20),
            township="示例镇",
        )
        yield _claim(claim, claim.county, claim.reference)


def rectified(county: str, reference: str) -> CloudEvent:
    """Return the 整改完成 of one hazard."""
    claim = HazardRectified(
        county=county,
        reference=reference,
        measures="已更换失效探测器并重新校验，组织全员培训，修订操作规程，现场复查合格",
        completed_on=date(2026, 11, 21),
        submitted_by=f"enterprise-{county}",
        evidence=(Evidence(name="整改后照片.jpg", sha256="0" * 64),),
    )
    return _claim(claim, county, reference)


def county_of(event: CloudEvent) -> str:
    """Return the county a claim of this module names."""
    return str(msgspec.json.decode(event.data)["county"])


def _claim(claim: HazardReported | HazardRectified, county: str, reference: str) -> CloudEvent:
    return new_event(claim, source=f"urn:county:{county}", subject=reference, key=reference, time=datetime.now(UTC))
