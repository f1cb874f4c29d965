"""What every rendered set of manifests has to keep, beyond what the API server takes: each policy names what breaks it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from deploy.docker.provision import LASTING
from services.chassis.process.secret_files import DIRECTORY
from tests.deploy.overlays import K8S, WORKLOADS, Manifest, of_kind, pod

_VOLUMES: Final = {"name", "emptyDir", "persistentVolumeClaim", "secret", "projected", "configMap", "image"}
_SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_NAME: Final = "app.kubernetes.io/name"
# What stands behind the name of a password in a DSN, and how it is written there as RFC 3986 has it.
_FILLED_IN: Final = re.compile(r"\{\{ \.\w+(.*?) \}\}")
_ESCAPED: Final = " | urlquery | replace `+` `%20`"
_VERSION: Final = "app.kubernetes.io/version"


def restricted(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Pod Security `restricted`, a read-only root, bounds, an account without a token."""
    for workload in of_kind(manifests, *WORKLOADS).values():
        spec, name = pod(workload), f"{workload['kind']} {workload['metadata']['name']}"
        security = spec.get("securityContext", {})
        if (security.get("runAsNonRoot"), security.get("runAsUser")) != (True, 10001):
            yield f"{name} may run as root"
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name} has no seccomp profile"
        if {"hostNetwork", "hostPID", "hostIPC"} & spec.keys() or any(v.keys() - _VOLUMES for v in spec["volumes"]):
            yield f"{name} reaches its node"
        label = workload["spec"]["template"]["metadata"]["labels"][_NAME]
        if spec.get("automountServiceAccountToken") is not False or spec.get("serviceAccountName") != label:
            yield f"{name} has another's account, or a token"
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            if container["securityContext"] != _SECURITY:
                yield f"{name} is not restricted"
            asked, most = container["resources"]["requests"].keys(), container["resources"]["limits"].keys()
            if asked != {"cpu", "memory", "ephemeral-storage"} or most != {"memory", "ephemeral-storage"}:
                yield f"{name} is not bounded"


