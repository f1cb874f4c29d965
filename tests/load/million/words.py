"""The words of a made-up city: firms, faults, places, and whose matter a hazard is. The same seed says the same."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from duban_contracts import uscc
from duban_contracts.profile import City
from duban_contracts.vocabulary import SECTORS, UNITS

_TOWNSHIPS: Final = 14
_OFFICES: Final = 30
_BODIES: Final = (
    "有限公司",
    "机械制造有限公司",
    "化工有限公司",
    "加油站",
    "煤业有限公司",
    "商贸有限公司",
    "幼儿园",
    "超市",
    "饭店",
)
_NAMES: Final = "晋泽阳城沁水高平陵川凤鸣兰花丹河太行宏远安泰鑫盛恒通瑞丰金鼎永兴华宇天元长平"
_PLACES: Final = (
    "一车间", "二车间东侧", "原料库房", "配电室", "锅炉房", "3号仓库", "地下停车场", "后厨操作间", "办公楼4层", "员工宿舍楼",
    "储罐区", "装卸平台", "A区12号铺", "主运输巷", "尾矿库坝体", "北门消防通道", "液化气瓶间", "污水处理站", "教学楼东侧楼梯", "屋顶",
)  # fmt: skip
_THINGS: Final = (
    "灭火器", "安全出口", "消防通道", "应急照明灯", "疏散指示标志", "可燃气体报警器", "配电箱", "临时用电线路", "压力表", "安全阀",
    "防护栏杆", "皮带输送机", "电焊作业", "受限空间", "动火作业票", "特种作业证", "粉尘清扫记录", "通风设施", "瓦斯监测探头", "液化气软管",
    "叉车", "电梯", "锅炉水位计", "危险化学品标签", "静电接地", "防雷装置", "应急预案", "班前会记录", "消火栓", "防火门",
)  # fmt: skip
_WRONGS: Final = (
    "过期未更换", "被杂物堵塞", "缺失", "损坏", "未按规定检测", "失效", "未接地", "老化破损", "超期未检", "未设置",
    "被占用", "数量不足", "未上锁", "积尘严重", "未审批", "压力不足", "记录不全", "安装不规范", "锈蚀严重", "无人值守",
)  # fmt: skip
_THEREFORE: Final = (
    "", "，存在火灾风险", "，现场未见整改", "，不符合GB50016要求", "，责令限期整改", "，已口头告知负责人", "，可能造成人员伤亡",
    "，上次检查已指出", "，编号LX-7", "，需停产整改",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """Tables of words by name: their columns, and their rows."""

    tables: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]


def words(city: City, *, firms: int, seed: int) -> Words:
    """Return the words of a city; half of the firms and half of the faults are rare."""
    draw = Random(seed)
    faults = [f"{thing}{wrong}{therefore}" for thing in _THINGS for wrong in _WRONGS for therefore in _THEREFORE]
    draw.shuffle(faults)
    seats = _seats(city)
    draw.shuffle(seats)
    return Words(
        {
            "firm": (("firm", "firm_name", "uscc"), [_firm(nth, draw) for nth in range(firms)]),
            "fault": (("number", "fault"), list(enumerate(faults))),
            "spot": (("number", "spot"), list(enumerate(_PLACES))),
            "seat": (
                ("seat", "county", "township", "township_name", "sector", "unit"),
                [(nth, *seat) for nth, seat in enumerate(seats)],
            ),
        }
    )


def _firm(nth: int, draw: Random) -> tuple[int, str, str | None]:
    name = "".join(draw.choice(_NAMES) for _ in range(4)) + draw.choice(_BODIES) + "（虚构）"
    first = f"91140500{nth:09d}"
    return nth, name, None if nth % 20 == 19 else first + uscc.check_character(first)


def _seats(city: City) -> list[tuple[str, str, str, str, str]]:
    sectors = [sector.code for sector in SECTORS if sector.code != "all"]
    units = [unit.code for unit in list(UNITS)[8 : 8 + _OFFICES]]
    return [
        (county.code, f"{county.code}{township:03d}", f"第{township}镇", sector, units[place % _OFFICES])
        for county in city.counties
        for township in range(1, _TOWNSHIPS + 1)
        for place, sector in enumerate(sectors)
    ]
