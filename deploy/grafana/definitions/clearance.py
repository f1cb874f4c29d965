"""清零: from the report to the closing, what takes how long, what is late, and how old is what is still open.

A trend for those who run the work; published figures are those of the statistics service.
"""

from __future__ import annotations

import re
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from prometheus_client.utils import floatToGoString

from deploy.grafana.definitions.county import GRADES
from deploy.grafana.definitions.pages import Page, county, everything, page
from deploy.grafana.definitions.panels import (
    DAYS,
    FULL,
    HALF,
    QUARTER,
    THIRD,
    Limit,
    Query,
    Text,
    bars,
    distribution,
    lines,
    numbers,
)
from deploy.grafana.definitions.promql import DAY, named, of
from deploy.grafana.definitions.tables import Column, Label, Rows, rows
from duban_contracts.vocabulary import SECTORS
from services.statistics.metrics import CLEARANCE_BUCKETS

PAGE: Final = Page(
    "duban-clearance",
    "清零",
    "从上报到确认、整改、复查、销号各用多久，多少按期，未销号的已有多久。用于观察趋势；对外数据以统计服务为准。",
    "now-30d",
    "5m",
)
_CHOSEN: Final = 'county=~"$county"'
_METRIC: Final = "duban_hazard_clearance_duration_seconds"
_CENSORED: Final = "近 30 天开始的，尚未结束的按已用时间计入（Kaplan-Meier）；过半未结束时没有中位数。"
WAITS: Final = (
    ("response", "上报 → 确认", "首次答复：自登记至第一次答复（确认或退回不予受理）。"),
    ("rectification", "确认 → 提交", "整改：自确认或退回至提交整改完成。"),
    ("review", "提交 → 销号", "复查：自提交整改完成至销号或退回。"),
)
AGES: Final = (
    ("0-3", "3 天内"),
    ("4-7", "4–7 天"),
    ("8-15", "8–15 天"),
    ("16-30", "16–30 天"),
    ("31-90", "31–90 天"),
    ("91+", "90 天以上"),
)
_DUE: Final = "duban_hazards_due"


def build() -> Dashboard:
    """Build the board 清零."""
    board = page(PAGE, [everything(county())])
    for part in (_waits, _deadlines, _ageing, _sectors, _closings):
        part(board)
    return board


def wait(name: str, share: str, grade: str = "all", sector: str = "all") -> str:
    """Return how many days a wait lasts, as statistics reckons it from the books."""
    chosen = of("duban_hazard_wait_seconds", wait=name, share=share, grade=grade, sector=sector)
    return f"max({chosen}) / {DAY}"


def _waits(board: Dashboard) -> None:
    board.with_row(Row("每一步用多久（全市）"))
    for name, title, meaning in WAITS:
        board.with_panel(
            numbers(
                Text(title, meaning + _CENSORED, DAYS),
                [Query(wait(name, "0.5"), "中位数"), Query(wait(name, "0.9"), "90% 分位")],
                span=THIRD,
                otherwise="过半未结束",
                decimals=1,
            )
        )
    for name, title, meaning in WAITS[1:]:
        queries = [
            Query(wait(name, share, grade), f"{grade_name} {share_name}")
            for grade, grade_name in GRADES
            for share, share_name in (("0.5", "中位数"), ("0.9", "90% 分位"))
        ]
        board.with_panel(lines(Text(f"{title}（按等级）", meaning + _CENSORED, DAYS), queries))


