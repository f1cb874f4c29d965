#!/bin/sh
# PostgreSQL's backups beside it, by its own means: `keep` archives its log as it is written, as a synchronous standby (what is not
# here was not committed), and takes a verified base backup a day; `restore [INSTANT]` puts the newest one in the place of what lies
# in PGDATA, with all of the log or the log until then; `beside [INSTANT]` runs a second server on that, in a PGDATA of its own; `base`, `list`
# and `verify` take a base backup, list them, check the newest; `check` says whether all is well. An INSTANT says its offset:
# '2026-11-26 08:00:00+08'. The archive is $BACKUPS: put it on another disk (docs/operations.md#backups). `keep` says how it stands every
# minute in $WATCHED/backup.prom, for the node exporter.
set -eu
: "${BACKUPS:=/backups}" "${KEEP_BASES:=7}" "${PGDATA:=/var/lib/postgresql/18/docker}"
standby=duban_backup
# libpq takes a password from a file only with an owner's rights, and the file is somebody else's.
[ -z "${PGPASSWORD_FILE:-}" ] || { PGPASSWORD=$(cat "$PGPASSWORD_FILE"); export PGPASSWORD; }

refused() { echo "$1" >&2; exit 2; }

# The image begins as root; a new volume is root's, and so is the directory in which what was lost is put aside.
if [ "$(id -u)" = 0 ] && command -v gosu > /dev/null; then
    mkdir -p "$BACKUPS" "$(dirname "$PGDATA")"
    chown postgres "$(dirname "$PGDATA")"
    # Who only reads the archive has it read-only.
    [ ! -w "$BACKUPS" ] || chown postgres "$BACKUPS"
    [ ! -w "${WATCHED:-/nowhere}" ] || chown postgres "$WATCHED"
    exec gosu postgres "$0" "$@"
fi

# A server that goes away is waited for, here and by pg_receivewal itself, which tries again every five seconds.
receive() {
    export PGAPPNAME=$standby
    until pg_receivewal --directory="$BACKUPS/wal" --slot=$standby --create-slot --if-not-exists; do sleep 2; done
    exec pg_receivewal --directory="$BACKUPS/wal" --slot=$standby --synchronous
}

# What a killed one left: nobody holds its lock any more. `duban backup take` has the same locks. None is begun meanwhile, or its mark
# could be taken for one that was left. In shells of their own, as a redirection of `exec` that fails ends the shell.
sweep() (
    exec 6>> "$BACKUPS/beginning.lock"
    flock 6
    for each in "$BACKUPS"/base/*.writing; do
        [ -e "$each" ] || continue
        (exec 7< "$each" && { ! flock --nonblock 7 || rm -rf "${each%.writing}.new" "$each"; }) || echo "$each could not be looked at" >&2
    done
)

# A base is as large as the data. One that fills the disk would stop the archive of the log, and with it every commit: a tenth more and
# 128 MiB have to be free before it is begun.
room() {
    size=$(psql -d postgres -Atc "SELECT sum(pg_database_size(oid))::bigint FROM pg_database") &&
        free=$(df --output=avail --block-size=1 "$BACKUPS/base" | tail -n 1) || return
    [ "$free" -gt $((size + size / 10 + 134217728)) ] || {
        echo "no base backup: the data have $size bytes, and $BACKUPS has $((free)) left" >&2
        return 1
    }
}

# The first segment of the log that a base needs.
first() {
    sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\)).*/\1/p' "$1/backup_label"
}

# Whether that is in the archive; pg_verifybackup does not look there.
begins() {
    segment=$(first "$1")
    [ -n "$segment" ] && { [ -e "$BACKUPS/wal/$segment" ] || [ -e "$BACKUPS/wal/$segment.partial" ]; } ||
        { echo "no base backup: the log with which it begins is not in $BACKUPS/wal" >&2; return 1; }
}

# A base has its name once it is checked byte by byte, and on the disk. Until then its programs hold a lock. Each step says so itself:
# `keep` asks how it went, and the shell doesn't end at what fails there.
base() (
    sweep || echo "what broken off bases left could not be removed" >&2
    room || return
    # A base that begins before the log is received is never whole: what it begins with is in no archive.
    tries=0
    until ls "$BACKUPS/wal" | grep -Eqx '[0-9A-F]{24}(\.partial)?'; do
        tries=$((tries + 1))
        [ $tries -le 600 ] || { echo "no base backup: nobody receives the log into $BACKUPS/wal" >&2; return 1; }
        sleep 0.1
    done
    target="$BACKUPS/base/$(date -u +%Y%m%dT%H%M%S.%NZ)"
    exec 6>> "$BACKUPS/beginning.lock"
    flock 6 || return
    exec 7> "$target.writing"
    flock 7 || return
    exec 6>&-
    if ! PGAPPNAME=base_backup pg_basebackup --pgdata="$target.new" --wal-method=none --checkpoint=fast --manifest-checksums=SHA256 ||
        ! pg_verifybackup --no-parse-wal "$target.new" || ! begins "$target.new"; then
        rm -rf "$target.new" "$target.writing"
        return 1
    fi
    mv "$target.new" "$target" || return
    rm "$target.writing"
    exec 7>&-
    sync "$BACKUPS/base" && prune
)

