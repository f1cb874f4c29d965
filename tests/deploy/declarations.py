"""Every metric that the services declare."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from tools.generate.metrics import collectors


@cache
def declared() -> dict[str, MetricWrapperBase]:
    """Metric family to its declaration. Counters stand here with `_total`, as PromQL names them."""
    return {each._name + ("_total" if isinstance(each, Counter) else ""): each for each in collectors()}
