"""What is read into a printed text that leaves something open (DOMAIN §4): said with each duty, never silently."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_UNIT: Final = "单位名称不在词表："


class Reading(StrEnum):
    """The readings that recur; each is the sentence that is shown."""

    MONTH_END = "原文只写月份，期限取当月最后一日"
    YEAR_END = "原文未写日期，期限取12月31日"
    CAMPAIGN_END = "原文未写期限，取行动结束之日"
    FIRST_NAMED_LEADS = "并列多个责任单位，以首位为牵头"
    UNTIL_LAST_DAY = "原文只写月份，按当月最后一日"
    UNTIL_MEETING = "原文未写期限，以年底全体会议之期为限"
    MASKED_YEAR = "原文年份隐去，按导入年度"


def reading_of_interval(printed: str, meant: str) -> str:
    """Return the reading of words without a number: 定期 as every three months."""
    return f"“{printed}”没有写明频次，按{meant}计"


def reading_of_unit(printed: str) -> str:
    """Return the reading of a unit whose printed name no vocabulary holds, where the table itself names its code."""
    return f"{_UNIT}{printed}"


def reads_unit(assumed: str) -> bool:
    """Return whether a reading is about a unit's name."""
    return assumed.startswith(_UNIT)