# A base goes when it is older than KEEP_BASES days and as many newer ones are there; then goes the log that only it needed. Nothing
# goes while `beside` reads: it is tried again with the next base.
prune() {
    exec 9>> "$BACKUPS/reading.lock"
    if flock --nonblock 9; then
        limit=$(date -u --date="-$KEEP_BASES days" +%Y%m%dT%H%M%S)
        find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -printf '%f\n' | sort -r |
            awk -v kept="$KEEP_BASES" -v limit="$limit" 'NR > kept && $0 < limit' |
            while read -r old; do rm -rf "$BACKUPS/base/$old"; done
        oldest=$(find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort | head -n 1)
        segment=$(first "$oldest")
        [ -n "$segment" ] && pg_archivecleanup "$BACKUPS/wal" "$segment" || echo "the log that only older bases needed could not be removed" >&2
    else
        echo "a second database is being made of the archive: nothing is removed this time"
    fi
    exec 9>&-
}

# One keeps an archive at a time, and none while it is restored from.
alone() {
    exec 8>> "$BACKUPS/keeping.lock"
    flock --nonblock 8 || refused "somebody keeps this archive: stop the server and the service \`backup\` first"
}

keep() {
    alone
    mkdir -p "$BACKUPS/wal" "$BACKUPS/base"
    touch "$BACKUPS/reading.lock"
    sweep || echo "what broken off bases left could not be removed" >&2
    # Of an earlier release's no lock tells; whoever wrote one ended with its container.
    for each in "$BACKUPS"/base/*.new; do [ -e "${each%.new}.writing" ] || rm -rf "$each"; done
    receive &
    receiver=$!
    trap 'kill -INT $receiver; wait $receiver || true; exit 0' TERM INT
    # A base that fails takes nobody down who receives the log, and is tried again after an hour, not at once.
    tried=0
    failed=0
    while kill -0 $receiver 2> /dev/null; do
        now=$(date +%s)
        if ! find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -mmin -1440 | grep -q . && [ $((now - tried)) -ge 3600 ]; then
            tried=$now
            base || { failed=$now; echo "the base backup failed: it is tried again in an hour" >&2; }
        fi
        tell || echo "nobody can be told how the backups stand" >&2
        sleep 60 8>&- &
        wait $! || true
    done
    # The receiver ended, of a full disk for instance: whoever restarts this begins again.
    exit 1
}

# For who scrapes: instants, from which Prometheus reckons ages (0 is never), and whether the log is being received.
tell() {
    [ -n "${WATCHED:-}" ] || return 0
    newest=$(find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -printf '%Ts\n' | sort -n | tail -n 1) || return
    ! received || receiving=$(date +%s)
    {
        echo "duban_backup_base_timestamp_seconds ${newest:-0}"
        echo "duban_backup_failed_timestamp_seconds $failed"
        echo "duban_backup_receiving_timestamp_seconds ${receiving:-0}"
    } > "$WATCHED/.new" && mv "$WATCHED/.new" "$WATCHED/backup.prom"
}

# Whether the server commits into the archive.
received() {
    psql -d postgres -Atc "SELECT 'archived' FROM pg_stat_replication WHERE application_name = '$standby' AND sync_state = 'sync'" | grep -q archived
}

# That, and whether its newest base is of the last 36 hours.
check() {
    received
    find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*Z' -mmin -2160 | grep -q .
}

# The newest base backup that was whole by an instant, or of all.
newest() {
    find "$BACKUPS/base" -mindepth 2 -maxdepth 2 -path '*Z/backup_manifest' ! -newermt "${1:-tomorrow}" | sort | tail -n 1 | xargs -r dirname
}

list() {
    find "$BACKUPS/base" -mindepth 2 -maxdepth 2 -path '*Z/backup_manifest' | sort | xargs -r -n 1 dirname | xargs -r du -sh
    find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -name '*.new' -printf 'not whole: %p\n'
}

verify() {
    base=$(newest)
    [ -n "$base" ] || { echo "there is no base backup in $BACKUPS" >&2; exit 1; }
    pg_verifybackup --no-parse-wal "$base"
}

# An instant that could be read in two ways, or has not been, is refused. `duban restore --until` has the same rule.
instant() {
    printf '%s' "$1" | grep -Eqx '[0-9]{4}(-[0-9]{2}){2}[ T][0-9]{2}(:[0-9]{2}){2}(\.[0-9]{1,6})?([+-][0-9]{2}(:[0-9]{2})?|Z)' &&
        at=$(date --date="$1" +%s 2> /dev/null) || refused "an instant is written 2026-11-26 08:00:00+08, with its offset; not: $1"
    [ "$at" -le "$(date +%s)" ] || refused "$1 is still to come"
}

# Sets `base`.
chosen() {
    [ -z "$1" ] || instant "$1"
    base=$(newest "$1")
    [ -n "$base" ] || { echo "there is no base backup ${1:+before $1 }in $BACKUPS" >&2; exit 1; }
    [ -d "$BACKUPS/wal" ] || { echo "there is no log in $BACKUPS: is all of it mounted?" >&2; exit 1; }
}

# In $2, which is there and empty but for a mark, a data directory of base backup $1, that takes up the log in $3 to its end or to the
# instant $4.
lay_out() {
    cp -a "$1/." "$2"
    chmod 700 "$2"
    sed -i -e '/^hot_standby/d' -e '/^restore_command/d' -e '/^recovery_target/d' "$2/postgresql.auto.conf"
    {
        # Nobody is let in before the log is taken up.
        echo "hot_standby = off"
        # The segment that was being written counts as far as it is valid, and gets its name between two looks where the log is still
        # written to. What is there and can't be read is no end of the log: above 125 PostgreSQL stops, where 1 would have it go on
        # without the rest.
        printf "restore_command = '%s'\n" "[ -d $3 ] && [ -x $3 ] || exit 126; for f in $3/%f $3/%f.partial $3/%f; do [ ! -e \$f ] || { cp \$f %p && exit 0; [ ! -e \$f ] || exit 126; }; done; exit 1"
        echo "recovery_target_action = 'promote'"
        [ -z "$4" ] || echo "recovery_target_time = '$4'"
    } >> "$2/postgresql.auto.conf"
    touch "$2/recovery.signal"
}

# The server and `keep` have to be stopped. What takes room and time comes first, then only names change; what was broken off is
# begun again.
restore() {
    [ "${SERVICE:-}" != backup ] || refused "not here: up.sh stop, up.sh run --rm restore"
    alone
    if [ -d "$PGDATA.new" ] && [ -f "$PGDATA.new.from" ]; then
        from=$(cat "$PGDATA.new.from")
        for each in base wal; do [ ! -d "$from/$each" ] || mv "$from/$each" "$BACKUPS"; done
        rmdir "$from" 2> /dev/null || true
    fi
    rm -rf "$PGDATA.new" "$PGDATA.new.from"
    chosen "$1"
    aside=$(date -u +%Y%m%dT%H%M%S.%NZ)
    # Its log ends here, and the next one is another timeline's: what was is put aside, and read from there.
    from="$BACKUPS/before-$aside"
    mkdir -p "$PGDATA.new"
    lay_out "$base" "$PGDATA.new" "$from/wal" "$1"
    echo "$from" > "$PGDATA.new.from"
    mkdir "$from"
    mv "$BACKUPS/base" "$BACKUPS/wal" "$from"
    [ ! -e "$PGDATA" ] || mv "$PGDATA" "$PGDATA-before-$aside"
    mv "$PGDATA.new" "$PGDATA"
    rm "$PGDATA.new.from"
    echo "restored from $base, which is now in $from; what lay there: $PGDATA-before-$aside; start the server"
}

# The archive is only read, the platform's server goes on. It archives nothing, and nobody waits for its commits.
beside() {
    [ "${SERVICE:-}" != backup ] || refused "not here: up.sh beside [INSTANT]"
    mark="$PGDATA/made-by-beside"
    [ -f "$mark" ] || [ -z "$(ls -A "$PGDATA" 2> /dev/null)" ] || refused "$PGDATA holds data that \`beside\` did not make: they stay"
    [ ! -f "$BACKUPS/reading.lock" ] || { exec 9< "$BACKUPS/reading.lock"; flock --shared 9; }
    chosen "$1"
    mkdir -p "$PGDATA"
    touch "$mark"
    find "$PGDATA" -mindepth 1 ! -path "$mark" -delete
    lay_out "$base" "$PGDATA" "$BACKUPS/wal" "$1"
    # Until the log is taken up, or the server has ended, this one holds the lock; it is nobody's child.
    (while [ -e "$PGDATA/recovery.signal" ] && kill -0 $$ 2> /dev/null; do sleep 1; done > /dev/null 2>&1 &)
    exec postgres -D "$PGDATA" -c "listen_addresses=${LISTEN:-*}" -c "port=${PGPORT:-5432}" -c unix_socket_directories= -c synchronous_standby_names= -c archive_mode=off 9>&-
}

case "${1:-}" in
    keep) keep ;;
    base) base ;;
    check) check ;;
    list) list ;;
    verify) verify ;;
    restore) restore "${2:-}" ;;
    beside) beside "${2:-}" ;;
    *) refused "keep, base, list, verify, check, restore [INSTANT] or beside [INSTANT]" ;;
esac
