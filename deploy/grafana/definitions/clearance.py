"""Clearance latency: how long confirmed hazards take until they are closed. A trend; published figures are SQL's."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import FULL, HALF, QUARTER, Query, Text, bars, distribution, lines, numbers, page

_METRIC: Final = "duban_hazard_clearance_duration_seconds"
_CLOSED: Final = f'increase({_METRIC}_count{{county=~"$county"}}[$__range])'
_NOTE: Final = "只统计已销号的隐患，用于观察趋势；对外数据以统计服务为准。"
# The bucket bound of 15 days, as the exposition writes it.
_WITHIN_15_DAYS: Final = f'increase({_METRIC}_bucket{{county=~"$county",le="1.296e+06"}}[$__range])'


def build(names: Names) -> Dashboard:
    """Build the dashboard 清零时长."""
    board = page(
        "duban-clearance", "督办 · 清零时长", "从确认到销号用了多久。" + _NOTE, since="now-30d", names=names.counties
    )
    for share, label in ((0.5, "中位数"), (0.9, "90% 分位")):
        text = Text(f"清零时长{label}", f"所选时段内销号隐患的清零时长{label}。{_NOTE}", "s")
        board.with_panel(numbers(text, [Query(_quantile(share, "le", "$__range"), label)]))
    board.with_panel(
        numbers(Text("销号数", "所选时段内销号的隐患（估计值）。", "short"), [Query(f"sum({_CLOSED})", "销号")])
    )
    board.with_panel(
        numbers(
            Text("15 日内销号占比", "所选时段内销号的隐患中，自确认起 15 日内销号的比例。", "percentunit"),
            [Query(f"sum({_WITHIN_15_DAYS}) / (sum({_CLOSED}) > 0)", "占比")],
            span=QUARTER,
        )
    )
    for share, label in ((0.5, "中位数"), (0.9, "90% 分位")):
        text = Text(f"各县区清零时长{label}", f"所选时段内各县区的清零时长{label}。{_NOTE}", "s")
        query = Query(_quantile(share, "le, county", "$__range"), "{{county}}")
        board.with_panel(bars(text, query, span=HALF, names=names.counties))
    board.with_panel(
        lines(
            Text("清零时长走势", "滚动 24 小时内销号隐患的清零时长，按等级。" + _NOTE, "s"),
            [
                Query(_quantile(0.5, "le, grade", "24h"), "{{grade}} 中位数"),
                Query(_quantile(0.9, "le, grade", "24h"), "{{grade}} 90% 分位"),
            ],
            span=FULL,
            names=names.grades,
        )
    )
    board.with_panel(
        distribution(
            Text("清零时长分布", "各时段销号隐患落在哪一档时长，档位为常用整改期限。", "s"),
            f'sum by (le) (increase({_METRIC}_bucket{{county=~"$county"}}[$__rate_interval]))',
        )
    )
    return board


def _quantile(share: float, by: str, window: str) -> str:
    buckets = f'{_METRIC}_bucket{{county=~"$county"}}[{window}]'
    return f"histogram_quantile({share}, sum by ({by}) (increase({buckets})))"
