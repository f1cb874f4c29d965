"""The table: each fault that an installation meets, and what its people are told of it."""

from __future__ import annotations

from typing import Final

from tests.chaos.night import counties, faults
from tests.chaos.night.row import Row
from tests.chaos.night.watch import Light


def light(name: str, **labels: str) -> Light:
    """Return an alert of the rules file by its name without the prefix."""
    return Light(f"Duban{name}", tuple(sorted(labels.items())))


MOVABLE_CLOCK: Final = "a Kafka whose clock can be moved (libfaketime)"
THREE_BROKERS: Final = "BROKERS=3"
_ALL: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")
# A fault of one place is no defect of the books.
_NO_DEFECT: Final = ("DubanSupervisionMissed", "DubanTasksWrong", "DubanPlanningWrong")

ROWS: Final = (
    Row(
        "gateway-dead",
        "both gateways are stopped",
        faults.stopped("gateway"),
        (light("ServiceDown", service="gateway"), light("TargetDown", service="gateway")),
        quiet=_NO_DEFECT,
    ),
    Row(
        "gateway-frozen",
        "both gateways stand still (SIGSTOP)",
        faults.frozen("gateway"),
        (light("ServiceDown", service="gateway"), light("TargetDown", service="gateway")),
        quiet=_NO_DEFECT,
    ),
    Row(
        "ledger-locked",
        "a lock keeps ledger.claims from its table; the ledgers are restarted with the lock still held",
        faults.locked("ledger", "hazard"),
        (light("PipelineStale", consumer="ledger.claims"),),
        quiet=_NO_DEFECT,
        restart=("ledger",),
    ),
    Row(
        "poison",
        "a county writes 1,100 records that are nothing; its own 督办 wait until it is let go on",
        counties.flooded,
        (light("CountyHeld"), light("SupervisionDelayed")),
        within=420,
        quiet=(*_NO_DEFECT, "DubanPipelineStale", "DubanConsumerHalted", "DubanHeartbeatStale"),
        restart=("ledger",),
        pages=1,
    ),
    Row(
        "transaction-hangs",
        "a county's publisher hangs in a transaction",
        counties.hanging_transaction,
        (light("TransactionOpen"),),
        quiet=(*_NO_DEFECT, "DubanPipelineStale"),
        restart=("ledger",),
        pages=0,
    ),
    Row(
        "batch-unreadable",
        "a county writes a batch that unfolds beyond any bound",
        counties.unreadable,
        (light("BatchUnreadable"),),
        quiet=(*_NO_DEFECT, "DubanPipelineStale"),
        pages=0,
        clears=900,
        passing=("DubanBatchUnreadable",),
    ),
    Row(
        "statistics-stuck",
        "a lock keeps statistics from its table",
        faults.locked("statistics", "hazard_fact"),
        (light("PipelineStale", consumer="statistics.hazards"),),
        quiet=(*_NO_DEFECT, "DubanSupervisionDelayed"),
        restart=("statistics",),
    ),
    Row(
        "outbox-held",
        "the ledger's relay may not delete what it published",
        faults.said(
            "ledger",
            ("REVOKE DELETE ON outbox FROM duban_ledger",),
            ("GRANT DELETE ON outbox TO duban_ledger",),
        ),
        (light("OutboxNotDraining", service="ledger"),),
        quiet=_NO_DEFECT,
        restart=("ledger",),
    ),
    Row(
        "postgres-away",
        "PostgreSQL is stopped; every service is restarted before it is back",
        faults.stopped("postgres"),
        (light("DependencyDown", dependency="postgres"),),
        quiet=(*_NO_DEFECT, "DubanTrailRowsLost"),
        restart=_ALL,
        to_the_end=True,
    ),
    Row(
        "kafka-away",
        "Kafka is stopped; every service is restarted before it is back",
        faults.stopped("kafka"),
        (light("DependencyDown", dependency="kafka"),),
        quiet=_NO_DEFECT,
        restart=_ALL,
    ),
    Row(
        "kafka-frozen",
        "Kafka stands still (SIGSTOP): it takes connections and answers nobody",
        faults.frozen("kafka"),
        (light("DependencyDown", dependency="kafka"),),
        quiet=_NO_DEFECT,
        restart=("ledger", "gateway"),
    ),
    Row(
        "gateway-503",
        "PostgreSQL takes nobody of the gateway's, so that it answers 503",
        faults.shut_out("gateway"),
        (light("AnswersFailing", service="gateway"),),
        quiet=(*_NO_DEFECT, "DubanDependencyDown", "DubanTargetDown"),
    ),
    Row(
        "our-bug",
        "every answer that the gateway reads fails for good, a hundred and more",
        counties.our_bug,
        (light("DeadLettersHeld", consumer="gateway.feedback"), light("ConsumerHalted", consumer="gateway.feedback")),
        within=240,
        quiet=(*_NO_DEFECT, "DubanCrashLoop", "DubanAnswersFailing", "DubanHeartbeatStale"),
        follows=("DubanPipelineStale",),
        restart=("gateway",),
    ),
    Row(
        "gateway-dies",
        "one gateway is killed as soon as it lives, again and again",
        faults.dying,
        (light("CrashLoop", service="gateway"),),
        within=420,
        quiet=(*_NO_DEFECT, "DubanPipelineStale"),
        clears=1800,
        passing=("DubanCrashLoop",),
    ),
    Row(
        "smtp-down",
        "the mail server is gone, webhooks are taken",
        faults.receivers("no-smtp"),
        (light("DependencyDown", dependency="smtp"),),
        quiet=(*_NO_DEFECT, "DubanNoticesFailing"),
        restart=("notifications",),
    ),
    Row(
        "webhook-down",
        "one county's webhooks are answered 503",
        faults.receivers("refuses={county}"),
        (light("NoticesPending", channel="webhook"),),
        within=1800,
        quiet=(*_NO_DEFECT, "DubanNoticesFailing", "DubanDependencyDown"),
        restart=("notifications",),
        clears=900,
        pages=0,
    ),
    Row(
        "scheduler-dead",
        "both schedulers are stopped while deadlines pass",
        faults.stopped("scheduler"),
        (light("ServiceDown", service="scheduler"),),
        quiet=("DubanSupervisionMissed", "DubanPlanningWrong"),
    ),
    Row(
        "ledger-frozen",
        "both ledgers stand still (SIGSTOP) while deadlines pass",
        faults.frozen("ledger"),
        (light("ServiceDown", service="ledger"), light("HeartbeatStale", consumer="scheduler.hazards")),
        quiet=_NO_DEFECT,
    ),
    Row(
        "audit-stopped",
        "a lock keeps the self-audit from its end",
        faults.locked("scheduler", "audit_result"),
        (light("AuditStale", audit="supervision"),),
        within=900,
        quiet=(*_NO_DEFECT, "DubanPipelineStale", "DubanSupervisionDelayed"),
        restart=("scheduler",),
        pages=0,
    ),
    Row(
        "county-silent",
        "a county sends nothing; its last claim is dated eight days back",
        counties.silent_county,
        (light("CountySilent"),),
        within=600,
        quiet=(*_NO_DEFECT, "DubanPipelineStale"),
        restart=("ledger",),
        pages=0,
    ),
    Row(
        "clocks-apart",
        "Kafka's clock is three seconds ahead",
        faults.clocks_apart,
        (light("BrokerClockApart"),),
        within=240,
        quiet=(*_NO_DEFECT, "DubanPipelineStale"),
        restart=("ledger",),
        needs=MOVABLE_CLOCK,
    ),
    Row(
        "broker-away",
        "one of three brokers is stopped",
        faults.stopped("kafka-3"),
        (light("KafkaUnderReplicated"),),
        within=240,
        quiet=(*_NO_DEFECT, "DubanDependencyDown", "DubanKafkaOffline"),
        restart=("gateway",),
        needs=THREE_BROKERS,
        pages=0,
    ),
    Row(
        "desk-deaf",
        "the duty desk answers 503 while the gateways are down",
        faults.deaf_desk,
        (light("ServiceDown", service="gateway"), light("AlertsNotDelivered")),
        within=600,
        quiet=_NO_DEFECT,
        clears=900,
    ),
    Row(
        "relay-moves",
        "sessions of gateway and ledger are cut, their relays' lock moves to the other process",
        faults.relay_moves,
        (),
        quiet=(*_NO_DEFECT, "DubanOutboxNotDraining", "DubanHeartbeatStale", "DubanPipelineStale", "DubanTargetDown"),
        pages=0,
    ),
)
