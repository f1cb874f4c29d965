"""Series of the boards that others than the services' own declarations make, by who makes them."""

from __future__ import annotations

from typing import Final

PROMETHEUS: Final = {"up", "ALERTS"}
CLIENT_LIBRARY: Final = {
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "python_gc_collections_total",
}
# node_exporter, Strimzi's beans (k8s/platform/kafka/metrics.yaml), CloudNativePG and its backup plugin, Traefik,
# compose's backup.sh, kube-state-metrics.
EXPORTERS: Final = {
    "node_cpu_seconds_total",
    "node_disk_written_bytes_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "kafka_controller_kafkacontroller_activecontrollercount",
    "kafka_network_requestmetrics_totaltimems",
    "kafka_server_brokertopicmetrics_bytesin_total",
    "kafka_server_brokertopicmetrics_bytesout_total",
    "kafka_server_brokertopicmetrics_messagesin_total",
    "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
    "kafka_server_replicamanager_leadercount",
    "kafka_server_replicamanager_underminisrpartitioncount",
    "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp",
    "barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp",
    "cnpg_backends_total",
    "cnpg_collector_up",
    "cnpg_pg_database_size_bytes",
    "cnpg_pg_database_xid_age",
    "cnpg_pg_replication_lag",
    "cnpg_pg_stat_archiver_failed_count",
    "traefik_tls_certs_not_after",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_job_failed",
    "kube_statefulset_replicas",
    "kube_statefulset_status_replicas_ready",
    "duban_backup_base_timestamp_seconds",
    "duban_backup_failed_timestamp_seconds",
    "duban_backup_receiving_timestamp_seconds",
}
EVERY: Final = PROMETHEUS | CLIENT_LIBRARY | EXPORTERS
# Labels of what others make, and those that an expression gives itself.
LABELS: Final = {
    "alertname",
    "alertstate",
    "cluster",
    "cn",
    "condition",
    "datname",
    "deployment",
    "fstype",
    "generation",
    "job_name",
    "mode",
    "mountpoint",
    "namespace",
    "pod",
    "quantile",
    "request",
    "sans",
    "severity",
    "slo",
    "state",
    "statefulset",
    "where",
    "workload",
}
