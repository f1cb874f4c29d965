"""The component for a Kafka that demands users: whoever adds it, every pod comes in under its own name."""

from __future__ import annotations

from pathlib import Path

import pytest

from duban_contracts.kafka_users import ADMIN, city_users, service_user
from services.chassis.process.secret_files import DIRECTORY
from tests.deploy.overlays import WORKLOADS, Manifest, of_kind, pod, validate, with_component
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def workloads() -> dict[str, Manifest]:
    """The workloads of the base with the component, by name."""
    return of_kind(with_component("secured-kafka"), *WORKLOADS)


@pytest.mark.parametrize("name", [*SERVICES, "provision"])
def test_a_pod_comes_as_its_own_user_with_password_and_authority_as_files(
    workloads: dict[str, Manifest], name: str
) -> None:
    manifest = workloads[name]
    validate(manifest)
    (container,) = pod(manifest)["containers"]
    told = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert len(told) == len(container["env"])
    label = manifest["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
    user = (told["DUBAN_KAFKA_USERNAME"] or "").replace("$(SERVICE)", label)
    assert user == (ADMIN if name == "provision" else service_user(name))
    assert told["DUBAN_KAFKA_SECURITY"] == "SASL_SSL"
    (volume,) = (volume for volume in pod(manifest)["volumes"] if volume["name"] == "kafka")
    assert [each["secret"]["name"] for each in volume["projected"]["sources"]] == ["kafka-ca", f"kafka-{name}"]
    (mount,) = (mount for mount in container["volumeMounts"] if mount["name"] == "kafka")
    assert mount["readOnly"]
    for setting in ("DUBAN_KAFKA_PASSWORD_FILE", "DUBAN_KAFKA_CA"):
        assert Path(told[setting] or "").parent == Path(mount["mountPath"])


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_is_told_is_a_setting_and_its_user_is_declared(
    workloads: dict[str, Manifest], service: str
) -> None:
    (container,) = pod(workloads[service])["containers"]
    given = {entry["name"].removesuffix("_FILE") for entry in container["env"]} - {"SERVICE", DIRECTORY}
    assert given <= set(variables_of(service))
    assert service_user(service) in {user.name for user in city_users(["140502"])}
