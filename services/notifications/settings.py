"""Settings of notifications. A channel's own settings stand in the channel's file."""

from __future__ import annotations

from pydantic import Field

from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """What notifications needs beside the common settings."""

    http_port: int = 18083
    delivery_concurrency: int = Field(default=8, ge=1, description="letters on their way at once")
    delivery_lease_seconds: float = Field(
        default=60.0,
        gt=0,
        description="after this long without an answer a begun attempt counts as lost; longer than any channel's timeout",
    )
    attempts_days: int = Field(
        default=430,
        ge=30,
        description="how long an attempt to deliver is kept that another one followed, in days; each delivery's last one stays",
    )
