#!/bin/sh
# Starts everything with Docker: makes secrets.env on first use, builds the image, waits until all is healthy.
# Further arguments go to `docker compose`, e.g. `./up.sh logs -f ledger`; without any it is `up`.
set -eu
cd "$(dirname "$0")"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

if [ ! -s secrets.env ]; then
    umask 077
    {
        for name in POSTGRES GATEWAY LEDGER SCHEDULER NOTIFICATIONS STATISTICS; do
            echo "DUBAN_${name}_PASSWORD=$(random)"
        done
        echo "DUBAN_WEBHOOK_SECRET=$(random)"
        echo "GRAFANA_ADMIN_PASSWORD=$(random)"
    } > secrets.env.new
    mv secrets.env.new secrets.env
    echo "made deploy/compose/secrets.env: keep it, the databases know these passwords"
fi

# Came later than the others: an installation from before gets it now.
grep -q '^DUBAN_VAULT_PASSWORD=' secrets.env || echo "DUBAN_VAULT_PASSWORD=$(random)" >> secrets.env

[ $# -gt 0 ] || set -- up --build --detach --wait
exec docker compose --env-file .env --env-file secrets.env "$@"
