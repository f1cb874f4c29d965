"""One supervised process, and the configuration that tells supervisord of all of them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.local.settings import Settings

_HEAD = """\
[unix_http_server]
file={socket}
chmod=0600

[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={home}/supervisord.pid
childlogdir={logs}
directory={root}
identifier=duban
{run_as}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# Back-off: a process that dies while starting waits 1, 2, 3 ... seconds before each of 30 further tries.
_PROGRAM = """
[program:{name}]
command={command}
directory={directory}
{user}priority={priority}
autostart=false
autorestart=true
startsecs={start_seconds}
startretries=30
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
{environment}"""


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process. Lower `priority` starts earlier and stops later."""

    name: str
    command: Sequence[str]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    start_seconds: int = 2
    user: str | None = None
    group: str | None = None

    @property
    def address(self) -> str:
        """How the supervisor calls it."""
        return f"{self.group}:{self.name}" if self.group else self.name


def configuration(settings: Settings, programs: Sequence[Program]) -> str:
    """Return the supervisor's configuration file: every program, its group, and where its log goes."""
    head = _HEAD.format(
        socket=_escape(str(settings.supervisor_socket)),
        logs=_escape(str(settings.logs)),
        home=_escape(str(settings.home)),
        root=_escape(str(settings.root)),
        # Silences supervisord's warning; PostgreSQL is dropped to its own account below.
        run_as="user=root\n" if os.geteuid() == 0 else "",
    )
    members: dict[str, list[Program]] = {}
    for program in programs:
        if program.group:
            members.setdefault(program.group, []).append(program)
    # The members of a group stop together: one Kafka node alone would wait for its quorum.
    groups = [
        f"\n[group:{name}]\nprograms={','.join(each.name for each in group)}\npriority={group[0].priority}\n"
        for name, group in members.items()
    ]
    return head + "".join(_section(settings, program) for program in programs) + "".join(groups)


def _section(settings: Settings, program: Program) -> str:
    pairs = ",".join(f'{name}="{_escape(value)}"' for name, value in program.environment.items())
    return _PROGRAM.format(
        name=program.name,
        command=_escape(shlex.join(program.command)),
        directory="/" if program.user else _escape(str(settings.root)),
        user=f"user={program.user}\n" if program.user else "",
        priority=program.priority,
        start_seconds=program.start_seconds,
        stop_signal=program.stop_signal,
        stop_seconds=program.stop_seconds,
        logs=_escape(str(settings.logs)),
        environment=f"environment={pairs}\n" if pairs else "",
    )


def _escape(value: str) -> str:
    return value.replace("%", "%%")
