"""What all panels share: the templated data source, a title, a description, a unit, and the limit drawn where one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE_UID: Final = "duban-prometheus"
SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
FULL, HALF, THIRD, QUARTER, SIXTH = 24, 12, 8, 6, 4
# Grafana's own units of time are English, and write 200 s as 3.33 mins.
SECONDS: Final = "suffix: 秒"
DAYS: Final = "suffix: 天"
HOURS: Final = "suffix: 小时"
NOTHING: Final = "无"
NOT_MEASURED: Final = "此处未采集"

PanelBuilder = timeseries.Panel | stat.Panel | bargauge.Panel | heatmap.Panel | table.Panel
P = TypeVar("P", timeseries.Panel, stat.Panel, bargauge.Panel, heatmap.Panel, table.Panel)


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads on a panel, and the unit of its values."""

    title: str
    description: str
    unit: str


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and its legend."""

    expr: str
    legend: str = "__auto"


@dataclass(frozen=True, slots=True)
class Limit:
    """From which value on something is bad, and before that worth a look; with `below` it is bad under the value."""

    bad: float
    warn: float | None = None
    below: bool = False

    @property
    def steps(self) -> list[tuple[float | None, str]]:
        """Colours from the lowest value up."""
        if self.below:
            middle = [] if self.warn is None else [(self.warn, "green")]
            return [(None, "red"), (self.bad, "green" if self.warn is None else "orange"), *middle]
        middle = [] if self.warn is None else [(self.warn, "orange")]
        return [(None, "green"), *middle, (self.bad, "red")]


# Values that stand for words, and their colours.
Words = Mapping[str, tuple[str, str]]
RUNNING: Final[Words] = {"0": ("中断", "red"), "1": ("正常", "green")}


def lines(
    text: Text,
    queries: Sequence[Query],
    *,
    span: int = HALF,
    height: int = 8,
    limit: Limit | None = None,
    stacked: bool = False,
    otherwise: str = "无数据",
) -> PanelBuilder:
    """Curves over the time range; the limit is a dashed line."""
    panel = common_parts(timeseries.Panel(), text, span, height)
    panel.no_value(otherwise).line_width(1).fill_opacity(0).show_points(common_models.VisibilityMode.NEVER).min(0)
    panel.legend(
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)  # noqa: FBT003
    )
    panel.tooltip(
        common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI).sort(common_models.SortOrder.DESCENDING)
    )
    if limit:
        dashed = common_models.GraphThresholdsStyleMode.DASHED
        panel.thresholds(thresholds(limit)).thresholds_style(common.GraphThresholdsStyleConfig().mode(dashed))
        # A line outside the axis is not drawn.
        panel.axis_soft_max(limit.bad * 1.1)
    elif text.unit == "short":
        # An axis of nothing but zeros would reach to 100.
        panel.axis_soft_max(1)
    if stacked:
        panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL)).fill_opacity(40)
    for number, query in enumerate(queries):
        panel.with_target(target(number, query).range())
    return panel


def numbers(
    text: Text,
    queries: Sequence[Query],
    *,
    span: int = QUARTER,
    height: int = 4,
    limit: Limit | Mapping[str, Limit] | None = None,
    words: Words | None = None,
    spent: str | None = None,
    otherwise: str = "暂无数据",
    decimals: int | None = None,
) -> PanelBuilder:
    """Single values of this moment, coloured by the limit where there is one, which may be one for each legend.

    `words` stand for values, `spent` for whatever is not above zero.
    """
    panel = common_parts(stat.Panel(), text, span, height)
    panel.graph_mode(common_models.BigValueGraphMode.NONE).no_value(otherwise)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.thresholds(thresholds(limit if isinstance(limit, Limit) else None))
    if len(queries) > 1:
        # Also when only one of them has a value: which one would else not be said.
        panel.text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
    if decimals is not None or text.unit == "short":
        panel.decimals(decimals or 0)
    if words:
        panel.mappings(mapped(words)).color_mode(common_models.BigValueColorMode.BACKGROUND_SOLID)
    if spent:
        result = models.ValueMappingResult(text=spent, color="red", index=0)
        panel.mappings([models.RangeMap(models.DashboardRangeMapOptions(to=0, result=result))])
    for legend, own in limit.items() if isinstance(limit, Mapping) else ():
        panel.override_by_name(legend, [thresholds_of(own.steps)])
    for number, query in enumerate(queries):
        panel.with_target(target(number, query).instant())
    return panel


def bars(
    text: Text,
    queries: Sequence[Query],
    *,
    span: int = HALF,
    height: int = 10,
    limit: Limit | None = None,
    otherwise: str = NOTHING,
) -> PanelBuilder:
    """One horizontal bar per series, of this moment."""
    panel = common_parts(bargauge.Panel(), text, span, height)
    panel.orientation(common_models.VizOrientation.HORIZONTAL).display_mode(common_models.BarGaugeDisplayMode.BASIC)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).min(0).no_value(otherwise)
    panel.thresholds(thresholds(limit, otherwise="blue"))
    panel.text(common.VizTextDisplayOptions().title_size(14).value_size(16))
    for number, query in enumerate(queries):
        panel.with_target(target(number, query).instant())
    return panel


def distribution(text: Text, expr: str, *, span: int = HALF, height: int = 8) -> PanelBuilder:
    """Histogram buckets over time; the axis is in the unit of the buckets, which `fieldConfig` does not reach."""
    panel = common_parts(heatmap.Panel(), text, span, height)
    panel.calculate(False).y_axis(heatmap.YAxisConfig().unit(text.unit))  # noqa: FBT003
    panel.cell_gap(1).color(
        heatmap.HeatmapColorOptions()
        .mode(heatmap_models.HeatmapColorMode.SCHEME)
        .scheme("Oranges")
        .steps(64)
        .reverse(False)  # noqa: FBT003
    )
    panel.with_target(target(0, Query(expr, "{{le}}")).range().format(PromQueryFormat.HEATMAP))
    return panel


def common_parts(panel: P, text: Text, span: int, height: int) -> P:
    """Give a panel its words, its source and its place."""
    panel.title(text.title).description(text.description).unit(text.unit)
    panel.datasource(SOURCE).span(span).height(height)
    return panel


def target(number: int, query: Query) -> prometheus.Dataquery:
    """Return the nth query of a panel."""
    one = prometheus.Dataquery().ref_id(chr(ord("A") + number)).datasource(SOURCE)
    return one.expr(query.expr).legend_format(query.legend)


def thresholds(limit: Limit | None, otherwise: str = "text") -> dashboard.ThresholdsConfig:
    """Return the limit's colours; without one there is nothing to judge, and nothing is green."""
    steps = limit.steps if limit else [(None, otherwise)]
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=color) for value, color in steps])
    )


def thresholds_of(steps: Sequence[tuple[float | None, str]]) -> models.DynamicConfigValue:
    """Return colours that only one column, or one value, has."""
    value = {"mode": "absolute", "steps": [{"value": least, "color": color} for least, color in steps]}
    return models.DynamicConfigValue(id_val="thresholds", value=value)


def mapped(words: Words) -> list[models.ValueMapping]:
    """Return the mapping of values to words and colours."""
    options = {
        value: models.ValueMappingResult(text=word, color=color or None, index=index)
        for index, (value, (word, color)) in enumerate(words.items())
    }
    return [models.ValueMap(options=options)]
