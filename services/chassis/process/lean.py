"""What a service's `__main__` imports before all else: two libraries that others load where they find them aren't there.

structlog loads rich, which is installed for the command line: 3.7 MB of each process, for consoles that no service has and
tracebacks with local variables, which no log line may show. FastAPI loads pydantic.v1, to say of each type that it is none
of those: 1 MB.
"""

from __future__ import annotations

import sys

# Python's own way to say that a module can't be imported; both do without.
for _name in ("rich", "pydantic.v1"):
    sys.modules[_name] = None  # type: ignore[assignment]
