"""The conformance kit: a county's vendor runs it on its own events and reads what would be refused, and why.

On the command line `python -m duban_contracts.conformance FILE...` checks events and `... sandbox` certifies a
publisher; in a test of one's own :func:`check` and :class:`Checker`.
"""

from duban_contracts.conformance.check import Checker, Finding, check
from duban_contracts.conformance.records import Unreadable

__all__ = ["Checker", "Finding", "Unreadable", "check"]
