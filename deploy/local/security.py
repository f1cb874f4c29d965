"""What a platform started with SECURE=1 keeps for its Kafka: an authority, a node's certificate, a password for each user.

Everything is made on first use and stands in `.duban/credentials/kafka`, each file readable by its owner only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local import certificates, secrets_store
from deploy.local.certificates import Authority
from deploy.local.settings import SECURED
from duban_contracts.kafka_users import ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from deploy.local.settings import Settings
    from services.chassis.process.kafka import Broker

PROTOCOL = SECURED
MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class Security:
    """The files of one secured cluster."""

    directory: Path

    @property
    def authority(self) -> Authority:
        """The authority that signed the nodes' certificate."""
        return Authority.at(self.directory)

    @property
    def ca(self) -> Path:
        """What clients trust."""
        return self.directory / "ca.pem"

    @property
    def node(self) -> Path:
        """Key and certificate that the nodes show."""
        return self.directory / "node.pem"

    def prepare(self) -> None:
        """Make what is missing, and the nodes' certificate anew when it ends soon."""
        authority = self.authority
        if certificates.is_ending(self.node):
            authority.issue(self.node)

    @contextmanager
    def format_arguments(self) -> Iterator[Path]:
        """Give the file of further arguments for Kafka's formatting: in no list of processes, and gone afterwards."""
        file = self.directory / "format.args"
        secrets_store.write_private(file, f"--add-scram\n{MECHANISM}=[name={ADMIN},password={self.password(ADMIN)}]\n")
        try:
            yield file
        finally:
            file.unlink()

    def password_file(self, user: str) -> Path:
        """Where a user's password stands."""
        return self.directory / f"{user}.password"

    def password(self, user: str) -> str:
        """Return a user's password, made on first use."""
        return secrets_store.secret(self.password_file(user))

    def environment(self, user: str) -> dict[str, str]:
        """Return what a process of ours is told to come in as `user`."""
        self.password(user)
        return {
            "DUBAN_KAFKA_SECURITY": PROTOCOL,
            "DUBAN_KAFKA_USERNAME": user,
            "DUBAN_KAFKA_PASSWORD_FILE": str(self.password_file(user)),
            "DUBAN_KAFKA_CA": str(self.ca),
        }

    def client(self, user: str, bootstrap: str) -> dict[str, str]:
        """Return what a client on librdkafka is told to come in as `user`."""
        return {
            "bootstrap.servers": bootstrap,
            "security.protocol": PROTOCOL,
            "sasl.mechanism": MECHANISM,
            "sasl.username": user,
            "sasl.password": self.password(user),
            "ssl.ca.location": str(self.ca),
        }

    def write_client_files(self, users: Iterable[str], bootstrap: str) -> None:
        """Write the same as `<user>.properties`: `kcat -F .duban/credentials/kafka/county-140502.properties`."""
        for user in users:
            text = "".join(f"{name}={value}\n" for name, value in self.client(user, bootstrap).items())
            secrets_store.write_private(self.directory / f"{user}.properties", text)

    def broker(self, bootstrap: str, user: str) -> Broker:
        """Return the cluster at `bootstrap` as `user` reaches it."""
        from services.chassis.process import tls  # noqa: PLC0415 - `down` works while a service's code does not
        from services.chassis.process.kafka import Broker  # noqa: PLC0415

        return Broker(bootstrap, "SASL_SSL", "SCRAM-SHA-512", user, self.password(user), tls.context(ca=self.ca))


def of(settings: Settings) -> Security | None:
    """Return where the platform keeps this, None when its Kafka demands nothing."""
    return Security(settings.credentials / "kafka") if settings.secure else None


def client(settings: Settings, user: str) -> dict[str, str]:
    """Return what a client on librdkafka is told to reach the platform's Kafka as `user`."""
    security = of(settings)
    bootstrap = settings.kafka_bootstrap
    return security.client(user, bootstrap) if security else {"bootstrap.servers": bootstrap}


def broker(settings: Settings, user: str) -> Broker | str:
    """Return the platform's Kafka as `user` reaches it: by an address list alone when it demands nothing."""
    security = of(settings)
    return security.broker(settings.kafka_bootstrap, user) if security else settings.kafka_bootstrap
