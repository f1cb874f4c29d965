#!/bin/sh
# Reads what is said (rsyslog, as $1 configures it), packs the days that are over, and removes those older than $KEEP_DAYS. The law asks
# for six months; fewer than 366 days are refused.
set -eu
: "${KEEP_DAYS:=400}" "${LOGS:=/logs}"
[ "$KEEP_DAYS" -ge 366 ] || { echo "KEEP_DAYS is $KEEP_DAYS: logs are kept for 366 days at least" >&2; exit 2; }

# What comes late for a day that is packed stands in a file of its own again, and goes behind it: gzip reads several as one. What is
# packed is written whole beside the day, on the disk, before it takes a name and the day goes: on a full disk all stays as it was. Each
# step says so itself, as the shell doesn't end at what fails where somebody asks how it went (`pack || …`).
pack() {
    { [ ! -e "$1.gz" ] || cat "$1.gz"; } > "$1.packing" &&
        gzip -9 -c "$1" >> "$1.packing" &&
        gzip -t "$1.packing" &&
        sync "$1.packing" &&
        mv "$1.packing" "$1.gz" &&
        rm "$1" && return
    rm -f "$1.packing"
    return 1
}

# What has had its time goes first: that may be the room that the others need.
tidy() {
    find "$LOGS" -type f -name '*.log.gz' -mtime "+$KEEP_DAYS" -delete
    find "$LOGS" -mindepth 1 -type d -empty -delete
    oldest=$(date -u -d "-2 days" +%Y-%m-%d)
    # Over by its name, and nobody wrote to it for two hours: what was read late has been written by then.
    find "$LOGS" -type f -name '*.log' -mmin +120 | {
        failed=0
        while read -r file; do
            ! expr "$(basename "$file" .log)" \< "$oldest" > /dev/null || pack "$file" || failed=1
        done
        return $failed
    }
}

[ "${1:-}" != tidy ] || { tidy; exit; }
rsyslogd -n -i /tmp/rsyslogd.pid -f "$1" &
reader=$!
# The first time an hour on: a reader that was away for days has written by then what belongs to them.
(
    nap=
    trap 'kill $nap 2> /dev/null; exit' TERM
    while :; do
        sleep 3600 & nap=$!
        wait $nap
        tidy || echo "the days that are over could not be packed" >&2
    done
) &
tidying=$!
trap 'kill -TERM $reader $tidying; wait $reader || true; exit 0' TERM INT
# With the reader this ends, too, and is begun again.
ended=0
wait $reader || ended=$?
kill $tidying
exit $((ended == 0 ? 1 : ended))
