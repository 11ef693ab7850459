#!/bin/sh
# All tests on all engines: sh tests/run.sh [--long] [--mysql] [--only SUITE] [--keep]
#
# Installs what is missing, builds, starts private servers (tests/servers) in a temporary directory, runs the
# suites, stops the servers.  --mysql: Oracle's MySQL (tests/mysql.sh) is one more engine; --long: it is, the random
# tests get hours, and commits are tested with it in MariaDB's place as well; --only runs one suite of
#   layers unit contract golden native demo clients differential latency fault sanitizers valgrind lint
# Unit, contract, golden, differential and latency tests run on the system's SQLite and on the newest one (tests/host.sh).
# --keep leaves the directory with logs and outputs.  A suite is any program that prints `ok …` and
# `not ok …` lines; `#` lines before a failure explain it.  The last line is `N passed, N failed`.
set -u
root=$(cd "$(dirname "$0")/.." && pwd -P)
tests=$root/tests
long=no
mysql=no
only=""
keep=no
while [ $# -gt 0 ]; do
    case $1 in
    --long)
        long=yes
        mysql=yes
        ;;
    --mysql) mysql=yes ;;
    --only)
        only=${2:?--only needs a suite}
        shift
        ;;
    --keep) keep=yes ;;
    *)
        sed -n '2,10s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
    esac
    shift
done
python=/usr/bin/python3
LONGER=200 # times as many random statements: 200,000 queries of every database
out=$root/build/tests
asan=$root/build/sanitize
newest=$root/build/newest # the extension, built against the newest SQLite; not optimized, which takes half the time
newest_host=""            # that SQLite itself, once it is there
host=""                   # of the suite that runs: the directory of its libsqlite3, empty for the system's
passed=0
failed=0
TEST_USER=bindstest
export TEST_USER
unset SQLALCHEMY_DATABASE_URI SQLALCHEMY_BINDS PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS PGSERVICE MYSQL_PWD
. "$root/sql/need.sh"

# ---- the machine ----------------------------------------------------------------------------------------

