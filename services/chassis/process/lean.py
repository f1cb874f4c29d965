"""What a service's `__main__` imports before all else: for structlog, rich isn't there.

structlog loads rich wherever it is installed, and it is, for the command line: 3.7 MB of each process, for consoles that no
service has and tracebacks with local variables, which no log line may show.
"""

from __future__ import annotations

import sys

# Python's own way to say that a module can't be imported; structlog does without.
sys.modules["rich"] = None  # type: ignore[assignment]
