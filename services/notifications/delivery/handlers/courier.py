"""Carry letters over their channels: begin what is due, send it, record the channel's answer."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from services.chassis.process import failpoints
from services.chassis.process.clock import back_off
from services.chassis.storage.database import is_retryable
from services.notifications.channels.model.answers import Answer, Verdict
from services.notifications.channels.model.channel import Parcel
from services.notifications.delivery.handlers.begin import anything_due, begin_due
from services.notifications.delivery.handlers.deps import Deps
from services.notifications.delivery.handlers.returning import bring_forward, shown_by
from services.notifications.delivery.handlers.settle import settle_attempt, settle_lost
from services.notifications.delivery.model.returning import Back
from services.notifications.delivery.model.rows import Attempt

_log = structlog.get_logger(__name__)

NO_CONTACT: Final = Answer(Verdict.PERMANENT, "no-contact", "the profile names nobody for this county and unit")
NO_CHANNEL: Final = Answer(Verdict.PERMANENT, "no-channel", "this installation has no such channel any more")
TOO_LONG: Final = Answer(Verdict.PERMANENT, "letter-too-long", "its title alone is longer than the channel takes")
ENDPOINT_CLOSED: Final = Answer(Verdict.PERMANENT, "endpoint-closed", "the endpoint answered 410 before")

# About 25 seconds of waiting for a database: an answer that can't be written down leaves a letter in doubt.
_RECORDINGS: Final = 10


@dataclass
class Courier:
    """Carries up to `concurrency` letters at once. Any number of couriers may work beside each other."""

    deps: Deps
    concurrency: int = 8
    _back: set[Back] = field(default_factory=set, init=False)
    _on_their_way: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def carry_due(self, stopping: asyncio.Event) -> None:
        """Settle what was lost, then begin whatever is due, as long as there is any and nobody asks to stop.

        A letter that arrived shows that its channel works: what waits for that is due then, too.

        Letters that are still on their way at the end go on; raises what carrying one raised.
        """
        self._look_after()
        if not (self._back or await anything_due(self.deps)):
            return
        await settle_lost(self.deps)
        while not stopping.is_set():
            await self._bring_forward()
            begun = await begin_due(self.concurrency - len(self._on_their_way), self.deps)
            self._on_their_way |= {asyncio.create_task(self._carry(*each)) for each in begun}
            if not begun:
                return
            if len(self._on_their_way) >= self.concurrency:
                await asyncio.wait(self._on_their_way, return_when=asyncio.FIRST_COMPLETED)
            self._look_after()

    async def _bring_forward(self) -> None:
        # What comes back meanwhile, the same place too, is for the next time: it may be waited for anew.
        back, self._back = self._back, set()
        try:
            await bring_forward(back, self.deps)
        except BaseException:
            self._back |= back
            raise

    async def finish(self) -> None:
        """Wait for all letters that are on their way, then raise what carrying one raised; none is begun any more."""
        if self._on_their_way:
            await asyncio.wait(self._on_their_way)
        self._look_after()

    def _look_after(self) -> None:
        landed = {task for task in self._on_their_way if task.done()}
        self._on_their_way -= landed
        for task in landed:
            task.result()

    async def _carry(self, attempt: Attempt, parcel: Parcel) -> None:
        answer = await self._send(attempt, parcel)
        failpoints.reach("notifications.after_send")
        for failures in range(_RECORDINGS):
            try:
                await settle_attempt(attempt, answer, self.deps)
            except Exception as error:
                if not is_retryable(error) or failures == _RECORDINGS - 1:
                    raise
                _log.warning("answer not recorded yet", error=type(error).__name__)
                await back_off(self.deps.clock, failures)
            else:
                break
        if answer.verdict is Verdict.ACCEPTED and attempt.address is not None:
            self._back |= shown_by(attempt.channel, attempt.address, self.deps)

    async def _send(self, attempt: Attempt, parcel: Parcel) -> Answer:
        line = self.deps.lines.get(attempt.channel)
        if line is None:
            return NO_CHANNEL
        if attempt.address is None or attempt.endpoint_closed:
            return NO_CONTACT if attempt.address is None else ENDPOINT_CLOSED
        try:
            fitting = parcel.within(line.channel.longest, line.channel.size)
        except ValueError:
            # Nothing was sent, so there is no doubt whether it arrived.
            return TOO_LONG
        try:
            return _checked(await line.carrier.send(fitting, attempt.address))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return _failed(attempt.channel, error)
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - a channel's bug must not stop the others' letters
            return _failed(attempt.channel, error)


def _checked(answer: object) -> Answer:
    if not isinstance(answer, Answer):
        raise TypeError(f"a channel answers with {type(answer).__name__}")
    return answer


def _failed(channel: str, error: BaseException) -> Answer:
    """Log where a channel's client failed; neither message nor locals, since both may hold an office's address."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    _log.error("channel failed", channel=channel, error=type(error).__name__, place=place)
    return Answer(Verdict.UNKNOWN, "channel-failed", type(error).__name__)