engines=$(cd "$tests/servers" && ls ./*.sh | sed 's|^\./||; s|\.sh$||' | grep -v '^common')
[ $mysql = yes ] || engines=$(echo "$engines" | grep -v '^mysql$')
remote=$(echo "$engines" | grep -v '^sqlite$')
TEST_ENGINES=$(echo $engines)
export TEST_ENGINES

wants() {
    [ -z "$only" ] || [ "$only" = "$1" ]
}

need_newest() {
    wants unit || wants contract || wants golden || wants differential || wants latency
}

server() {
    engine=$1
    shift
    sh "$tests/servers/$engine.sh" "$@"
}

prepare_machine() {
    need_build_tools
    need libcmocka-dev pkg-config --exists cmocka
    need util-linux command -v flock
    need python3 test -x /usr/bin/python3
    need procps command -v pgrep
    need_newest && need npm command -v npm
    wants clients && {
        need python3-sqlalchemy $python -c 'import sqlalchemy'
        need nodejs command -v node
        need npm command -v npm
        need g++ command -v g++
        [ -e /usr/include/node/node.h ] || need libnode-dev test -e /usr/include/nodejs/src/node.h
    }
    wants valgrind && need valgrind command -v valgrind
    wants lint && {
        need clang-tidy command -v clang-tidy
        need cppcheck command -v cppcheck
    }
    [ $long = yes ] && wants fault && {
        need pgbouncer test -x /usr/sbin/pgbouncer
        need galera-4 test -e /usr/lib/galera/libgalera_smm.so
    }
    for engine in $engines; do
        missing="$missing $(server "$engine" missing)"
    done
    missing=$(echo $missing) # words only
    install_missing || exit 1
    if [ $mysql = yes ]; then
        sh "$tests/mysql.sh" "$root/build" >/dev/null || exit 1
    fi
    if [ "$(id -u)" = 0 ] && ! id "$TEST_USER" >/dev/null 2>&1; then
        useradd --system --no-create-home --shell /usr/sbin/nologin "$TEST_USER" || exit 1
    fi
}

# Servers and directories of runs that were killed.
sweep() {
    for old in "${TMPDIR:-/tmp}"/binds-test.*; do
        owner=$(cat "$old/run.pid" 2>/dev/null)
        if [ -d "$old" ] && ! tr '\0' ' ' 2>/dev/null <"/proc/${owner:-none}/cmdline" | grep -q 'run\.sh'; then
            for engine in $engines; do
                server "$engine" kill "$old" 2>/dev/null
            done
            rm -rf "$old"
        fi
    done
}

kill_tree() {
    for child in $(pgrep -P "$1"); do
        kill_tree "$child"
    done
    kill "$1" 2>/dev/null
}

cleanup() {
    trap - EXIT INT TERM HUP
    for job in ${running:-} ${background:-}; do
        kill_tree "$job"
    done
    for engine in $engines; do
        server "$engine" stop "$dir" 2>/dev/null
    done
    if [ $keep = yes ]; then
        echo "Kept: $dir" >&2
    else
        rm -rf "$dir"
    fi
}

start_servers() {
    for engine in $engines; do
        say "starting $engine"
        if ! server "$engine" start "$dir"; then
            result "server $engine" 0 1
        fi
    done
    say ""
}

# ---- suites ---------------------------------------------------------------------------------------------

say() {
    [ -t 1 ] && printf '\r\033[K%s' "$1"
    return 0
}

# result NAME PASSED FAILED [SECONDS]
result() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    say ""
    printf '%-34s %5d passed %4d failed %6s s\n' "$1" "$2" "$3" "${4:-0}"
}

log_name() {
    echo "$logs/$(echo "$1" | tr ' /' '--').log"
}

# count NAME STATUS SECONDS: reads the log of a suite; a suite that died or did nothing has failed.
count() {
    log=$(log_name "$1")
    good=$(grep -c '^ok\b' "$log")
    bad=$(grep -c '^not ok\b' "$log")
    if [ "$bad" = 0 ] && { [ "$2" != 0 ] || [ "$good" = 0 ]; }; then
        bad=1
        { echo "# the suite ended with status $2"; tail -15 "$log" | sed 's/^/# /'; echo "not ok - $1"; } >>"$log"
    fi
    result "$1" "$good" "$bad" "$3"
    [ "$bad" = 0 ] || awk '/^#/ { if (++n <= 30) held = held "    " $0 "\n"; next }
        /^not ok/ { printf "%s    %s\n", held, $0 } { held = ""; n = 0 }' "$log" | head -150
    if [ -n "$only" ] && [ "$bad" = 0 ]; then
        grep '^## ' "$log"
    fi
}

# limited SECONDS COMMAND…: a program that hangs is a failure.
limited() {
    timeout -k 10 "$@"
}

# suite NAME COMMAND…: the first word of the name is what --only picks.
suite() {
    name=$1
    shift
    wants "${name%% *}" || return 0
    say "$name"
    begin=$(date +%s)
    "$@" >"$(log_name "$name")" 2>&1 </dev/null &
    running=$!
    wait "$running"
    status=$?
    running=""
    count "$name" $status $(($(date +%s) - begin))
}

# beside NAME COMMAND…: the same in the background, counted by `gather NAME`.
beside() {
    name=$1
    shift
    wants "${name%% *}" || return 0
    log=$(log_name "$name")
    (
        begin=$(date +%s)
        "$@" >"$log" 2>&1 </dev/null
        echo "$? $(($(date +%s) - begin))" >"$log.end"
    ) &
    background="${background:-} $!"
    eval "beside_$(echo "$name" | tr -c 'a-z\n' '_')=$!"
}

gather() {
    wants "${1%% *}" || return 0
    say "$1"
    eval "wait \$beside_$(echo "$1" | tr -c 'a-z\n' '_')"
    # shellcheck disable=SC2046 -- two words
    count "$1" $(cat "$(log_name "$1").end" 2>/dev/null || echo 1 0)
}

# build_or_fail NAME BUILD [CMAKE OPTIONS]
build_or_fail() {
    name="build $1"
    log=$(log_name "$name")
    say "$name"
    begin=$(date +%s)
    target=$2
    shift 2
    if build "$target" "$log" "$@"; then
        result "$name" 1 0 $(($(date +%s) - begin))
    else
        grep -nE -A6 'error|Error|warning:' "$log" | head -60
        result "$name" 0 1 $(($(date +%s) - begin))
        return 1
    fi
}

finish() {
    say ""
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

# unit BUILD: every unit test of a build, named by its file.
unit() {
    for test in "$1"/tests/test_*; do
        [ -x "$test" ] && [ -f "$test" ] || continue
        lines=$(CMOCKA_MESSAGE_OUTPUT=TAP LD_LIBRARY_PATH=$host timeout 300 "$test" 2>&1)
        status=$?
        echo "$lines" | sed "s|^\(not ok\|ok\) [0-9]* - |\1 - ${test##*/}: |; /^1\.\./d"
        if [ $status != 0 ] && ! echo "$lines" | grep -q '^not ok'; then
            echo "not ok - ${test##*/} ended with status $status"
        fi
    done
}

