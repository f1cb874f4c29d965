"""Settings of notifications: the mail relay, the webhooks' base address and master keys."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, SecretStr

from services.chassis.process.settings import ServiceSettings

# Known to everybody who reads this file: bootstrap accepts it only while every webhook goes to loopback.
DEMONSTRATION_SECRET: Final = "duban-demonstration-webhook-secret"  # noqa: S105 - public on purpose


class Settings(ServiceSettings):
    """What notifications needs beside the common settings."""

    http_port: int = 18083
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 18025
    smtp_security: Literal["plain", "starttls", "tls"] = "plain"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str = Field(default="duban@jincheng.example", description="the letters' From address")
    webhook_base: str = Field(
        default="http://127.0.0.1:18026", description="fills {webhook_base} of the profile's contacts"
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(DEMONSTRATION_SECRET),
        description="master secrets of webhook signatures, comma-separated, the current one first; two while rotating",
    )
    delivery_concurrency: int = Field(default=8, ge=1, description="letters on their way at once")
    delivery_lease_seconds: float = Field(
        default=60.0, gt=0, description="after this long without an answer a begun attempt counts as lost"
    )

    def master_secrets(self) -> list[str]:
        """Return the webhook master secrets, the current one first."""
        return [part.strip() for part in self.webhook_secret.get_secret_value().split(",")]
