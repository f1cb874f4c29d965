"""The committed boards: fresh, readable, bound to the provisioned data source, and made for 300 counties."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
import yaml

from deploy.grafana import generate
from deploy.grafana.definitions.panels import DATASOURCE_UID
from tests.deploy.expressions import ROOT, dashboards, panels, rules

PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
BOARDS = dashboards()
PANELS = dict(panels())
TEMPLATED = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
# Each board is a ConfigMap beside others in a cluster, and is read by people in a difference.
LARGEST_BYTES = 100_000


def test_the_committed_boards_are_what_the_definitions_give() -> None:
    assert generate.stale() == [], "run: python -m deploy.grafana.generate"


def test_a_board_edited_by_hand_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in generate.render().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate, "DASHBOARDS", tmp_path)
    assert generate.stale() == []

    edited = tmp_path / "duban-stages.json"
    edited.write_text(edited.read_text(encoding="utf-8").replace("> 0", "> 1"), encoding="utf-8")

    assert generate.stale() == ["duban-stages.json"]


def test_no_board_names_a_county_since_their_names_come_with_the_metrics() -> None:
    rendered = "".join(generate.render().values())
    assert not re.search(r"1405\d\d|晋城|renameByRegex", rendered)
    assert max(map(len, generate.render().values())) < LARGEST_BYTES


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_board_has_a_fixed_address_a_chinese_title_and_a_data_source_and_a_city_to_choose(
    board: dict[str, Any],
) -> None:
    assert board["uid"].startswith("duban-")
    assert re.search(r"[\u4e00-\u9fffA-Z]", board["title"])
    assert board["description"]
    assert board["editable"] is False
    assert board["timezone"] == "Asia/Shanghai"
    variables = {entry["name"]: entry for entry in board["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    assert variables["city"]["allValue"] == ".*"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_panels_stand_within_the_page_and_none_on_another(board: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    for place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= COLUMNS, place
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_board_leads_to_the_others_and_marks_restarts_upgrades_and_critical_alerts(board: dict[str, Any]) -> None:
    assert [(link["type"], link["tags"]) for link in board["links"]] == [("dashboards", ["duban"])]
    assert board["tags"] == ["duban"]
    marks = {mark["name"]: mark["expr"] for mark in board["annotations"]["list"]}
    assert list(marks) == ["重启", "升级", "严重告警"]


def test_a_link_leads_to_a_board_that_exists_with_a_variable_that_it_has() -> None:
    variables = {board["uid"]: {entry["name"] for entry in board["templating"]["list"]} for board in BOARDS.values()}
    links = re.findall(r"/d/([\w-]+)\?var-(\w+)=", "".join(generate.render().values()))
    assert {uid for uid, _ in links} >= {"duban-county", "duban-service"}
    for uid, variable in links:
        assert variable in variables[uid]


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS.keys())
def test_a_panel_has_a_templated_source_a_title_a_description_and_a_unit(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == TEMPLATED
    assert panel["title"]
    assert re.search(r"[\u4e00-\u9fff].*。$", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"] == TEMPLATED
        assert target["legendFormat"]


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS.keys())
def test_a_limit_of_curves_is_drawn_and_one_by_county_shows_the_foremost(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] == "timeseries":
        steps = (defaults.get("thresholds") or {}).get("steps", [])
        drawn = defaults["custom"].get("thresholdsStyle", {}).get("mode")
        assert (drawn == "dashed") is (len(steps) > 1)
    if panel["type"] in {"timeseries", "bargauge"}:
        for target in panel["targets"]:
            assert "{{county}}" not in target["legendFormat"]
            if "{{name}}" in target["legendFormat"]:
                assert re.search(r"topk\(15|bottomk\(15", target["expr"])


def test_what_does_not_run_is_red_everywhere() -> None:
    dead = {"中断", "未读取"}
    said = [
        result
        for panel in PANELS.values()
        for mapping in panel["fieldConfig"]["defaults"].get("mappings") or ()
        if mapping["type"] == "value"
        for result in mapping["options"].values()
        if result["text"] in dead
    ]
    assert {result["text"] for result in said} == dead
    assert {result["color"] for result in said} == {"red"}


def test_what_is_gone_in_one_city_is_not_hidden_by_another() -> None:
    for name in ("duban-overview.json: 服务", "duban-stages.json: 消费者"):
        [target] = PANELS[name]["targets"]
        outer, inner = re.findall(r"(m\w\w) by \(([\w, ]+)\)", target["expr"])[:2]
        assert outer[0] == "min"
        assert inner[1].startswith("city, ")
        assert re.search(r"or 0 \* max by \(city, \w+\) \(duban:\w+_expected", target["expr"])
    for place, panel in PANELS.items():
        for target in panel["targets"]:
            for by in re.findall(r"sum(?: by \(\w+\))? \(?\(?max by \(([\w, ]+)\)", target["expr"]):
                assert "city" in by, place


def test_times_are_written_in_chinese_and_an_axis_of_zeros_reaches_to_one() -> None:
    english = {"s", "ms", "m", "h", "d", "dtdurations", "dtdhms", "reqps"}
    for place, panel in PANELS.items():
        units = {panel["fieldConfig"]["defaults"]["unit"], panel["options"].get("yAxis", {}).get("unit")}
        units |= {
            setting["value"]
            for override in panel["fieldConfig"]["overrides"]
            for setting in override["properties"]
            if setting["id"] == "unit"
        }
        assert not units & english, place
        if panel["type"] == "timeseries" and "short" in units:
            assert panel["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] > 0, place


def test_a_budget_is_not_judged_by_less_than_a_day_and_is_never_below_nothing() -> None:
    budget = PANELS["duban-overview.json: 剩余误差预算"]
    assert all("offset 1d" in target["expr"] for target in budget["targets"])
    [mapping] = budget["fieldConfig"]["defaults"]["mappings"]
    assert (mapping["type"], mapping["options"].get("from"), mapping["options"]["to"]) == ("range", None, 0)
    assert mapping["options"]["result"]["color"] == "red"


def test_titles_do_not_repeat_within_a_board() -> None:
    assert len(PANELS) == len(list(panels()))


def test_the_provisioned_source_and_folder_keep_their_addresses() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "duban.yml").read_text(encoding="utf-8"))
    assert [entry["uid"] for entry in source["datasources"]] == [DATASOURCE_UID]
    assert source["datasources"][0]["editable"] is False
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "duban.yml").read_text(encoding="utf-8"))
    assert [entry["folderUid"] for entry in provider["providers"]] == ["duban"]
    assert provider["providers"][0]["allowUiUpdates"] is False


# Which alert calls beyond what a panel draws in red, and of how many of the alert's units one of the panel's is.
DRAWN = [
    ("duban-overview.json: 距上次自查", "DubanAuditStale", 1),
    ("duban-overview.json: 距最近备份", "DubanBackupStale", 3600),
    ("duban-postgres.json: 距最近备份", "DubanBackupStale", 3600),
    ("duban-kafka.json: 时钟偏差", "DubanBrokerClockApart", 1),
    ("duban-service.json: 最早未处理事件已等待", "DubanPipelineStale", 1),
    ("duban-stages.json: 最早未处理事件已等待", "DubanPipelineStale", 1),
]


@pytest.mark.parametrize(("place", "alert", "unit"), DRAWN, ids=[place for place, _, _ in DRAWN])
def test_a_panel_draws_the_limit_at_which_the_alert_calls_and_says_so(place: str, alert: str, unit: int) -> None:
    fields = PANELS[place]["fieldConfig"]
    overridden = [
        each["value"]
        for override in fields["overrides"]
        for each in override["properties"]
        if each["id"] == "thresholds"
    ]
    steps = [step for each in (fields["defaults"]["thresholds"], *overridden) for step in each["steps"]]
    drawn = {step["value"] for step in steps if step["value"] is not None}
    (rule,) = (rule for rule in rules() if rule["alert"] == alert)
    called = {
        float(number) * float(times or 1) / unit
        for number, times in re.findall(r"> ([\d.]+)(?: \* (\d+))?(?=\s|$)", rule["expr"])
        if float(number)
    }
    assert called
    assert called <= drawn
    # What is drawn beyond is an other one's: clocks have a second limit, at which heartbeats are held back.
    assert len(drawn) <= max(2, len(called))
    assert all(f"{each:g} " in PANELS[place]["description"] for each in called)
