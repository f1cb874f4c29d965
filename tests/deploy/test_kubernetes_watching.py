"""Watching on a cluster: what boards ask of a broker is exported, boards are found, receivers have addresses."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deploy.expressions import ROOT
from tests.deploy.foreign import EXPORTERS
from tests.deploy.overlays import apart, of_kind, rendered
from tests.deploy.policies import examples

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers

BEANS = [
    ("kafka.server<type=ReplicaManager, name=LeaderCount><>Value", "kafka_server_replicamanager_leadercount"),
    (
        "kafka.server<type=ReplicaManager, name=UnderMinIsrPartitionCount><>Value",
        "kafka_server_replicamanager_underminisrpartitioncount",
    ),
    (
        "kafka.controller<type=KafkaController, name=ActiveControllerCount><>Value",
        "kafka_controller_kafkacontroller_activecontrollercount",
    ),
    (
        "kafka.server<type=BrokerTopicMetrics, name=MessagesInPerSec><>Count",
        "kafka_server_brokertopicmetrics_messagesin_total",
    ),
    (
        "kafka.server<type=BrokerTopicMetrics, name=BytesInPerSec><>Count",
        "kafka_server_brokertopicmetrics_bytesin_total",
    ),
    (
        "kafka.server<type=BrokerTopicMetrics, name=BytesOutPerSec><>Count",
        "kafka_server_brokertopicmetrics_bytesout_total",
    ),
    (
        "kafka.network<type=RequestMetrics, name=TotalTimeMs, request=Produce><>99thPercentile",
        "kafka_network_requestmetrics_totaltimems",
    ),
    (
        "kafka.server<type=KafkaRequestHandlerPool, name=RequestHandlerAvgIdlePercent><>OneMinuteRate",
        "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
    ),
]


@pytest.mark.parametrize(("bean", "name"), BEANS)
def test_what_the_boards_ask_of_a_broker_is_exported_under_that_name(bean: str, name: str) -> None:
    (config,) = of_kind(apart("platform/kafka"), "ConfigMap").values()
    rules = yaml.safe_load(config["data"]["metrics.yaml"])["rules"]
    matches = ((re.search(rule["pattern"], bean), rule["name"]) for rule in rules)
    match, template = next(found for found in matches if found[0])
    assert match is not None
    assert match.expand(re.sub(r"\$(\d)", r"\\\1", template)).lower() == name
    assert name in EXPORTERS


def test_every_metric_of_kafka_that_a_board_asks_for_is_looked_at_here() -> None:
    assert {each for each in EXPORTERS if each.startswith("kafka_")} == {name for _, name in BEANS}


@pytest.mark.parametrize("overlay", ["city", "city-ha"])
def test_every_board_is_found_by_grafanas_sidecar(overlay: str) -> None:
    boards = {
        file: each["metadata"]["labels"]["grafana_dashboard"]
        for each in of_kind(rendered(overlay), "ConfigMap").values()
        for file in each["data"]
        if file.startswith("duban-")
    }
    assert boards == {path.name: "1" for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}


ELSEWHERE = re.compile(r"\b(?:cnpg|barman_cloud|kubelet_volume_stats|prometheus|alertmanager)_\w+")


def test_whoever_confines_rules_to_their_namespace_is_told_which_ones_look_into_others() -> None:
    (rule,) = of_kind(rendered("city-ha"), "PrometheusRule").values()
    namespace = rule["metadata"]["namespace"]
    blind = {
        each.get("alert")
        for group in rule["spec"]["groups"]
        for each in group["rules"]
        if ELSEWHERE.search(each["expr"])
    }
    assert {"DubanBackupStale", "DubanArchiveFailing", "DubanSpaceEnding", "DubanAlertsNotDelivered"} <= blind
    data = of_kind(rendered("city-ha/data"), "Cluster").values()
    assert namespace not in {each["metadata"]["namespace"] for each in data}
    for file in ("README.md", "components/monitoring/kustomization.yaml"):
        text = " ".join((ROOT / "k8s" / file).read_text(encoding="utf-8").replace("\n#", "\n").split())
        assert "`alertmanagerConfigMatcherStrategy: {type: None}`" in text
        offered = re.findall(r"[^;.]*`enforcedNamespaceLabel[^;.]*", text)
        assert offered
        assert all("excludedFromEnforcement" in each for each in offered), "an offer that silences rules"


def test_every_receiver_has_an_address_among_the_documented_secrets() -> None:
    (config,) = of_kind(rendered("city-ha"), "AlertmanagerConfig").values()
    asked = [hook["urlSecret"] for each in config["spec"]["receivers"] for hook in each["webhookConfigs"]]
    assert {each["name"] for each in asked} == {"duban-alerting"}
    assert {each["key"] for each in asked} == examples()["duban-alerting"].keys()
