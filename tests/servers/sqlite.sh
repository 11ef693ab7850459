#!/bin/sh
# SQLite files as the third engine; the commands are explained in common.sh.  There is no server to start.
. "$(dirname "$0")/common.sh"

command=$1
base=${2:-}
file=$base/lite/${3:-}.db

case $command in
missing)
    command -v sqlite3 >/dev/null || echo sqlite3
    ;;
start)
    mkdir -p "$base/lite"
    ;;
stop | kill | freeze | thaw) ;;
fresh)
    rm -f "$file" "$file-journal" "$file-wal" "$file-shm"
    sqlite3 "$file" 'PRAGMA user_version = 1'
    ;;
url | tcp | locked)
    echo "sqlite:///$file?mode=rwc"
    ;;
sql)
    sqlite3 "$file" "$4"
    ;;
busy)
    echo 0
    ;;
kinds)
    echo plain
    ;;
remote)
    echo no
    ;;
*)
    die "unknown command: $command"
    ;;
esac
