"""Topics as data: names, partitions, retention. Every topic of the platform is declared here only.

One topic per aggregate, keyed by the aggregate's id. The partition count is fixed for life: adding partitions
would break the order of keys.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

PARTITIONS: Final = 12
# A county's topic is a bulkhead and one order: what it sends stops it alone, and two clients of different makes, whose
# partitioners disagree about a key, can't overtake each other.
COUNTY_PARTITIONS: Final = 1
DAY_MS: Final = 86_400_000
# How long a county's topic keeps what it was told, and a dead-letter topic its copies.
COUNTY_DAYS: Final = 400
KEEP_FOREVER: Final = -1


class TopicFamily(enum.StrEnum):
    """The kinds of topic an event type can travel on."""

    CLAIMS = "county.<code>.v1"
    FEEDBACK = "county.<code>.feedback.v1"
    HAZARD = "ledger.hazard.v1"
    SUPERVISION = "scheduler.supervision.v1"
    TASK = "scheduler.task.v1"
    NOTICE = "notifications.notice.v1"
    CHECKPOINT = "ledger.checkpoint.v1"


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. `retention_ms` KEEP_FOREVER keeps every record; `config` holds further settings."""

    name: str
    retention_ms: int
    partitions: int = PARTITIONS
    config: dict[str, str] = field(default_factory=dict)


_COUNTY_TOPIC: Final = re.compile(r"(?:.*\.)?county\.([0-9]{6})\.v1")


def claims_topic(county: str, prefix: str = "") -> str:
    """Return the topic that county `county` (six-digit division code) writes its claims to."""
    return f"{prefix}county.{county}.v1"


def feedback_topic(county: str, prefix: str = "") -> str:
    """Return the topic on which county `county` is answered, and hears of its hazards and tasks."""
    return f"{prefix}county.{county}.feedback.v1"


def county_of(topic: str) -> str | None:
    """Return the county whose claims topic this is, or None.

    The topic, not the payload, says who is speaking.
    """
    match = _COUNTY_TOPIC.fullmatch(topic)
    return match.group(1) if match else None


