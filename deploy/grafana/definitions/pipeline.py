"""Pipeline health: is every event that arrived already where it belongs, and if not, where does it wait."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.access import access
from deploy.grafana.definitions.alarms_and_letters import letters, supervision
from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import HALF, QUARTER, THIRD, Query, Text, lines, numbers, page


def build(names: Names) -> Dashboard:
    """Build the dashboard 流水线健康."""
    board = page(
        "duban-pipeline", "督办 · 流水线健康", "事件从县区到台账、时限、督促函和统计是否畅通。", since="now-3h"
    )
    for row in (_overview, _consumers, _batches, _outboxes, _edge, _requests, access, supervision, letters):
        row(board, names)
    return board


def _overview(board: Dashboard, _names: Names) -> None:
    board.with_row(Row("总览"))
    board.with_panel(
        numbers(
            Text("服务状态", "各服务的指标能否采集。", "none"),
            [Query('min by (service) (up{job="duban"})', "{{service}}")],
            span=HALF,
            words={"0": "中断", "1": "正常"},
        )
    )
    board.with_panel(
        numbers(
            Text("死信", "无法处理、等待人工决定的事件条数。", "short"),
            [Query("sum(max by (consumer) (duban_dead_letters_held))", "死信")],
            span=QUARTER,
            bad_from=1,
        )
    )
    board.with_panel(
        numbers(
            Text("自查漏发", "期限已过却没有督办逾期的、任务中应做未做的、计划中应列未列的个数，应始终为零。", "short"),
            [
                Query("max(duban_supervision_missed)", "督办"),
                Query("max(duban_tasks_wrong)", "任务"),
                Query("max(duban_planning_wrong)", "计划"),
            ],
            span=QUARTER,
            bad_from=1,
        )
    )


def _consumers(board: Dashboard, _names: Names) -> None:
    board.with_row(Row("消费者"))
    _reading(board)
    board.with_panel(
        lines(
            Text("最早未处理事件的等待时间", "各消费者最早一条未处理事件已等待多久；超过 60 秒告警。", "s"),
            [
                Query(
                    "time() - min by (consumer) (duban_consumer_oldest_unprocessed_timestamp_seconds > 0)",
                    "{{consumer}}",
                )
            ],
        )
    )
    board.with_panel(
        lines(
            Text("积压条数", "已提交位点与主题末尾之间的条数；未在读取的消费者没有数。", "short"),
            [Query("sum by (consumer) (duban_consumer_lag_records >= 0)", "{{consumer}}")],
        )
    )
    board.with_panel(
        lines(
            Text("处理速率", "每秒处理的事件，按结果分：生效、重复、等待前序、跳过、死信、拒绝。", "eps"),
            [
                Query(
                    "sum by (consumer, outcome) (rate(duban_consumer_events_total[$__rate_interval]))",
                    "{{consumer}} {{outcome}}",
                )
            ],
        )
    )


def _reading(board: Dashboard) -> None:
    board.with_panel(
        numbers(
            Text("消费者在读取", "消费者已加入消费组、分到分区并得到消息中间件的答复。", "none"),
            [Query("max by (consumer) (duban_consumer_reading)", "{{consumer}}")],
            span=HALF,
            words={"0": "未读取", "1": "在读取"},
        )
    )
    board.with_panel(
        lines(
            Text(
                "单个县区的通道受阻",
                "已暂停的通道、未结束的事务、无法读取的批次，按通道分；其他县区不受影响。",
                "short",
            ),
            [
                Query("max by (topic) (duban_consumer_held) > 0", "{{topic}} 已暂停"),
                Query(
                    "max by (topic) (duban_consumer_open_transaction_timestamp_seconds > bool 0) > 0",
                    "{{topic}} 事务未结束",
                ),
                Query(
                    "sum by (topic) (increase(duban_consumer_unreadable_batches_total[10m])) > 0", "{{topic}} 无法读取"
                ),
            ],
        )
    )


def _batches(board: Dashboard, _names: Names) -> None:
    board.with_panel(
        lines(
            Text("从消息到达到生效（99% 分位）", "自消息中间件收到至数据库提交的时间。", "s"),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, consumer) "
                    "(rate(duban_consumer_event_age_seconds_bucket[$__rate_interval])))",
                    "{{consumer}}",
                )
            ],
        )
    )
    board.with_panel(
        lines(
            Text("批次耗时（99% 分位）", "一批事件处理并提交所用时间。", "s"),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, consumer) "
                    "(rate(duban_consumer_batch_duration_seconds_bucket[$__rate_interval])))",
                    "{{consumer}}",
                )
            ],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("等待前序版本的事件", "提前到达、等待前序版本补齐的事件条数。", "short"),
            [Query("max by (consumer) (duban_parked_events)", "{{consumer}}")],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("台账心跳距今", "时限服务最近收到的台账心跳距今多久；心跳不到，督办逾期不发。", "s"),
            [Query("time() - min by (consumer) (duban_heartbeat_timestamp_seconds > 0)", "{{consumer}}")],
            span=THIRD,
        )
    )


def _outboxes(board: Dashboard, _names: Names) -> None:
    board.with_row(Row("发件箱"))
    board.with_panel(
        lines(
            Text("最早待发事件的等待时间", "已写入数据库、尚未得到消息中间件确认的最早一条等待多久。", "s"),
            [
                Query(
                    "time() - min by (service) (duban_outbox_oldest_unpublished_timestamp_seconds > 0)",
                    "{{service}}",
                )
            ],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("待发条数", "发件箱中等待发布的事件条数。", "short"),
            [Query("max by (service) (duban_outbox_pending_records)", "{{service}}")],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("发布速率", "每秒得到消息中间件确认的事件。", "eps"),
            [Query("sum by (service) (rate(duban_outbox_published_total[$__rate_interval]))", "{{service}}")],
            span=THIRD,
        )
    )


def _edge(board: Dashboard, names: Names) -> None:
    board.with_row(Row("入口与接口"))
    board.with_panel(
        lines(
            Text("县区来件", "各县区经接口报送的事件速率，按接收与拒绝分。", "eps"),
            [
                Query(
                    "sum by (county, outcome) (rate(duban_gateway_events_total[$__rate_interval]))",
                    "{{county}} {{outcome}}",
                )
            ],
            names=names.counties,
        )
    )
    board.with_panel(
        lines(
            Text("等待隐患上报的整改完成", "先到的整改完成，等待对应的隐患上报。", "short"),
            [Query("sum by (county) (duban_ledger_waiting_claims)", "{{county}}")],
            names=names.counties,
        )
    )


def _requests(board: Dashboard, _names: Names) -> None:
    board.with_panel(
        lines(
            Text("接口服务端错误", "每秒 5xx 应答数。", "reqps"),
            [
                Query(
                    'sum by (service) (rate(duban_http_requests_total{status=~"5.."}[$__rate_interval]))', "{{service}}"
                )
            ],
        )
    )
    board.with_panel(
        lines(
            # A county's feed and the wait for a receipt last as long as the caller asks.
            Text("接口耗时（99% 分位）", "各服务接口应答时间，不含按请求等待的回执与动态接口。", "s"),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, service) (rate(duban_http_request_duration_seconds_bucket"
                    '{route!~"/v1/feed|/v1/receipts/.*"}[$__rate_interval])))',
                    "{{service}}",
                )
            ],
        )
    )
