"""Print the webhook secret of one office, to be handed to its system's keeper.

DUBAN_WEBHOOK_SECRET=... python -m services.notifications.entrypoints.endpoint_secret 140502/emergency_management
"""

from __future__ import annotations

import os
import sys

from services.notifications.adapters.signatures import endpoint_secret


def main() -> None:
    """Print the secret that the newest master secret gives the endpoint named on the command line."""
    if len(sys.argv) != 2 or "/" not in sys.argv[1]:  # noqa: PLR2004
        raise SystemExit("usage: endpoint_secret <county>/<unit>")
    master_secrets = os.environ.get("DUBAN_WEBHOOK_SECRET", "").split(",")
    if not master_secrets[0].strip():
        raise SystemExit("set DUBAN_WEBHOOK_SECRET to the service's own")
    sys.stdout.write(endpoint_secret(master_secrets[0].strip(), sys.argv[1]) + "\n")


if __name__ == "__main__":
    main()
