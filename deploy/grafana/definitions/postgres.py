"""PostgreSQL: as the services see it everywhere, and from the inside where its operator (CloudNativePG) exports it."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, page
from deploy.grafana.definitions.panels import (
    HALF,
    HOURS,
    NOT_MEASURED,
    QUARTER,
    RUNNING,
    SECONDS,
    THIRD,
    Limit,
    Query,
    Text,
    lines,
    numbers,
)
from deploy.grafana.definitions.promql import HOUR, of

PAGE: Final = Page(
    "duban-postgres", "PostgreSQL", "数据库：服务所见的连接，以及由 CloudNativePG 部署时的复制、归档与备份。", "now-6h"
)
_INSIDE: Final = "由 CloudNativePG 部署的集群才有。"
LAST_BACKUP: Final = (
    "max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp or duban_backup_base_timestamp_seconds)"
)


def build() -> Dashboard:
    """Build the board PostgreSQL."""
    board = page(PAGE)
    _seen(board)
    _kept(board)
    _inside(board)
    return board


def _seen(board: Dashboard) -> None:
    board.with_row(Row("服务所见"))
    up = of("duban_dependency_up", dependency="postgres")
    board.with_panel(
        numbers(
            Text("应答", "各服务能否得到数据库的应答。", "none"),
            [Query(f"min by (service) ({up})", "{{service}}")],
            span=24,
            words=RUNNING,
        )
    )
    pool = "duban_pool_connections"
    opened, idle, most = (f"sum by (service) ({of(pool, state=state)})" for state in ("open", "idle", "limit"))
    board.with_panel(
        lines(
            Text("连接占用", "各服务在用的连接占上限的比例；长时间占满（虚线）即不够用。", "percentunit"),
            [Query(f"({opened} - {idle}) / {most}", "{{service}}")],
            span=HALF,
            limit=Limit(1),
        )
    )
    board.with_panel(
        lines(
            Text("批次用时", "各消费者处理并提交一批事件用时的 99% 分位；数据库慢，先见于此。", SECONDS),
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, consumer) "
                    f"(rate({of('duban_consumer_batch_duration_seconds_bucket')}[$__rate_interval])))",
                    "{{consumer}}",
                )
            ],
            span=HALF,
        )
    )


def _kept(board: Dashboard) -> None:
    board.with_row(Row("复制、归档与备份"))
    for text, query, limit in (
        (
            Text("在线实例", "能采集到指标的数据库实例。" + _INSIDE, "short"),
            Query("sum(cnpg_collector_up)", "实例"),
            None,
        ),
        (
            Text("复制滞后", "最慢的备用实例落后多久。" + _INSIDE, SECONDS),
            Query("max(cnpg_pg_replication_lag)", "滞后"),
            Limit(30, 5),
        ),
        (
            Text("归档失败", "近 1 小时日志归档失败的次数；归档不成，就不能恢复到最近时刻。" + _INSIDE, "short"),
            Query("sum(increase(cnpg_pg_stat_archiver_failed_count[1h]))", "失败"),
            Limit(1),
        ),
        (
            Text("距最近备份", "距最近一次可用的备份多少小时；超过 26 小时须查。" + _INSIDE, HOURS),
            Query(f"(time() - {LAST_BACKUP}) / {HOUR}", "小时"),
            Limit(26),
        ),
    ):
        board.with_panel(numbers(text, [query], span=QUARTER, limit=limit, otherwise=NOT_MEASURED))


def _inside(board: Dashboard) -> None:
    board.with_row(Row("内部"))
    for text, expr, legend, limit in (
        (
            Text("库的大小", "各数据库占用的空间。" + _INSIDE, "bytes"),
            "max by (datname) (cnpg_pg_database_size_bytes)",
            "{{datname}}",
            None,
        ),
        (
            Text("会话", "各数据库的会话数，按状态分。" + _INSIDE, "short"),
            "sum by (datname, state) (cnpg_backends_total)",
            "{{datname}} {{state}}",
            None,
        ),
        (
            Text("事务号年龄", "各数据库最老的事务号；接近 2 亿（虚线）时自动清理须已在做。" + _INSIDE, "short"),
            "max by (datname) (cnpg_pg_database_xid_age)",
            "{{datname}}",
            Limit(200_000_000),
        ),
    ):
        board.with_panel(lines(text, [Query(expr, legend)], span=THIRD, limit=limit, otherwise=NOT_MEASURED))
