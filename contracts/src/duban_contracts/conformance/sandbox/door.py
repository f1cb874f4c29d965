"""A door before a test broker: what goes through is the real protocol of a real broker, with cuts and delays.

What is withheld never reached the broker, and what is lost did: its answer is dropped with the connection. Both are what
a network does. Not played are a broker's own error codes, and TLS and SASL, which would hide the protocol from us.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Final

from duban_contracts.conformance.sandbox.frames import PRODUCE, Address, Asked, Batch, answered, asked, batches
from duban_contracts.conformance.sandbox.script import Act

_LATE_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 10.0
_LONGEST_FRAME: Final = 128 * 1024 * 1024
_WITHHELD: Final = frozenset({Act.UNAVAILABLE, Act.BROKEN, Act.LIMITED})

Played = Callable[[int, list[Batch]], Act]
"""Told of a produce request (its acks, its batches), says what is done with it."""


class Doors:
    """Listeners of this machine, one for each broker that is met; `play` decides about produce requests."""

    def __init__(self, bootstrap: str, play: Played, *, host: str = "127.0.0.1") -> None:
        name, _, port = bootstrap.split(",", maxsplit=1)[0].strip().rpartition(":")
        self._play = play
        self._host = host
        self._lock = threading.Lock()
        self._listeners: dict[Address, socket.socket] = {}
        self.address = self.door((name, int(port)))

    def door(self, broker: Address) -> Address:
        """Return where `broker` is reached through a door; opened when it is not yet."""
        with self._lock:
            if broker not in self._listeners:
                listener = socket.create_server((self._host, 0))
                self._listeners[broker] = listener
                threading.Thread(target=self._listen, args=(listener, broker), daemon=True).start()
            return (self._host, int(self._listeners[broker].getsockname()[1]))

    def close(self) -> None:
        """Take no more connections."""
        with self._lock:
            for listener in self._listeners.values():
                # Closing alone would not wake the thread that waits in it.
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()

    def _listen(self, listener: socket.socket, broker: Address) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client, broker), daemon=True).start()

    def _serve(self, client: socket.socket, broker: Address) -> None:
        """Carry one connection's requests and answers, in turn, as a broker takes them."""
        with (
            contextlib.suppress(OSError, struct.error),
            client,
            socket.create_connection(broker, timeout=_CONNECT_SECONDS) as upstream,
        ):
            upstream.settimeout(None)
            while (request := _frame(client)) is not None and self._carry(client, upstream, request):
                pass

    def _carry(self, client: socket.socket, upstream: socket.socket, request: bytes) -> bool:
        """Carry one request and its answer; return False when the connection is cut."""
        what, act, acks = asked(request), Act.ANSWER, -1
        if what.api == PRODUCE:
            acks, sent = batches(request)
            act = self._play(acks, sent)
        if act in _WITHHELD:
            return False
        upstream.sendall(_framed(request))
        if what.api == PRODUCE and acks == 0:
            return act is not Act.LOST  # nobody answers it
        response = _frame(upstream)
        if response is None or act is Act.LOST:
            return False
        if act is Act.SLOW:
            time.sleep(_LATE_SECONDS)
        client.sendall(_framed(self._told(what, response)))
        return True

    def _told(self, what: Asked, response: bytes) -> bytes:
        return answered(what, response, self.door)


def _framed(frame: bytes) -> bytes:
    return struct.pack("!i", len(frame)) + frame


def _frame(connection: socket.socket) -> bytes | None:
    """Read one frame, None at the connection's end; raises struct.error for a length that is none."""
    head = _exactly(connection, 4)
    if head is None:
        return None
    (length,) = struct.unpack("!i", head)
    if not 0 <= length <= _LONGEST_FRAME:
        raise struct.error(f"a frame of {length} bytes")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        part = connection.recv(min(count - len(found), 1 << 20))
        if not part:
            return None
        found += part
    return bytes(found)
