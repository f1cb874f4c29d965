"""One module per board, each with `build()`; `ALL` lists them by file name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.definitions import clearance, counties, county, hosts, kafka, overview, postgres, service, stages

ALL: Final[Mapping[str, Callable[[], Dashboard]]] = {
    "duban-overview": overview.build,
    "duban-stages": stages.build,
    "duban-counties": counties.build,
    "duban-county": county.build,
    "duban-clearance": clearance.build,
    "duban-service": service.build,
    "duban-kafka": kafka.build,
    "duban-postgres": postgres.build,
    "duban-hosts": hosts.build,
}
