"""What a service's `__main__` imports before all else: two libraries that others load where they find them aren't there, one waits.

structlog loads rich, which is installed for the command line: 3.7 MB of each process, for consoles that no service has and
tracebacks with local variables, which no log line may show. FastAPI loads pydantic.v1, to say of each type that it is none
of those: 1 MB. aiokafka loads cramjam, for batches that somebody compressed: 1.5 MB, which the first of them loads.
"""

from __future__ import annotations

import importlib
import sys

# Python's own way to say that a module can't be imported; both do without.
for _name in ("rich", "pydantic.v1"):
    sys.modules[_name] = None  # type: ignore[assignment]

# aiokafka keeps what it finds while it is loaded; `consuming/codecs` lets it read all codecs, and loads the library when one is met.
sys.modules["cramjam"] = None  # type: ignore[assignment]
importlib.import_module("aiokafka.codec")
del sys.modules["cramjam"]
