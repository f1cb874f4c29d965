"""What the ledger is told from outside."""

from __future__ import annotations

from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the ledger: the common ones, on its own port."""

    http_port: int = 18081
