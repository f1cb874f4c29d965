"""The row of the pipeline's board about alarms and the letters that follow from them."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import QUARTER, Query, Text, lines


def supervision(board: Dashboard, _names: Names) -> None:
    """Add the row 督办与督促函: how late alarms are raised."""
    board.with_row(Row("督办与督促函"))
    board.with_panel(
        lines(
            Text("督办发出延迟", "从期限到发出：99% 分位，以及最早一条到期未发的已等待时间。承诺 5 秒。", "s"),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le) "
                    "(rate(duban_supervision_delay_seconds_bucket[$__rate_interval])))",
                    "99% 分位",
                ),
                Query("time() - min(duban_supervision_oldest_unraised_timestamp_seconds > 0)", "最早未发"),
            ],
        )
    )
    board.with_panel(
        lines(
            Text("督办发出", "每小时发出的到期提醒与督办逾期。", "short"),
            [Query("sum by (kind) (increase(duban_supervision_raised_total[1h]))", "{{kind}}")],
            names={"due_soon": "到期提醒", "overdue": "督办逾期"},
        )
    )


def letters(board: Dashboard, _names: Names) -> None:
    """Add what became of letters, and what waits."""
    board.with_panel(
        lines(
            Text("督促函投递", "每小时投递次数，按渠道与结果分：送达、失败、重试、无法确定。", "short"),
            [
                Query(
                    "sum by (channel, outcome) (increase(duban_notice_deliveries_total[1h]))", "{{channel}} {{outcome}}"
                )
            ],
        )
    )
    board.with_panel(
        lines(
            Text("未送达的督促函", "各渠道等待送达的，以及失败或无法确定、需要人工处理的督促函。", "short"),
            [
                Query("max by (channel) (duban_notice_pending_deliveries)", "{{channel}} 等待"),
                Query("max by (channel, state) (duban_notice_unresolved_deliveries)", "{{channel}} {{state}}"),
            ],
            span=QUARTER,
        )
    )
    board.with_panel(
        lines(
            Text("最早待送达", "最早一封待送达督促函已等待的时间。", "s"),
            [Query("time() - min(duban_notice_oldest_pending_timestamp_seconds > 0)", "最早")],
            span=QUARTER,
        )
    )
    board.with_panel(
        lines(
            Text("退信", "每小时收到的退信，按结果分；对应不上的（unmatched、unrecordable）告警。", "short"),
            [Query("sum by (outcome) (increase(duban_notice_reports_total[1h]))", "{{outcome}}")],
        )
    )
