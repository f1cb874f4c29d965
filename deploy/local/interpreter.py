"""Says what kind of Python runs this, for the choice of the one that `.venv` is made with.

Standard library only, and asked of whatever is on PATH. Version managers such as pyenv compile a Python without the compiler's
profile-guided optimisation unless told otherwise; distributions, container images and installers ship one with it. In one that
lacks it the services take about a fifth more processor (docs/benchmarks/README.md, "The interpreter").
"""

from __future__ import annotations

import sys
import sysconfig
from enum import Enum


class Kind(Enum):
    """What an interpreter is good for here."""

    OLD = "old"
    PLAIN = "plain"
    OPTIMISED = "optimised"


def kind(version: tuple[int, int], configured: str | None, prefix: str) -> Kind:
    """Return what a Python of this version is good for.

    `configured` are the arguments it was built with; None where it tells of none, as on Windows. What stands in `/usr` is the
    distribution's, which builds with optimisation in ways of its own (Debian).
    """
    if version < (3, 11):
        return Kind.OLD
    if configured is None or "--enable-optimizations" in configured or prefix == "/usr":
        return Kind.OPTIMISED
    return Kind.PLAIN


def of_this_process() -> Kind:
    """Return the kind of the Python that runs this."""
    return kind(sys.version_info[:2], sysconfig.get_config_var("CONFIG_ARGS"), sys.base_prefix)


if __name__ == "__main__":
    print(of_this_process().value)  # noqa: T201
