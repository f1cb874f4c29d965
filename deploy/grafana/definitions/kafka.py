"""Kafka: as the platform sees it everywhere, and from the inside where its operator (Strimzi) exports its beans."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, page
from deploy.grafana.definitions.panels import (
    DAYS,
    NOT_MEASURED,
    QUARTER,
    SECONDS,
    THIRD,
    Limit,
    Query,
    Text,
    lines,
    numbers,
)
from deploy.grafana.definitions.promql import DAY, of

PAGE: Final = Page("duban-kafka", "Kafka", "消息中间件：副本、积压、时钟，以及由 Strimzi 部署时的内部指标。", "now-6h")
_INSIDE: Final = "由 Strimzi 部署的集群才有。"


def build() -> Dashboard:
    """Build the board Kafka."""
    board = page(PAGE)
    _seen(board)
    _passed(board)
    _inside(board)
    _requests(board)
    return board


def _seen(board: Dashboard) -> None:
    board.with_row(Row("平台所见"))
    for text, queries, limit in (
        (
            Text("分区", "平台各主题的分区总数。", "short"),
            [Query(f"max({of('duban_kafka_partitions', state='all')})", "分区")],
            None,
        ),
        (
            Text("副本不足与无主的分区", "副本落后的分区，以及没有主副本、不能读写的分区。", "short"),
            [
                Query(f"max({of('duban_kafka_partitions', state='under_replicated')})", "副本不足"),
                Query(f"max({of('duban_kafka_partitions', state='offline')})", "无主"),
            ],
            Limit(1),
        ),
        (
            Text("时钟偏差", "消息中间件与本机时钟之差；超过 0.5 秒告警，超过 1 秒台账心跳停发。", SECONDS),
            [Query(f"max(abs({of('duban_broker_clock_offset_seconds')}))", "偏差")],
            Limit(1, 0.5),
        ),
        (
            Text("证书还有", "消息中间件证书最早到期的一张还有多少天；未启用 TLS 时没有。", DAYS),
            [Query(f"(min({of('duban_kafka_certificate_ends_timestamp_seconds')}) - time()) / {DAY}", "天数")],
            Limit(7, 21, below=True),
        ),
    ):
        none = "未启用 TLS" if text.unit == DAYS else NOT_MEASURED
        board.with_panel(numbers(text, queries, span=QUARTER, limit=limit, otherwise=none))


def _passed(board: Dashboard) -> None:
    board.with_panel(
        lines(
            Text("积压", "各消费者尚未处理的条数。", "short"),
            [Query(f"sum by (consumer) ({of('duban_consumer_lag_records')} >= 0)", "{{consumer}}")],
        )
    )
    board.with_panel(
        lines(
            Text("写入用时", "自写入发件箱至消息中间件确认的 99% 分位，按服务分。", SECONDS),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, service) "
                    f"(rate({of('duban_stage_duration_seconds_bucket', stage='outbox')}[$__rate_interval])))",
                    "{{service}}",
                )
            ],
        )
    )


def _inside(board: Dashboard) -> None:
    board.with_row(Row("集群内部"))
    for text, queries, limit in (
        (
            Text("在线节点与主控", "在线的消息节点与当值的主控；主控应恰有一个。" + _INSIDE, "short"),
            [
                Query("count(kafka_server_replicamanager_leadercount)", "节点"),
                Query("sum(kafka_controller_kafkacontroller_activecontrollercount)", "主控"),
            ],
            None,
        ),
        (
            Text("副本少于下限的分区", "副本少于 min.insync.replicas、拒绝写入的分区。" + _INSIDE, "short"),
            [Query("sum(kafka_server_replicamanager_underminisrpartitioncount)", "分区")],
            Limit(1),
        ),
    ):
        board.with_panel(numbers(text, queries, span=QUARTER, limit=limit, otherwise=NOT_MEASURED))
    received, sent = "kafka_server_brokertopicmetrics_bytesin_total", "kafka_server_brokertopicmetrics_bytesout_total"
    board.with_panel(
        lines(
            Text("收发", "各节点合计每秒收进与发出的字节。" + _INSIDE, "Bps"),
            [
                Query(f"sum(rate({received}[$__rate_interval]))", "收进"),
                Query(f"sum(rate({sent}[$__rate_interval]))", "发出"),
            ],
            height=4,
            otherwise=NOT_MEASURED,
        )
    )


def _requests(board: Dashboard) -> None:
    idle = "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent"
    for text, query in (
        (
            Text("每秒消息", "各节点每秒收进的消息。" + _INSIDE, "short"),
            Query("sum by (pod) (rate(kafka_server_brokertopicmetrics_messagesin_total[$__rate_interval]))", "{{pod}}"),
        ),
        (
            Text("请求用时", "节点处理请求用时的 99% 分位，按请求分。" + _INSIDE, "suffix: 毫秒"),
            Query('max by (request) (kafka_network_requestmetrics_totaltimems{quantile="0.99"})', "{{request}}"),
        ),
        (
            Text("处理线程空闲", "各节点处理线程空闲的比例；长期低于 0.3 即不够用。" + _INSIDE, "percentunit"),
            Query(f"min by (pod) ({idle})", "{{pod}}"),
        ),
    ):
        board.with_panel(lines(text, [query], span=THIRD, otherwise=NOT_MEASURED))
