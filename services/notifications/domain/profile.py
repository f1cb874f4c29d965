"""What a city decides about its letters; read from its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.notifications.domain.contacts import Directory
from services.notifications.domain.destinations import DestinationPolicy
from services.notifications.domain.retry import RetrySchedule


@dataclass(frozen=True, slots=True)
class LetterProfile:
    """The issuing office (发文机关), its signs by kind (发文机关代字), who gets letters, where and how often to try."""

    issuer: str
    signs: Mapping[str, str]
    directory: Directory
    destinations: DestinationPolicy
    schedule: RetrySchedule
