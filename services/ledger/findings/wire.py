"""Findings put together: the consumer of the tasks' topic."""

from __future__ import annotations

from functools import partial
from typing import Any

from duban_contracts.topics import TopicFamily
from services.chassis.assembly import Part, Platform
from services.ledger.claims.handlers.take_claims import Claims
from services.ledger.findings.handlers import Findings, take_findings


def wire(platform: Platform[Any]) -> Part:
    """Return the findings' part of the ledger."""
    taking = partial(take_findings, findings=Findings(claims=Claims.on(platform), city=platform.city))
    return Part(consumers=[platform.consumer("findings", [platform.topic(TopicFamily.TASK)], taking)])
