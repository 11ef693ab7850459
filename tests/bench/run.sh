#!/bin/sh
# Figures, not tests: sh tests/bench/run.sh [ROWS].  Uses the build of tests/run.sh (or makes it), starts
# private servers, prints how binds compares with the bare client libraries, stops them.
set -u
rows=${1:-1000000}
root=$(cd "$(dirname "$0")/../.." && pwd -P)
tests=$root/tests
TEST_USER=bindstest
export TEST_USER
. "$root/sql/need.sh"
mkdir -p "$root/build"
build "$root/build/tests" "$root/build/bench.log" -DBINDS_WERROR=ON || { tail -20 "$root/build/bench.log"; exit 1; }
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

numbers() {
    case $1 in
    postgresql)
        echo "CREATE TABLE numbers (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER);
            INSERT INTO numbers SELECT n, n % 7, n * 31 % 100000, -n FROM generate_series(1, $rows) AS n; ANALYZE numbers"
        ;;
    mariadb)
        echo "CREATE TABLE numbers (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER);
            INSERT INTO numbers SELECT seq, seq % 7, seq * 31 % 100000, -CAST(seq AS SIGNED) FROM seq_1_to_$rows"
        ;;
    *)
        echo "CREATE TABLE numbers (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER);
            WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $rows)
            INSERT INTO numbers SELECT n, n % 7, n * 31 % 100000, -n FROM i"
        ;;
    esac
}

cc -std=gnu11 -O2 -Wall -Wextra -o "$dir/bench" "$tests/bench/bench.c" -lsqlite3 -ldl || exit 1
for engine in $engines; do
    server="$tests/servers/$engine.sh"
    sh "$server" start "$dir"
    sh "$server" fresh "$dir" bench
    sh "$server" sql "$dir" bench "$(numbers "$engine")"
    "$dir/bench" "$root/build/tests/binds.so" "$engine" "$(sh "$server" url "$dir" bench)" "$rows"
done
