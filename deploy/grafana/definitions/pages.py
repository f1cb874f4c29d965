"""What all boards share: variables, links from one to the next, and what happened meanwhile (annotations)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.definitions.panels import DATASOURCE_UID, SOURCE
from deploy.grafana.definitions.promql import of

TAG: Final = "duban"
# The name a person reads, the code that goes into queries.
_COUNTY: Final = r'/county="(?<value>[^"]+)".*name="(?<text>[^"]+)"/'
_VERSIONS: Final = f"count by (version) ({of('duban_build_info')})"
_HAPPENED: Final = (
    # A process that began later than the range looks back.
    ("重启", "blue", f"changes({of('process_start_time_seconds', job='duban')}[2m]) > 0", "{{service}} 重启"),
    (
        "升级",
        "purple",
        f"{_VERSIONS} unless on (version) count by (version) ({of('duban_build_info')} offset 5m)",
        "版本 {{version}}",
    ),
    (
        "严重告警",
        "red",
        f"max by (alertname) ({of('ALERTS', alertstate='firing', severity='critical')})",
        "{{alertname}}",
    ),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A board's address, its words, and how far back it looks (`30s` refresh suits hours, `5m` days)."""

    uid: str
    title: str
    description: str
    since: str
    refresh: str = "30s"


def page(what: Page, further: Sequence[dashboard.QueryVariable] = ()) -> dashboard.Dashboard:
    """Start a board with the variables data source and city, and `further` ones."""
    board = dashboard.Dashboard(f"督办 · {what.title}").uid(what.uid).description(what.description)
    board.tags([TAG]).readonly().timezone("Asia/Shanghai").week_start("monday")
    board.refresh(what.refresh).time(what.since, "now").tooltip(models.DashboardCursorSync.CROSSHAIR)
    board.with_variable(
        dashboard.DatasourceVariable("datasource")
        .label("数据源")
        .type("prometheus")
        .current(models.VariableOption(text="Prometheus", value=DATASOURCE_UID))
    )
    board.with_variable(everything(chosen("city", "城市", 'label_values(up{job="duban"}, city)')))
    for variable in further:
        board.with_variable(variable)
    board.link(
        dashboard.DashboardLink("督办看板")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)  # noqa: FBT003
        .include_vars(True)  # noqa: FBT003
        .keep_time(True)  # noqa: FBT003
    )
    for name, color, expr, text in _HAPPENED:
        board.annotation(_Happening(name, color, expr, text))
    return board


def chosen(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """Return a variable whose values Prometheus knows."""
    variable = dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE)
    return variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)


def everything(variable: dashboard.QueryVariable) -> dashboard.QueryVariable:
    """Let a variable be several values, or all, which it is at first."""
    variable.include_all(True).multi(True).all_value(".*")  # noqa: FBT003
    return variable.current(models.VariableOption(text="全部", value="$__all"))


def county() -> dashboard.QueryVariable:
    """Return the variable that chooses counties, by name."""
    return chosen("county", "县区", f"query_result({of('duban_county_info')})").regex(_COUNTY)


class _Happening(models.AnnotationQuery, Builder[models.AnnotationQuery]):
    """A query whose results are marks on the time axis; the SDK has no field for their wording."""

    def __init__(self, name: str, color: str, expr: str, text: str) -> None:
        super().__init__(name=name, datasource=SOURCE, icon_color=color, expr=expr)
        self._text = text

    def build(self) -> models.AnnotationQuery:
        """Return itself: what a board takes are builders."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the annotation as Grafana's Prometheus source reads it."""
        return {**super().to_json(), "textFormat": self._text, "step": "30s"}
