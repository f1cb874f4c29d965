"""The audit trail of a service (SY66): who, when, from where, what, on which object, and how it ended. Append-only, chained.

A command's row is written in the transaction of its effect (`storage.trail`, called by `Database.transaction`), the rows of
reads, refusals and first uses of a key are gathered by `recorder` and follow within a second. `sealing` chains what has
come, `verifying` finds what was edited, removed, slipped in or put elsewhere, `pruning` takes away what is older than 366
days and leaves an anchor, `keeping` gives the tables to a role that the service isn't. `http` shows it to auditors alone.
"""
