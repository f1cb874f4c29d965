"""A cluster that is made again from its backups is the city's own."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.cloudnative import Sizes, backup_object, restored_cluster
from tests.deploy.overlays import K8S, apart, composed, kustomized, of_kind, validate

# What kubectl makes of k8s/.
pytestmark = pytest.mark.servers


def test_a_city_restores_into_the_sizes_and_the_object_store_that_it_named(tmp_path: Path) -> None:
    own = {
        "resources": [os.path.relpath(K8S / "overlays/city-ha/data", tmp_path.resolve())],
        "patches": [
            _replaced("ObjectStore", "backups", "/spec/configuration/endpointURL", "https://objects.city.example"),
            _replaced("Cluster", "postgres", "/spec/storage/size", "2Ti"),
        ],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    (before, after) = (kustomized(tmp_path), composed([tmp_path], ["platform/restore/in-place"]))
    changed = [each for each in after if each not in before]
    assert [(each["kind"], each["metadata"]["name"]) for each in changed] == [("Cluster", "postgres")]
    assert len(before) == len(after)
    (restored,) = changed
    assert restored["spec"]["storage"]["size"] == "2Ti"
    assert restored["spec"]["bootstrap"] == {"recovery": {"source": "lost"}}


def _replaced(kind: str, name: str, path: str, value: str) -> dict[str, Any]:
    return {"target": {"kind": kind, "name": name}, "patch": f"- {{op: replace, path: {path}, value: '{value}'}}"}


def test_what_duban_prints_for_cloudnativepg_is_what_stands_here_and_what_its_schemas_take() -> None:
    (committed,) = of_kind(apart("platform/restore/beside"), "Cluster").values()
    assert restored_cluster("postgres", None) == committed
    until = restored_cluster("postgres", datetime(2026, 11, 26, 8, tzinfo=UTC))
    validate(until)
    assert until["spec"]["bootstrap"]["recovery"]["recoveryTarget"] == {"targetTime": "2026-11-26T08:00:00+00:00"}
    after = restored_cluster("postgres", None, server="postgres-2", sizes=Sizes("2Ti", "50Gi", 500))
    validate(after)
    assert after["metadata"] == committed["metadata"], "the cluster has its name still"
    assert after["spec"]["externalClusters"][0]["plugin"]["parameters"]["serverName"] == "postgres-2"
    assert (after["spec"]["storage"], after["spec"]["walStorage"]) == ({"size": "2Ti"}, {"size": "50Gi"})
    assert after["spec"]["postgresql"]["parameters"]["max_connections"] == "500"
    nightly = of_kind(apart("platform/postgres"), "ScheduledBackup")["nightly"]["spec"]
    now = backup_object("postgres")
    assert {name: nightly[name] for name in now["spec"]} == now["spec"]
