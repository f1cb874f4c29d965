"""县区: one row a county; who is silent, who sends what is refused, where work waits."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, county, everything, page
from deploy.grafana.definitions.panels import DAYS, HOURS, Limit, Query, Text, bars, lines
from deploy.grafana.definitions.promql import DAY, HOUR, foremost, named, of
from deploy.grafana.definitions.tables import Column, Label, Rows, rows

PAGE: Final = Page(
    "duban-counties", "县区", "每个县区一行：谁没有来件，谁的来件被拒绝，哪里有工作在等。", "now-24h", "1m"
)
_CHOSEN: Final = 'county=~"$county"'
CLAIMS: Final = of("duban_ledger_claims_total", _CHOSEN)
REJECTED: Final = of("duban_ledger_claims_total", _CHOSEN, outcome="rejected")
OPEN: Final = f"sum by (county) (max by (city, county, grade) ({of('duban_hazards_open', _CHOSEN)}))"
OVERDUE: Final = f"sum by (county) (max by (city, county, grade) ({of('duban_hazards_overdue', _CHOSEN)}))"
LAST: Final = f"max by (county) ({of('duban_county_last_claim_timestamp_seconds', _CHOSEN)})"
USUAL_GAP: Final = f"max by (county) ({of('duban_county_usual_gap_seconds', _CHOSEN)})"
# 1 where a county has been silent for longer than it usually is.
SILENT: Final = f"((time() - {LAST}) > bool on (county) {USUAL_GAP})"
TODAY: Final = f"sum by (county) (increase({CLAIMS}[24h]))"
# Before there are seven days the seventh of what came is no usual day.
_A_WEEK_AGO: Final = f"sum by (county) (present_over_time({CLAIMS}[1d] offset 6d))"
USUAL: Final = f"sum by (county) (increase({CLAIMS}[7d])) / 7 and on (county) {_A_WEEK_AGO}"
_REJECTED_TODAY: Final = f"(sum by (county) (increase({REJECTED}[24h])) or 0 * {TODAY})"
REFUSED: Final = f"{_REJECTED_TODAY} / ({TODAY} > 0)"
WAITING: Final = f"max by (county) ({of('duban_ledger_waiting_claims', _CHOSEN)})"
OLDEST: Final = f"max by (county) ({of('duban_hazards_oldest_overdue_seconds', _CHOSEN)}) / {DAY}"


def build() -> Dashboard:
    """Build the board 县区."""
    board = page(PAGE, [everything(county())])
    board.with_row(Row("一览"))
    board.with_panel(_table())
    board.with_row(Row("最多的 15 个"))
    for title, description, expr in (
        ("逾期最多", "期限已过而未提交整改完成的隐患，合计各等级。", OVERDUE),
        ("存量最多", "已确认、未销号的隐患，合计各等级。", OPEN),
    ):
        query = Query(f"sort_desc(topk(15, {named(expr)}))", "{{name}}")
        board.with_panel(bars(Text(title, description, "short"), [query]))
    board.with_panel(
        lines(
            Text("每小时来件（来件最多的 15 个）", "各县区每小时的来件，只画所选时段末来件最多的 15 个。", "short"),
            [Query(named(_by_the_hour(CLAIMS)), "{{name}}")],
        )
    )
    board.with_panel(
        lines(
            Text("每小时被拒绝的来件（最多的 15 个）", "被拒绝的来件突然增多，是该县区系统出了差错。", "short"),
            [Query(named(_by_the_hour(REJECTED)), "{{name}}")],
        )
    )
    return board


def _table() -> table.Panel:
    words = {"0": ("", ""), "1": ("无来件", "red")}
    columns = [
        Column("距最近来件", named(f"(time() - {LAST}) / {HOUR}"), HOURS, 1),
        Column("静默", named(SILENT), "none", words=words),
        Column("近 24 小时来件", named(TODAY)),
        Column("平日来件", named(USUAL)),
        Column("被拒绝", named(REFUSED), "percentunit", 1, Limit(0.2, 0.05)),
        Column("等待前件", named(WAITING)),
        Column("存量", named(OPEN)),
        Column("逾期", named(OVERDUE)),
        Column("逾期占比", named(f"{OVERDUE} / ({OPEN} > 0)"), "percentunit", 0, Limit(0.3, 0.1)),
        Column("最久逾期", named(OLDEST), DAYS, 0, Limit(30, 7)),
    ]
    labels = [
        Label("县区", "name", link="/d/duban-county?var-county=${__data.fields.county}&${__url_time_range}", width=130),
        Label("代码", "county", width=80),
    ]
    text = Text(
        "各县区",
        "静默：距最近来件超过该县区的平日间隔（95% 的日子不超过，至少一天）。平日：近 7 天的日均，满 6 天才有。点县区名看该县区。",
        "short",
    )
    return rows(text, Rows(labels, columns, sort="逾期"), height=14)


def _by_the_hour(counter: str) -> str:
    hourly = f"sum by (county) (increase({counter}[1h]))"
    return foremost(hourly, f"sum by (county) (increase({counter}[$__range] @ end()))")
