"""One hazard through the five services as processes: reported, confirmed, overdue, urged, rectified, closed, counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import running
from tests.system import one_hazard
from tests.system.asking import hazard_where

pytestmark = [pytest.mark.servers, pytest.mark.platform, pytest.mark.timeout(600)]


@pytest.fixture
def platform(kafka_bootstrap: str, postgres_dsn: str, topic_prefix: str, tmp_path: Path) -> Iterator[running.Platform]:
    environ = {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": postgres_dsn,
        "DUBAN_TOPIC_PREFIX": topic_prefix,
    }
    with running.databases(postgres_dsn, 5) as dsns, running.platform(tmp_path, environ, dsns) as started:
        yield started


def test_one_hazard_goes_from_report_to_close_through_all_five_services(platform: running.Platform) -> None:
    receipt = one_hazard.reported_over_http(platform)
    hazard = one_hazard.confirmed(platform, receipt["hazard_id"])
    overdue = running.until(lambda: hazard_where(platform, hazard, overdue=True), seconds=one_hazard.SOON)
    assert overdue["state"] == "confirmed"
    one_hazard.raised_once(platform, hazard)
    number = one_hazard.urged_once(platform, hazard)
    one_hazard.rectified_over_kafka(platform, hazard)
    one_hazard.closed_by_somebody_else(platform, hazard)
    one_hazard.timeline_tells_everything(platform, hazard, number)
    one_hazard.counted_and_balanced(platform, hazard)
    one_hazard.raised_once(platform, hazard)
    assert one_hazard.urged_once(platform, hazard) == number
    one_hazard.reopened_with_a_wrong_deadline_that_is_corrected(platform, hazard)
