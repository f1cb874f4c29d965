"""One module per dashboard, each with `build(names)`; `ALL` lists them by file name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.definitions import clearance, hazards, pipeline
from deploy.grafana.definitions.names import Names

ALL: Final[Mapping[str, Callable[[Names], Dashboard]]] = {
    "duban-pipeline": pipeline.build,
    "duban-clearance": clearance.build,
    "duban-hazards": hazards.build,
}
