"""A channel that no city has: a group robot, which answers 200 to everything, drops no repeats and has a limit."""

from __future__ import annotations

import json
from typing import Final

import msgspec
from pydantic_settings import SettingsConfigDict

from services.chassis.process.secret_files import Environment
from services.notifications.channels.handlers.posting import HttpCarrier, Post
from services.notifications.channels.model.answers import Answer, Response, Verdict
from services.notifications.channels.model.channel import Channel, Content, Means, Parcel
from services.notifications.tests.bench import Bench

LONGEST: Final = 20 * 1024


class RobotSettings(Environment):
    """Where the robots are: contacts.json names them."""

    model_config = SettingsConfigDict(env_prefix="SPECIMEN_ROBOT_", frozen=True)

    base: str = ""
    timeout: float = 10.0


def read(response: Response) -> Answer:
    """Read the robot's `code`; what says nothing leaves the outcome unknown."""
    try:
        code = json.loads(response.body)["code"]
    except (ValueError, KeyError):
        return Answer(Verdict.UNKNOWN, str(response.status))
    verdict = {0: Verdict.ACCEPTED, 11232: Verdict.TRANSIENT}.get(code, Verdict.PERMANENT)
    return Answer(verdict, f"code-{code}")


def document(letter: Content) -> bytes:
    """Return the message, as it is sent."""
    return msgspec.json.encode({"msg_type": "text", "content": {"text": letter.body}})


def open_robots(means: Means, settings: RobotSettings) -> HttpCarrier:
    """Return the carrier; an address is what follows the base."""

    def url(name: str) -> str:
        return f"{settings.base}/{name}"

    def write(parcel: Parcel, name: str) -> Post:
        return Post(url(name), document(parcel.content))

    return HttpCarrier(means.destinations, write=write, read=read, url=url, timeout=settings.timeout)


ROBOT: Final = Bench(
    channel=Channel(
        code="robot",
        drops_repeats=False,
        per_second=5,
        longest=LONGEST,
        size=lambda letter: len(document(letter)),
        settings=RobotSettings,
        open=open_robots,
    ),
    environment=lambda receivers: {
        "SPECIMEN_ROBOT_BASE": f"http://127.0.0.1:{receivers.webhook_port}/robots/code",
    },
    timeout="SPECIMEN_ROBOT_TIMEOUT",
    taken="0/zhujian-group",
    refused=("19024/zhujian-group", "code-19024"),
    busy=("11232/zhujian-group", "code-11232"),
    silent="mute/zhujian-group",
    forbidden="address-loopback",
    arrived=lambda receivers: [kept["body"]["content"]["text"] for kept in receivers.robots()],
    hidden="zhujian-group",
)