def _deadlines(board: Dashboard) -> None:
    board.with_row(Row("按期"))
    in_time, due = of(_DUE, _CHOSEN, outcome="in_time"), of(_DUE, _CHOSEN)
    for text, expr in (
        (Text("按期整改率", "期限落在近 30 天的隐患中，按期销号的比例。", "percentunit"), _rate(in_time, due)),
        *(
            (
                Text(f"按期整改率（{name}）", f"期限落在近 30 天的{name}中，按期销号的比例。", "percentunit"),
                _rate(of(_DUE, _CHOSEN, outcome="in_time", grade=grade), of(_DUE, _CHOSEN, grade=grade)),
            )
            for grade, name in GRADES
        ),
    ):
        board.with_panel(
            numbers(text, [Query(expr, "按期")], span=QUARTER, limit=Limit(0.8, 0.95, below=True), otherwise="无到期")
        )
    overdue = f"sum(max by (city, county, grade) ({of('duban_hazards_overdue', _CHOSEN)}))"
    board.with_panel(
        numbers(Text("逾期", "期限已过而未提交整改完成的隐患。", "short"), [Query(overdue, "逾期")], span=QUARTER)
    )
    by_county = _rate(in_time, due, "county")
    board.with_panel(
        bars(
            Text("按期整改率最低的 15 个县区", "期限落在近 30 天的隐患中按期销号的比例，从低到高。", "percentunit"),
            [Query(f"sort(bottomk(15, {named(by_county)}))", "{{name}}")],
            limit=Limit(0.8, 0.95, below=True),
        )
    )
    oldest = f"max by (county) ({of('duban_hazards_oldest_overdue_seconds', _CHOSEN)}) / {DAY}"
    board.with_panel(
        bars(
            Text("逾期最久的 15 个县区", "各县区逾期最久的隐患已逾期多少天。", DAYS),
            [Query(f"sort_desc(topk(15, {named(oldest)} > 0))", "{{name}}")],
            limit=Limit(30, 7),
        )
    )


def _ageing(board: Dashboard) -> None:
    board.with_row(Row("未销号的已有多久"))
    queries = [
        Query(f"sum(max by (city, county, grade) ({of('duban_hazards_ageing', _CHOSEN, age=age)}))", name)
        for age, name in AGES
    ]
    note = "存量按自确认起的天数分档。这是尚未结束的等待，不是清零时长：最终时长只会更长。"
    board.with_panel(bars(Text("存量账龄", note, "short"), queries, height=9))
    board.with_panel(lines(Text("存量账龄走势", note, "short"), queries, height=9, stacked=True))


def _sectors(board: Dashboard) -> None:
    board.with_row(Row("按行业领域"))
    words = {term.code: (term.name, "") for term in SECTORS}
    columns = [
        Column(f"{title} {share_name}", _by_sector(name, share), DAYS, 1)
        for name, title, _ in WAITS
        for share, share_name in (("0.5", "中位数"), ("0.9", "90% 分位"))
    ]
    board.with_panel(
        rows(
            Text("各行业领域每一步用多久", _CENSORED + "空格：该步尚无足够的结束。", DAYS),
            Rows([Label("行业领域", "sector", words=words, width=240)], columns, sort=columns[2].head),
            span=FULL,
            height=12,
        )
    )


def _by_sector(name: str, share: str) -> str:
    chosen = of("duban_hazard_wait_seconds", 'sector!="all"', wait=name, share=share, grade="all")
    return f"max by (sector) ({chosen}) / {DAY}"


def _closings(board: Dashboard) -> None:
    board.with_row(Row("已销号的"))
    note = "只含已销号的，积压越多越好看；请与上面计入未结束的对照。"
    closed = of(f"{_METRIC}_bucket", _CHOSEN)
    board.with_panel(
        lines(
            Text("清零时长走势", "滚动 24 小时内销号的隐患自确认起用了多少天。" + note, DAYS),
            [
                Query(f"histogram_quantile({share}, sum by (le) (increase({closed}[24h]))) / {DAY}", name)
                for share, name in ((0.5, "中位数"), (0.9, "90% 分位"))
            ],
            span=HALF,
        )
    )
    board.with_panel(
        distribution(
            Text("清零时长分布", "各时段销号的隐患落在哪一档；档位为常用整改期限。", DAYS),
            _in_days(f"sum by (le) (increase({closed}[$__rate_interval]))"),
        )
    )


def _rate(part: str, whole: str, by: str = "") -> str:
    split = f" by ({by})" if by else ""
    labels = "city, county, grade, outcome"
    return f"sum{split} (max by ({labels}) ({part})) / (sum{split} (max by ({labels}) ({whole})) > 0)"


def _in_days(buckets: str) -> str:
    """Name the buckets by days: an axis can't divide, and 1.296e+06 seconds say nothing."""
    for bound in CLEARANCE_BUCKETS:
        buckets = f'label_replace({buckets}, "le", "{bound / DAY:.2g}", "le", "{_written(bound)}")'
    return buckets.replace("\\", "\\\\")


def _written(bound: float) -> str:
    """Return a bucket's bound as the exposition writes it, for a regular expression."""
    return re.escape(str(floatToGoString(bound)))  # type: ignore[no-untyped-call]
