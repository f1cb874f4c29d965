"""What the gateway is told from outside, beside what every service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the gateway. The allowance is counted in events, for each account and each process."""

    http_port: int = 18080
    max_body_bytes: int = Field(default=4 * 1024 * 1024, gt=0, description="largest request body")
    allowance_events: int = Field(
        default=20_000, ge=1_000, description="events that an account may send in one window; at least a full batch"
    )
    allowance_seconds: int = Field(default=10, ge=1, description="length of the window")
    feed_days: int = Field(default=30, ge=1, description="how long an event stays in its county's feed, in days")
    publish_timeout_seconds: float = Field(
        default=10.0, gt=0, description="how long to wait for the broker's ack before answering 503"
    )
