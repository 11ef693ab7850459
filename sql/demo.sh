#!/bin/sh
# The whole of binds in one minute: installs what is missing (Debian), builds into build/, and runs sql/demo.sql
# in the sqlite3 shell.  No server is needed: all binds of the demo are SQLite.  Works from any directory and
# as often as you like; the data lives in a temporary directory.
set -u
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/sql/need.sh"
need_build_tools
install_missing || exit 1

echo "Building into $root/build (a minute, the first time) ..."
mkdir -p "$root/build"
if ! build "$root/build" "$root/build/demo.log" -DBINDS_TESTS=OFF; then
    if [ -w "$root/build/demo.log" ]; then
        tail -30 "$root/build/demo.log" >&2
        echo "The build failed; the whole log is $root/build/demo.log" >&2
    fi
    exit 1
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/binds-demo.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
# The demo's binds are made in the demo, not taken from the environment.
unset SQLALCHEMY_DATABASE_URI SQLALCHEMY_BINDS
cd "$dir" || exit 1
sqlite3 -batch -init /dev/null -cmd ".load $root/build/binds" :memory: <"$root/sql/demo.sql" 2>&1
status=$?
echo
echo "Your turn:  sqlite3 -cmd '.load $root/build/binds' my.db"
exit $status