# faults BUILD ENGINE TAG STRIDE: statements on a server, while memory runs out and interrupts come at every STRIDE-th
# point on average; seeded.  (On files it is one of the unit tests, and runs in memory.)
faults() {
    server "$2" fresh "$dir" "faults$3"
    lines=$(CMOCKA_MESSAGE_OUTPUT=TAP LD_LIBRARY_PATH=$host timeout 300 "$1/tests/test_statement_faults" \
        "$(server "$2" url "$dir" "faults$3")" "$4" "${FUZZ_SEED:-1}" 2>&1)
    status=$?
    echo "$lines" | sed "s|^\(not ok\|ok\) [0-9]* - |\1 - $2: |; /^1\.\./d"
    if [ $status != 0 ] && ! echo "$lines" | grep -q '^not ok'; then
        echo "not ok - faults on $2 ended with status $status"
    fi
}

# contract BUILD ENGINE TAG: the driver contract over every way to reach the engine (on another host: over one), in
# databases of this tag.
contract() {
    run=$dir/contract.$2.$3
    for way in url tcp; do
        [ $way = tcp ] && { [ -n "$host" ] || [ "$(server "$2" remote)" = no ]; } && continue
        server "$2" fresh "$dir" "contract_$way$3"
        CMOCKA_MESSAGE_OUTPUT=TAP LD_LIBRARY_PATH=$host timeout 300 "$1/tests/contract" "$(server "$2" $way "$dir" "contract_$way$3")" \
            >"$run" 2>&1
        status=$?
        sed "s|^\(not ok\|ok\) - |\1 - $way: |; /^1\.\./d" "$run"
        if [ $status != 0 ] && ! grep -q '^not ok' "$run"; then
            echo "not ok - contract on $2 by $way ended with status $status"
        fi
    done
}

# contracts BUILD TAG: all engines at once, since it mostly waits.
contracts() {
    for name in $engines; do
        contract "$1" "$name" "$2" >"$dir/contract.$2.$name" &
    done
    wait
    for name in $engines; do
        sed "s/ - / - $name, /" "$dir/contract.$2.$name"
    done
}

# Sanitizers: the shell and python are strangers, so the runtime is loaded before them.
sanitized() {
    runtime=$(cc -print-file-name=libasan.so)
    export ASAN_OPTIONS="detect_leaks=1:log_path=$dir/asan:exitcode=99:abort_on_error=0:verify_asan_link_order=0"
    export LSAN_OPTIONS="suppressions=$tests/sanitizers.supp:print_suppressions=0"
    export UBSAN_OPTIONS="print_stacktrace=1:log_path=$dir/ubsan"
    contracts "$asan" _sanitized # nothing beside it: an interrupted stream has 200 ms to be read to its end
    unit "$asan"
    for name in $remote; do
        faults "$asan" "$name" _sanitized "$([ $long = yes ] && echo 2 || echo 20)"
    done
    $python "$tests/golden/run.py" --servers "$dir" --ext "$asan/binds.so" --preload "$(readlink -f "$runtime")"
    [ $long = yes ] && limited 7200 $python "$tests/fault/mangled.py" --servers "$dir" --ext "$asan/binds.so" \
        --preload "$(readlink -f "$runtime")"
    for report in "$dir"/asan.* "$dir"/ubsan.*; do
        [ -f "$report" ] || continue
        head -60 "$report" | sed 's/^/# /'
        echo "not ok - ${report##*/}"
    done
}

valgrind_sample() {
    tool="valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --num-callers=30"
    $python "$tests/golden/run.py" --servers "$dir" --ext "$out/binds.so" --only write --only txn --only create_all \
        --prefix "$tool --suppressions=$tests/valgrind.supp --log-file=$dir/valgrind.%p"
    for report in "$dir"/valgrind.*; do
        [ -s "$report" ] || continue
        head -60 "$report" | sed 's/^/# /'
        echo "not ok - ${report##*/}"
    done
}

