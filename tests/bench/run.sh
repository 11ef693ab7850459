#!/bin/sh
# Figures, not tests: sh tests/bench/run.sh [--rows N] [--rounds N] [--only W1,W10] [--engine postgresql] [--readme]
#
# Uses the build of tests/run.sh (or makes it), starts private servers, measures each workload on all sides in turn
# (the bare client library or the server itself, native SQLite, binds, and the peers that Debian packages, as far as
# they are installed), compares the answers, and leaves build/bench/results.md and chart.svg.  --readme puts the
# table into README.md.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
tests=$root/tests
out=$root/build/bench
TEST_USER=bindstest
export TEST_USER
. "$root/sql/need.sh"
mkdir -p "$out"
build "$root/build/tests" "$out/build.log" -DBINDS_WERROR=ON || { tail -20 "$out/build.log"; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/binds-test.XXXXXX") || exit 1
echo $$ >"$dir/run.pid"
chmod 755 "$dir"
engines=$(cd "$tests/servers" && ls ./*.sh | sed 's|^\./||; s|\.sh$||' | grep -v '^common$')

cleanup() {
    trap - EXIT
    for engine in $engines; do
        sh "$tests/servers/$engine.sh" stop "$dir"
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

compile() {
    # shellcheck disable=SC2086 -- words are wanted
    cc -std=gnu11 -O2 -Wall -Wextra -o "$out/$1" "$tests/bench/$1.c" $2 || exit 1
}
compile host "-lsqlite3"
compile raw_postgresql "$(pkg-config --cflags --libs libpq)"
compile raw_mariadb "$(pkg-config --cflags --libs libmariadb)"
for engine in $engines; do
    sh "$tests/servers/$engine.sh" start "$dir" || exit 1
    sh "$tests/servers/$engine.sh" fresh "$dir" bench || exit 1
done
/usr/bin/python3 "$tests/bench/bench.py" --out "$out" --extension "$root/build/tests/binds.so" --readme-file "$root/README.md" \
    --postgresql "$(sh "$tests/servers/postgresql.sh" url "$dir" bench)" \
    --mariadb "$(sh "$tests/servers/mariadb.sh" url "$dir" bench)" \
    --sqlite "$(sh "$tests/servers/sqlite.sh" url "$dir" bench)" "$@"
