#!/bin/sh
# Reads what is said (rsyslog, as $1 configures it), packs the days that are over, and removes those older than $KEEP_DAYS. The law asks
# for six months; fewer than 366 days are refused.
set -eu
: "${KEEP_DAYS:=400}" "${LOGS:=/logs}"
[ "$KEEP_DAYS" -ge 366 ] || { echo "KEEP_DAYS is $KEEP_DAYS: logs are kept for 366 days at least" >&2; exit 2; }

tidy() {
    # A day that ended this long ago gets no further line.
    find "$LOGS" -type f -name '*.log' -mmin +2880 -exec gzip -9 {} +
    find "$LOGS" -type f -name '*.log.gz' -mtime "+$KEEP_DAYS" -delete
    find "$LOGS" -mindepth 1 -type d -empty -delete
}

[ "${1:-}" != tidy ] || { tidy; exit; }
rsyslogd -n -i /tmp/rsyslogd.pid -f "$1" &
reader=$!
trap 'kill -TERM $reader; wait $reader || true; exit 0' TERM INT
while kill -0 $reader 2> /dev/null; do
    tidy
    sleep 3600 &
    wait $! || true
done
exit 1
