#!/bin/sh
# PostgreSQL's backups beside it, by its own means: `keep` archives its log as it is written, as a synchronous standby (what is not
# here was not committed), and takes a verified base backup a day; `restore [INSTANT]` puts the newest one in the place of what lies
# in PGDATA, with all of the log or the log until then; `beside [INSTANT]` runs a second server on that, in a PGDATA of its own; `base`, `list`
# and `verify` take a base backup, list them, check the newest; `check` says whether all is well. The archive is $BACKUPS: put it on
# another disk (docs/operations.md#backups).
set -eu
: "${BACKUPS:=/backups}" "${KEEP_BASES:=7}" "${PGDATA:=/var/lib/postgresql/18/docker}"
standby=duban_backup

# The image begins as root; a new volume is root's, and so is the directory in which what was lost is put aside.
if [ "$(id -u)" = 0 ] && command -v gosu > /dev/null; then
    mkdir -p "$BACKUPS" "$(dirname "$PGDATA")"
    chown postgres "$(dirname "$PGDATA")"
    # Who only reads the archive has it read-only.
    [ ! -w "$BACKUPS" ] || chown postgres "$BACKUPS"
    exec gosu postgres "$0" "$@"
fi

# A server that goes away is waited for, here and by pg_receivewal itself, which tries again every five seconds.
receive() {
    export PGAPPNAME=$standby
    until pg_receivewal --directory="$BACKUPS/wal" --slot=$standby --create-slot --if-not-exists; do sleep 2; done
    exec pg_receivewal --directory="$BACKUPS/wal" --slot=$standby --synchronous
}

# The day's base, checked byte by byte; then bases beyond KEEP_BASES go, and the log that only they needed.
base() {
    target="$BACKUPS/base/$(date -u +%Y%m%dT%H%M%S.%NZ)"
    PGAPPNAME=base_backup pg_basebackup --pgdata="$target.new" --wal-method=none --checkpoint=fast --manifest-checksums=SHA256
    pg_verifybackup --no-parse-wal "$target.new"
    mv "$target.new" "$target"
    find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort -r | tail -n "+$((KEEP_BASES + 1))" | xargs -r rm -rf
    oldest=$(find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort | head -n 1)
    first=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\)).*/\1/p' "$oldest/backup_label")
    pg_archivecleanup "$BACKUPS/wal" "$first"
}

keep() {
    mkdir -p "$BACKUPS/wal" "$BACKUPS/base"
    rm -rf "$BACKUPS"/base/*.new
    receive &
    receiver=$!
    trap 'kill -INT $receiver; wait $receiver || true; exit 0' TERM INT
    while kill -0 $receiver 2> /dev/null; do
        find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -mmin -1440 | grep -q . || base
        sleep 60 &
        wait $! || true
    done
    # The receiver ended, of a full disk for instance: whoever restarts this begins again.
    exit 1
}

# Whether the server commits into the archive, and its newest base is of the last 36 hours.
check() {
    psql -d postgres -Atc "SELECT 'archived' FROM pg_stat_replication WHERE application_name = '$standby' AND sync_state = 'sync'" | grep -q archived
    find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -mmin -2160 | grep -q .
}

# The newest base backup that was whole by an instant, or of all.
newest() {
    find "$BACKUPS/base" -mindepth 2 -maxdepth 2 -path '*Z/backup_manifest' ! -newermt "${1:-tomorrow}" | sort | tail -n 1 | xargs -r dirname
}

list() {
    find "$BACKUPS/base" -mindepth 2 -maxdepth 2 -path '*Z/backup_manifest' | sort | xargs -r -n 1 dirname | xargs -r du -sh
}

verify() {
    base=$(newest)
    [ -n "$base" ] || { echo "there is no base backup in $BACKUPS" >&2; exit 1; }
    pg_verifybackup --no-parse-wal "$base"
}

# A data directory of base backup $1, that takes up the log in $2 to its end or to the instant $3.
lay_out() {
    mkdir -p "$PGDATA"
    cp -a "$1/." "$PGDATA"
    chmod 700 "$PGDATA"
    sed -i -e '/^hot_standby/d' -e '/^restore_command/d' -e '/^recovery_target/d' "$PGDATA/postgresql.auto.conf"
    {
        # Nobody is let in before the log is taken up; the segment that was being written counts as far as it is valid, and gets its
        # name between two looks where the log is still written to.
        echo "hot_standby = off"
        echo "restore_command = 'cp $2/%f %p 2>/dev/null || cp $2/%f.partial %p 2>/dev/null || cp $2/%f %p 2>/dev/null'"
        echo "recovery_target_action = 'promote'"
        [ -z "$3" ] || echo "recovery_target_time = '$3'"
    } >> "$PGDATA/postgresql.auto.conf"
    touch "$PGDATA/recovery.signal"
}

# The server and `keep` have to be stopped.
restore() {
    base=$(newest "${1:-}")
    [ -n "$base" ] || { echo "there is no base backup ${1:+before $1 }in $BACKUPS" >&2; exit 1; }
    aside=$(date -u +%Y%m%dT%H%M%SZ)
    [ ! -e "$PGDATA" ] || mv "$PGDATA" "$PGDATA-before-$aside"
    # Its log ends here, and the next one is another timeline's: what was is put aside, and read from there.
    mkdir "$BACKUPS/before-$aside"
    mv "$BACKUPS/base" "$BACKUPS/wal" "$BACKUPS/before-$aside"
    lay_out "$BACKUPS/before-$aside/base/$(basename "$base")" "$BACKUPS/before-$aside/wal" "${1:-}"
    echo "restored from $base; what lay there: $PGDATA-before-$aside; start the server"
}

# The archive is only read, the platform's server goes on. It archives nothing, and nobody waits for its commits.
beside() {
    base=$(newest "${1:-}")
    [ -n "$base" ] || { echo "there is no base backup ${1:+before $1 }in $BACKUPS" >&2; exit 1; }
    rm -rf "$PGDATA"
    lay_out "$base" "$BACKUPS/wal" "${1:-}"
    exec postgres -D "$PGDATA" -c "listen_addresses=${LISTEN:-*}" -c "port=${PGPORT:-5432}" -c unix_socket_directories= -c synchronous_standby_names= -c archive_mode=off
}

case "${1:-keep}" in
    keep) keep ;;
    base) base ;;
    check) check ;;
    list) list ;;
    verify) verify ;;
    restore) restore "${2:-}" ;;
    beside) beside "${2:-}" ;;
    *) echo "keep, base, list, verify, check, restore [INSTANT] or beside [INSTANT]" >&2; exit 2 ;;
esac
