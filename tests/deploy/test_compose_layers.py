"""The layers of compose beside the core: what is watched, the edge, and how a container is asked whether it is well."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network, ip_address
from threading import Thread
from typing import Any

import pytest
import yaml

from services.chassis.web.observed import PROBES
from tests.deploy.composition import COMPOSE, compose, environment, told
from tests.deploy.expressions import ROOT
from tests.deploy.overlays import of_kind, with_component
from tools.generate.parts import SERVICES


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" and self.server.well else 503)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    """A server that is ready, and is not once a test has set `well` to False."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.well = True  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _asked(port: int) -> int:
    """Run a service's health check as its container would; return its exit code."""
    command = [str(word) for word in compose()["services"]["ledger"]["healthcheck"]["test"][1:]]
    environment = {"DUBAN_HTTP_PORT": str(port), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


@pytest.mark.servers
def test_a_health_check_tells_ready_from_not_ready_and_from_nobody_there(answering: ThreadingHTTPServer) -> None:
    port = answering.server_port
    assert _asked(port) == 0
    answering.well = False  # type: ignore[attr-defined]
    assert _asked(port) != 0
    answering.shutdown()
    answering.server_close()
    assert _asked(port) != 0


# What kubectl makes of k8s/.
@pytest.mark.servers
def test_the_edge_leads_to_every_service_with_the_bounds_of_the_cluster() -> None:
    text = (COMPOSE / "edge" / "routes.yaml").read_text(encoding="utf-8")
    routes = yaml.safe_load(text)["http"]
    on_a_cluster = {name: each["spec"] for name, each in of_kind(with_component("ingress"), "Middleware").items()}
    assert routes["middlewares"] == on_a_cluster
    for service in SERVICES:
        port = compose()["services"][service]["environment"]["DUBAN_HTTP_PORT"]
        (server,) = routes["services"][service]["loadBalancer"]["servers"]
        assert server["url"] == f"http://{service}:{port}"
        posted, other = routes["routers"][f"{service}-post"], routes["routers"][service]
        assert (posted["middlewares"], other["middlewares"]) == (["rate", "at-once", "body"], ["rate", "at-once"])
        assert all(each["tls"] == {} and each["service"] == service for each in (posted, other))
    assert yaml.safe_load(text)["tls"]["options"]["default"]["minVersion"] == "VersionTLS12"


INNER = re.compile(r"!PathRegexp\(`([^`]+)`\)")


# What kubectl makes of k8s/.
@pytest.mark.servers
def test_what_prometheus_and_probes_ask_is_answered_to_nobody_outside() -> None:
    routes = yaml.safe_load((COMPOSE / "edge" / "routes.yaml").read_text(encoding="utf-8"))["http"]["routers"]
    rules = [each["rule"] for each in routes.values()]
    on_a_cluster = of_kind(with_component("ingress"), "IngressRoute").values()
    rules += [route["match"] for each in on_a_cluster for route in each["spec"]["routes"]]
    assert len(rules) == 4 * len(SERVICES)
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in (ROOT / "docs" / "openapi").glob("*.json")]
    outer = {path for each in documents for path in each["paths"]} - PROBES
    for rule in rules:
        assert "||" not in rule
        (kept_in,) = INNER.findall(rule)
        assert all(re.search(kept_in, each) for each in PROBES)
        assert not [path for path in outer if re.search(kept_in, path)]


def test_only_the_edge_is_believed_of_where_a_request_comes_from() -> None:
    edge = compose()["services"]["edge"]["networks"]["default"]["ipv4_address"]
    assert environment()["DUBAN_TRUSTED_PROXIES"].split(",") == ["127.0.0.1", edge]
    (network,) = compose()["networks"]["default"]["ipam"]["config"]
    subnet, given_out = IPv4Network(network["subnet"]), IPv4Network(network["ip_range"])
    # The first host's address is Docker's own.
    assert ip_address(edge) in list(subnet.hosts())[1:]
    assert given_out.subnet_of(subnet), "whoever starts first would have the edge's address"
    assert ip_address(edge) not in given_out
    assert given_out.num_addresses > 2 * len(compose()["services"])


def test_the_edge_is_watched_at_an_inner_port_that_nobody_outside_reaches() -> None:
    edge = compose()["services"]["edge"]
    (address,) = (
        each.rpartition(":")[2] for each in edge["command"] if each.startswith("--entrypoints.metrics.address=")
    )
    assert {"--metrics.prometheus=true", "--metrics.prometheus.entrypoint=metrics"} <= set(edge["command"])
    (target,) = yaml.safe_load((ROOT / "deploy/prometheus/targets/compose/edge.yml").read_text(encoding="utf-8"))
    assert target["targets"] == [f"edge:{address}"]
    assert edge["ports"] == ["443:8443"]


def test_prometheus_is_bounded_by_size_and_scrapes_what_the_rules_ask_of_the_machine() -> None:
    command = compose()["services"]["prometheus"]["command"]
    assert any(re.fullmatch(r"--storage\.tsdb\.retention\.size=\d+GB", each) for each in command)
    targets = yaml.safe_load((ROOT / "deploy/prometheus/targets/compose/node.yml").read_text(encoding="utf-8"))
    assert [each["targets"] for each in targets] == [["node:9100"]]
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert {"targets/node.yml"} == {
        file for job in jobs if job["job_name"] == "node" for sd in job["file_sd_configs"] for file in sd["files"]
    }


@pytest.mark.servers
def test_the_command_is_told_of_every_service_as_the_toolbox_of_a_cluster_is() -> None:
    command = told("duban")
    for service in SERVICES:
        own = told(service)
        assert command[f"DUBAN_{service.upper()}_DSN"] == own["DUBAN_POSTGRES_DSN"]
        assert command[f"DUBAN_{service.upper()}_URL"] == f"http://{service}:{own['DUBAN_HTTP_PORT']}"
    assert {"DUBAN_KAFKA_BOOTSTRAP", "DUBAN_PROFILE"} <= command.keys()


def test_whoever_compares_topics_is_told_of_as_many_copies_as_who_makes_them() -> None:
    services = compose()["services"]
    made, compared = (services[name]["environment"]["DUBAN_TOPIC_REPLICATION"] for name in ("provision", "duban"))
    assert made == compared == services["kafka"]["environment"]["KAFKA_DEFAULT_REPLICATION_FACTOR"]
