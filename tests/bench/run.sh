#!/bin/sh
# Figures, not tests: sh tests/bench/run.sh [--rows N] [--rounds N] [--only W1,W10,…] [--engine postgresql,…] [--big [N]]
#     [--no-peers] [--readme]
#
# Uses the build of tests/run.sh (or makes it), installs the peers that Debian packages, starts private servers, measures
# each workload on all sides in turn (the bare client library or the server itself, native SQLite, the least that a
# virtual table costs (floor.c over a file, wire.c over a server), binds, and the peers),
# compares the answers, and leaves build/bench/results.md and chart.svg.  --readme puts the table into README.md and the
# chart beside this file.  A quarter of an hour; --rows 20000 --rounds 1 is a trial of a minute.  With more rounds what is
# short runs in up to 50 of them, for its medians.  --big: also W12m and W12 on 6 million rows, some minutes more.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
tests=$root/tests
out=$root/build/bench
TEST_USER=bindstest
export TEST_USER
. "$root/sql/need.sh"
engines=$(cd "$tests/servers" && ls ./*.sh | sed 's|^\./||; s|\.sh$||' | grep -Ev '^(common.*|mysql)$') # MariaDB stands for both

need_build_tools
need libcmocka-dev pkg-config --exists cmocka
need python3 test -x /usr/bin/python3
need procps command -v pgrep
for engine in $engines; do
    missing="$missing $(sh "$tests/servers/$engine.sh" missing)"
done
missing=$(echo $missing) # words only
install_missing || exit 1
postgresql=$(ls /usr/lib/postgresql | sort -V | tail -1)
plugins=$(ls -d /usr/lib/mysql/plugin /usr/lib/*/mariadb*/plugin 2>/dev/null | head -1)
missing=""
need "postgresql-$postgresql-mysql-fdw" test -e "/usr/share/postgresql/$postgresql/extension/mysql_fdw.control"
need libsqlite3-mod-virtualpg sh -c 'ls /usr/lib/*/mod_virtualpg.so'
need mariadb-plugin-connect test -e "$plugins/ha_connect.so"
need mariadb-plugin-spider test -e "$plugins/ha_spider.so"
need python3-sqlalchemy /usr/bin/python3 -c 'import sqlalchemy'
need python3-psycopg2 /usr/bin/python3 -c 'import psycopg2'
need python3-pymysql /usr/bin/python3 -c 'import pymysql'
install_missing || echo "Some peers will be missing" >&2
if [ "$(id -u)" = 0 ] && ! id "$TEST_USER" >/dev/null 2>&1; then
    useradd --system --no-create-home --shell /usr/sbin/nologin "$TEST_USER" || exit 1
fi

mkdir -p "$out"
build "$root/build/tests" "$out/build.log" -DBINDS_WERROR=ON || { tail -20 "$out/build.log"; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/binds-test.XXXXXX") || exit 1
echo $$ >"$dir/run.pid"
chmod 755 "$dir"

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
cc -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -o "$out/floor.so" "$tests/bench/floor.c" || exit 1
# One for both servers, and one that loads no other client library than libpq, whose loading W15 measures.
mkdir -p "$out/postgresql"
# shellcheck disable=SC2046 -- words are wanted
cc -std=gnu11 -O2 -Wall -Wextra -fPIC -c -o "$out/wire.o" "$tests/bench/wire.c" $(pkg-config --cflags libpq libmariadb) &&
    cc -shared -o "$out/wire.so" "$out/wire.o" $(pkg-config --libs libpq libmariadb) &&
    objcopy --weaken "$out/wire.o" "$out/postgresql/wire.o" &&
    cc -shared -Wl,--no-as-needed -o "$out/postgresql/wire.so" "$out/postgresql/wire.o" $(pkg-config --libs libpq) || exit 1
compile raw_postgresql "$(pkg-config --cflags --libs libpq)"
compile raw_mariadb "$(pkg-config --cflags --libs libmariadb)"
compile raw_join "$(pkg-config --cflags --libs libpq libmariadb)"
for engine in $engines; do
    sh "$tests/servers/$engine.sh" start "$dir" || exit 1
    sh "$tests/servers/$engine.sh" fresh "$dir" bench || exit 1
done
/usr/bin/python3 "$tests/bench/bench.py" --servers "$dir" --out "$out" --extension "$root/build/tests/binds.so" \
    --readme-file "$root/README.md" "$@"
