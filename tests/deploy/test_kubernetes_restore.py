"""A cluster that is made again from its backups is the city's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.overlays import K8S, composed, kustomized


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
