"""The five services as they really run, as processes, for whoever tries their doors from outside."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy import running
from tests.system import one_hazard


@pytest.fixture(scope="package")
def platform(
    kafka_bootstrap: str, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[running.Platform]:
    """All five services, started once for all tests."""
    environ = {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": postgres_dsn,
        "DUBAN_TOPIC_PREFIX": f"e{secrets.token_hex(4)}.",
    }
    with (
        running.databases(postgres_dsn, 5) as dsns,
        running.platform(tmp_path_factory.mktemp("platform"), environ, dsns) as started,
    ):
        yield started


@pytest.fixture(scope="package")
def hazard(platform: running.Platform) -> dict[str, Any]:
    """A hazard that was reported, confirmed and urged: no list is empty, and names stand for something."""
    receipt = one_hazard.reported_over_http(platform)
    confirmed = one_hazard.confirmed(platform, receipt["hazard_id"])
    one_hazard.urged_once(platform, confirmed)
    return confirmed
