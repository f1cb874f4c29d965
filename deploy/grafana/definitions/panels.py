"""What all panels share: the templated data source, a title, a description and a unit, and Chinese names for codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE_UID: Final = "duban-prometheus"
SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
FULL, HALF, THIRD, QUARTER = 24, 12, 8, 6

PanelBuilder = timeseries.Panel | stat.Panel | bargauge.Panel | heatmap.Panel
_P = TypeVar("_P", timeseries.Panel, stat.Panel, bargauge.Panel, heatmap.Panel)


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


def lines(
    text: Text, queries: Sequence[Query], *, span: int = HALF, names: Mapping[str, str] | None = None
) -> PanelBuilder:
    """Curves over the time range."""
    panel = _common(timeseries.Panel(), text, span)
    panel.line_width(1).fill_opacity(10).show_points(common_models.VisibilityMode.AUTO).min(0)
    panel.legend(common.VizLegendOptions().display_mode(common_models.LegendDisplayMode.LIST).show_legend(True))  # noqa: FBT003
    for number, query in enumerate(queries):
        panel.with_target(_target(number, query).range())
    return _named(panel, names)


def numbers(
    text: Text,
    queries: Sequence[Query],
    *,
    span: int = QUARTER,
    bad_from: float | None = None,
    words: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> PanelBuilder:
    """Single values of this moment. Red from `bad_from` on; `words` replaces values by Chinese text."""
    panel = _common(stat.Panel(), text, span)
    panel.graph_mode(common_models.BigValueGraphMode.NONE).no_value("暂无数据")
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.thresholds(_thresholds(bad_from))
    if words:
        panel.mappings(_words(words))
    for number, query in enumerate(queries):
        panel.with_target(_target(number, query).instant())
    return _named(panel, names)


def bars(text: Text, query: Query, *, span: int = HALF, names: Mapping[str, str] | None = None) -> PanelBuilder:
    """One horizontal bar per series, of this moment."""
    panel = _common(bargauge.Panel(), text, span)
    panel.orientation(common_models.VizOrientation.HORIZONTAL).display_mode(common_models.BarGaugeDisplayMode.BASIC)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])).min(0).no_value("暂无数据")
    panel.thresholds(_thresholds(None)).with_target(_target(0, query).instant())
    return _named(panel, names)


def distribution(text: Text, expr: str, *, span: int = FULL) -> PanelBuilder:
    """Histogram buckets over time; the axis is in the unit of the buckets."""
    panel = _common(heatmap.Panel(), text, span)
    panel.calculate(False).with_target(  # noqa: FBT003
        _target(0, Query(expr, "{{le}}")).range().format(PromQueryFormat.HEATMAP)
    )
    return panel


def page(
    uid: str, title: str, description: str, *, since: str, names: Mapping[str, str] | None = None
) -> dashboard.Dashboard:
    """Start a dashboard with its data source variable and, when `names` are given, a county variable."""
    board = dashboard.Dashboard(title).uid(uid).description(description).tags(["duban"]).readonly()
    board.timezone("Asia/Shanghai").week_start("monday").refresh("30s").time(since, "now")
    board.tooltip(models.DashboardCursorSync.CROSSHAIR)
    board.with_variable(
        dashboard.DatasourceVariable("datasource")
        .label("数据源")
        .type("prometheus")
        .current(models.VariableOption(text="Prometheus", value=DATASOURCE_UID))
    )
    if names:
        board.with_variable(
            dashboard.CustomVariable("county")
            .label("县区")
            .values(",".join(f"{name} : {code}" for code, name in names.items()))
            .include_all(True)  # noqa: FBT003
            .all_value(".*")
            .multi(True)  # noqa: FBT003
            .current(models.VariableOption(text="全部", value="$__all"))
        )
    return board


def _common(panel: _P, text: Text, span: int) -> _P:
    panel.title(text.title).description(text.description).unit(text.unit)
    panel.datasource(SOURCE).span(span).height(8)
    return panel


def _named(panel: _P, names: Mapping[str, str] | None) -> _P:
    for code, name in (names or {}).items():
        options = {"regex": f"(.*)\\b{code}\\b(.*)", "renamePattern": f"$1{name}$2"}
        panel.with_transformation(models.DataTransformerConfig(id_val="renameByRegex", options=options))
    return panel


def _target(number: int, query: Query) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(chr(ord("A") + number)).datasource(SOURCE)
    return target.expr(query.expr).legend_format(query.legend)


def _thresholds(bad_from: float | None) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=None, color="green")]
    if bad_from is not None:
        steps.append(models.Threshold(value=bad_from, color="red"))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _words(words: Mapping[str, str]) -> list[models.ValueMapping]:
    options = {value: models.ValueMappingResult(text=word) for value, word in words.items()}
    return [models.ValueMap(options=options)]
