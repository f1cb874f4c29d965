from __future__ import annotations

from duban_contracts.testing.calendar import ZONE, june, local
from services.scheduler.clocks.model.account import account
from services.scheduler.tests.builders import clock_of, running


def test_the_account_tells_every_deadline_and_segment_in_chinese() -> None:
    story = running().submitted(local(5)).returned(local(6)).submitted(local(7, 1, 30))
    assert account(clock_of(story), local(8), ZONE) == [
        "期限 1：2026-06-01 09:00:00 确认，整改期限 2026-06-10，到期时刻 2026-06-12 00:00:00，在期",
        "2026-06-01 09:00:00 确认：计时至 2026-06-05 00:00:00，共 3 天 15 小时 0 分（期限 1）",
        "2026-06-05 00:00:00 整改完成，待审：暂停计时至 2026-06-06 00:00:00，共 1 天 0 小时 0 分（期限 1）",
        "2026-06-06 00:00:00 退回：计时至 2026-06-07 01:30:00，共 1 天 1 小时 30 分（期限 1）",
        "2026-06-07 01:30:00 整改完成，待审：暂停计时至今，共 0 天 22 小时 30 分（期限 1）",
        "现状：暂停计时，累计用时 4 天 16 小时 30 分",
        "退回后剩余 4 天 22 小时 30 分",
    ]


def test_the_account_of_a_closed_and_reopened_hazard_says_what_became_of_each_deadline() -> None:
    story = (
        running()
        .extended(local(12), june(20))
        .extended(local(13), june(21))
        .submitted(local(14))
        .closed(local(15))
        .reopened(local(16), june(25))
        .rejected(local(17))
    )
    lines = account(clock_of(story), local(18), ZONE)
    assert [line.rpartition("，")[2] for line in lines[:4]] == ["已逾期", "已由新的期限代替", "已按期销号", "已撤销"]
    assert lines[1].startswith("期限 2：2026-06-12 00:00:00 延期，整改期限 2026-06-20，到期时刻 2026-06-21 00:00:00")
    assert lines[3].startswith("期限 4：2026-06-16 00:00:00 反弹")
    assert lines[-1] == "现状：停止计时，累计用时 13 天 15 小时 0 分"


def test_the_account_of_a_running_clock_counts_until_now() -> None:
    assert account(clock_of(running()), local(2, 9, 30), ZONE)[1:] == [
        "2026-06-01 09:00:00 确认：计时至今，共 1 天 0 小时 30 分（期限 1）",
        "现状：计时，累计用时 1 天 0 小时 30 分",
    ]
