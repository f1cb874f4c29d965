"""The checks of the manifests can fail: a spelling mistake is refused, and each breach of policy is found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.deploy.overlays import Manifest, pod, rendered, validate
from tests.deploy.policies import broken, pinned

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    "wrong",
    [
        {"apiVersion": "v1", "kind": "Servise", "metadata": {"name": "x"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"portz": []}},
        {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopik", "metadata": {"name": "x"}, "spec": {}},
        {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": "x"},
            "spec": {"partition": 1},
        },
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "metadata": {"name": "x"},
            "spec": {"instances": 3, "postgresql": {"synchronous": {"method": "some", "number": 1}}},
        },
        {"apiVersion": "keda.sh/v1", "kind": "ScaledObject", "metadata": {"name": "x"}, "spec": {}},
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": {"name": "x"},
            "spec": {"selector": {}, "podMetricsEndpoints": [{"prot": "http"}]},
        },
    ],
    ids=["kind", "key", "operator's kind", "operator's key", "operator's value", "version", "pod monitor's key"],
)
def test_a_spelling_mistake_is_refused(wrong: Manifest) -> None:
    with pytest.raises(
        (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError, jsonschema.ValidationError)
    ):
        validate(wrong)


def _of(manifests: list[Manifest], kind: str, name: str) -> Any:
    return next(each for each in manifests if each["kind"] == kind and each["metadata"]["name"].startswith(name))


def _secrets(manifests: list[Manifest], service: str) -> Any:
    return next(v["secret"] for v in pod(_of(manifests, "Deployment", service))["volumes"] if v["name"] == "secrets")


@pytest.mark.parametrize(
    ("fault", "breach"),
    [
        (
            "ledger may run as root",
            lambda m: pod(_of(m, "Deployment", "ledger"))["securityContext"].pop("runAsNonRoot"),
        ),
        (
            "ledger is not bounded",
            lambda m: pod(_of(m, "Deployment", "ledger"))["containers"][0]["resources"]["limits"].pop("memory"),
        ),
        ("reaches its node", lambda m: pod(_of(m, "Deployment", "ledger")).update(hostNetwork=True)),
        ("no budget of one", lambda m: _of(m, "PodDisruptionBudget", "ledger")["spec"].update(maxUnavailable=2)),
        ("may stand on one node", lambda m: pod(_of(m, "Deployment", "scheduler")).pop("topologySpreadConstraints")),
        (
            "one node mounts",
            lambda m: _of(m, "PersistentVolumeClaim", "b")["spec"].update(accessModes=["ReadWriteOnce"]),
        ),
        (
            "opens 0.0.0.0/0",
            lambda m: _of(m, "NetworkPolicy", "deliver")["spec"]["egress"][0]["to"][0]["ipBlock"].update(
                cidr="0.0.0.0/0"
            ),
        ),
        ("one name for all releases", lambda m: _of(m, "Job", "provision")["metadata"].update(name="provision")),
        ("what no try mends", lambda m: _of(m, "Job", "provision")["spec"].pop("podFailurePolicy")),
        (
            "what no try mends",
            lambda m: _of(m, "Job", "provision")["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"].update(
                values=[1]
            ),
        ),
        ("counts a drained node", lambda m: _of(m, "Job", "provision")["spec"]["podFailurePolicy"]["rules"].pop()),
        ("may hang or stay", lambda m: _of(m, "Job", "provision")["spec"].pop("ttlSecondsAfterFinished")),
        (
            "documented nowhere",
            lambda m: _secrets(m, "gateway").update(secretName="other"),
        ),
        (
            "which no secret holds",
            lambda m: pod(_of(m, "Deployment", "gateway"))["containers"][0]["env"].append(
                {"name": "X_FILE", "value": "/run/secrets/duban/X"}
            ),
        ),
        (
            "reads the secrets in",
            lambda m: _secrets(m, "gateway").update(
                items=[{"key": "DUBAN_POSTGRES_DSN", "path": "DUBAN_POSTGRES_DSN"}]
            ),
        ),
        (
            "is told of /run/secrets/duban/DUBAN_POSTGRES_DSN twice",
            lambda m: pod(_of(m, "Deployment", "gateway"))["containers"][0]["env"].append(
                {"name": "DUBAN_POSTGRES_DSN_FILE", "value": "/run/secrets/duban/DUBAN_POSTGRES_DSN"}
            ),
        ),
        (
            "duban-notifications is made of ['DUBAN_POSTGRES_DSN'], and",
            lambda m: _of(m, "ExternalSecret", "duban-notifications")["spec"]["target"]["template"].pop("mergePolicy"),
        ),
        (
            "is made of",
            lambda m: _of(m, "ExternalSecret", "duban-ledger")["spec"]["target"]["template"]["data"].update(OTHER="x"),
        ),
        (
            "in which not each character of a password stands for itself",
            lambda m: _of(m, "ExternalSecret", "duban-gateway")["spec"]["target"]["template"]["data"].update(
                DUBAN_POSTGRES_DSN="postgresql://duban_gateway:{{ .password | urlquery }}@postgres/duban_gateway"
            ),
        ),
        (
            "could not be upgraded",
            lambda m: _of(m, "StatefulSet", "statistics")["spec"]["volumeClaimTemplates"][0]["metadata"][
                "labels"
            ].update({"app.kubernetes.io/version": "1"}),
        ),
        ("may change under its name", lambda m: pod(_of(m, "Job", "p"))["containers"][0].update(image="duban:0.1.0")),
    ],
)
def test_a_breach_of_policy_is_found(fault: str, breach: Callable[[list[Manifest]], object]) -> None:
    manifests = copy.deepcopy([each for each in rendered("city-ha") if each["kind"] != "PrometheusRule"])
    breach(manifests)
    assert any(fault in found for found in [*broken(manifests), *pinned(manifests)])