def pinned(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Every image by digest."""
    for workload in of_kind(manifests, *WORKLOADS, "DaemonSet").values():
        images = [container["image"] for container in pod(workload)["containers"]]
        images += [volume["image"]["reference"] for volume in pod(workload)["volumes"] if "image" in volume]
        for image in images:
            if not re.search(r"@sha256:[0-9a-f]{64}$", image):
                yield f"{workload['metadata']['name']} runs {image}, which may change under its name"


def doubled(manifests: Sequence[Manifest]) -> Iterator[str]:
    """What runs more than once is spread, has a budget of one, and shares no volume that one node alone can mount."""
    claims = of_kind(manifests, "PersistentVolumeClaim")
    budgets = [each["spec"] for each in of_kind(manifests, "PodDisruptionBudget").values()]
    for name, workload in of_kind(manifests, "Deployment", "StatefulSet").items():
        if _replicas(manifests, name) < 2:
            continue
        labels = workload["spec"]["template"]["metadata"]["labels"]
        spread = pod(workload).get("topologySpreadConstraints", ())
        if "kubernetes.io/hostname" not in {each["topologyKey"] for each in spread}:
            yield f"{name} may stand on one node"
        if any(not selects(each["labelSelector"], labels) for each in spread):
            yield f"{name} is spread among others"
        own = [each for each in budgets if selects(each["selector"], labels)]
        if [each.get("maxUnavailable") for each in own] != [1]:
            yield f"{name} has no budget of one"
        for volume in pod(workload)["volumes"]:
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claims[claim]["spec"]["accessModes"] != ["ReadWriteMany"]:
                yield f"{name} shares {claim}, which one node mounts"


def walled(manifests: Sequence[Manifest]) -> Iterator[str]:
    """A network policy opens named ports to somebody, and never the world or a private network."""
    for name, policy in of_kind(manifests, "NetworkPolicy").items():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            peers = (*rule.get("from", ()), *rule.get("to", ()))
            if not rule.get("ports") or not peers:
                yield f"{name} opens every port, or to everybody"
            for block in (each["ipBlock"] for each in peers if "ipBlock" in each):
                if ipaddress.ip_network(block["cidr"]).prefixlen < 16:
                    yield f"{name} opens {block['cidr']}"


def repeatable(manifests: Sequence[Manifest]) -> Iterator[str]:
    """A job has a name of its own for each release, ends by itself and is cleared away."""
    for name, job in of_kind(manifests, "Job").items():
        version = job["metadata"]["labels"].get(_VERSION)
        if not version or not name.endswith(f"-{version}"):
            yield f"job {name} has one name for all releases"
        if not {"activeDeadlineSeconds", "ttlSecondsAfterFinished", "backoffLimit"} <= job["spec"].keys():
            yield f"job {name} may hang or stay for ever"
        policy = job["spec"].get("podFailurePolicy", {}).get("rules", ())
        failed = [each["onExitCodes"] for each in policy if each["action"] == "FailJob"]
        if [(each["operator"], each["values"]) for each in failed] != [("In", [LASTING])]:
            yield f"job {name} tries again what no try mends"
        if not [each for each in policy if each["action"] == "Ignore" and _is_drained(each)]:
            yield f"job {name} counts a drained node as a failed try"
        if job["metadata"].get("annotations", {}).get("argocd.argoproj.io/hook-delete-policy") != "BeforeHookCreation":
            yield f"job {name} can't be synced twice"


def versioned(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Pods say their release; what can't be changed in place does not."""
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        if _VERSION not in workload["spec"]["template"]["metadata"]["labels"]:
            yield f"{name} does not say its release"
        fixed = (workload["spec"].get("selector", {}), workload["spec"].get("volumeClaimTemplates", []))
        if _VERSION in str(fixed):
            yield f"{name} could not be upgraded"


def documented(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Every secret and key that a pod reads stands in secrets.example.yaml, and every config map among the manifests."""
    maps = of_kind(manifests, "ConfigMap").keys()
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        container = pod(workload)["containers"][0]
        for source in container.get("envFrom", ()):
            if "secretRef" in source:
                yield f"{name} has secrets in its environment"
            elif source["configMapRef"]["name"] not in maps:
                yield f"{name} reads a config map that is not there: {source['configMapRef']['name']}"
        for volume in pod(workload)["volumes"]:
            mounted = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == volume["name"]]
            if not mounted:
                yield f"{name} has a volume {volume['name']} and mounts it nowhere"
                continue
            secrets = secrets_of(volume)
            yield from (f"{name} reads {each}, which is documented nowhere" for each in secrets - examples().keys())
            files = {PurePosixPath(mounted[0], key) for each in secrets & examples().keys() for key in examples()[each]}
            if secrets:
                told = {PurePosixPath(e["value"]) for e in container["env"] if "value" in e and e["value"][:1] == "/"}
                within = {file for file in told if file.parent == PurePosixPath(mounted[0])}
                yield from (f"{name} is told of {file}, which no secret holds" for file in sorted(within - files))


def told_where(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Who reads secrets by their names reads all of one secret, of its own, and has no other list of them."""
    for name, workload in of_kind(manifests, *WORKLOADS).items():
        container = pod(workload)["containers"][0]
        directories = {each["value"] for each in container["env"] if each["name"] == DIRECTORY}
        label = workload["spec"]["template"]["metadata"]["labels"][_NAME]
        whole = {each["name"] for each in pod(workload)["volumes"] if _is_whole(each, f"duban-{label}")}
        mounted = {each["mountPath"] for each in container["volumeMounts"] if each["name"] in whole}
        if directories != mounted:
            yield f"{name} reads the secrets in {sorted(directories)}, and has its own in {sorted(mounted)}"
        for each in container["env"]:
            if any(each.get("value", "").startswith(f"{directory}/") for directory in directories):
                yield f"{name} is told of {each['value']} twice"


def external(manifests: Sequence[Manifest]) -> Iterator[str]:
    """An external secret makes the keys that secrets.example.yaml names; one that takes all of its store's, further ones."""
    for name, each in of_kind(manifests, "ExternalSecret").items():
        spec = each["spec"]
        template = spec["target"].get("template", {})
        merged = template.get("mergePolicy") == "Merge"
        keys = set(template.get("data", ()))
        if merged or not keys:
            keys |= {entry["secretKey"] for entry in spec.get("data", ())}
        documented = set(examples().get(name, ()))
        takes_all = any("extract" in source for source in spec.get("dataFrom", ()))
        for key, text in template.get("data", {}).items():
            if text.startswith("postgresql://") and set(_FILLED_IN.findall(text)) != {_ESCAPED}:
                yield f"{name} has a {key} in which not each character of a password stands for itself"
        if keys - documented or (documented - keys and not (takes_all and merged)):
            yield f"{name} is made of {sorted(keys)}, and documented with {sorted(documented)}"


EVERYWHERE: Final[Sequence[Callable[[Sequence[Manifest]], Iterator[str]]]] = (
    restricted,
    doubled,
    walled,
    documented,
    told_where,
    external,
)
OF_OVERLAYS: Final = (*EVERYWHERE, repeatable, versioned)


def broken(manifests: Sequence[Manifest], policies: Sequence[Any] = OF_OVERLAYS) -> list[str]:
    """Return what breaks any of the policies."""
    return [fault for policy in policies for fault in policy(manifests)]


def _is_drained(rule: Manifest) -> bool:
    return {"type": "DisruptionTarget", "status": "True"} in rule["onPodConditions"]


def _is_whole(volume: Manifest, secret: str) -> bool:
    return volume.get("secret", {}).get("secretName") == secret and "items" not in volume["secret"]


def secrets_of(volume: Manifest) -> set[str]:
    """Return the secrets that a volume is made of."""
    sources = volume.get("projected", {}).get("sources", ())
    named = [each["secret"]["name"] for each in sources if "secret" in each]
    return {*named, *([volume["secret"]["secretName"]] if "secret" in volume else [])}


@cache
def examples() -> dict[str, dict[str, str]]:
    """Return the documented secrets and their keys."""
    text = (K8S / "secrets.example.yaml").read_text(encoding="utf-8")
    return {each["metadata"]["name"]: each["stringData"] for each in yaml.safe_load_all(text)}


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Say whether a label selector chooses these labels."""
    exact = selector.get("matchLabels", {}).items() <= labels.items()
    among = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))
    return exact and among


def _replicas(manifests: Sequence[Manifest], name: str) -> int:
    workload = of_kind(manifests, "Deployment", "StatefulSet")[name]
    scaled = of_kind(manifests, "ScaledObject").get(name, {}).get("spec", {}).get("maxReplicaCount", 0)
    return max(int(workload["spec"].get("replicas", 1)), int(scaled))
