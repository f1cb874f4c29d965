"""Every rendered overlay: valid without exception, and within the policy."""

from __future__ import annotations

from collections.abc import Iterator

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deploy.composition import compose
from tests.deploy.overlays import (
    K8S,
    OVERLAYS,
    PORTS,
    WORKLOADS,
    Manifest,
    every,
    of_kind,
    pod,
    rendered,
    validate,
)
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of


@pytest.mark.parametrize("manifest", every())
def test_a_manifest_is_valid_and_of_a_known_kind(manifest: Manifest) -> None:
    validate(manifest)


@pytest.mark.parametrize(
    "wrong",
    [
        {"apiVersion": "v1", "kind": "Servise", "metadata": {"name": "x"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"portz": []}},
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": {"name": "x"},
            "spec": {"selector": {}, "podMetricsEndpoints": [{"prot": "http"}]},
        },
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "x"},
            "spec": {"groups": [{"name": "g", "rules": [{"expr": "1", "annotation": {}}]}]},
        },
    ],
    ids=["kind", "key", "pod monitor key", "rule key"],
)
def test_a_spelling_mistake_is_refused(wrong: Manifest) -> None:
    with pytest.raises(
        (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError, jsonschema.ValidationError)
    ):
        validate(wrong)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_enforces_the_restricted_standard(overlay: str) -> None:
    (namespace,) = of_kind(overlay, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {each["metadata"].get("namespace") for each in rendered(overlay) if each["kind"] != "Namespace"} == {
        namespace["metadata"]["name"]
    }


@pytest.mark.parametrize("manifest", every(*WORKLOADS))
def test_a_pod_keeps_the_restricted_standard(manifest: Manifest) -> None:
    spec = pod(manifest)
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all(volume.keys() <= {"name", "emptyDir", "persistentVolumeClaim", "secret"} for volume in spec["volumes"])
    for container in containers(spec):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("manifest", every(*WORKLOADS))
def test_a_pod_is_bounded_pinned_and_has_an_account_without_a_token(manifest: Manifest) -> None:
    spec = pod(manifest)
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == manifest["metadata"]["name"]
    for container in containers(spec):
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        _, _, tag = container["image"].rpartition(":")
        assert "@sha256:" in container["image"] or (tag and tag != "latest" and tag != container["image"])


@pytest.mark.parametrize("manifest", every("Deployment", "StatefulSet"))
def test_a_service_is_probed_without_asking_kafka_or_postgres_whether_it_lives(manifest: Manifest) -> None:
    (container,) = pod(manifest)["containers"]
    assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz/http", "port": "http"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    # The chassis gives its roles 25 s; the pause before SIGTERM counts, too.
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod(manifest)["terminationGracePeriodSeconds"] >= pause + 25 + 10


@pytest.mark.parametrize("manifest", every("Deployment", "StatefulSet"))
def test_what_runs_more_than_once_is_spread_and_has_a_disruption_budget(manifest: Manifest) -> None:
    if manifest["spec"]["replicas"] < 2:
        return
    assert pod(manifest)["topologySpreadConstraints"]
    labels = manifest["spec"]["template"]["metadata"]["labels"]
    budgets = [
        budget["spec"]
        for overlay in OVERLAYS
        for budget in of_kind(overlay, "PodDisruptionBudget").values()
        if budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
    ]
    assert budgets
    assert all(budget["minAvailable"] < manifest["spec"]["replicas"] for budget in budgets)


@pytest.mark.parametrize("manifest", every("Deployment"))
def test_a_consumer_never_has_a_second_process_during_a_rollout(manifest: Manifest) -> None:
    if manifest["metadata"]["name"] != "gateway":
        assert manifest["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_its_module_on_its_port_behind_its_service(overlay: str, service: str) -> None:
    workload = of_kind(overlay, "Deployment", "StatefulSet")[service]
    (container,) = pod(workload)["containers"]
    assert container["args"] == [f"services.{service}"]
    assert container["ports"] == [{"name": "http", "containerPort": PORTS[service]}]
    assert told(overlay, service)["DUBAN_HTTP_PORT"] == str(PORTS[service])
    behind = of_kind(overlay, "Service")[service]["spec"]
    assert behind["ports"] == [{"name": "http", "port": PORTS[service], "targetPort": "http"}]
    assert behind["selector"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_what_it_is_told_in_compose(overlay: str, service: str) -> None:
    given = told(overlay, service)
    assert given.keys() <= variables_of(service).keys()
    assert given.keys() == set(compose()["services"][service]["environment"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_default_deny_stands_both_ways_and_every_pod_has_a_policy(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for workload in of_kind(overlay, *WORKLOADS).values():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        chosen = {name for name, policy in policies.items() if selects(policy["spec"]["podSelector"], labels)}
        assert "reach-data-and-names" in chosen
        assert ("scraped-by-prometheus" in chosen) is (labels["app.kubernetes.io/name"] in SERVICES)
        assert ("deliver-letters" in chosen) is (labels["app.kubernetes.io/name"] == "notifications")
    for name, policy in policies.items():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            assert rule.get("ports"), f"{name} opens every port"
            assert rule.get("from") or rule.get("to"), f"{name} is open to everybody"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_monitor_gives_the_labels_that_the_rules_use(overlay: str) -> None:
    (monitor,) = of_kind(overlay, "PodMonitor").values()
    for workload in of_kind(overlay, "Deployment", "StatefulSet").values():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert labels[monitor["spec"]["jobLabel"]] == "duban"
        assert selects(monitor["spec"]["selector"], labels)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["relabelings"] == [
        {"sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "targetLabel": "service"}
    ]


def containers(spec: Manifest) -> Iterator[Manifest]:
    yield from spec["containers"]
    yield from spec.get("initContainers", ())


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    exact = selector.get("matchLabels", {}).items() <= labels.items()
    among = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
    return exact and among


def told(overlay: str, service: str) -> dict[str, str]:
    """A service's environment: what stands in the pod, its config maps and the example secrets."""
    (container,) = pod(of_kind(overlay, "Deployment", "StatefulSet")[service])["containers"]
    maps = of_kind(overlay, "ConfigMap")
    text = (K8S / "secrets.example.yaml").read_text(encoding="utf-8")
    secrets = {each["metadata"]["name"]: each["stringData"] for each in yaml.safe_load_all(text)}
    environment: dict[str, str] = {}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            environment |= maps[source["configMapRef"]["name"]]["data"]
        else:
            environment |= secrets[source["secretRef"]["name"]]
    return environment | {each["name"]: each["value"] for each in container["env"]}
