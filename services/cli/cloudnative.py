"""What CloudNativePG is told: the objects of a backup now, and of a second cluster made of the backups of the first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

CLUSTER: Final = "postgres"
_API: Final = "postgresql.cnpg.io/v1"
_PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
# As k8s/platform/restore/beside has it; a test holds the two equal.
_IMAGE: Final = "ghcr.io/cloudnative-pg/postgresql:18.6-standard-bookworm"


def backup_object(cluster: str) -> dict[str, Any]:
    """Return a Backup, for `kubectl create -f -`: each has a name of its own."""
    return {
        "apiVersion": _API,
        "kind": "Backup",
        "metadata": {"generateName": f"{cluster}-"},
        "spec": {"cluster": {"name": cluster}, "method": "plugin", "pluginConfiguration": {"name": _PLUGIN}},
    }


def restored_cluster(cluster: str, until: datetime | None) -> dict[str, Any]:
    """Return a cluster `<cluster>-restored` of one instance, made of `cluster`'s backups: all of the log, or until then.

    It archives nothing, and the first goes on beside it.
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
            "storage": {"size": "100Gi"},
            "walStorage": {"size": "20Gi"},
            "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
            "postgresql": {
                "parameters": {
                    "max_connections": "300",
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
                        "parameters": {"barmanObjectName": "backups", "serverName": cluster},
                    },
                }
            ],
        },
    }
