"""Spans that leave over OTLP: to a collector that wants a token, which a process is told by a file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.servers

PROGRAM = """
from opentelemetry import trace
from services.chassis.process.secret_files import given
from services.chassis.telemetry import tracing

tracing.configure("test", headers=given("OTEL_EXPORTER_OTLP_HEADERS"))
with tracing.span("work", traceparent=None):
    pass
trace.get_tracer_provider().force_flush()
"""


class Collector(BaseHTTPRequestHandler):
    """Takes whatever comes and remembers who came."""

    tokens: list[str | None]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.tokens.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_a_collectors_token_may_be_a_file(tmp_path: Path) -> None:
    Collector.tokens = []
    token = tmp_path / "headers"
    token.write_text("authorization=Bearer hush\n")
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
            "OTEL_EXPORTER_OTLP_HEADERS_FILE": str(token),
        }
        root = Path(__file__).parents[4]
        subprocess.run([sys.executable, "-c", PROGRAM], env={**os.environ, **told}, cwd=root, check=True)
        server.shutdown()
    assert Collector.tokens == ["Bearer hush"]
