"""Every overlay and every component: what the API server and the operators would take, and what the policies allow."""

from __future__ import annotations

import pytest

from deploy.docker.provision import vault_dsn
from services.chassis.process.secret_files import DIRECTORY, UnusableSetting
from tests.deploy import composition
from tests.deploy.overlays import (
    APART,
    COMPONENTS,
    OVERLAYS,
    PORTS,
    WORKLOADS,
    apart,
    of_counties,
    of_kind,
    pod,
    refusals,
    rendered,
    with_component,
)
from tests.deploy.policies import EVERYWHERE, broken, examples, pinned, restricted, selects
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers

FILLED_IN = {"DUBAN_SMTP_USERNAME", "DUBAN_SMTP_PASSWORD"}
# A component that makes sense beside another one only.
NEEDS = {"keda": ("doubled",)}
WATCHED = [each for each in OVERLAYS if each != "small"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_valid_of_known_kinds_and_within_every_policy(overlay: str) -> None:
    assert not refusals(rendered(overlay))
    assert not broken(rendered(overlay))
    assert not [
        each["metadata"]["name"] for each in rendered(overlay) if each["metadata"].get("namespace", "duban") != "duban"
    ]


@pytest.mark.parametrize("overlay", [each for each in OVERLAYS if each != "small"])
def test_what_a_city_runs_is_pinned_by_digest(overlay: str) -> None:
    assert not list(pinned(rendered(overlay)))


@pytest.mark.parametrize("kustomization", APART)
def test_what_is_applied_by_itself_is_pinned_and_comes_from_the_citys_registry(kustomization: str) -> None:
    assert not list(pinned(apart(kustomization)))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_alone_is_valid_and_within_policy(component: str) -> None:
    manifests = with_component(*NEEDS.get(component, ()), component)
    assert not refusals(manifests)
    assert not broken(manifests, EVERYWHERE)


@pytest.mark.parametrize("kustomization", APART)
def test_what_is_applied_by_itself_is_valid(kustomization: str) -> None:
    assert not refusals(apart(kustomization))
    assert not broken(apart(kustomization), EVERYWHERE)


@pytest.mark.parametrize("counties", [12, 300])
def test_a_city_of_so_many_counties_is_valid_and_within_every_policy(counties: int) -> None:
    manifests = of_counties(counties)
    assert not refusals(manifests)
    assert not broken(manifests)
    topics = of_kind(manifests, "KafkaTopic")
    assert sum(1 for name in topics if name.startswith("county.")) == 2 * counties
    users = of_kind(manifests, "KafkaUser")
    assert sum(1 for name, user in users.items() if name.startswith("county-") and user["spec"]["quotas"]) == counties
    # Above this etcd refuses an object.
    assert max(len(str(each)) for each in manifests) < 1_000_000


def test_both_namespaces_enforce_the_restricted_standard_and_are_told_apart_by_label() -> None:
    namespaces = of_kind(apart("overlays/namespaces"), "Namespace")
    labels = {name: each["metadata"]["labels"] for name, each in namespaces.items()}
    assert {each["pod-security.kubernetes.io/enforce"] for each in labels.values()} == {"restricted"}
    assert {name: each["duban-access"] for name, each in labels.items()} == {"duban": "services", "duban-data": "data"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_is_probed_without_asking_kafka_or_postgres_whether_it_lives(overlay: str) -> None:
    for service in SERVICES:
        workload = of_kind(rendered(overlay), "Deployment", "StatefulSet")[service]
        (container,) = pod(workload)["containers"]
        assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz/http", "port": "http"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        # The chassis gives its roles 25 s; the pause before SIGTERM counts, too.
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod(workload)["terminationGracePeriodSeconds"] >= pause + 25 + 10
        if workload["kind"] == "Deployment" and service != "gateway":
            # A consumer never has another process during a rollout.
            assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_its_module_on_its_port_behind_its_service(overlay: str, service: str) -> None:
    workload = of_kind(rendered(overlay), "Deployment", "StatefulSet")[service]
    (container,) = pod(workload)["containers"]
    assert container["args"] == [f"services.{service}"]
    assert container["ports"] == [{"name": "http", "containerPort": PORTS[service]}]
    assert told(overlay, service)["DUBAN_HTTP_PORT"] == str(PORTS[service])
    behind = of_kind(rendered(overlay), "Service")[service]["spec"]
    assert behind["ports"] == [{"name": "http", "port": PORTS[service], "targetPort": "http"}]
    assert behind["selector"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_what_it_is_told_in_compose_and_its_secrets_are_files(service: str) -> None:
    given = told("small", service)
    assert given.keys() <= variables_of(service).keys()
    # What a city adds to its secrets stands among the examples, and is made by nobody.
    assert given.keys() - FILLED_IN == composition.told(service).keys()
    for overlay in OVERLAYS:
        assert told(overlay, service)["DUBAN_MIGRATIONS"] == "check", "the job of a release changes tables, nobody else"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_where_the_ledger_has_a_vaults_keys_the_job_of_a_release_does_not_do_without_its_password(overlay: str) -> None:
    (job,) = of_kind(rendered(overlay), "Job").values()
    environ = {entry["name"]: entry.get("value", "") for entry in pod(job)["containers"][0]["env"]}
    assert "DUBAN_VAULT_KEYRING" in told(overlay, "ledger")
    secrets = examples()["duban-provision"]
    assert vault_dsn({**secrets, **environ, DIRECTORY: ""})
    with pytest.raises(UnusableSetting, match="needs DUBAN_VAULT_PASSWORD"):
        vault_dsn({**secrets, **environ, DIRECTORY: "", "DUBAN_VAULT_PASSWORD": ""})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_default_deny_stands_both_ways_and_every_pod_has_a_policy(overlay: str) -> None:
    policies = of_kind(rendered(overlay), "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for workload in of_kind(rendered(overlay), *WORKLOADS).values():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        chosen = {name for name, policy in policies.items() if selects(policy["spec"]["podSelector"], labels)}
        assert "reach-data-and-names" in chosen
        assert ("scraped-by-prometheus" in chosen) is (labels["app.kubernetes.io/name"] in SERVICES)
        assert ("deliver-letters" in chosen) is (labels["app.kubernetes.io/name"] == "notifications")


@pytest.mark.parametrize("overlay", WATCHED)
def test_the_monitor_gives_the_labels_that_the_rules_use(overlay: str) -> None:
    (monitor,) = of_kind(rendered(overlay), "PodMonitor").values()
    for service in SERVICES:
        labels = of_kind(rendered(overlay), *WORKLOADS)[service]["spec"]["template"]["metadata"]["labels"]
        assert labels[monitor["spec"]["jobLabel"]] == "duban"
        assert selects(monitor["spec"]["selector"], labels)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    given = {each["targetLabel"]: each["sourceLabels"] for each in endpoint["relabelings"]}
    assert given["service"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_name"]
    assert given["city"] == ["__meta_kubernetes_namespace"]


def test_the_keys_are_read_by_a_pod_that_the_namespace_admits_and_that_has_the_jobs_volume() -> None:
    (reader,) = of_kind(apart("overlays/small/keys"), "Pod").values()
    template = {"metadata": reader["metadata"], "spec": reader["spec"]}
    as_a_workload = {"kind": "Job", "metadata": reader["metadata"], "spec": {"template": template}}
    assert not list(restricted([as_a_workload]))
    (job,) = of_kind(rendered("small"), "Job").values()
    (container,), (made_by,) = reader["spec"]["containers"], pod(job)["containers"]
    assert container["image"] == made_by["image"]
    (kept,) = (each for each in made_by["volumeMounts"] if each["name"] == "credentials")
    assert container["volumeMounts"] == [kept | {"readOnly": True}]
    claims = [each["persistentVolumeClaim"]["claimName"] for each in reader["spec"]["volumes"]]
    assert claims == [*of_kind(rendered("small"), "PersistentVolumeClaim").keys() & {"credentials"}]


def told(overlay: str, service: str) -> dict[str, str]:
    """A service's environment: what stands in the pod, in its config maps, and in its directory of secrets."""
    (container,) = pod(of_kind(rendered(overlay), "Deployment", "StatefulSet")[service])["containers"]
    maps = of_kind(rendered(overlay), "ConfigMap")
    environment: dict[str, str] = {}
    for source in container["envFrom"]:
        environment |= maps[source["configMapRef"]["name"]]["data"]
    for entry in container["env"]:
        name, value = entry["name"], entry.get("value", "")
        environment |= examples()[f"duban-{service}"] if name == DIRECTORY else {name.removesuffix("_FILE"): value}
    return environment
