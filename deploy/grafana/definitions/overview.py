"""总览: are the promises kept, what is on fire, does everything run, and how much work there is."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.definitions.pages import Page, page
from deploy.grafana.definitions.panels import (
    HALF,
    HOURS,
    NOT_MEASURED,
    RUNNING,
    SECONDS,
    SIXTH,
    THIRD,
    Limit,
    Query,
    Text,
    lines,
    numbers,
)
from deploy.grafana.definitions.postgres import LAST_BACKUP
from deploy.grafana.definitions.promql import HOUR, SERVING, age, of
from deploy.grafana.definitions.tables import Column, Label, Rows, rows

PAGE: Final = Page("duban-overview", "总览", "承诺是否兑现，哪里在告警，各部分是否运行，有多少工作在等。", "now-6h")
SLOS: Final = (
    ("intake", "来件受理"),
    ("freshness", "数据时效"),
    ("supervision", "督办 5 秒内"),
    ("delivery", "送达 15 分钟内"),
)
OUTCOMES: Final = (
    ("registered", "登记"),
    ("applied", "生效"),
    ("corrected", "更正"),
    ("waiting", "等待"),
    ("duplicate", "重复"),
    ("rejected", "拒绝"),
)
_SEVERITY: Final = {"critical": ("严重", "red"), "warning": ("警告", "orange")}
_WHERE: Final = '"service", "consumer", "dependency", "slo", "county", "channel"'


def build() -> Dashboard:
    """Build the board 总览."""
    board = page(PAGE)
    for part in (_promises, _running, _alarms, _versions, _waiting, _audits, _flow):
        part(board)
    return board


def _promises(board: Dashboard) -> None:
    board.with_row(Row("承诺"))
    board.with_panel(
        numbers(
            Text(
                "剩余误差预算",
                "各项服务目标近 30 天误差预算还剩多少；低于四分之一须留意，用完为红；不足一天的数据不计。",
                "percentunit",
            ),
            [Query(_budget_left(slo), name) for slo, name in SLOS],
            span=HALF,
            height=8,
            limit=Limit(0, 0.25, below=True),
            spent="已用尽",
            otherwise="数据不足一天",
        )
    )
    board.with_panel(
        lines(
            Text("误差预算消耗速度", "近 1 小时消耗预算的倍数；1 为恰好用完，14.4 倍即呼叫值班（虚线）。", "short"),
            [Query(f"max({of('duban:slo_burn:rate1h', slo=slo)})", name) for slo, name in SLOS],
            limit=Limit(14.4, 1),
        )
    )


def _budget_left(slo: str) -> str:
    """Of some minutes the ratio of thirty days says nothing."""
    left = of("duban:slo_budget_left:ratio30d", slo=slo)
    return f"min({left} and {left} offset 1d)"


def _running(board: Dashboard) -> None:
    board.with_row(Row("运行"))
    board.with_panel(
        numbers(
            Text("服务", "各服务的指标能否采集；多个实例中有一个采集不到，或一个实例也没有，即为中断。", "none"),
            [Query(SERVING, "{{service}}")],
            span=HALF,
            words=RUNNING,
        )
    )
    board.with_panel(
        numbers(
            Text("依赖", "服务所依赖的系统是否应答；任一服务得不到应答即为中断。", "none"),
            [Query(f"min by (dependency) ({of('duban_dependency_up')})", "{{dependency}}")],
            span=THIRD,
            words=RUNNING,
        )
    )
    board.with_panel(
        numbers(
            Text(
                "距最近备份", "距数据库最近一次可用的备份多少小时（由 CloudNativePG 部署时）；超过 26 小时须查。", HOURS
            ),
            [Query(f"(time() - {LAST_BACKUP}) / {HOUR}", "小时")],
            span=SIXTH,
            limit=Limit(26),
            otherwise=NOT_MEASURED,
        )
    )


def _alarms(board: Dashboard) -> None:
    board.with_row(Row("告警与版本"))
    firing = of("ALERTS", 'alertname=~"Duban.+"', 'severity!="none"', alertstate="firing")
    board.with_panel(
        rows(
            Text("正在告警", "正在触发的告警；处置步骤见 docs/runbooks 中与告警同名的文件。", "none"),
            Rows(
                [
                    Label("级别", "severity", words=_SEVERITY, width=80),
                    Label("告警", "alertname"),
                    Label("对象", "where"),
                ],
                [
                    Column(
                        "条数",
                        f'count by (severity, alertname, where) (label_join({firing}, "where", " ", {_WHERE}))',
                    )
                ],
                sort="级别",
                ascending=True,
            ),
            span=16,
            height=8,
            otherwise="没有正在触发的告警",
        )
    )


def _versions(board: Dashboard) -> None:
    board.with_panel(
        rows(
            Text("版本", "各服务正在运行的版本与实例数；升级期间可同时有两个版本。", "none"),
            Rows(
                [
                    Label("服务", "service", link="/d/duban-service?var-service=${__value.raw}"),
                    Label("版本", "version"),
                ],
                [Column("实例", f"count by (service, version) ({of('duban_build_info')})")],
                sort="服务",
                ascending=True,
            ),
            span=THIRD,
            height=8,
        )
    )


def _waiting(board: Dashboard) -> None:
    board.with_row(Row("工作量"))
    board.with_panel(
        numbers(
            Text("存量与逾期", "已确认、未销号的隐患，其中期限已过而未提交整改完成的。", "short"),
            [
                Query(f"sum(max by (city, county, grade) ({of('duban_hazards_open')}))", "存量"),
                Query(f"sum(max by (city, county, grade) ({of('duban_hazards_overdue')}))", "逾期"),
            ],
            span=5,
        )
    )
    board.with_panel(
        numbers(
            Text("未送达的文书", "等待送达的，以及失败或结果不明、要人处理的。", "short"),
            [
                Query(f"sum(max by (city, channel) ({of('duban_notice_pending_deliveries')}))", "等待"),
                Query(f"sum(max by (city, channel, state) ({of('duban_notice_unresolved_deliveries')}))", "待处理"),
            ],
            span=5,
        )
    )
    board.with_panel(
        numbers(
            Text("死信", "无法处理、等待人工决定的事件。", "short"),
            [Query(f"sum(max by (city, consumer) ({of('duban_dead_letters_held')}))", "死信")],
            span=3,
            limit=Limit(1),
        )
    )


def _audits(board: Dashboard) -> None:
    board.with_panel(
        numbers(
            Text("自查漏发", "期限已过却无督办逾期、任务应做未做、计划应列未列的个数，应始终为零。", "short"),
            [
                Query(f"sum(max by (city, reason) ({of('duban_supervision_missed')}))", "督办"),
                Query(f"sum(max by (city) ({of('duban_tasks_wrong')}))", "任务"),
                Query(f"sum(max by (city) ({of('duban_planning_wrong')}))", "计划"),
            ],
            span=5,
            limit=Limit(1),
        )
    )
    board.with_panel(
        numbers(
            Text(
                "距上次自查",
                "距上次完成督办、任务、计划的自查多久；督办与任务超过 600 秒、计划超过 1800 秒告警。",
                SECONDS,
            ),
            [
                Query(age(of("duban_audit_timestamp_seconds", audit=audit), "audit"), name)
                for audit, name in (("supervision", "督办"), ("tasks", "任务"), ("planning", "计划"))
            ],
            span=6,
            limit={"督办": Limit(600), "任务": Limit(600), "计划": Limit(1800)},
            decimals=0,
        )
    )


def _flow(board: Dashboard) -> None:
    board.with_panel(
        lines(
            Text("每小时来件", "台账每小时收下的来件，按结果分。", "short"),
            [
                Query(f"sum(increase({of('duban_ledger_claims_total', outcome=outcome)}[1h]))", name)
                for outcome, name in OUTCOMES
            ],
            stacked=True,
        )
    )
    board.with_panel(
        lines(
            Text("每小时督办与送达", "每小时发出的到期提醒与督办逾期，以及送达的文书。", "short"),
            [
                Query(f"sum(increase({of('duban_supervision_raised_total', kind='due_soon')}[1h]))", "到期提醒"),
                Query(f"sum(increase({of('duban_supervision_raised_total', kind='overdue')}[1h]))", "督办逾期"),
                Query(f"sum(increase({of('duban_notice_deliveries_total', outcome='delivered')}[1h]))", "送达"),
            ],
        )
    )