def dead_letter_topic(consumer: str, prefix: str = "") -> str:
    """Return the dead-letter topic of a consumer such as `ledger.claims`."""
    return f"{prefix}{consumer}.dlq.v1"


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consumer of the platform: its name `<service>.<what it reads>`, the families it reads, its Kafka group.

    Every consumer has a dead-letter topic. The group is the name unless `group` says otherwise. `alone` are the event
    types that it takes alone of all who read the family: it takes no others, and the others take everything else,
    what can't be read among it. So each record of a shared topic is taken, or refused, by one of them. `only` are the types
    that it takes where it needs few: of anything else it reads no more than the type, and what others take is not its
    affair.
    """

    name: str
    reads: tuple[TopicFamily, ...]
    group: str = ""
    alone: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", self.group or self.name)

    @property
    def service(self) -> str:
        """The service that reads."""
        return self.name.partition(".")[0]


# What asks for a second level, and what settles that.
_CONFIRMING: Final = frozenset(
    f"duban.hazard.{name}.v1"
    for name in ("first_confirmed", "confirmed", "rejected", "corrected", "regraded", "closed", "merged", "unmerged")
)

# The readers that the documents name are taken from here.
CONSUMERS: Final = (
    Consumer("ledger.claims", (TopicFamily.CLAIMS,)),
    Consumer("ledger.supervision", (TopicFamily.SUPERVISION,)),
    Consumer("ledger.notices", (TopicFamily.NOTICE,)),
    Consumer("ledger.findings", (TopicFamily.TASK,)),
    Consumer("scheduler.hazards", (TopicFamily.HAZARD,)),
    Consumer("scheduler.claims", (TopicFamily.CLAIMS,), alone=frozenset({"duban.task.reported.v1"})),
    Consumer("notifications.supervision", (TopicFamily.SUPERVISION, TopicFamily.TASK)),
    Consumer("notifications.hazards", (TopicFamily.HAZARD,), only=_CONFIRMING),
    Consumer("gateway.feedback", (TopicFamily.FEEDBACK,)),
    # Faust calls its group after the app.
    Consumer("statistics.hazards", (TopicFamily.HAZARD,), group="statistics"),
)


# Who writes what, by service. A county writes its claims by itself, or the gateway does it for the county.
WRITERS: Final[dict[TopicFamily, tuple[str, ...]]] = {
    TopicFamily.CLAIMS: ("gateway",),
    TopicFamily.FEEDBACK: ("ledger", "scheduler"),
    TopicFamily.HAZARD: ("ledger",),
    TopicFamily.SUPERVISION: ("scheduler",),
    TopicFamily.TASK: ("scheduler",),
    TopicFamily.NOTICE: ("notifications",),
    TopicFamily.CHECKPOINT: ("ledger",),
}

# Topics that one service keeps for itself. Faust's table: one compacted partition for each partition of its source.
OWN_TOPICS: Final = {"statistics": ("statistics-hazards-changelog",)}


def consumer(name: str) -> Consumer:
    """Return the consumer called `name`; raises KeyError when it is not declared."""
    return _CONSUMERS_BY_NAME[name]


def taken_by(name: str) -> Callable[[str | None], bool] | None:
    """Return what tells whether an event of a type (None: it could not be read) is this consumer's to take or refuse.

    None where everything is: nobody else takes anything alone of what it reads, or it is not declared.
    """
    own = _CONSUMERS_BY_NAME.get(name)
    if own is None:
        return None
    if own.alone:
        return own.alone.__contains__
    elsewhere = frozenset[str]().union(
        *(other.alone for other in CONSUMERS if not set(own.reads).isdisjoint(other.reads))
    )
    return (lambda kind: kind not in elsewhere) if elsewhere else None


def takers(family: TopicFamily, kind: str | None) -> tuple[str, ...]:
    """Return the consumers of `family` that take an event of a type, or of none that could be read, by their names."""
    takes = ((each.name, taken_by(each.name)) for each in CONSUMERS if family in each.reads)
    return tuple(name for name, takes_it in takes if takes_it is None or takes_it(kind))


def needed_by(name: str) -> frozenset[str]:
    """Return the only types that a consumer needs; none where it needs whatever it reads, or is not declared."""
    own = _CONSUMERS_BY_NAME.get(name)
    return frozenset() if own is None else own.only


def readers(family: TopicFamily) -> tuple[str, ...]:
    """Return the services that read `family`, in the order in which they are declared."""
    return tuple(dict.fromkeys(each.service for each in CONSUMERS if family in each.reads))


_CONSUMERS_BY_NAME: Final = {each.name: each for each in CONSUMERS}


def city_topics(counties: Iterable[str], prefix: str = "") -> list[Topic]:
    """Return every topic of a city with these counties."""
    # The broker's clock, not the county's, decides when a claim arrived: 督办逾期 depends on it (promise P3).
    append_time = {"message.timestamp.type": "LogAppendTime"}
    topics = [
        # Every second a heartbeat goes here: its stamp beside our own clock tells how far apart the two are.
        Topic(f"{prefix}{TopicFamily.HAZARD}", KEEP_FOREVER, config=dict(append_time)),
        Topic(f"{prefix}{TopicFamily.SUPERVISION}", KEEP_FOREVER),
        Topic(f"{prefix}{TopicFamily.TASK}", KEEP_FOREVER),
        Topic(f"{prefix}{TopicFamily.NOTICE}", KEEP_FOREVER),
        Topic(f"{prefix}{TopicFamily.CHECKPOINT}", KEEP_FOREVER),
        *(
            Topic(f"{prefix}{name}", KEEP_FOREVER, config={"cleanup.policy": "compact"})
            for names in OWN_TOPICS.values()
            for name in names
        ),
    ]
    for county in counties:
        topics.append(Topic(claims_topic(county, prefix), COUNTY_DAYS * DAY_MS, COUNTY_PARTITIONS, dict(append_time)))
        topics.append(Topic(feedback_topic(county, prefix), COUNTY_DAYS * DAY_MS, COUNTY_PARTITIONS))
    topics.extend(Topic(dead_letter_topic(each.name, prefix), COUNTY_DAYS * DAY_MS) for each in CONSUMERS)
    return topics
