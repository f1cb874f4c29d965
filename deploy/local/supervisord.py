"""The process supervisor: supervisord with a generated configuration, spoken to over its unix socket."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from xmlrpc.client import Fault, ServerProxy

from deploy.local import secrets_store
from deploy.local.program import Program, configuration
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.local.settings import Settings


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor knows of one process."""

    name: str
    address: str
    state: str
    pid: int
    since: float
    note: str


class Supervisor:
    """One supervisord per platform home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._config = settings.home / "supervisord.conf"
        self._socket = settings.supervisor_socket

    def running(self) -> bool:
        """Whether a supervisor answers on our socket."""
        try:
            with self._rpc() as rpc:
                rpc.getState()
        except (OSError, Fault):
            return False
        return True

    def configure(self, programs: Sequence[Program]) -> None:
        """Write the configuration; a running supervisor takes it over and restarts only what changed."""
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.reload(configuration(self._settings, programs))

    def configured(self) -> str:
        """Return the configuration that was written last."""
        return self._config.read_text(encoding="utf-8")

    def reload(self, text: str) -> None:
        """Take over a configuration; what changed is stopped and not started again. Launches a supervisor where none runs."""
        secrets_store.write_private(self._config, text)
        if not self.running():
            self._launch()
            return
        with self._rpc() as rpc:
            added, changed, removed = rpc.reloadConfig()[0]
            for name in (*changed, *removed):
                rpc.stopProcessGroup(name)
                rpc.removeProcessGroup(name)
            for name in (*added, *changed):
                rpc.addProcessGroup(name)

    def start(self, program: Program | ProcessState) -> None:
        """Start one process unless it runs already; returns before it is ready. Raises `Trouble`."""
        with self._rpc() as rpc:
            try:
                rpc.startProcess(program.address, False)  # noqa: FBT003 - XML-RPC has no keywords
            except Fault as fault:
                if "ALREADY_STARTED" not in fault.faultString:
                    raise Trouble(
                        f"{program.name} could not be started ({fault.faultString}).",
                        f"See `make logs S={program.name}`.",
                    ) from fault

    def stop(self, program: Program | ProcessState) -> None:
        """Stop one process and wait until it is gone."""
        with self._rpc() as rpc, contextlib.suppress(Fault):
            rpc.stopProcess(program.address)

    def states(self) -> list[ProcessState]:
        """All processes in start order; empty when no supervisor runs."""
        if not self.running():
            return []
        with self._rpc() as rpc:
            known = cast("list[dict[str, Any]]", rpc.getAllProcessInfo())
        return [
            ProcessState(
                row["name"],
                f"{row['group']}:{row['name']}",
                row["statename"],
                row["pid"],
                row["start"],
                row["spawnerr"],
            )
            for row in sorted(known, key=lambda row: row["start"] or 0)
        ]

    def shutdown(self, timeout: float = 90.0) -> bool:
        """Stop everything in reverse order, then the supervisor. False when nothing was running."""
        if not self.running():
            return False
        pid = self.pid()
        with self._rpc() as rpc:
            rpc.shutdown()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self._socket.exists() and not (pid and alive(pid)):
                return True
            time.sleep(0.05)
        raise Trouble(f"The platform did not stop within {timeout:.0f} s.", f"See {self._settings.logs}.")

    def pid(self) -> int | None:
        """Process id from supervisord's pid file, whether or not it still lives."""
        try:
            return int((self._settings.home / "supervisord.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _launch(self) -> None:
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DUBAN_")}
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, env=environment, cwd="/"
        )
        deadline = time.monotonic() + 10
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.running():
                return
            time.sleep(0.05)
        said = (done.stderr or done.stdout).strip().splitlines() or ["it did not answer within 10 s"]
        raise Trouble(f"The process supervisor did not start: {said[0]}.", f"See {self._settings.logs}.")

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Any]:
        # Imported here: status and doctor should work, with a clear sentence, before `make install`.
        from supervisor.xmlrpc import SupervisorTransport  # noqa: PLC0415

        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            yield ServerProxy("http://localhost", transport=transport).supervisor
        finally:
            transport.close()


def alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(pid: int) -> None:
    """Ask one process to stop."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
