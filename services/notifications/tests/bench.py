"""What a channel tells of itself to get the tests that every channel passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pytest

from duban_contracts.vocabulary import DELIVERY_CHANNELS
from services.notifications.channels.model.channel import AnyChannel
from services.notifications.tests.world import Receivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A channel and its receiver of `deploy/local/receivers`: where it is, and at which address it behaves how.

    `environment` leads the channel to the receivers of a test; `timeout` is the variable of an attempt's wall seconds.
    Addresses are as contacts.json has them; `{endpoint}` in one stands for the office's. `refused` and `busy` come with
    the code that the channel makes of the answer; at `silent` a letter is taken and nothing answered. `forbidden` is
    the code for a receiver that the profile's destinations don't allow, None where they are not the channel's matter.
    `arrived` reads the texts that the receiver kept, every copy; `hidden` is a part of each address, to be logged never.
    """

    channel: AnyChannel
    environment: Callable[[Receivers], dict[str, str]]
    timeout: str
    taken: str
    refused: tuple[str, str]
    busy: tuple[str, str]
    silent: str
    forbidden: str | None
    arrived: Callable[[Receivers], list[str]]
    hidden: str

    @property
    def addresses(self) -> list[str]:
        """All addresses of the bench."""
        return [self.taken, self.refused[0], self.busy[0], self.silent]

    def led_to(self, receivers: Receivers, **others: str) -> AnyChannel:
        """Return the channel with the settings that it reads from the bench's environment and `others`."""
        settings = self._settings({**self.environment(receivers), **others})
        return replace(self.channel, settings=lambda: settings)

    def _settings(self, environment: dict[str, str]) -> Any:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            return self.channel.settings()


def benches() -> list[Bench]:
    """Return the benches of the vocabulary's channels, in its order."""
    return [
        import_module(f"services.notifications.tests.channels.benches.{term.code}").BENCH for term in DELIVERY_CHANNELS
    ]
