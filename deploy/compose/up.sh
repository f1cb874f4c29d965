#!/bin/sh
# Starts everything with Docker: makes the passwords (./secrets) on first use, builds the image, waits until all is healthy.
# Further arguments go to `docker compose`, e.g. `./up.sh logs -f ledger`; without any it is `up`. With the layer `backup` it knows
# `backup take|list|verify|check`, `beside [INSTANT]` (a second database, made of the backups; `docker rm -f duban-beside` ends it) and `drill`.
# city.env, where there is one, says otherwise than .env; LAYERS there names the layers beside the core.
set -eu
cd "$(dirname "$0")"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Secrets are files, a directory for each container, which has no other's. Whoever may not enter ./secrets reads none of them; within a
# container its own user does, who is another than ours: so the files themselves are readable.
export DUBAN_SECRETS_DIRECTORY=./secrets
put() {
    [ ! -f "secrets/$1" ] || [ "$(cat "secrets/$1")" != "$2" ] || return 0
    mkdir -p "secrets/${1%/*}"
    printf '%s\n' "$2" > "secrets/.new.$$"
    mv "secrets/.new.$$" "secrets/$1"
}
# What an installation of before says in secrets.env, and that as Compose read it: in quotes, or up to a comment.
written() {
    [ ! -f secrets.env ] || sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*[=:][[:space:]]*//p" secrets.env | tail -n 1
}
before() {
    written "$1" |
        sed -e "s/^'\([^']*\)'[[:space:]]*\(#.*\)*$/\1/" -e t -e 's/^"\([^"]*\)"[[:space:]]*\(#.*\)*$/\1/' -e t -e 's/[[:space:]]#.*//' -e 's/[[:space:]]*$//'
}
container() {
    case $1 in
    DUBAN_POSTGRES_PASSWORD) echo postgres ;;
    DUBAN_WEBHOOK_SECRET | DUBAN_SMTP_*) echo notifications ;;
    GRAFANA_*) echo grafana ;;
    *) echo provision ;;
    esac
}
# Compose read escapes and other variables, too, and a password that is lost is known to the databases alone: such a file stays as it is.
taken_over() {
    for name in DUBAN_POSTGRES_PASSWORD DUBAN_GATEWAY_PASSWORD DUBAN_LEDGER_PASSWORD DUBAN_SCHEDULER_PASSWORD DUBAN_NOTIFICATIONS_PASSWORD \
        DUBAN_STATISTICS_PASSWORD DUBAN_WEBHOOK_SECRET GRAFANA_ADMIN_PASSWORD DUBAN_VAULT_PASSWORD DUBAN_SMTP_USERNAME DUBAN_SMTP_PASSWORD; do
        written $name | grep -Evq "^('[^']*'[[:space:]]*(#.*)?|\"[^\"\\\$]*\"[[:space:]]*(#.*)?|([^#'\"\\\$][^\\\$]*([[:space:]]#.*)?)?)\$" && {
            echo "$name in deploy/compose/secrets.env holds a quote, #, \$ or \\ that can't be taken literally: write the value itself there, in single quotes; one with ' beside \$ or \\ into the file deploy/compose/secrets/$(container $name)/$name, and take it out there. Nothing was changed" >&2
            exit 2
        }
        # The vault came later, and not every relay asks.
        case $name in DUBAN_VAULT_PASSWORD | DUBAN_SMTP_*) continue ;; esac
        [ -n "$(before $name)" ] || [ -s "secrets/$(container $name)/$name" ] || {
            echo "$name is empty in deploy/compose/secrets.env: write there what the databases and receivers know. Nothing was changed" >&2
            exit 2
        }
    done
}
# That, or what is there, or one made now.
settle() {
    value=$(before "${1#*/}")
    [ -n "$value" ] || [ -s "secrets/$1" ] || value=$(random)
    [ -z "$value" ] || put "$1" "$value"
}
# As it stands in a URL, each byte but letters, digits and ._~- by its number: else an @ or a / in a password names another server, and a %
# another password. The release's step (deploy/docker/provision.py) makes the roles, and spells it so, too.
encoded() {
    od -An -v -tx1 | LC_ALL=C awk '
        BEGIN { for (n = 33; n < 127; n++) { c = sprintf("%c", n); if (c ~ /[A-Za-z0-9._~-]/) plain[sprintf("%02x", n)] = c } }
        { for (i = 1; i <= NF; i++) printf "%s", (($i in plain) ? plain[$i] : "%" toupper($i)) }
        END { print "" }'
}
# What that step and the services take for no part of a value: a byte order mark before it, white space after it.
bare() { sed -e 's/^%EF%BB%BF//' -e :more -e 's/%0[9A-D]$//' -e 't more' -e 's/%1[C-F]$//' -e 't more' -e 's/%20$//' -e 't more'; }
dsn() { echo "postgresql://$1:$(encoded < "secrets/provision/$2" | bare)@postgres:5432/$1"; }

[ ! -f secrets.env ] || taken_over
mkdir -p -m 700 secrets
chmod 700 secrets
umask 022
[ -d secrets/postgres ] || [ -f secrets.env ] || echo "made deploy/compose/secrets: keep it, the databases know these passwords" >&2
settle postgres/DUBAN_POSTGRES_PASSWORD
settle notifications/DUBAN_WEBHOOK_SECRET
settle grafana/GRAFANA_ADMIN_PASSWORD
settle provision/DUBAN_VAULT_PASSWORD
# The relay's are the city's to fill in.
for name in DUBAN_SMTP_USERNAME DUBAN_SMTP_PASSWORD; do
    [ -z "$(before $name)" ] || put notifications/$name "$(before $name)"
