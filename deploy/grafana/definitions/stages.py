"""环节: from the county through ledger, deadlines and letters to whoever is to act; where does it wait, and how long."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, page
from deploy.grafana.definitions.panels import (
    QUARTER,
    SECONDS,
    THIRD,
    Limit,
    Query,
    Text,
    Words,
    distribution,
    lines,
    numbers,
)
from deploy.grafana.definitions.promql import READ, age, of, quantile

PAGE: Final = Page(
    "duban-stages", "环节", "来件从县区到台账、时限、文书直至送达，每一环节用了多久，在哪里等待。", "now-3h"
)
_AGE: Final = "duban_consumer_event_age_seconds"
_SUPERVISION: Final = "duban_supervision_delay_seconds"
_STAGE: Final = "duban_stage_duration_seconds"
# In the order in which an event goes through them: name, histogram, its labels, from when on it is too long (seconds).
STAGES: Final[tuple[tuple[str, str, dict[str, str], float], ...]] = (
    ("来件 → 台账", _AGE, {"consumer": "ledger.claims"}, 60),
    ("台账 → 时限", _AGE, {"consumer": "scheduler.hazards"}, 60),
    ("到期 → 督办", _SUPERVISION, {}, 5),
    ("督办 → 文书", _AGE, {"consumer": "notifications.supervision"}, 60),
    ("文书 → 送达", _STAGE, {"stage": "delivery"}, 900),
    ("台账 → 统计", _AGE, {"consumer": "statistics.hazards"}, 60),
    ("台账 → 县区回执", _AGE, {"consumer": "gateway.feedback"}, 60),
)
SHARES: Final = ((0.5, "中位数"), (0.99, "99% 分位"))
_READING: Final[Words] = {"0": ("未读取", "red"), "1": ("在读取", "green")}


def build() -> Dashboard:
    """Build the board 环节."""
    board = page(PAGE)
    for part in (_stages, _distributions, _waiting, _rates, _reading, _stopped, _outboxes):
        part(board)
    return board


def _stages(board: Dashboard) -> None:
    board.with_row(Row("各环节用时"))
    for share, word in SHARES:
        board.with_panel(
            numbers(
                Text(f"用时{word}（近 10 分钟）", f"各环节用时的{word}，按先后排列；超过下图虚线即为红色。", SECONDS),
                [Query(quantile(share, name, window="10m", **labels), title) for title, name, labels, _ in STAGES],
                span=24,
                limit={title: Limit(bad) for title, _, _, bad in STAGES},
            )
        )
    for title, name, labels, bad in STAGES:
        board.with_panel(
            lines(
                Text(title, f"这一环节的用时；虚线为 {bad:g} 秒，超过即晚。", SECONDS),
                [Query(quantile(of_all, name, window="5m", **labels), word) for of_all, word in SHARES],
                span=QUARTER,
                height=7,
                limit=Limit(bad),
            )
        )
    together = " + ".join(f"({quantile(0.99, name, window='5m', **labels)})" for _, name, labels, _ in STAGES[2:5])
    board.with_panel(
        lines(
            Text(
                "到期 → 送达（三段相加）",
                "督办、文书、送达各自 99% 分位相加，只是估计，不是全程的 99% 分位；承诺 900 秒。",
                SECONDS,
            ),
            [Query(together, "三段相加")],
            span=QUARTER,
            height=7,
            limit=Limit(900),
        )
    )


def _distributions(board: Dashboard) -> None:
    board.with_row(Row("分布"))
    for title, name, labels, _ in STAGES[:6]:
        buckets = of(f"{name}_bucket", **labels)
        board.with_panel(
            distribution(
                Text(f"{title}（分布）", "各时段的事件落在哪一档用时；颜色越深越多。", SECONDS),
                f"sum by (le) (increase({buckets}[$__rate_interval]))",
                span=THIRD,
                height=7,
            )
        )


def _waiting(board: Dashboard) -> None:
    board.with_row(Row("等待"))
    board.with_panel(
        lines(
            Text("最早未处理事件已等待", "各消费者最早一条未处理事件已等待多久；超过 60 秒告警（虚线）。", SECONDS),
            [Query(age(of("duban_consumer_oldest_unprocessed_timestamp_seconds"), "consumer"), "{{consumer}}")],
            limit=Limit(60),
        )
    )
    board.with_panel(
        lines(
            Text(
                "台账心跳距今",
                "各消费者最近收到的台账心跳距今多久；心跳不到，督办逾期不发；超过 60 秒告警（虚线）。",
                SECONDS,
            ),
            [Query(age(of("duban_heartbeat_timestamp_seconds"), "consumer"), "{{consumer}}")],
            limit=Limit(60),
        )
    )
    board.with_panel(
        lines(
            Text("最早到期未发的督办", "最早一条到期而督办逾期未发的已等待多久；承诺 5 秒（虚线）。", SECONDS),
            [Query(age(of("duban_supervision_oldest_unraised_timestamp_seconds"), "about"), "{{about}}")],
            limit=Limit(5),
        )
    )
    board.with_panel(
        lines(
            Text("最早待送达的文书", "最早一封待送达的文书已等待多久；承诺 900 秒（虚线）。", SECONDS),
            [Query(age(of("duban_notice_oldest_pending_timestamp_seconds"), "channel"), "{{channel}}")],
            limit=Limit(900),
        )
    )


def _rates(board: Dashboard) -> None:
    board.with_row(Row("数量"))
    board.with_panel(
        lines(
            Text("每分钟处理", "各消费者每分钟处理的事件。", "short"),
            [_by_the_minute("duban_consumer_events_total", "consumer")],
        )
    )
    board.with_panel(
        lines(
            Text("积压条数", "已提交位点与主题末尾之间的条数；未在读取的消费者没有数。", "short"),
            [Query(f"sum by (consumer) ({of('duban_consumer_lag_records')} >= 0)", "{{consumer}}")],
        )
    )
    board.with_panel(
        lines(
            Text("每小时投递", "每小时的投递次数，按渠道与结果分。", "short"),
            [
                Query(
                    f"sum by (channel, outcome) (increase({of('duban_notice_deliveries_total')}[1h]))",
                    "{{channel}} {{outcome}}",
                )
            ],
        )
    )
    board.with_panel(
        lines(
            Text("每小时退信", "每小时收到的退信，按结果分；对应不上的（unmatched、unrecordable）告警。", "short"),
            [Query(f"sum by (outcome) (increase({of('duban_notice_reports_total')}[1h]))", "{{outcome}}")],
        )
    )


def _reading(board: Dashboard) -> None:
    board.with_row(Row("停住的"))
    board.with_panel(
        numbers(
            Text(
                "消费者",
                "消费者已加入消费组、分到分区并得到消息中间件的答复，即为在读取；无人承担的也算未读取。",
                "none",
            ),
            [Query(READ, "{{consumer}}")],
            span=24,
            height=5,
            words=_READING,
        )
    )


def _stopped(board: Dashboard) -> None:
    board.with_panel(
        lines(
            Text("每小时死信", "每小时新增的死信，按消费者与原因分。", "short"),
            [
                Query(
                    f"sum by (consumer, reason) (increase({of('duban_dead_letters_total')}[1h])) > 0",
                    "{{consumer}} {{reason}}",
                )
            ],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("等待前序版本的事件", "提前到达、等待前序版本补齐的事件条数。", "short"),
            [Query(f"max by (consumer) ({of('duban_parked_events')})", "{{consumer}}")],
            span=THIRD,
        )
    )
    board.with_panel(
        lines(
            Text("单个县区的通道受阻", "已暂停的通道、未结束的事务、无法读取的批次；其他县区不受影响。", "short"),
            [
                Query(f"max by (topic) ({of('duban_consumer_held')}) > 0", "{{topic}} 已暂停"),
                Query(
                    f"max by (topic) ({of('duban_consumer_open_transaction_timestamp_seconds')} > bool 0) > 0",
                    "{{topic}} 事务未结束",
                ),
                Query(
                    f"sum by (topic) (increase({of('duban_consumer_unreadable_batches_total')}[10m])) > 0",
                    "{{topic}} 无法读取",
                ),
            ],
            span=THIRD,
        )
    )


def _outboxes(board: Dashboard) -> None:
    board.with_row(Row("发件箱"))
    board.with_panel(
        lines(
            Text(
                "最早待发事件已等待",
                "已写入数据库、尚未得到消息中间件确认的最早一条；超过 60 秒告警（虚线）。",
                SECONDS,
            ),
            [Query(age(of("duban_outbox_oldest_unpublished_timestamp_seconds"), "service"), "{{service}}")],
            limit=Limit(60),
        )
    )
    board.with_panel(
        lines(
            Text("每分钟发布", "每分钟得到消息中间件确认的事件。", "short"),
            [_by_the_minute("duban_outbox_published_total", "service")],
        )
    )


def _by_the_minute(counter: str, by: str) -> Query:
    return Query(f"sum by ({by}) (rate({of(counter)}[$__rate_interval])) * 60", f"{{{{{by}}}}}")
