"""What a transaction sets for itself, said in one message with its BEGIN (`Database.transaction`)."""

from __future__ import annotations

from typing import Final

BY_KEY: Final = {"plan_cache_mode": "force_generic_plan"}
"""Of a transaction that finds whatever it reads and changes by key: a statement's plan is made once and kept.

Left to choose, PostgreSQL takes one that is made for the few rows of a small batch for cheaper than the one it keeps, and makes it anew
each time: a third of the processor time of an UPDATE of hazards. Not for what fills a table: a plan that was made while it was small
is kept for up to a minute, and by such a one the intake of claims took 2,312 events a second in place of 4,000."""


def waiting_at_most(seconds: float) -> dict[str, str]:
    """Return the setting by which a transaction waits no longer than this for what others hold (`locks.wait_at_most`)."""
    # A wait of 0 would be one without an end.
    return {"lock_timeout": f"{max(1, round(seconds * 1000))}ms"}


FOR_A_REQUEST: Final = waiting_at_most(5)
"""Of a transaction that does a request's work and says nothing else: whoever waits is answered, and the connection is free again.

Without it each waits for the 60 s of a statement: one session that is stuck keeps all that a service has for transactions."""
