"""The committed dashboards: fresh, readable, and bound to the provisioned data source."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.grafana import generate
from deploy.grafana.definitions.names import Names
from deploy.grafana.definitions.panels import DATASOURCE_UID
from tests.deploy.expressions import ROOT, dashboards, panels

PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
BOARDS = dashboards()
PANELS = dict(panels())
TEMPLATED = {"type": "prometheus", "uid": "${datasource}"}


def test_the_committed_dashboards_are_what_the_definitions_give() -> None:
    assert generate.stale(Names.of(generate.PROFILE)) == [], "run: python -m deploy.grafana.generate"


def test_a_dashboard_edited_by_hand_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names.of(generate.PROFILE)
    for name, text in generate.render(names).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate, "DASHBOARDS", tmp_path)
    assert generate.stale(names) == []

    edited = tmp_path / "duban-pipeline.json"
    edited.write_text(edited.read_text(encoding="utf-8").replace("> 0", "> 1"), encoding="utf-8")

    assert generate.stale(names) == ["duban-pipeline.json"]


def test_another_city_gets_its_own_names_and_no_other_code() -> None:
    rendered = generate.render(Names(city="示例市", counties={"990101": "示例区"}, grades={"major": "重大"}))
    assert "示例区 : 990101" in rendered["duban-hazards.json"]
    assert "140502" not in "".join(rendered.values())


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_dashboard_has_a_fixed_address_a_chinese_title_and_a_data_source_to_choose(board: dict[str, Any]) -> None:
    assert board["uid"].startswith("duban-")
    assert re.search(r"[\u4e00-\u9fff]", board["title"])
    assert board["description"]
    assert board["editable"] is False
    assert board["timezone"] == "Asia/Shanghai"
    source = next(entry for entry in board["templating"]["list"] if entry["name"] == "datasource")
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


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


def test_titles_do_not_repeat_within_a_dashboard() -> None:
    assert len(PANELS) == len(list(panels()))


def test_the_provisioned_source_and_folder_keep_their_addresses() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "duban.yml").read_text(encoding="utf-8"))
    assert [entry["uid"] for entry in source["datasources"]] == [DATASOURCE_UID]
    assert source["datasources"][0]["editable"] is False
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "duban.yml").read_text(encoding="utf-8"))
    assert [entry["folderUid"] for entry in provider["providers"]] == ["duban"]
    assert provider["providers"][0]["allowUiUpdates"] is False
