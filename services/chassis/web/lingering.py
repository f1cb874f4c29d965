"""Hanging up so that the last answer arrives.

Whoever closes a socket on which something is still to be read sends a reset, and a reset destroys the answer on its way
to a client that is not done sending (RFC 9112 §9.6). So we say that we are done, read on and throw away, and close when
the client is done, too, or when time or patience are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import structlog

_log = structlog.get_logger(__name__)


class LingeringTransport(asyncio.Transport):
    """A connection that is closed without hurry while its client may still be sending.

    `close` hangs up at once when the client owes nothing, says `unread()`; else it lingers, and a second `close` ends
    that. What comes while it lingers is for nobody.
    """

    linger_seconds: ClassVar[float] = 20.0
    read_seconds: ClassVar[float] = 30.0
    """In which a client reads `least_read_bytes` of an answer that waits for it, or all of it; else it is hung up on."""
    least_read_bytes: ClassVar[int] = 16 * 1024

    def __init__(self, inner: asyncio.Transport, *, unread: Callable[[], bool]) -> None:
        super().__init__()
        self._inner = inner
        self._unread = unread
        self._patience: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        # Every answer goes through it.
        self.write = inner.write  # type: ignore[method-assign]

    @property
    def is_lingering(self) -> bool:
        """Whether all is said and only the client's end is waited for."""
        return self._patience is not None

    def close(self) -> None:
        """Hang up, at once or as soon as the client is done."""
        if self._unread() and not self.is_closing() and self._inner.can_write_eof():
            self.linger()
        else:
            self.hang_up()

    def linger(self) -> None:
        """Say that nothing more comes from here, and wait for the client's end."""
        if self.is_closing():
            return
        self._inner.write_eof()
        self._inner.resume_reading()
        self._patience = asyncio.get_running_loop().call_later(self.linger_seconds, self.hang_up)

    def hang_up(self) -> None:
        """Hang up as soon as all is sent, whoever may still be sending."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if not self._inner.is_closing() and self._inner.get_write_buffer_size():
            # Else whoever never reads it keeps the socket. A last answer may take as long as any other.
            self.watch_reader()
        self._inner.close()

    def watch_reader(self) -> None:
        """Hang up on the client as soon as it reads too little; what is still to be sent waits for it."""
        self.stop_watching()
        unread = self._inner.get_write_buffer_size()
        self._reading = asyncio.get_running_loop().call_later(self.read_seconds, self._judge_reader, unread)

    def resume_writing(self) -> None:
        """Let the client be: it reads. After the last answer it is watched to the end."""
        if not self._inner.is_closing():
            self.stop_watching()

    def stop_watching(self) -> None:
        """Let the client be."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _judge_reader(self, unread: int) -> None:
        if unread - self._inner.get_write_buffer_size() >= self.least_read_bytes:
            self.watch_reader()
            return
        client = self.get_extra_info("peername")
        _log.info("a client that does not read is hung up on", client=client and client[0])
        self.abort()

    def abort(self) -> None:
        """Hang up at once, whatever was not sent yet."""
        self.hang_up()
        self.stop_watching()
        self._inner.abort()

    def is_closing(self) -> bool:
        """Whether the last answer is given."""
        return self.is_lingering or self._inner.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        self._inner.write(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send, one after the other."""
        self._inner.writelines(list_of_data)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes nobody has read yet."""
        return self._inner.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the socket knows."""
        return self._inner.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._inner.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol take over."""
        self._inner.set_protocol(protocol)
