"""Carries out every command of every runbook on the running platform, in the one-machine form.

A command whose arguments stand open in the text (`duban dead-letters drop`) is asked for its help. A request that would change
what is not there to be changed may be refused with a problem document; nothing may be unknown, forbidden or fail.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import httpx

from deploy.local.settings import LOOPBACK, ROOT
from duban_contracts.topics import claims_topic
from services.chassis.process.clock import ZONE
from tests.chaos.night.stage import Stage
from tests.deploy import lights
from tests.deploy.runbooks import Command, every, filled

_SECONDS: Final = 300
_PAGE_PORTS: Final = {
    "18080": "gateway",
    "18081": "ledger",
    "18082": "scheduler",
    "18083": "notifications",
    "18084": "statistics",
}
_PROMETHEUS: Final = "19090"
_USAGE: Final = 2
_NEEDS_A_PERSON: Final = 3  # answered: that is what a page asks for
_FLOOD: Final = 1_100
_REFUSED: Final = frozenset({404, 409, 422})
_ACCOUNTS: Final = ("operator-1", "city-office-1", "city-regulator-1", "auditor-1")
# What they change stays changed: that they are understood is enough.
_ONLY_ASKED: Final = (["keys", "revoke"], ["keys", "issue"], ["duties", "load"])


def carry_out(stage: Stage) -> list[tuple[Command, str]]:
    """Carry out each command once; return every one with what is wrong with it, an empty text when nothing is."""
    values = _values(stage)
    environment = os.environ | _told(stage)
    found, known = [], dict[str, str]()
    for command in every():
        if command.text not in known:
            try:
                known[command.text] = _one(stage, command, values, environment)
            except (KeyError, OSError, subprocess.TimeoutExpired, httpx.HTTPError) as error:
                known[command.text] = repr(error)
        wrong = known[command.text]
        found.append((command, wrong))
        stage.say(f"{'✗' if wrong else '✓'} {command}{': ' if wrong else ''}{wrong}")
    return found


def _one(stage: Stage, command: Command, values: Mapping[str, str], environment: Mapping[str, str]) -> str:
    text = filled(command.text, values)
    if command.kind == "sql":
        return _sql(stage, command, text)
    if command.kind == "http":
        return _http(stage, text)
    if command.kind == "curl":
        return _run(shlex.split(_moved(stage, text)), environment)[1]
    words = shlex.split(text.replace("ACCOUNT", values["account"]).replace("CODE", values["code"]))
    return _run(words, environment)[1] if command.kind == "make" else _duban(words[1:], environment)


def _duban(words: list[str], environment: Mapping[str, str]) -> str:
    """Carry it out; what its text leaves open is asked for its help."""
    if words[:2] not in _ONLY_ASKED:
        code, wrong = _run(["make", "-s", "duban", f"ARGS={shlex.join(words)}"], environment)
        if code != _USAGE:
            return "" if code == _NEEDS_A_PERSON else wrong
    asked = [*words[:2], "--help"] if len(words) > 1 else ["--help"]
    return _run(["make", "-s", "duban", f"ARGS={shlex.join(asked)}"], environment)[1]


def _run(words: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    if done.returncode == 0:
        return 0, ""
    told = (done.stderr or done.stdout).strip()
    within = re.search(r"Error (\d+)$", told)  # make says what the command ended with
    code = int(within[1]) if within and words[0] == "make" else done.returncode
    return code, f"exit {code}: {(done.stdout + done.stderr).strip()[-300:]}"


def _sql(stage: Stage, command: Command, text: str) -> str:
    wrong = ""
    for each in _holders(command):
        try:
            stage.sql(each, "BEGIN", text.rstrip(";"), "ROLLBACK")
        except asyncpg.PostgresError as error:
            wrong = f"{wrong} {each}: {error!r}"
        else:
            return ""
    return wrong


def _holders(command: Command) -> tuple[str, ...]:
    told = command.page + command.text
    named = tuple(
        each for each in ("ledger", "scheduler", "notifications", "statistics", "gateway") if each in told.lower()
    )
    return (*named, "ledger", "scheduler")


def _http(stage: Stage, text: str) -> str:
    method, address = text.split(maxsplit=1)
    answers = []
    for service in stage.settings.services:
        for account in (*_ACCOUNTS, f"regulator-{stage.life.counties[-1]}-1"):
            url = f"http://{LOOPBACK}:{stage.settings.port(service)}{address}"
            headers = {"Authorization": f"Bearer {stage.life.keys[account]}"}
            body: dict[str, Any] | None = {} if method == "POST" else None
            try:
                answer = httpx.request(method, url, headers=headers, json=body, timeout=60)
            except httpx.TransportError as error:
                answers.append((service, account, 0, repr(error)))
                continue
            if answer.is_success:
                return ""
            known = answer.headers.get("Content-Type", "").startswith("application/problem+json")
            code = answer.json().get("code", "") if known else ""
            answers.append((service, account, answer.status_code, code))
            if answer.status_code in _REFUSED and code not in {"", "not-found", "no-such-route"}:
                return ""
    return f"nobody answers it: {sorted({(service, status, code) for service, _, status, code in answers})}"


def _moved(stage: Stage, text: str) -> str:
    for port, service in _PAGE_PORTS.items():
        text = text.replace(f":{port}", f":{stage.settings.port(service)}")
    return text.replace(f":{_PROMETHEUS}", f":{stage.watch.url.rsplit(':', 1)[1]}")


def _told(stage: Stage) -> dict[str, str]:
    settings = stage.settings
    return {
        "DUBAN_HOME": str(settings.home),
        "DUBAN_CACHE": str(settings.cache),
        "DUBAN_PORT_BASE": str(settings.port_base),
        "DUBAN_PROFILE": str(settings.profile),
        "REPLICAS": str(settings.replicas),
        "BROKERS": str(settings.brokers),
        **settings.clock,
    }


def _values(stage: Stage) -> dict[str, str]:
    """Return what stands for each placeholder: things that are there, made where nothing is."""
    county = stage.life.counties[-1]
    lights.flood(stage.settings.kafka_bootstrap, claims_topic(county), _FLOOD)  # held, for somebody to let it go on
    letter = _until(stage, "ledger", "SELECT id FROM dead_letter LIMIT 1")
    _until(stage, "ledger", "SELECT 1 FROM partition_hold WHERE resumed_at IS NULL LIMIT 1")
    hazard = _until(stage, "ledger", "SELECT hazard_id FROM hazard LIMIT 1")
    now = stage.sql("ledger", "SELECT now() AS now")[0]["now"].astimezone(ZONE)
    nothing = "00000000-0000-7000-8000-000000000000"
    return {
        "service": "ledger",
        "port": str(stage.settings.port("ledger")),
        "id": str(letter),
        "hazard": str(hazard),
        "county": county,
        "consumer": "ledger.claims",
        "account": "operator-1",
        "code": "not-a-cloudevent",
        "pid": "0",
        "duty": nothing,
        "plan": nothing,
        "task": nothing,
        "now": now.isoformat().replace("+", "%2B"),
    }


def _until(stage: Stage, service: str, statement: str) -> Any:
    async def first() -> Any:
        for _ in range(_SECONDS):
            if rows := await asyncio.to_thread(stage.sql, service, statement):
                return rows[0][0]
            await asyncio.sleep(1)
        raise LookupError(f"{statement} gave nothing within {_SECONDS} s")

    return asyncio.run(first())
