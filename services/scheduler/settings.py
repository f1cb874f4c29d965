"""What the scheduler is told from outside, beside what every service is told."""

from __future__ import annotations

from pydantic import Field

from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the scheduler; all spans are wall seconds."""

    http_port: int = 18082
    poll_seconds: float = Field(default=0.5, gt=0, le=2, description="pause between two looks at what is due")
    audit_seconds: float = Field(default=60, gt=0, description="pause between two self-audits")
    missed_after_seconds: float = Field(
        default=30, gt=0, description="a deadline that passed this long ago without its event counts as missed"
    )
    planning_seconds: float = Field(default=60, gt=0, description="pause between two plannings of duties")
    planning_days_ahead: int = Field(
        default=120,
        ge=0,
        le=1000,
        description="tasks are planned to the end of the year that lies this many days ahead",
    )