done
# How the databases are reached follows from the passwords.
for service in gateway ledger scheduler notifications statistics; do
    name=DUBAN_$(echo $service | tr a-z A-Z)
    settle "provision/${name}_PASSWORD"
    put $service/DUBAN_POSTGRES_DSN "$(dsn duban_$service "${name}_PASSWORD")"
    put "duban/${name}_DSN" "$(cat secrets/$service/DUBAN_POSTGRES_DSN)"
done
put ledger/DUBAN_VAULT_POSTGRES_DSN "$(dsn duban_vault DUBAN_VAULT_PASSWORD)"
password=$(cat secrets/postgres/DUBAN_POSTGRES_PASSWORD)
put provision/DUBAN_POSTGRES_DSN "postgresql://postgres:$(printf %s "$password" | encoded)@postgres:5432/postgres"
put backup/PGPASSWORD "$password"
chmod -R a+rX,go-w secrets/*/
if [ -f secrets.env ]; then
    mv secrets.env secrets.env.before
    echo "took deploy/compose/secrets.env over into deploy/compose/secrets: secrets.env.before is for who goes back to the release before" >&2
fi

said() { sed -n "s/^$1=\([^#]*\).*/\1/p" .env $([ ! -f city.env ] || echo city.env) | tail -n 1; }

# What Prometheus scrapes carries the city's name, which it can't put in by itself.
city=$(said DUBAN_CITY | tr -d "\"' ")
case "$city" in "" | *[!a-z0-9-]*) echo "DUBAN_CITY is \"$city\": small letters, digits and hyphens" >&2; exit 2 ;; esac
umask 022
for file in ../prometheus/targets/compose/*.yml; do
    [ -f "$file" ] || continue
    sed "s/\${DUBAN_CITY}/$city/" "$file" > targets/.new
    mv targets/.new "targets/${file##*/}"
done
# Who has no edge misses none.
case " $(said LAYERS) " in *" edge "*) ;; *) rm -f targets/edge.yml ;; esac

# Relative names, so that the project's directory stays this one.
command="--env-file .env"
[ ! -f city.env ] || command="$command --env-file city.env"
command="$command -f compose.yaml"
for layer in $(said LAYERS); do
    command="$command -f compose.$layer.yaml"
done
[ ! -f compose.override.yaml ] || command="$command -f compose.override.yaml"

# shellcheck disable=SC2086 - words of our own
composed() { docker compose $command "$@"; }
beside() { composed run --detach --rm --use-aliases --name duban-beside beside /backup.sh beside "$@"; }

# Docker says of these only that it won't.
network() { said "$1" | tr -d "\"' "; }
number() { echo "$1" | { IFS=./ read -r a b c d _; echo $(((a << 24) + (b << 16) + (c << 8) + d)); }; }
within() { [ $(($(number "$1") >> (32 - ${2#*/}))) -eq $(($(number "$2") >> (32 - ${2#*/}))) ]; }
networks_fit() {
    subnet=$(network DUBAN_SUBNET) given=$(network DUBAN_SUBNET_GIVEN_OUT) edge=$(network DUBAN_EDGE_ADDRESS)
    for each in "$subnet" "$given" "$edge/32"; do
        echo "$each" | grep -Eqx '([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])' || return
    done
    within "$given" "$subnet" && [ "${given#*/}" -ge "${subnet#*/}" ] || return
    case " $(said LAYERS) " in *" edge "*) within "$edge" "$subnet" && ! within "$edge" "$given" ;; esac
}

case "${1:-}" in
    backup)
        case "$#${2:-}" in
            2take) what=base ;;
            2list | 2verify | 2check) what=$2 ;;
            *) echo "up.sh backup take, list, verify or check" >&2; exit 2 ;;
        esac
        composed exec -T backup /backup.sh "$what"
        ;;
    beside)
        shift
        beside "$@"
        ;;
    drill)
        # What stands in the platform is noted before the log is read, so that whatever is missing then is a loss.
        noted=$(composed run --rm -T duban drill --note)
        beside
        trap 'docker rm --force duban-beside > /dev/null' EXIT
        printf '%s\n' "$noted" | composed run --rm -T duban drill --against beside --noted -
        ;;
    "")
        networks_fit || {
            echo "DUBAN_SUBNET_GIVEN_OUT ($given) and DUBAN_EDGE_ADDRESS ($edge) have to lie in DUBAN_SUBNET ($subnet), and the address outside of what is given out: set all three in city.env" >&2
            exit 2
        }
        # A layer that is left out goes with its containers; of `backup` a slot would stay, for which PostgreSQL keeps its log.
        composed up --build --detach --wait --remove-orphans
        case " $(said LAYERS) " in
            *" backup "*) ;;
            *)
                composed exec -T postgres psql --username postgres --quiet --tuples-only --no-align --command \
                    "SELECT 'dropped the slot ' || slot_name, pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'duban_backup' AND NOT active"
                # Who looks at the machine would go on telling how the backups stood.
                case " $(said LAYERS) " in *" observability "*) composed run --rm --no-deps -T forget ;; esac
                ;;
        esac
        ;;
    *) composed "$@" ;;
esac