# The README's first command, twice.
demo() {
    for round in first second; do
        if sh "$root/sql/demo.sh" >"$dir/demo.$round" 2>&1 && ! grep -nE '[Ee]rror|^binds: ' "$dir/demo.$round"; then
            echo "ok - demo, $round run"
        else
            sed 's/^/# /' "$dir/demo.$round"
            echo "not ok - demo, $round run"
        fi
    done
}

# on_newest COMMAND…: on the newest SQLite.
on_newest() {
    host=$newest_host
    "$@"
}

# random NAME COUNT "PROGRAM [OPTION…] COUNT-OPTION" URL…: random statements over binds and native tables, on the
# system's SQLite and on the newest one; seeded, so a failure can be run again.
random() {
    name=$1 amount=$2 program=$3
    shift 3
    [ $long = yes ] && amount=$((amount * LONGER))
    binds=""
    for url in "$@"; do
        binds="$binds --bind $url"
    done
    for host in "" "$newest_host"; do
        ext=$out
        [ -n "$host" ] && ext=$newest
        # shellcheck disable=SC2086 -- neither URLs nor options have blanks
        if lines=$(LD_LIBRARY_PATH=$host $python "$tests/differential/"$program "$amount" --extension "$ext/binds.so" $binds \
            --seed "${FUZZ_SEED:-1}" 2>&1); then
            echo "ok - $name: $(echo "$lines" | tail -1)"
        else
            echo "$lines" | tail -60 | sed 's/^/# /'
            echo "not ok - $name"
        fi
    done
}

# differential ENGINE: its databases of every kind; `all`: joins and transactions over every engine.
differential() {
    if [ "$1" = all ]; then
        urls=""
        for engine in $engines; do
            server "$engine" fresh "$dir" fuzz_all
            urls="$urls $(server "$engine" url "$dir" fuzz_all)"
        done
        # shellcheck disable=SC2086
        random "all engines" 700 "fuzz.py --queries" $urls
        # shellcheck disable=SC2086
        random "all engines, changes" 800 "changes.py --statements" $urls
        return
    fi
    for kind in $(server "$1" kinds); do
        server "$1" fresh "$dir" "fuzz_$kind" "$kind"
        url=$(server "$1" url "$dir" "fuzz_$kind")
        random "$1 $kind" 1000 "fuzz.py --queries" "$url"
        random "$1 $kind, changes" 500 "changes.py --statements" "$url"
        random "$1 $kind, changes, nothing pushed" 150 "changes.py --pushdown 0 --statements" "$url"
    done
    [ $long = yes ] && for host in "" "$newest_host"; do
        server "$1" fresh "$dir" foreign
        ext=$([ -n "$host" ] && echo "$newest" || echo "$out")/binds.so
        url=$(server "$1" url "$dir" foreign)
        limited 3600 env LD_LIBRARY_PATH="$host" $python "$tests/differential/foreign.py" --extension "$ext" --bind "$url"
        limited 600 env LD_LIBRARY_PATH="$host" $python "$tests/differential/overrides.py" --extension "$ext" --bind "$url"
    done
    server "$1" fresh "$dir" pushed
    url=$(server "$1" url "$dir" pushed)
    for host in "" "$newest_host"; do
        sent "$1 pushed" pushed.py "$url"
    done
    host=""
    [ "$1" = sqlite ] || sent "$1 indexes" indexes.py "$(server "$1" url "$dir" fuzz_locale)"
}

# sent NAME PROGRAM URL: a program that looks at what goes out to the server.
sent() {
    ext=$([ -n "$host" ] && echo "$newest" || echo "$out")/binds.so
    if lines=$(LD_LIBRARY_PATH=$host $python "$tests/differential/$2" --extension "$ext" --bind "$3" 2>&1); then
        echo "ok - $1: $(echo "$lines" | tail -1)"
    else
        echo "$lines" | tail -60 | sed 's/^/# /'
        echo "not ok - $1"
    fi
}

# commits PART: one of tests/fault/commit_*.py.  They kill clients and servers, in databases of their own.
commits() {
    limit=300
    [ $long = yes ] && limit=3600
    limited $limit env "TEST_MY=${2:-mariadb}" $python "$tests/fault/commit_$1.py" --servers "$dir" --ext "$out/binds.so" \
        $([ $long = yes ] && echo --long)
}

