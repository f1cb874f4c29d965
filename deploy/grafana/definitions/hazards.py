"""Open and overdue hazards by county. A trend; published figures are SQL's."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import FULL, HALF, THIRD, Query, Text, bars, lines, numbers, page

# Every statistics process exports the same counts from the same database: take one of them, never their sum.
_OPEN: Final = 'max by (county, grade) (duban_hazards_open{county=~"$county"})'
_OVERDUE: Final = 'max by (county, grade) (duban_hazards_overdue{county=~"$county"})'
_NOTE: Final = "用于观察趋势；对外数据以统计服务为准。"


def build(names: Names) -> Dashboard:
    """Build the dashboard 存量与逾期."""
    board = page(
        "duban-hazards", "督办 · 存量与逾期", "各县区未销号与逾期的隐患。" + _NOTE, since="now-7d", names=names.counties
    )
    board.with_panel(
        numbers(Text("存量", "已确认、未销号的隐患。" + _NOTE, "short"), [Query(f"sum({_OPEN})", "存量")], span=THIRD)
    )
    board.with_panel(
        numbers(
            Text("逾期", "存量中期限已过而未提交整改完成的隐患。", "short"),
            [Query(f"sum({_OVERDUE})", "逾期")],
            span=THIRD,
            bad_from=1,
        )
    )
    board.with_panel(
        numbers(
            Text("逾期占比", "逾期数除以存量；没有存量时不显示。", "percentunit"),
            [Query(f"sum({_OVERDUE}) / (sum({_OPEN}) > 0)", "占比")],
            span=THIRD,
        )
    )
    for title, description, expr in (
        ("各县区存量", "各县区未销号的隐患，合计各等级。", _OPEN),
        ("各县区逾期", "各县区逾期的隐患，合计各等级。", _OVERDUE),
    ):
        query = Query(f"sort_desc(sum by (county) ({expr}))", "{{county}}")
        board.with_panel(bars(Text(title, description, "short"), query, span=HALF, names=names.counties))
    for title, description, expr in (
        ("存量走势", "各县区存量随时间的变化，按等级。", _OPEN),
        ("逾期走势", "各县区逾期随时间的变化，按等级。", _OVERDUE),
    ):
        query = Query(expr, "{{county}} {{grade}}")
        board.with_panel(lines(Text(title, description, "short"), [query], span=FULL, names=names.all))
    return board
