"""The chassis' metrics, each declared once. Timestamps are exported, not ages; Prometheus subtracts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# Prometheus takes the time of birth of a series from OpenMetrics only, and in the text format it is one more series: with 300 counties every
# fifth of the gateway's.
disable_created_metrics()  # type: ignore[no-untyped-call]

_FAST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_AGE_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 7200, 86400)

BUILD_INFO: Final = Gauge("duban_build_info", "Which release this process is; always 1.", ["version"])
DEPENDENCY_UP: Final = Gauge(
    "duban_dependency_up",
    "Whether the server answered this process when it was last asked, some seconds ago: 1 or 0. What all processes say of "
    "it is the truth; what one says alone may be its network.",
    ["dependency"],
)
KAFKA_PARTITIONS: Final = Gauge(
    "duban_kafka_partitions",
    "Partitions of the topics that this process may see: all, those with fewer copies in sync than they have replicas "
    "(under_replicated), and those without a leader (offline).",
    ["state"],
)
BROKER_CLOCK_OFFSET: Final = Gauge(
    "duban_broker_clock_offset_seconds",
    "By how much the clock of a Kafka broker is ahead of this host's, from the instants that it stamps on what is published "
    "here; exact to a quarter of a second, NaN before the first and a minute after the last. Deadlines are measured by the "
    "broker's.",
)
BROKER_CLOCK_OFFSET.set(float("nan"))
ROLE_DEATHS: Final = Counter(
    "duban_role_deaths_total",
    "How often a role of this process died and was started again beside the others.",
    ["role"],
)
LOOP_LAG: Final = Histogram(
    "duban_event_loop_lag_seconds",
    "How late the event loop comes to what is due: what everybody waits while one piece of work computes.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
SECOND_WALL: Final = Gauge(
    "duban_second_wall",
    "Whether people's reads of this database come as a role that PostgreSQL itself keeps within their scopes: 1; 0 where the "
    "first wall stands alone.",
    ["database"],
)
POOL_CONNECTIONS: Final = Gauge(
    "duban_pool_connections",
    "Connections of the process' pool to PostgreSQL: open, idle among them, and the limit. None idle at the limit: who "
    "comes waits.",
    ["state"],
)
STAGE_DURATION: Final = Histogram(
    "duban_stage_duration_seconds",
    "Wall time of the stages that are no consumer's: outbox (written, to the broker's ack), delivery (a letter is written, "
    "to its being taken by the receiver). Consumers have duban_consumer_event_age_seconds.",
    ["stage"],
    buckets=_AGE_BUCKETS,
)

CONSUMER_EVENTS: Final = Counter(
    "duban_consumer_events_total",
    "Events taken from Kafka, by what became of them. A rise of dead_lettered or parked wants a look.",
    ["consumer", "outcome"],
)
CONSUMER_BATCH_DURATION: Final = Histogram(
    "duban_consumer_batch_duration_seconds",
    "Time to apply and commit one batch.",
    ["consumer"],
    buckets=_FAST_BUCKETS,
)
CONSUMER_EVENT_AGE: Final = Histogram(
    "duban_consumer_event_age_seconds",
    "Wall time from the broker's timestamp to the commit of the event's effect.",
    ["consumer"],
    buckets=_AGE_BUCKETS,
)
CONSUMER_OPEN_TRANSACTION: Final = Gauge(
    "duban_consumer_open_transaction_timestamp_seconds",
    "Since when a publisher's transaction on the topic is open, 0 when none is. It holds back what stands behind it.",
    ["consumer", "topic"],
)
CONSUMER_READING: Final = Gauge(
    "duban_consumer_reading",
    "1 while the consumer has its partitions and the broker answers it; 0 while it joins, is built anew or stands still.",
    ["consumer"],
)
CONSUMER_PARTITIONS: Final = Gauge(
    "duban_consumer_assigned_partitions",
    "Partitions that the group has given to this member; 0 while it stands by, none where the consumer is not run.",
    ["consumer"],
)
CONSUMER_HALTED: Final = Gauge(
    "duban_consumer_halted",
    "1 while the consumer stands still because too many events failed: reinsert or drop dead letters.",
    ["consumer"],
)
CONSUMER_HELD: Final = Gauge(
    "duban_consumer_held",
    "1 while the topic is left alone because too much of it was refused: speak with its county, then resume it.",
    ["consumer", "topic"],
)
CONSUMER_UNREADABLE: Final = Counter(
    "duban_consumer_unreadable_batches_total",
    "Batches that nobody can read, kept, answered and stepped over: the publisher's client or its codec is broken.",
    ["consumer", "topic"],
)
CONSUMER_LAST_EVENT: Final = Gauge(
    "duban_consumer_last_event_timestamp_seconds", "Broker time of the newest applied record.", ["consumer"]
)
CONSUMER_OLDEST_UNPROCESSED: Final = Gauge(
    "duban_consumer_oldest_unprocessed_timestamp_seconds",
    "Everything the broker took before this instant is applied; stands at now when caught up. Page on its age. What one "
    "publisher holds back (a held topic, an open transaction) is told apart.",
    ["consumer"],
)
CONSUMER_LAG: Final = Gauge(
    "duban_consumer_lag_records",
    "Records between the committed offsets and the ends; no number while the consumer does not read.",
    ["consumer"],
)
HEARTBEAT: Final = Gauge(
    "duban_heartbeat_timestamp_seconds",
    "Up to when (wall time) the ledger's heartbeats say that nothing is missing here; the slowest partition speaks.",
    ["consumer"],
)
OUTBOX_PENDING: Final = Gauge("duban_outbox_pending_records", "Events written and not yet acknowledged by Kafka.")
OUTBOX_OLDEST: Final = Gauge(
    "duban_outbox_oldest_unpublished_timestamp_seconds",
    "When the oldest unpublished event was written; stands at now when there is none.",
)
OUTBOX_PUBLISHED: Final = Counter("duban_outbox_published_total", "Events acknowledged by Kafka.")
DEAD_LETTERS_HELD: Final = Gauge(
    "duban_dead_letters_held", "Dead letters that wait for a decision: reinsert or drop.", ["consumer"]
)
DEAD_LETTERS: Final = Counter("duban_dead_letters_total", "Events kept as dead letters.", ["consumer", "reason"])
PARKED_EVENTS: Final = Gauge(
    "duban_parked_events",
    "Events ahead of their aggregate's version that wait for the gap to fill.",
    ["consumer"],
)
HTTP_REQUESTS: Final = Counter("duban_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
HTTP_DURATION: Final = Histogram(
    "duban_http_request_duration_seconds",
    "Time to answer an HTTP request.",
    ["method", "route"],
    buckets=_FAST_BUCKETS,
)
HTTP_WAITING: Final = Gauge(
    "duban_http_requests_waiting",
    "Requests that wait for news because their sender wished to (Prefer: wait). They are not in the durations.",
)
HTTP_UNDER_WAY: Final = Gauge(
    "duban_http_requests_under_way",
    "Seats that requests hold which are being answered, by lane: reads, commands. A large body holds several; those who "
    "wait for news hold none.",
    ["lane"],
)
HTTP_TURNED_AWAY: Final = Counter(
    "duban_http_requests_turned_away_total",
    "Requests refused at once with 503 too-busy because no seat of their lane was left. Many of them for minutes: more is "
    "asked than this process can answer; run another beside it, or find who asks.",
    ["lane"],
)
KAFKA_CERTIFICATE_ENDS: Final = Gauge(
    "duban_kafka_certificate_ends_timestamp_seconds",
    "Until when the certificate that a Kafka broker shows is valid; none on connections without TLS.",
    ["broker"],
)
KAFKA_AUTHORITY_ENDS: Final = Gauge(
    "duban_kafka_authority_ends_timestamp_seconds",
    "Until when the first of the authorities is valid whom this process has trusted for Kafka since its start; none without DUBAN_KAFKA_CA.",
)
ACCESS_REFUSALS: Final = Counter(
    "duban_access_refusals_total",
    "Requests refused by the access policy, by action and reason: no valid key, the role, the reach of the account, or"
    " a row outside its scope. One account that collects outside-scope is looking for what isn't its own.",
    ["action", "reason"],
)
SIGN_IN_TOKENS: Final = Counter(
    "duban_sign_in_tokens_total",
    "Tokens that people came with, by outcome: accepted, or the code of the refusal. Many with an invalid signature are"
    " an attack, or keys that the provider changed without publishing them first.",
    ["outcome"],
)
SIGN_IN_KEYS: Final = Gauge(
    "duban_sign_in_keys_timestamp_seconds",
    "When the sign-in provider's keys were last fetched, 0 before the first time; none where people don't sign in.",
    ["issuer"],
)
SIGN_IN_PEOPLE_UNREAD: Final = Gauge(
    "duban_sign_in_people_unread_timestamp_seconds",
    "Since when people.json of the profile is another than what is in force, because it is wrong or can't be read; 0 while "
    "it is in force. Whoever was taken out of it since can still sign in.",
)
TRAIL_ACTS: Final = Counter(
    "duban_trail_acts_total",
    "Requests that the audit trail tells of, by how they ended. A rise of refused or failed wants a look at the trail.",
    ["outcome"],
)
TRAIL_LOST: Final = Counter(
    "duban_trail_lost_total",
    "Reads and refusals that the trail could not keep: the database was away too long, or its table refused them. "
    "It says so itself, too.",
)
TRAIL_UNSEALED: Final = Gauge(
    "duban_trail_unsealed_rows", "Rows of the audit trail that no seal holds yet: those of the last seconds."
)
TRAIL_OLDEST_UNSEALED: Final = Gauge(
    "duban_trail_oldest_unsealed_timestamp_seconds",
    "When the oldest row that no seal holds was written; stands at now when there is none. Until it is sealed, whoever "
    "owns the tables could change it unseen.",
)
