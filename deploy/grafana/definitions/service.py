"""单个服务: what is asked of it and how it answers (RED), what it uses (USE), and how its consumers get on."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, chosen, page
from deploy.grafana.definitions.panels import (
    FULL,
    HOURS,
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
from deploy.grafana.definitions.promql import HOUR, age, of
from deploy.grafana.definitions.tables import Column, Label, Rows, rows

PAGE: Final = Page("duban-service", "单个服务", "一个服务的请求、差错、用时，以及它占用的资源与消费进度。", "now-1h")
_MINE: Final = 'service=~"$service"'
_UP: Final = of("up", _MINE, job="duban")
# Five minutes after its end a service still has its last figures.
_ALIVE: Final = f"({_UP} == 1)"
_REQUESTS: Final = of("duban_http_requests_total", _MINE)
# What a caller waits because it wishes to is no part of it.
_DURATION: Final = of("duban_http_request_duration_seconds_bucket", _MINE)


def build() -> Dashboard:
    """Build the board 单个服务."""
    board = page(PAGE, [chosen("service", "服务", 'label_values(up{job="duban"}, service)')])
    for part in (_now, _requests, _routes, _resources, _pools, _consumers, _access):
        part(board)
    return board


def _now(board: Dashboard) -> None:
    board.with_row(Row("此刻"))
    board.with_panel(
        numbers(
            Text("实例", "该服务各实例的指标能否采集；一个实例也没有也是中断。", "none"),
            [Query(f"{_UP} or on (city, service) 0 * {of('duban:service_expected', _MINE)}", "{{instance}}")],
            words=RUNNING,
        )
    )
    started = of("process_start_time_seconds", _MINE, job="duban")
    board.with_panel(
        numbers(
            Text("已运行", "各实例自启动以来的时间。", HOURS),
            [Query(f"((timestamp({started}) - {started}) / {HOUR}) and on (instance) {_ALIVE}", "{{instance}}")],
            otherwise="未运行",
            decimals=1,
        )
    )
    board.with_panel(
        numbers(
            Text("近 1 小时重启", "各实例近 1 小时重启的次数；15 分钟内 3 次告警。", "short"),
            [Query(f"changes({started}[1h]) and on (instance) {_ALIVE}", "{{instance}}")],
            limit=Limit(3, 1),
            otherwise="未运行",
        )
    )
    failed = of("duban_http_requests_total", _MINE, 'status=~"5.."')
    share = f"(sum(rate({failed}[5m])) or vector(0)) / (sum(rate({_REQUESTS}[5m])) > 0)"
    board.with_panel(
        numbers(
            Text("差错占比", "近 5 分钟 5xx 应答占全部应答的比例；超过 5% 告警。", "percentunit"),
            [Query(f"{share} and on () count({_ALIVE})", "5xx")],
            limit=Limit(0.05, 0.01),
            otherwise="未运行或无请求",
        )
    )


def _requests(board: Dashboard) -> None:
    board.with_row(Row("请求"))
    board.with_panel(
        lines(
            Text("每秒请求", "每秒应答的请求，按状态码的类别分。", "suffix: 次/秒"),
            [
                Query(
                    f"sum(rate({of('duban_http_requests_total', _MINE, pattern)}[$__rate_interval]))",
                    name,
                )
                for pattern, name in (
                    ('status=~"2.."', "2xx"),
                    ('status=~"4..",status!="429"', "4xx"),
                    ('status="429"', "429 超出限额"),
                    ('status=~"5.."', "5xx"),
                )
            ],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("应答用时", "应答请求的用时，不含按请求等待的回执与动态接口。", SECONDS),
            [
                Query(f"histogram_quantile({share}, sum by (le) (rate({_DURATION}[$__rate_interval])))", name)
                for share, name in ((0.5, "中位数"), (0.99, "99% 分位"))
            ],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("等待消息的请求", "按调用方意愿等待新消息的请求数，不计入用时。", "short"),
            [Query(f"sum({of('duban_http_requests_waiting', _MINE)})", "等待")],
            span=THIRD,
        )
    )


def _routes(board: Dashboard) -> None:
    asked = f"sum by (method, route) (increase({_REQUESTS}[$__range]))"
    most = f"and on (method, route) topk(15, {asked})"
    failed = of("duban_http_requests_total", _MINE, 'status=~"5.."')
    by_route = f"sum by (le, method, route) (rate({of('duban_http_request_duration_seconds_bucket', _MINE)}[$__range]))"
    columns = [
        Column("请求数", f"topk(15, {asked})"),
        Column("5xx", f"(sum by (method, route) (increase({failed}[$__range])) or 0 * {asked}) {most}", limit=Limit(1)),
        Column("中位数", f"histogram_quantile(0.5, {by_route}) >= 0 {most}", SECONDS, 3),
        Column("99% 分位", f"histogram_quantile(0.99, {by_route}) >= 0 {most}", SECONDS, 3),
    ]
    board.with_panel(
        rows(
            Text("请求最多的 15 个接口", "所选时段内的请求数、服务端差错与用时。", "short"),
            Rows([Label("方法", "method", width=80), Label("接口", "route")], columns, sort="请求数"),
            span=FULL,
            height=9,
        )
    )


def _resources(board: Dashboard) -> None:
    board.with_row(Row("资源"))
    mine = {"job": "duban"}
    for text, expr, limit in (
        (
            Text("处理器", "各实例占用的处理器核数；一个进程至多用满一核（虚线为 0.9）。", "short"),
            f"rate({of('process_cpu_seconds_total', _MINE, **mine)}[$__rate_interval])",
            Limit(0.9),
        ),
        (
            Text("内存", "各实例的常驻内存。", "bytes"),
            of("process_resident_memory_bytes", _MINE, **mine),
            None,
        ),
        (
            Text("文件句柄", "各实例已用的文件句柄占上限的比例（虚线为 80%）。", "percentunit"),
            f"{of('process_open_fds', _MINE, **mine)} / {of('process_max_fds', _MINE, **mine)}",
            Limit(0.8),
        ),
    ):
        board.with_panel(lines(text, [Query(expr, "{{instance}}")], span=QUARTER, limit=limit))
    lag = of("duban_event_loop_lag_seconds_bucket", _MINE)
    board.with_panel(
        lines(
            Text("事件循环迟滞", "事件循环比约定晚醒多久的 99% 分位；居高即处理器不够或有阻塞的代码。", SECONDS),
            [Query(f"histogram_quantile(0.99, sum by (le, instance) (rate({lag}[$__rate_interval])))", "{{instance}}")],
            span=QUARTER,
            limit=Limit(0.5),
        )
    )


def _pools(board: Dashboard) -> None:
    pool = "duban_pool_connections"
    used = f"sum({of(pool, _MINE, state='open')}) - sum({of(pool, _MINE, state='idle')})"
    board.with_panel(
        lines(
            Text("数据库连接", "连接池中在用的连接与上限；在用长时间等于上限即不够用。", "short"),
            [Query(used, "在用"), Query(f"sum({of(pool, _MINE, state='limit')})", "上限")],
        )
    )
    board.with_panel(
        lines(
            Text("垃圾回收", "每分钟第三代垃圾回收的次数。", "short"),
            [
                Query(
                    f"rate({of('python_gc_collections_total', _MINE, generation='2')}[5m]) * 60",
                    "{{instance}}",
                )
            ],
        )
    )


def _consumers(board: Dashboard) -> None:
    board.with_row(Row("消费与发布"))
    unprocessed = of("duban_consumer_oldest_unprocessed_timestamp_seconds", _MINE)
    batches = of("duban_consumer_batch_duration_seconds_bucket", _MINE)
    for text, queries, limit in (
        (
            Text("最早未处理事件已等待", "该服务各消费者最早一条未处理事件；超过 60 秒告警（虚线）。", SECONDS),
            [Query(age(unprocessed, "consumer"), "{{consumer}}")],
            Limit(60),
        ),
        (
            Text("批次用时（99% 分位）", "一批事件处理并提交所用时间。", SECONDS),
            [
                Query(
                    f"histogram_quantile(0.99, sum by (le, consumer) (rate({batches}[$__rate_interval])))",
                    "{{consumer}}",
                )
            ],
            None,
        ),
        (
            Text("待发布的事件", "发件箱中等待消息中间件确认的事件。", "short"),
            [Query(f"max({of('duban_outbox_pending_records', _MINE)})", "待发")],
            None,
        ),
    ):
        board.with_panel(lines(text, queries, span=THIRD, limit=limit))


def _access(board: Dashboard) -> None:
    board.with_row(Row("权限与留痕"))
    refused = of("duban_access_refusals_total", _MINE)
    for text, expr, legend in (
        (
            Text("每小时被拒绝的访问", "按原因分；管辖范围之外（outside-scope）持续偏高可能是账号在试探。", "short"),
            f"sum by (reason) (increase({refused}[1h]))",
            "{{reason}}",
        ),
        (
            Text("每小时核验的令牌", "登录令牌按结果分；accepted 之外的是被拒绝的原因。", "short"),
            f"sum by (outcome) (increase({of('duban_sign_in_tokens_total', _MINE)}[1h])) > 0",
            "{{outcome}}",
        ),
        (
            Text("每小时留痕", "操作留痕按结局分；被拒绝或失败的突然增多，请看留痕。", "short"),
            f"sum by (outcome) (increase({of('duban_trail_acts_total', _MINE)}[1h]))",
            "{{outcome}}",
        ),
    ):
        board.with_panel(lines(text, [Query(expr, legend)], span=THIRD))
