"""What statistics is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the statistics service."""

    http_port: int = 18084
    data_directory: Path = Field(
        default=Path(".duban/data/statistics"),
        description="this worker's own directory for its stream table; never shared between two workers",
    )
    session_seconds: float = Field(
        default=12, gt=0, description="a killed worker's partitions idle for so long before another takes them"
    )
    stall_seconds: float = Field(
        default=90, gt=0, description="with records to read and no offset committed for so long, the process exits"
    )
    gauge_seconds: float = Field(default=5, gt=0, description="how often the open and overdue gauges are read")
    ageing_seconds: float = Field(
        default=60,
        gt=0,
        description="how often the gauges of waits, ages and deadlines are read: a month of the books each time",
    )
