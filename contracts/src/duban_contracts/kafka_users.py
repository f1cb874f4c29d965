"""Who may do what on a city's Kafka: one user for each county, each service, and whoever looks after the platform.

What stands nowhere here is refused: brokers are set up with `allow.everyone.if.no.acl.found=false`. The rights follow
from the topics and consumers declared in :mod:`duban_contracts.topics`; nobody writes them by hand.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from duban_contracts.profile import DivisionCode, ProfileError, read
from duban_contracts.topics import (
    CONSUMERS,
    OWN_TOPICS,
    WRITERS,
    TopicFamily,
    city_topics,
    claims_topic,
    dead_letter_topic,
    feedback_topic,
)

# It alone may change topics, users and rights; brokers know it as a super user, and nobody works under its name.
ADMIN: Final = "duban-admin"
# Looks at everything and changes nothing: the `duban` command, audits.
OPERATOR: Final = "duban-operator"
# Kafka's own name of the only cluster that there is.
_CLUSTER: Final = "kafka-cluster"
_QUOTAS_FILE: Final = "quotas.json"


class Operation(enum.StrEnum):
    """What may be done, in Kafka's words. Reading and writing include describing."""

    READ = "Read"
    WRITE = "Write"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"


class Resource(enum.StrEnum):
    """To what, in Kafka's words."""

    TOPIC = "Topic"
    GROUP = "Group"
    TRANSACTIONAL_ID = "TransactionalId"
    CLUSTER = "Cluster"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that a user may do; `prefixed` means: to whatever begins with `name`."""

    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False

    def __str__(self) -> str:
        return f"{self.operation} {self.resource} {self.name}{'*' if self.prefixed else ''}"


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user may take of each broker: bytes a second in and out, and per cent of one of its threads."""

    producer_byte_rate: Annotated[int, Meta(ge=1024)] = 2 * 1024 * 1024
    consumer_byte_rate: Annotated[int, Meta(ge=1024)] = 8 * 1024 * 1024
    request_percentage: Annotated[int, Meta(ge=1)] = 50

    def values(self) -> dict[str, float]:
        """Return the quotas under Kafka's names."""
        return {name: float(value) for name, value in msgspec.structs.asdict(self).items()}


class Quotas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the counties of a city may take: one measure for all, and others for those who need more or less."""

    counties: Quota = Quota()
    exceptions: dict[DivisionCode, Quota] = {}

    def of(self, county: str) -> Quota:
        """Return the quota of a county."""
        return self.exceptions.get(county, self.counties)


@dataclass(frozen=True, slots=True)
class User:
    """One name under which clients come, with its rights. Services have no quota."""

    name: str
    rights: tuple[Right, ...]
    quota: Quota | None = None


def county_user(county: str) -> str:
    """Return the user of a county; its groups and transactions begin with the same name."""
    return f"county-{county}"


def service_user(service: str) -> str:
    """Return the user of one of our services."""
    return f"duban-{service}"


def load_quotas(profile: Path, counties: Iterable[str]) -> Quotas:
    """Read `quotas.json` of a profile, the usual measure when there is none.

    Raises ProfileError when it is wrong or names a county that the city doesn't have.
    """
    file = profile / _QUOTAS_FILE
    if not file.exists():
        return Quotas()
    quotas = read(file, Quotas)
    for unknown in sorted(set(quotas.exceptions) - set(counties)):
        raise ProfileError(file, f"$.exceptions.{unknown}", "is no county of this city")
    return quotas


def city_users(counties: Sequence[str], prefix: str = "", quotas: Quotas | None = None) -> list[User]:
    """Return every user of a city with these counties, except the one who administers Kafka itself."""
    measures = quotas or Quotas()
    writers = (writer for of_family in WRITERS.values() for writer in of_family)
    services = dict.fromkeys([*writers, *(each.service for each in CONSUMERS)])
    return [
        *(User(county_user(county), _of_county(county, prefix), measures.of(county)) for county in counties),
        *(User(service_user(name), _of_service(name, counties, prefix)) for name in services),
        User(OPERATOR, _of_operator(counties, prefix)),
    ]


def _of_county(county: str, prefix: str) -> tuple[Right, ...]:
    own = county_user(county)
    return (
        Right(Resource.TOPIC, claims_topic(county, prefix), Operation.WRITE),
        Right(Resource.TOPIC, feedback_topic(county, prefix), Operation.READ),
        Right(Resource.GROUP, own, Operation.READ, prefixed=True),
        Right(Resource.TRANSACTIONAL_ID, own, Operation.WRITE, prefixed=True),
    )


def _of_service(service: str, counties: Sequence[str], prefix: str) -> tuple[Right, ...]:
    written = [name for family, by in WRITERS.items() if service in by for name in _topics(family, counties)]
    rights = {Right(Resource.TOPIC, f"{prefix}{name}", Operation.WRITE) for name in written}
    for each in (each for each in CONSUMERS if each.service == service):
        rights.add(Right(Resource.GROUP, f"{prefix}{each.group}", Operation.READ))
        rights.add(Right(Resource.TOPIC, dead_letter_topic(each.name, prefix), Operation.WRITE))
        for name in (name for family in each.reads for name in _topics(family, counties)):
            # A dead letter that is reinserted goes back to its topic through the reader's own relay.
            rights |= {Right(Resource.TOPIC, f"{prefix}{name}", how) for how in (Operation.READ, Operation.WRITE)}
    for name in OWN_TOPICS.get(service, ()):
        rights |= {Right(Resource.TOPIC, f"{prefix}{name}", how) for how in (Operation.READ, Operation.WRITE)}
    return tuple(sorted(rights))


def _of_operator(counties: Sequence[str], prefix: str) -> tuple[Right, ...]:
    topics = [
        Right(Resource.TOPIC, topic.name, how)
        for topic in city_topics(counties, prefix)
        for how in (Operation.READ, Operation.DESCRIBE_CONFIGS)
    ]
    groups = [Right(Resource.GROUP, f"{prefix}{each.group}", Operation.DESCRIBE) for each in CONSUMERS]
    # Who has which rights, users and quotas is looked at, too.
    cluster = [Right(Resource.CLUSTER, _CLUSTER, how) for how in (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS)]
    return tuple(topics + groups + cluster)


def _topics(family: TopicFamily, counties: Sequence[str]) -> list[str]:
    by_county: Mapping[TopicFamily, list[str]] = {
        TopicFamily.CLAIMS: [claims_topic(county) for county in counties],
        TopicFamily.FEEDBACK: [feedback_topic(county) for county in counties],
    }
    return by_county.get(family, [family])
