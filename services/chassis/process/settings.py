"""What every service is told from outside: environment variables with the prefix DUBAN_, or files (`secret_files`)."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.chassis.process.clock import Clock, ScaledClock, SystemClock
from services.chassis.process.kafka import KafkaSettings
from services.chassis.process.sign_in import SignInSettings


def _proxies(text: str) -> str:
    """Return the list as it is; raises ValueError where the server would take a slip for a name, or believe everybody."""
    for each in filter(None, map(str.strip, text.split(","))):
        if each == "*" or ip_network(each).prefixlen == 0:
            raise ValueError(f"{each} trusts everybody, and whoever calls would say himself where he comes from")
    return text


class ServiceSettings(KafkaSettings, SignInSettings):
    """Settings common to all services; each service adds its own in its `settings.py`."""

    postgres_dsn: str = Field(
        description="this service's own database; `?sslmode=verify-full&sslrootcert=FILE` demands TLS and verifies it"
    )
    migrations: Literal["apply", "check"] = Field(
        default="apply",
        description="what is done about the database's tables at the start: `apply` brings them up to date; `check` refuses to start on "
        "older ones than this release's, takes newer ones, and leaves it to the provisioning step to change them",
    )
    http_host: str = "127.0.0.1"
    http_port: int
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = Field(
        default="127.0.0.1",
        description="comma-separated addresses and networks whose X-Forwarded-For says where a request came from; not all of them",
    )
    most_requests: int = Field(
        default=256,
        ge=1,
        description="reads, and as many commands, that are answered at once; who comes beyond is told 503 too-busy",
    )
    answers_hours: int = Field(
        default=24,
        ge=1,
        le=8784,
        description="how long the answer to a command under an Idempotency-Key is kept, in hours; who repeats it later commands anew",
    )
    roles: str = Field(default="", description="comma-separated roles to run; empty means all")
    topic_prefix: str = ""
    profile: Path = Field(default=Path("deploy/profiles/jincheng"), description="directory of the city profile")
    clock_rate: float = 1.0
    clock_origin: datetime | None = Field(default=None, description="domain time at clock_origin_wall")
    clock_origin_wall: datetime | None = None
    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"

    def go_together(self) -> None:
        """Raise UnusableSetting where settings contradict each other or one lacks another; asked before anything starts."""
        _ = self.kafka, self.issuer

    def clock(self) -> Clock:
        """Return the clock these settings describe: the system's, or a scaled one for a demonstration."""
        if self.clock_rate == 1.0 and self.clock_origin is None:
            return SystemClock()
        wall = self.clock_origin_wall or datetime.now(UTC)
        return ScaledClock(rate=self.clock_rate, origin=self.clock_origin or wall, origin_wall=wall)