# The driver compiles with the headers of MySQL's own client library, too; libc stays this system's.
mysql_headers() {
    mkdir -p "$dir/headers"
    ln -s "$root/build/mysql/usr/include/mysql" "$dir/headers/mysql"
    for source in "$root"/ext/engine/mysql/*.c; do
        if cc -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror -I"$dir/headers/mysql" -I"$dir/headers" -I"$root/ext" \
            -I"$out/generated" "$source"; then
            echo "ok - ${source##*/}"
        else
            echo "not ok - ${source##*/}"
        fi
    done
}

# ---- the run --------------------------------------------------------------------------------------------

prepare_machine
sweep
dir=$(mktemp -d "${TMPDIR:-/tmp}/binds-test.XXXXXX") || exit 1
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
echo $$ >"$dir/run.pid"
chmod 755 "$dir"
logs=$dir/logs
mkdir -p "$logs" "$root/build"

suite layers sh "$tests/layers.sh"
if [ "$only" = layers ]; then
    finish
fi
# A minute of compiling that the clients wait for.
wants clients && {
    mkdir -p "$out"
    sh "$tests/clients/node.sh" "$out" >/dev/null 2>&1 &
    background="${background:-} $!"
}
need_newest && {
    sh "$tests/host.sh" "$root/build" >"$dir/host" 2>&1 &
    host_job=$!
    background="${background:-} $host_job"
}
build_or_fail extension "$out" -DBINDS_WERROR=ON -DBINDS_FAULT_POINTS=ON || finish
need_newest && {
    say "newest SQLite"
    wait $host_job || {
        cat "$dir/host"
        result "newest SQLite" 0 1
        finish
    }
    newest_host=$(tail -1 "$dir/host")
    PKG_CONFIG_PATH=$newest_host/pkgconfig build_or_fail newest "$newest" -DBINDS_WERROR=ON -DBINDS_TESTS=OFF \
        -DCMAKE_BUILD_TYPE=Debug || finish
}
[ $mysql = yes ] && suite "unit headers of MySQL" mysql_headers
beside lint nice timeout -k 10 2400 sh "$tests/lint.sh" "$out" $([ $long = yes ] && echo deep)
if wants sanitizers; then
    build_or_fail sanitizers "$asan" -DBINDS_WERROR=ON -DBINDS_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug || finish
fi
start_servers
golden="$python $tests/golden/run.py --servers $dir"

# First what only costs time, while the linters work beside it; then what times can make fail.
suite golden limited 600 $golden --ext "$out/binds.so"
suite "golden locale" limited 600 $golden --ext "$out/binds.so" --kind locale
suite "golden newest" limited 600 $golden --ext "$newest/binds.so" --newest "$newest_host/sqlite3"
suite native limited 300 sh "$tests/golden/native.sh" "$dir"
suite demo demo
suite clients limited 600 sh "$tests/clients/run.sh" "$dir" "$out"
for engine in $engines; do
    suite "differential $engine" differential "$engine"
done
suite "differential all" differential all
suite valgrind valgrind_sample
gather lint
suite latency limited 120 $python "$tests/bench/latency.py" --servers "$dir" --ext "$out/binds.so"
suite "latency newest" limited 120 env "LD_LIBRARY_PATH=$newest_host" $python "$tests/bench/latency.py" --servers "$dir" \
    --ext "$newest/binds.so"
beside "contract newest" on_newest contracts "$out" _newest
suite unit unit "$out"
suite "unit newest" on_newest unit "$out"
for engine in $remote; do
    suite "unit faults $engine" faults "$out" "$engine" "" "$([ $long = yes ] && echo 1 || echo 7)"
done
gather "contract newest"
for engine in $engines; do
    beside "contract $engine" contract "$out" "$engine" ""
done
for engine in $engines; do
    gather "contract $engine"
done
suite sanitizers sanitized
suite "fault interrupts" limited 900 $python "$tests/fault/interrupts.py" --servers "$dir" --ext "$out/binds.so" \
    --random "$([ $long = yes ] && echo 150 || echo 4)"
# Servers are stopped by it, so it is the last one.
suite fault limited 900 $python "$tests/fault/run.py" --servers "$dir" --ext "$out/binds.so"
suite "fault hostile" limited 60 $python "$tests/fault/hostile.py" --ext "$out/binds.so"
for part in kill rules more schema edges between local roles triggers memory witness bank $([ $long = yes ] && echo pooler galera); do
    suite "fault commit $part" commits $part
done
[ $mysql = yes ] && for part in kill rules more schema edges between memory witness bank; do
    suite "fault commit $part mysql" commits $part mysql
done
finish
