"""Where everything in a process stands, for whoever looks at a stall afterwards."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
from collections.abc import Iterator
from typing import Any


def dump_stacks() -> None:
    """Write the stacks of all tasks, down to their innermost frames, and of all threads to standard error."""
    for task in asyncio.all_tasks():
        print(*_where(task), sep="\n", file=sys.stderr)  # noqa: T201 - beside faulthandler's dump
    faulthandler.dump_traceback(file=sys.stderr)


def _where(task: asyncio.Task[Any]) -> Iterator[str]:
    """Say where a task waits, down to the innermost frame (`Task.print_stack` shows only the outermost)."""
    yield f"Task {task.get_name()} (outermost call first):"
    awaited: Any = task.get_coro()
    while awaited is not None:
        frame = next((f for name in ("cr_frame", "gi_frame", "ag_frame") if (f := getattr(awaited, name, None))), None)
        if frame is None:
            return
        yield f'  File "{frame.f_code.co_filename}", line {frame.f_lineno}, in {frame.f_code.co_name}'
        names = ("cr_await", "gi_yieldfrom", "ag_await")
        awaited = next((inner for name in names if (inner := getattr(awaited, name, None)) is not None), None)
