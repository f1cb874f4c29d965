"""Which rows are played, and which of them at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from tests.chaos.night.row import Row
from tests.chaos.night.rows import ROWS
from tests.chaos.night.stage import Stage


def chosen(said: str) -> tuple[Row, ...]:
    """Return the rows named in `said`, all of them when it is empty; those with a plus between are one. LookupError for no row."""
    by_name = {row.name: row for row in ROWS}
    groups = [group.split("+") for group in said.replace(",", " ").split()]
    if unknown := [name for group in groups for name in group if name not in by_name]:
        raise LookupError(f"no row {', '.join(unknown)}; there are: {', '.join(by_name)}")
    return tuple(together([by_name[name] for name in group]) for group in groups) or ROWS


def together(rows: Sequence[Row]) -> Row:
    """Return one row in which several faults are there at once, each with what it fires; what one fires may fire in all."""
    if len(rows) == 1:
        return rows[0]
    fires = tuple(light for row in rows for light in row.fires)
    quiet = {name for row in rows for name in row.quiet}
    quiet -= {light.name for light in fires} | {name for row in rows for name in row.follows}

    @contextlib.contextmanager
    def fault(stage: Stage) -> Iterator[None]:
        with contextlib.ExitStack() as broken:
            for row in rows:
                broken.enter_context(row.fault(stage))
            yield

    return Row(
        " + ".join(row.name for row in rows),
        "; ".join(row.told for row in rows),
        fault,
        fires,
        within=max(row.within for row in rows),
        quiet=tuple(sorted(quiet)),
        restart=tuple(dict.fromkeys(service for row in rows for service in row.restart)),
        clears=max(row.clears for row in rows),
        pages=sum(row.pages for row in rows),
        needs=", ".join(dict.fromkeys(row.needs for row in rows if row.needs)),
        passing=tuple(name for row in rows for name in row.passing),
        to_the_end=any(row.to_the_end for row in rows),
    )
