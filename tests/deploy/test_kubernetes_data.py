"""PostgreSQL and Kafka on a cluster: what the operators are asked for is what the promises rest on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.tests.tables import each
from deploy.kubernetes.__main__ import main
from deploy.profiles.generate import generate
from duban_contracts.topics import CONSUMERS, city_topics
from services.ledger.freshness.jobs import BEAT_SECONDS
from tests.deploy.overlays import Manifest, apart, of_kind, pod, rendered
from tests.deploy.policies import examples
from tools.generate.parts import SERVICES

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers

CONTROLLED = ("overlays/city/data", "overlays/city-ha/data")
RESTORING = ("overlays/city/restore", "overlays/city-ha/restore")


def test_kafka_keeps_what_was_acknowledged_on_two_of_three_and_lets_nobody_in_without_a_name() -> None:
    pools = of_kind(apart("platform/kafka"), "KafkaNodePool")
    assert {tuple(each["spec"]["roles"]): each["spec"]["replicas"] for each in pools.values()} == {
        ("controller",): 3,
        ("broker",): 3,
    }
    kafka = of_kind(apart("platform/kafka"), "Kafka")["kafka"]["spec"]["kafka"]
    assert (kafka["config"]["default.replication.factor"], kafka["config"]["min.insync.replicas"]) == (3, 2)
    assert kafka["config"]["auto.create.topics.enable"] is False
    assert kafka["config"]["transaction.max.timeout.ms"] == 60_000
    assert kafka["authorization"] == {"type": "simple"}
    (listener,) = kafka["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}
    assert kafka["metricsConfig"]["valueFrom"]["configMapKeyRef"]["name"] in of_kind(
        apart("platform/kafka"), "ConfigMap"
    )


@pytest.mark.parametrize("kustomization", CONTROLLED)
def test_counties_come_in_from_their_own_networks_alone_by_tls_and_their_user(kustomization: str) -> None:
    listeners = of_kind(apart(kustomization), "Kafka")["kafka"]["spec"]["kafka"]["listeners"]
    assert [each["name"] for each in listeners] == ["clients", "counties"]
    assert all(each["tls"] and each["authentication"] == {"type": "scram-sha-512"} for each in listeners)
    outside = listeners[1]
    assert outside["type"] == "loadbalancer"
    networks = [peer["ipBlock"]["cidr"] for peer in outside["networkPolicyPeers"]]
    assert outside["configuration"]["loadBalancerSourceRanges"] == networks
    assert all(ipaddress.ip_network(each).prefixlen >= 16 for each in networks)
    assert outside["configuration"]["externalTrafficPolicy"] == "Local", "else every caller has a node's address"


def test_every_topic_has_three_copies_and_every_county_writes_its_own_topic_alone() -> None:
    topics = of_kind(apart("cities/jincheng"), "KafkaTopic")
    assert {each["spec"]["replicas"] for each in topics.values()} == {3}
    assert {each["spec"]["config"]["min.insync.replicas"] for each in topics.values()} == {"2"}
    for name, user in of_kind(apart("cities/jincheng"), "KafkaUser").items():
        if name.startswith("county-"):
            writes = {
                acl["resource"]["name"]
                for acl in user["spec"]["authorization"]["acls"]
                if acl["resource"]["type"] == "topic" and "Write" in acl["operations"]
            }
            assert writes == {f"county.{name.removeprefix('county-')}.v1"}
            assert user["spec"]["quotas"].keys() == {"producerByteRate", "consumerByteRate", "requestPercentage"}


def test_a_profile_that_no_config_map_holds_is_refused_and_a_stale_file_is_told(tmp_path: Path) -> None:
    large = generate(300, tmp_path / "large")
    assert main(["profile", str(large)]) == 1
    assert not (large / "kustomization.yaml").exists()
    assert main(["kafka", str(tmp_path)]) == main(["--check", "kafka", str(tmp_path)]) == 0
    (tmp_path / "topics.yaml").write_text("", encoding="utf-8")
    assert main(["--check", "kafka", str(tmp_path)]) == 1


def test_postgresql_commits_on_two_of_three_and_has_neither_superuser_nor_a_way_in_without_tls() -> None:
    for kustomization in ("platform/postgres", *RESTORING):
        cluster = of_kind(apart(kustomization), "Cluster")["postgres"]["spec"]
        assert cluster["instances"] == 3
        assert cluster["postgresql"]["synchronous"] == {
            "method": "any",
            "number": 1,
            "dataDurability": "required",
            "failoverQuorum": True,
        }
        assert cluster["enableSuperuserAccess"] is False
        assert cluster["postgresql"]["pg_hba"][0] == "hostnossl all all all reject"


def test_each_service_owns_its_database_and_the_job_of_a_release_is_a_member_of_each_role() -> None:
    postgres = apart("platform/postgres")
    roles = {each["name"]: each for each in of_kind(postgres, "Cluster")["postgres"]["spec"]["managed"]["roles"]}
    databases = {each["spec"]["name"]: each["spec"]["owner"] for each in of_kind(postgres, "Database").values()}
    assert databases == {f"duban_{name}": f"duban_{name}" for name in SERVICES} | {"duban_vault": "duban_provision"}
    assert set(roles["duban_provision"]["inRoles"]) == {f"duban_{name}" for name in SERVICES}
    assert not any({"superuser", "bypassrls", "replication"} & each.keys() for each in roles.values())
    assert [name for name, each in roles.items() if each.get("createrole")] == ["duban_provision"]
    made = of_kind(postgres, "ExternalSecret")
    for role in roles.values():
        secret = role["passwordSecret"]["name"]
        assert made[secret]["spec"]["target"]["template"]["data"]["username"] == role["name"]
        assert examples()[secret]["username"] == role["name"]


def test_backups_go_out_every_night_and_a_restored_cluster_never_writes_into_the_archive_it_came_from() -> None:
    postgres = apart("platform/postgres")
    (nightly,) = of_kind(postgres, "ScheduledBackup").values()
    assert nightly["spec"]["method"] == "plugin"
    assert len(nightly["spec"]["schedule"].split()) == 6
    (archiver,) = of_kind(postgres, "Cluster")["postgres"]["spec"]["plugins"]
    assert archiver["isWALArchiver"]
    assert archiver["parameters"]["barmanObjectName"] in of_kind(postgres, "ObjectStore")
    for kustomization in (*RESTORING, "platform/restore/beside"):
        (restored,) = of_kind(apart(kustomization), "Cluster").values()
        (source,) = restored["spec"]["externalClusters"]
        assert restored["spec"]["bootstrap"] == {"recovery": {"source": source["name"]}}
        assert source["plugin"]["parameters"]["serverName"] == "postgres"
        written = [plugin["parameters"].get("serverName") for plugin in restored["spec"].get("plugins", ())]
        assert written in ([], ["postgres-2"])


def test_what_the_services_read_of_the_data_namespace_is_made_there_and_nothing_else_may_be_read() -> None:
    asked = {each for manifest in of_kind(rendered("city-ha"), "ExternalSecret").values() for each in _asked(manifest)}
    access = apart("platform/access")
    (rule,) = of_kind(access, "Role")["duban-secrets-reader"]["rules"]
    assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get"])
    assert set(rule["resourceNames"]) == asked
    made = {*of_kind(apart("platform/postgres"), "ExternalSecret"), *of_kind(apart("cities/jincheng"), "KafkaUser")}
    copies = of_kind(access, "ExternalSecret")
    # Strimzi's own has no key in it; of CloudNativePG's the certificate is copied.
    assert asked - made - copies.keys() == {"kafka-cluster-ca-cert"}
    assert [each["secretKey"] for each in copies["postgres-ca-cert"]["spec"]["data"]] == ["ca.crt"]


def _asked(secret: Manifest) -> Iterator[str]:
    usual = secret["spec"]["secretStoreRef"]["name"]
    for entry in secret["spec"]["data"]:
        store = entry.get("sourceRef", {}).get("storeRef", {}).get("name", usual)
        if store == "duban-data":
            yield entry["remoteRef"]["key"]


def test_more_workers_come_for_a_backlog_and_never_for_heartbeats_alone() -> None:
    scaled = of_kind(rendered("city-ha"), "ScaledObject")
    each(scaled, lambda name: _comes_for_a_backlog(name, scaled[name]))


def _comes_for_a_backlog(name: str, scaled: Manifest) -> None:
    groups = {each.group: each for each in CONSUMERS}
    topics = {topic.name: topic for topic in city_topics([])}
    for trigger in scaled["spec"]["triggers"]:
        asked = trigger["metadata"]
        assert groups[asked["consumerGroup"]].service == name
        partitions = topics[asked["topic"]].partitions
        a_minutes_beats = partitions * 60 / BEAT_SECONDS
        assert int(asked["lagThreshold"]) > 2 * a_minutes_beats
        assert scaled["spec"]["maxReplicaCount"] <= partitions
        assert asked["excludePersistentLag"] == "true"
    assert scaled["spec"]["minReplicaCount"] == 2
    workload = of_kind(rendered("city-ha"), "Deployment", "StatefulSet")[name]
    assert "replicas" not in workload["spec"], "what is applied again would set it back"


@pytest.mark.parametrize("kustomization", CONTROLLED)
def test_a_citys_data_stands_in_its_own_namespace(kustomization: str) -> None:
    manifests = apart(kustomization)
    assert {each["metadata"]["namespace"] for each in manifests} == {"duban-data"}
    assert {"Kafka", "Cluster", "KafkaTopic", "Role"} <= {each["kind"] for each in manifests}


def test_the_toolbox_has_what_the_command_asks_for() -> None:
    (container,) = pod(of_kind(rendered("city-ha"), "Deployment")["toolbox"])["containers"]
    (settings,) = (source["configMapRef"]["name"] for source in container["envFrom"])
    told = {each["name"].removesuffix("_FILE") for each in container["env"]}
    told |= of_kind(rendered("city-ha"), "ConfigMap")[settings]["data"].keys()
    services = {f"DUBAN_{service.upper()}_{what}" for service in SERVICES for what in ("URL", "DSN")}
    assert {"DUBAN_KAFKA_BOOTSTRAP", "DUBAN_KAFKA_USERNAME", "DUBAN_KAFKA_PASSWORD", "DUBAN_PROFILE", *services} <= told
