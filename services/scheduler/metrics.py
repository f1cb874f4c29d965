"""The scheduler's own metrics. `about` is the kind of subject whose deadlines are meant, such as `hazard`."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

RAISED: Final = Counter(
    "duban_supervision_raised_total",
    "Alarms raised: 到期提醒 (due_soon), 督办逾期 (overdue) and 催办 after it (still_due).",
    ["about", "kind"],
)
DELAY: Final = Histogram(
    "duban_supervision_delay_seconds",
    "Wall seconds from the instant a deadline passed to 督办逾期. Promise P3 says 5; above it the ledger's pipeline "
    "or the scheduler was behind.",
    ["about"],
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 30, 60, 300, 1800, 7200, 86400),
)
OLDEST_UNRAISED: Final = Gauge(
    "duban_supervision_oldest_unraised_timestamp_seconds",
    "When the oldest deadline passed whose 督办逾期 is not raised; stands at now when there is none. Page on its age.",
    ["about"],
)
MISSED: Final = Gauge(
    "duban_supervision_missed",
    "Self-audit: deadlines that passed without their event, clocks that disagree with their alarms, and hazards without a "
    "clock, by reason. Those of ledger_behind are held back rightly: the ledger does not know yet; all others are faults.",
    ["reason"],
)
AUDITED: Final = Gauge(
    "duban_audit_timestamp_seconds",
    "When the last self-audit was finished (wall time), by whichever process, also before a restart. What an audit found "
    "says nothing once it is old.",
    ["audit"],
)
TASKS_WRONG: Final = Gauge(
    "duban_tasks_wrong",
    "Self-audit over tasks: windows that opened and deadlines that passed without their event, and tasks that disagree "
    "with their alarms. 0 is right.",
)
FILINGS: Final = Counter(
    "duban_task_filings_total",
    "任务办理 of counties' systems, by what became of them: applied, duplicate, rejected.",
    ["county", "outcome"],
)
PLANNING_WRONG: Final = Gauge(
    "duban_planning_wrong",
    "Self-audit over planning: tasks that should stand by a second reckoning of all duties and don't, or stand needlessly, "
    "found in two looks in a row; and duties whose roster the profile has no more. 0 is right.",
)
PLAN_GAPS: Final = Gauge(
    "duban_plan_gaps",
    "Gaps of the plans of this year by severity: what a plan lacks by its own requirements. Hard ones break its own rule "
    "whatever becomes of it; the office amends the plan.",
    ["plan", "severity"],
)
CALENDAR_ENDS: Final = Gauge(
    "duban_calendar_covered_until_timestamp_seconds",
    "End of the last year whose public holidays are entered; after it only weekends are known.",
)
