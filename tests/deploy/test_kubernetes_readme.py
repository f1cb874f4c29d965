"""The commands of k8s/README.md in their order, carried out on paper: what each needs is there when it is run."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest

from tests.deploy.overlays import K8S, WORKLOADS, Manifest, apart, of_kind, pod
from tests.deploy.policies import examples, secrets_of, selects
from tools.generate.parts import SERVICES

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers

README: Final = (K8S / "README.md").read_text(encoding="utf-8")
# Of the administrators' operators: groups that the README's table names.
OPERATORS: Final = set(re.findall(r"`([a-z.-]+\.(?:io|com|sh|org))`", README))
BUILT_IN: Final = {
    "v1",
    "apps",
    "batch",
    "policy",
    "networking.k8s.io",
    "scheduling.k8s.io",
    "rbac.authorization.k8s.io",
}
OF_THE_CLUSTER: Final = {"Namespace", "PriorityClass"}
# What an operator makes of a resource, beside a secret of its name.
AUTHORITIES: Final = {"Kafka": "{}-cluster-ca-cert", "Cluster": "{}-ca"}


@dataclass
class Cluster:
    """What is there after the commands so far."""

    namespaces: set[str] = field(default_factory=lambda: {"default", "kube-system"})
    secrets: set[tuple[str, str]] = field(default_factory=set)
    there: dict[tuple[str, str], Manifest] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def apply(self, manifests: Sequence[Manifest], namespace: str | None) -> Iterator[str]:
        """Take these, and yield what is in the way."""
        self.namespaces |= of_kind(manifests, "Namespace").keys()
        for each in manifests:
            group = each["apiVersion"].partition("/")[0]
            if group not in BUILT_IN | OPERATORS:
                yield f"nobody installed {group}"
            place = each["metadata"].get("namespace", namespace)
            if each["kind"] not in OF_THE_CLUSTER and place not in self.namespaces:
                yield f"{each['kind']} {each['metadata']['name']} goes to {place}, which is not there"
            if each["kind"] == "Job" and self._would_change(each):
                yield f"job/{each['metadata']['name']} can't be changed"
            self.there[(each["kind"].lower(), each["metadata"]["name"])] = each
            if each["kind"] in {"Secret", "ExternalSecret", "KafkaUser"}:
                self.secrets.add((place or "", each["metadata"]["name"]))
            if each["kind"] in AUTHORITIES:
                self.secrets.add((place or "", AUTHORITIES[each["kind"]].format(each["metadata"]["name"])))
        for workload in of_kind(manifests, *WORKLOADS).values():
            for secret in (name for volume in pod(workload)["volumes"] for name in secrets_of(volume)):
                if (workload["metadata"]["namespace"], secret) not in self.secrets:
                    yield f"{workload['metadata']['name']} waits for the secret {secret}"

    def _would_change(self, job: Manifest) -> bool:
        held = self.there.get(("job", job["metadata"]["name"]))
        return held is not None and held["spec"]["template"] != job["spec"]["template"]


def _blocks() -> list[list[str]]:
    """Return the commands of each section that has any."""
    sections = re.split(r"^## ", README, flags=re.MULTILINE)
    blocks = [re.findall(r"^    (\S.*)$", section, re.MULTILINE) for section in sections]
    return [block for block in blocks if block]


def _carry_out(cluster: Cluster, command: str) -> Iterator[str]:
    words = shlex.split(command, comments=True)
    if words[0] == "cp":
        cluster.files.add(words[-1])
        return
    assert words[0] == "kubectl", command
    options = {words[n]: words[n + 1] for n in range(len(words) - 1) if words[n] in {"-n", "-k", "-f", "-l"}}
    if "apply" in words:
        assert "--server-side" in words, "a board is larger than what a client keeps in an annotation"
        if "-f" in options:
            if options["-f"] not in cluster.files:
                yield f"{options['-f']} was made nowhere"
            for name in examples():
                place = "duban-data" if name == "backup-store" or name.startswith("postgres-") else "duban"
                cluster.secrets.add((place, name))
        else:
            yield from cluster.apply(_chosen(options), options.get("-n"))
        return
    for resource in (word for word in words if re.fullmatch(r"[a-z]+/[a-z0-9.-]+", word)):
        kind, _, name = resource.replace("deploy/", "deployment/").partition("/")
        held = (options.get("-n", ""), name) in cluster.secrets if kind == "secret" else (kind, name) in cluster.there
        if not held:
            yield f"{resource} is not there"
        if "delete" in words:
            del cluster.there[(kind, name)]


def _chosen(options: dict[str, str]) -> Sequence[Manifest]:
    manifests = apart(options["-k"].removeprefix("k8s/"))
    wanted = options.get("-l", "")
    if many := re.fullmatch(r"(\S+) notin \((.*)\)", wanted):
        return [m for m in manifests if m["metadata"].get("labels", {}).get(many[1]) not in many[2].split(",")]
    labels = dict(each.split("=") for each in wanted.split(",") if each)
    return [m for m in manifests if selects({"matchLabels": labels}, m["metadata"].get("labels", {}))]


def test_the_commands_work_in_their_order() -> None:
    small, city, release, change, drill, restore = _blocks()
    on_small = Cluster()
    assert not [fault for command in small for fault in _carry_out(on_small, command)]
    cluster = Cluster(files={"secrets.yaml"})
    assert not [
        fault for command in city + release + change + drill + restore for fault in _carry_out(cluster, command)
    ]


def test_after_each_rollout_of_a_release_somebody_asks_whether_the_service_reads() -> None:
    _, _, release, *_ = _blocks()
    rollouts = [at for at, command in enumerate(release) if " rollout status " in command]
    assert len(rollouts) == len(SERVICES)
    assert all(release[at + 1].endswith("-- duban health") for at in rollouts)


def test_what_only_administrators_can_set_is_asked_of_them() -> None:
    (asked,) = re.findall(r"administrators install these.*?^    kubectl", README, re.MULTILINE | re.DOTALL)
    assert {"vm.max_map_count", "externalTrafficPolicy: Local"} <= set(re.findall(r"`([^`]+)`", asked))


def test_a_small_city_asks_for_no_operator() -> None:
    groups = {each["apiVersion"].partition("/")[0] for each in apart("overlays/small")}
    assert groups <= BUILT_IN


def test_a_changed_profile_is_taken_once_the_old_job_is_gone() -> None:
    _, city, _, change, *_ = _blocks()
    cluster = Cluster(files={"secrets.yaml"})
    assert not [fault for command in city for fault in _carry_out(cluster, command)]
    job = ("job", "provision-0.1.0")
    old = copy.deepcopy(cluster.there[job])
    pod(old)["containers"][0]["envFrom"] = [{"configMapRef": {"name": "duban-of-yesterday"}}]
    cluster.there[job] = old
    assert "job/provision-0.1.0 can't be changed" in list(_carry_out(copy.deepcopy(cluster), change[1]))
    assert not [fault for command in change for fault in _carry_out(cluster, command)]


@pytest.mark.parametrize(
    ("left_out", "fault"),
    [
        ("namespaces", "which is not there"),
        ("cp k8s", "made nowhere"),
        ("-f secrets.yaml", "waits for the secret"),
        ("overlays/small", "job/provision-0.1.0 is not there"),
        ("small/keys", "pod/keys is not there"),
    ],
)
def test_a_command_that_is_left_out_is_missed(left_out: str, fault: str) -> None:
    cluster = Cluster()
    commands = [command for command in _blocks()[0] if left_out not in command]
    assert any(fault in found for command in commands for found in _carry_out(cluster, command))


def test_the_readme_names_every_component_and_overlay() -> None:
    for path in (*(K8S / "components").iterdir(), *(K8S / "overlays").iterdir()):
        assert f"`{path.name}`" in README or f"`overlays/{path.name}`" in README, path.name
