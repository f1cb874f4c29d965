"""主机: processors, memory and disks, where node_exporter stands (compose's layer of observability, or a cluster's own)."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, page
from deploy.grafana.definitions.panels import NOT_MEASURED, THIRD, Limit, Query, Text, bars, lines

PAGE: Final = Page("duban-hosts", "主机", "机器的处理器、内存与磁盘；须有 node_exporter。", "now-6h", "1m")
# What holds files of its own; overlays and such repeat a disk.
_DISK: Final = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"'
_FREE: Final = f"node_filesystem_avail_bytes{{{_DISK}}} / node_filesystem_size_bytes{{{_DISK}}}"


def build() -> Dashboard:
    """Build the board 主机."""
    board = page(PAGE)
    _left(board)
    _used(board)
    return board


def _left(board: Dashboard) -> None:
    board.with_row(Row("余量"))
    board.with_panel(
        bars(
            Text("磁盘余量", "各磁盘空闲的比例，从少到多；低于 15% 且四天内将满，或低于 3% 告警。", "percentunit"),
            [Query(f"sort(bottomk(15, min by (instance, mountpoint) ({_FREE})))", "{{instance}} {{mountpoint}}")],
            limit=Limit(0.03, 0.15, below=True),
            otherwise=NOT_MEASURED,
        )
    )
    board.with_panel(
        lines(
            Text("磁盘何时满", "按近 6 小时的走势，四天后各磁盘空闲的字节；到零即满。", "bytes"),
            [
                Query(
                    "min by (instance, mountpoint) "
                    f"(predict_linear(node_filesystem_avail_bytes{{{_DISK}}}[6h], 4 * 86400))",
                    "{{instance}} {{mountpoint}}",
                )
            ],
            height=10,
            otherwise=NOT_MEASURED,
        )
    )


def _used(board: Dashboard) -> None:
    board.with_row(Row("占用"))
    for text, expr, limit in (
        (
            Text("处理器", "各机器处理器忙的比例。", "percentunit"),
            '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
            Limit(0.9),
        ),
        (
            Text("内存", "各机器内存占用的比例，缓存不计。", "percentunit"),
            "1 - max by (instance) (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
            Limit(0.9),
        ),
        (
            Text("磁盘写入", "各机器每秒写入磁盘的字节。", "Bps"),
            "sum by (instance) (rate(node_disk_written_bytes_total[$__rate_interval]))",
            None,
        ),
    ):
        board.with_panel(lines(text, [Query(expr, "{{instance}}")], span=THIRD, limit=limit, otherwise=NOT_MEASURED))
