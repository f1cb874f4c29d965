"""How a Kafka cluster is reached, by every client of ours: addresses, TLS, and who this client says it is."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailed
from aiokafka.protocol.metadata import MetadataRequest
from pydantic import Field, SecretStr

from services.chassis.process import tls
from services.chassis.process.secret_files import Environment, UnusableSetting

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]

_ASK_SECONDS: Final = 5.0
_SILENT: Final = logging.CRITICAL + 1


@dataclass(frozen=True, slots=True)
class Broker:
    """A Kafka cluster as a client sees it. Without more than addresses it is one that demands nothing."""

    bootstrap: str
    security: Security = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self.security.endswith("SSL")

    @property
    def named(self) -> bool:
        """Whether this client says who it is, by SASL."""
        return self.security.startswith("SASL")


def options(bootstrap: Broker | str) -> dict[str, Any]:
    """Return what an aiokafka client of any kind is told to reach `bootstrap`: a Broker, or an address list alone."""
    if isinstance(bootstrap, str) or bootstrap.security == "PLAINTEXT":
        return {"bootstrap_servers": addresses(bootstrap)}
    told: dict[str, Any] = {"bootstrap_servers": bootstrap.bootstrap, "security_protocol": bootstrap.security}
    if bootstrap.encrypted:
        told["ssl_context"] = bootstrap.tls
    if bootstrap.named:
        told |= {
            "sasl_mechanism": bootstrap.mechanism,
            "sasl_plain_username": bootstrap.username,
            "sasl_plain_password": bootstrap.password,
        }
    return told


def addresses(bootstrap: Broker | str) -> str:
    """Return the address list alone."""
    return bootstrap if isinstance(bootstrap, str) else bootstrap.bootstrap


class KafkaSettings(Environment):
    """What a process is told about Kafka. With SASL a user and a password are needed, with TLS usually the CA's file."""

    kafka_bootstrap: str = "127.0.0.1:19092"
    kafka_security: Security = Field(default="PLAINTEXT", description="what the brokers demand, in Kafka's own words")
    kafka_mechanism: Mechanism = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca: Path | None = Field(
        default=None,
        description="PEM file of the authority behind the brokers' certificates; else the system's are used",
    )
    kafka_certificate: Path | None = Field(
        default=None, description="PEM file of this client's own certificate, where the brokers demand one"
    )
    kafka_key: Path | None = Field(default=None, description="its key, if that stands in another file")

    @property
    def kafka(self) -> Broker:
        """The cluster that these settings describe. Raises UnusableSetting when they don't go together."""
        named, encrypted = self.kafka_security.startswith("SASL"), self.kafka_security.endswith("SSL")
        if named and not (self.kafka_username and self.kafka_password):
            raise UnusableSetting(
                f"DUBAN_KAFKA_SECURITY is {self.kafka_security}, which needs DUBAN_KAFKA_USERNAME and "
                f"DUBAN_KAFKA_PASSWORD (or DUBAN_KAFKA_PASSWORD_FILE)"
            )
        if not named and self.kafka_username:
            raise UnusableSetting(f"DUBAN_KAFKA_USERNAME is given, but DUBAN_KAFKA_SECURITY is {self.kafka_security}")
        return Broker(
            self.kafka_bootstrap,
            self.kafka_security,
            self.kafka_mechanism,
            self.kafka_username,
            self.kafka_password.get_secret_value() if self.kafka_password else None,
            tls.context(ca=self.kafka_ca, certificate=self.kafka_certificate, key=self.kafka_key)
            if encrypted
            else None,
        )


async def obstacle(bootstrap: Broker | str) -> str | None:
    """Try to get in and return what is in the way, as a sentence for people; None when one broker lets us in."""
    try:
        # A broker that wants to know who we are tells its versions to anybody, and hangs up on the next question.
        await metadata(bootstrap, [])
    except NobodyLetsUsIn as error:
        return str(error)
    return None


class NobodyLetsUsIn(Exception):
    """No broker answered; the sentence says of the last one what is in the way."""


async def metadata(bootstrap: Broker | str, topics: list[str] | None) -> Any:
    """Return what the first broker that answers says of `topics` (None: of all that we may see). Raises NobodyLetsUsIn."""
    told = options(bootstrap)
    found = "no address is given"
    for host, port, _ in collect_hosts(told.pop("bootstrap_servers"), randomize=False):
        try:
            with _quiet():
                connection = await create_conn(host, port, request_timeout_ms=int(_ASK_SECONDS * 1000), **told)
                try:
                    return await connection.send(MetadataRequest(topics, allow_auto_topic_creation=False))
                finally:
                    connection.close()
        except (KafkaError, OSError) as error:
            known = Broker(bootstrap) if isinstance(bootstrap, str) else bootstrap
            found = f"{host}:{port}: {in_words(error, known)}"
    raise NobodyLetsUsIn(found)


def in_words(error: KafkaError | OSError, broker: Broker) -> str:
    """Return what a failed connection to `broker` means."""
    if isinstance(error, ssl.SSLError):
        return tls.reason(error)
    if isinstance(error, SaslAuthenticationFailed):
        return f"it knows no user {broker.username} with this password"
    if isinstance(error, TimeoutError):
        return f"no answer within {_ASK_SECONDS:.0f} s"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, KafkaConnectionError | ConnectionError):
        return _hung_up(broker)
    return str(error) or type(error).__name__


def _hung_up(broker: Broker) -> str:
    if not broker.encrypted:
        return "it hung up: it may demand TLS and a user (DUBAN_KAFKA_SECURITY=SASL_SSL)"
    if not broker.named:
        return "it hung up: it may demand a user (DUBAN_KAFKA_SECURITY=SASL_SSL), or a certificate of this client"
    return "it hung up: it may not speak TLS on this port, or demand no user"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from logging what is our answer."""
    logger = logging.getLogger("aiokafka")
    before, logger.level = logger.level, _SILENT
    try:
        yield
    finally:
        logger.setLevel(before)
