"""The component for people's sign-in: whoever adds it, every service is told of the provider and may ask it for keys."""

from __future__ import annotations

import pytest

from tests.deploy.overlays import WORKLOADS, Manifest, pod, validate, with_component
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def manifests() -> tuple[Manifest, ...]:
    return with_component("sign-in")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_told_of_the_provider_by_settings_that_it_has(
    manifests: tuple[Manifest, ...], service: str
) -> None:
    (workload,) = (each for each in manifests if each["kind"] in WORKLOADS and each["metadata"]["name"] == service)
    validate(workload)
    (container,) = pod(workload)["containers"]
    names = {source["configMapRef"]["name"] for source in container["envFrom"] if "configMapRef" in source}
    told: dict[str, str] = {}
    for each in manifests:
        if each["kind"] == "ConfigMap" and each["metadata"]["name"] in names:
            told |= each["data"]
    assert {"DUBAN_OIDC_ISSUER", "DUBAN_OIDC_AUDIENCE", "DUBAN_OIDC_PEOPLE"} <= told.keys() & set(variables_of(service))
    assert told["DUBAN_OIDC_ISSUER"].startswith("https://")
    assert told["DUBAN_OIDC_PEOPLE"] == variables_of(service)["DUBAN_OIDC_PEOPLE"].default
    assert told["DUBAN_KAFKA_BOOTSTRAP"], "and what the base says stays"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sees_the_authorities_that_a_city_hands_over_and_starts_without_any(
    manifests: tuple[Manifest, ...], service: str
) -> None:
    (workload,) = (each for each in manifests if each["kind"] in WORKLOADS and each["metadata"]["name"] == service)
    (container,) = pod(workload)["containers"]
    assert {"name": "authorities", "mountPath": "/etc/duban/authorities", "readOnly": True} in container["volumeMounts"]
    handed_over = {"name": "duban-authorities", "optional": True}
    assert {"name": "authorities", "configMap": handed_over} in pod(workload)["volumes"]


def test_services_and_nobody_else_may_ask_the_provider(manifests: tuple[Manifest, ...]) -> None:
    (policy,) = (each for each in manifests if each["metadata"]["name"] == "ask-the-sign-in-provider")
    validate(policy)
    (chosen,) = policy["spec"]["podSelector"]["matchExpressions"]
    assert (chosen["key"], set(chosen["values"])) == ("app.kubernetes.io/name", set(SERVICES))
    (way,) = policy["spec"]["egress"]
    assert way["ports"] == [{"protocol": "TCP", "port": 443}]
    assert [each["ipBlock"] for each in way["to"]] == [{"cidr": "203.0.113.43/32"}], "the overlay names the provider's"
