"""What CloudNativePG is told: the objects of a backup now, and of a second cluster made of the backups of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

CLUSTER: Final = "postgres"
_API: Final = "postgresql.cnpg.io/v1"
_PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
# As k8s/platform/restore/beside has it; a test holds the two equal.
_IMAGE: Final = "ghcr.io/cloudnative-pg/postgresql:18.6-standard-bookworm"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a second cluster has to hold: as the first has it. With fewer connections than the first it would not recover."""

    storage: str = "100Gi"
    log: str = "20Gi"
    connections: int = 300


SIZES: Final = Sizes()
"""What k8s/platform/postgres has."""


def backup_object(cluster: str) -> dict[str, Any]:
    """Return a Backup, for `kubectl create -f -`: each has a name of its own."""
    return {
        "apiVersion": _API,
        "kind": "Backup",
        "metadata": {"generateName": f"{cluster}-"},
        "spec": {"cluster": {"name": cluster}, "method": "plugin", "pluginConfiguration": {"name": _PLUGIN}},
    }


def restored_cluster(
    cluster: str, until: datetime | None, *, server: str | None = None, sizes: Sizes = SIZES
) -> dict[str, Any]:
    """Return a cluster `<cluster>-restored` of one instance, made of `cluster`'s backups: all of the log, or until then.

    `server` is the name under which the cluster archives now: its own at first, another after each restore in its place
    (`serverName`). It archives nothing, and the first goes on beside it.
    """
    target = {"recoveryTarget": {"targetTime": until.isoformat()}} if until else {}
    return {
        "apiVersion": _API,
        "kind": "Cluster",
        "metadata": {"name": f"{cluster}-restored"},
        "spec": {
            "instances": 1,
            "imageName": _IMAGE,
            "enableSuperuserAccess": False,
            "storage": {"size": sizes.storage},
            "walStorage": {"size": sizes.log},
            "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
            "postgresql": {
                "parameters": {
                    "max_connections": str(sizes.connections),
                    "shared_buffers": "1GB",
                    "max_locks_per_transaction": "256",
                },
                "pg_hba": ["hostnossl all all all reject"],
            },
            "bootstrap": {"recovery": {"source": "lost", **target}},
            "externalClusters": [
                {
                    "name": "lost",
                    "plugin": {
                        "name": _PLUGIN,
                        "parameters": {"barmanObjectName": "backups", "serverName": server or cluster},
                    },
                }
            ],
        },
    }
