"""An upgrade under load, taken back and done again: `python -m tests.chaos.upgrade --from <git ref>`.

The release before plays its own demo on a platform of its own. Beside the play the present release's provisioning step
prepares the servers (its migrations among it), each old service is started again on the new tables, then services are
replaced one by one, who reads before who writes, put back the other way round, and replaced for good. The old release's
audit must hold at the end, line for line.

The release before runs on this tree's packages. 0.1.0 can be upgraded and not gone back to: it refuses tables that it
doesn't know.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from deploy.demo.__main__ import CLOCK_ORIGIN, CLOCK_RATE
from deploy.local import parts, platform, programs, provision, provision_city, readiness, secrets_store, vault
from deploy.local.program import configuration
from deploy.local.settings import LOOPBACK, ROOT, Settings, load
from deploy.local.supervisord import Supervisor
from tests.chaos.storm import settings_in
from tests.load.base import commit_of, worktree

# Who reads comes before who writes: a reader of the release before passes over what it doesn't know, and no alarm, letter or
# figure would ever come of that. Taken back the other way round (docs/operations.md, Upgrades).
ORDER: Final = ("notifications", "statistics", "scheduler", "ledger", "gateway")
_COMEBACK_SECONDS: Final = 90.0
_BETWEEN_SECONDS: Final = 1.0
# Runs in the tree of the release before, whose players know its interface; it hands the stage over once, in the middle.
_PLAY: Final = """
import asyncio, sys
from rich.console import Console
from deploy.demo.play import Script, perform, report
from deploy.local.settings import load
seed, seconds, *command = sys.argv[1:]
async def upgrade():
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise SystemExit("the upgrade did not come to its end")
script = Script(int(seed), float(seconds), int(float(seconds) * 4), 90, 90)
console = Console(width=120)
sys.exit(0 if report(console, asyncio.run(perform(load(), console, script, upgrade))) else 1)
"""


def main() -> int:
    """Return 0 when the audit holds after the upgrade, its rollback, and the upgrade again."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.upgrade", description=__doc__)
    parser.add_argument("--from", dest="before", default="HEAD", help="git ref of the release before")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--keep", action="store_true", help="leave the data for a look, also after success")
    parser.add_argument("--act", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.act:
        asyncio.run(_act(load()))
        return 0
    home = Path(os.environ.get("DUBAN_HOME") or tempfile.mkdtemp(prefix="duban-upgrade-")).absolute()
    home.mkdir(exist_ok=True)
    home.chmod(0o755)  # below root, PostgreSQL runs as another account; what is secret inside is 0600
    settings = settings_in(home, "1")
    _say(f"from {commit_of(arguments.before)} to {commit_of('HEAD')} and what is not committed, seed {arguments.seed}")
    passed = False
    try:
        with worktree(arguments.before) as tree:
            passed = _play(tree, settings, arguments.seed, arguments.seconds)
    finally:
        platform.down(settings, lambda _line: None)
    if passed and not arguments.keep:
        platform.reset(settings, lambda _line: None)
        shutil.rmtree(home, ignore_errors=True)
    else:
        _say(f"logs and data: {home}")
    _say("upgraded, taken back and upgraded under load" if passed else "the upgrade did NOT hold")
    return 0 if passed else 1


def _play(tree: Path, settings: Settings, seed: int, seconds: float) -> bool:
    place = {
        "DUBAN_HOME": str(settings.home),
        "DUBAN_CACHE": str(settings.cache),
        "DUBAN_PORT_BASE": str(settings.port_base),
        "DUBAN_CLOCK_RATE": str(CLOCK_RATE),
        "DUBAN_CLOCK_ORIGIN": CLOCK_ORIGIN,
    }
    environment = os.environ | place | {"PYTHONPATH": _python_path(tree)}
    run = partial(subprocess.run, cwd=tree, env=environment, check=False)
    if run([sys.executable, "-m", "deploy.local", "up"]).returncode:
        return False
    act = ["env", f"--chdir={ROOT}", f"PYTHONPATH={_python_path(ROOT)}", sys.executable, "-m", __spec__.name, "--act"]
    return run([sys.executable, "-c", _PLAY, str(seed), str(seconds), *act]).returncode == 0


async def _act(settings: Settings) -> None:
    """Upgrade the running platform in `settings.home`, take it back, upgrade it again. Raises `Trouble`."""
    clock = secrets_store.read_json(settings.home / "state" / "clock.json")
    settings = replace(settings, clock=clock)
    superuser = parts.prepare(settings).superuser_dsn
    dsns = provision.service_dsns(settings, superuser)
    supervisor = Supervisor(settings)
    before = supervisor.configured()
    present = [
        replace(program, environment={**program.environment, "PYTHONPATH": _python_path(ROOT)})
        for program in programs.services(settings, dsns, vault.dsn(settings, superuser))
    ]
    after = configuration(settings, present)

    await asyncio.sleep(_BETWEEN_SECONDS)
    await provision.databases(superuser, dsns)
    done = await vault.prepare(superuser, vault.dsn(settings, superuser), vault.keys(settings))
    done += await provision_city.everything(settings, dsns)
    for line in done.lines:
        _say(line)
    await provision_city.divide_rights(superuser, dsns)
    done.check()
    for name in settings.services:
        await _begin(settings, supervisor, name, supervisor.configured(), "the release before, on the new tables")
    for release, names, text in (
        (after, ORDER, "the present release"),
        (before, ORDER[::-1], "back to the release before"),
        (after, ORDER, "for good"),
    ):
        for name in names:
            mixed = _with(supervisor.configured(), name, _section(release, name))
            await _begin(settings, supervisor, name, mixed, text)


async def _begin(settings: Settings, supervisor: Supervisor, name: str, text: str, said: str) -> None:
    """Stop one service as an operator would, start what `text` says, and wait until it is ready."""
    state = next(row for row in supervisor.states() if row.name == name)
    await asyncio.to_thread(supervisor.stop, state)
    await asyncio.to_thread(supervisor.reload, text)
    supervisor.start(state)
    url = f"http://{LOOPBACK}:{settings.port(name)}/readyz"
    await readiness.wait_for(name, partial(readiness.http, url), _COMEBACK_SECONDS, f"See {settings.logs}.")
    _say(f"{name}: {said}")
    await asyncio.sleep(_BETWEEN_SECONDS)


def _section(text: str, name: str) -> str:
    found = re.search(rf"^\[program:{name}\]\n(?:(?!\[).*\n)*", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"no program {name} in the supervisor's configuration")
    return found.group()


def _with(text: str, name: str, section: str) -> str:
    return text.replace(_section(text, name), section)


def _python_path(tree: Path) -> str:
    return os.pathsep.join([str(tree / "contracts" / "src"), str(tree)])


def _say(line: str) -> None:
    print(f"  {line}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
