"""单个县区: everything that is known of one, for a talk with its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.counties import (
    LAST,
    OLDEST,
    OPEN,
    OVERDUE,
    REFUSED,
    TODAY,
    USUAL,
    USUAL_GAP,
    WAITING,
)
from deploy.grafana.definitions.overview import OUTCOMES
from deploy.grafana.definitions.pages import Page, county, page
from deploy.grafana.definitions.panels import DAYS, HOURS, SIXTH, Limit, Query, Text, lines, numbers
from deploy.grafana.definitions.promql import DAY, HOUR, of

PAGE: Final = Page("duban-county", "单个县区", "一个县区的来件、拒绝、等待、存量、逾期与清零。", "now-7d", "1m")
_CHOSEN: Final = 'county=~"$county"'
_SINCE: Final = f"(time() - {LAST}) / {HOUR}"
_TOO_LONG: Final = f"{_SINCE} > on (county) {USUAL_GAP} / {HOUR}"
_SILENT: Final = "距今，超出平日"
# What is shown under this name is too long in any case.
_BEYOND: Final = {_SILENT: Limit(0)}
GRADES: Final = (("general", "一般隐患"), ("major", "重大隐患"))


def build() -> Dashboard:
    """Build the board 单个县区."""
    board = page(PAGE, [county()])
    for part in (_now, _claims, _stock, _clearance):
        part(board)
    return board


def _now(board: Dashboard) -> None:
    board.with_row(Row("此刻"))
    figures: tuple[tuple[Text, list[Query], Limit | Mapping[str, Limit] | None], ...] = (
        (
            Text(
                "距最近来件",
                "距该县区最近一次来件多久，以及它平日两次来件之间的间隔（95% 的日子不超过，至少一天）；超出平日即为红色。",
                HOURS,
            ),
            [
                Query(f"({_SINCE}) unless ({_TOO_LONG})", "距今"),
                Query(_TOO_LONG, _SILENT),
                Query(f"{USUAL_GAP} / {HOUR}", "平日间隔"),
            ],
            _BEYOND,
        ),
        (
            Text("近 24 小时来件", "近 24 小时的来件与近 7 天的日均（满 6 天才有）。", "short"),
            [Query(TODAY, "近 24 小时"), Query(USUAL, "日均")],
            None,
        ),
        (
            Text("被拒绝", "近 24 小时来件中被拒绝的比例。", "percentunit"),
            [Query(REFUSED, "被拒绝")],
            Limit(0.2, 0.05),
        ),
        (Text("存量", "已确认、未销号的隐患。", "short"), [Query(OPEN, "存量"), Query(WAITING, "等待前件")], None),
        (
            Text("逾期占比", "存量中期限已过而未提交整改完成的比例。", "percentunit"),
            [Query(f"{OVERDUE} / ({OPEN} > 0)", "逾期占比")],
            Limit(0.3, 0.1),
        ),
        (Text("最久逾期", "逾期最久的隐患已逾期多少天。", DAYS), [Query(OLDEST, "最久逾期")], Limit(30, 7)),
    )
    for text, queries, limit in figures:
        board.with_panel(
            numbers(text, queries, span=SIXTH, height=5, limit=limit, otherwise="无", decimals=_decimals(text))
        )


def _decimals(text: Text) -> int | None:
    return 1 if text.unit in {HOURS, DAYS} else None


def _claims(board: Dashboard) -> None:
    board.with_row(Row("来件"))
    board.with_panel(
        lines(
            Text("每小时来件", "台账每小时收下的来件，按结果分。", "short"),
            [
                Query(f"sum(increase({of('duban_ledger_claims_total', _CHOSEN, outcome=outcome)}[1h]))", name)
                for outcome, name in OUTCOMES
            ],
            stacked=True,
        )
    )
    board.with_panel(
        lines(
            Text("每小时接口来件", "经接口报送的来件，按接口收下与拒绝分；直接写入通道的县区没有。", "short"),
            [
                Query(f"sum(increase({of('duban_gateway_events_total', _CHOSEN, outcome=outcome)}[1h]))", name)
                for outcome, name in (("accepted", "收下"), ("rejected", "拒绝"))
            ],
        )
    )


def _stock(board: Dashboard) -> None:
    board.with_row(Row("存量"))
    for title, description, metric in (
        ("存量走势", "已确认、未销号的隐患，按等级。", "duban_hazards_open"),
        ("逾期走势", "期限已过而未提交整改完成的隐患，按等级。", "duban_hazards_overdue"),
    ):
        board.with_panel(
            lines(
                Text(title, description, "short"),
                [Query(f"max({of(metric, _CHOSEN, grade=grade)})", name) for grade, name in GRADES],
            )
        )


def _clearance(board: Dashboard) -> None:
    board.with_row(Row("清零"))
    board.with_panel(
        lines(
            Text("清零时长", "所选时段每一天里销号的隐患自确认起用了多少天，只含已销号的。", DAYS),
            [
                Query(
                    f"histogram_quantile({share}, sum by (le) "
                    f"(increase({of('duban_hazard_clearance_duration_seconds_bucket', _CHOSEN)}[24h]))) / {DAY}",
                    name,
                )
                for share, name in ((0.5, "中位数"), (0.9, "90% 分位"))
            ],
        )
    )
    board.with_panel(
        lines(
            Text("任务办理", "每小时该县区系统报送的任务办理，按结果分。", "short"),
            [
                Query(f"sum(increase({of('duban_task_filings_total', _CHOSEN, outcome=outcome)}[1h]))", name)
                for outcome, name in (("applied", "生效"), ("duplicate", "重复"), ("rejected", "拒绝"))
            ],
        )
    )
