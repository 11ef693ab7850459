#!/bin/sh
# Programs that use SQLite load the extension and do a day's work with it, on every engine: Python's sqlite3,
# SQLAlchemy's ORM over it, Node (better-sqlite3, which brings a SQLite of its own), C; and the
# README's examples.
# usage: run.sh SERVERS BUILD       SERVERS: the directory of the running servers
here=$(cd "$(dirname "$0")" && pwd -P)
servers=$1
build=$2
python=/usr/bin/python3
work=$servers/clients
mkdir -p "$work"

# client NAME COMMAND…: with the extension, an engine's name and two fresh databases as arguments.
client() {
    name=$1
    shift
    for engine in ${TEST_ENGINES:-mariadb postgresql sqlite}; do
        script=$here/../servers/$engine.sh
        one=client_one two=client_two
        sh "$script" fresh "$servers" $one && sh "$script" fresh "$servers" $two
        if timeout 120 "$@" "$build/binds.so" "$engine" "$(sh "$script" url "$servers" $one)" \
            "$(sh "$script" url "$servers" $two)" >"$work/$name.$engine" 2>&1; then
            sed -n 's/^/## /p' "$work/$name.$engine"
            echo "ok - $name on $engine"
        else
            sed 's/^/# /' "$work/$name.$engine"
            echo "not ok - $name on $engine"
        fi
    done
}

$python "$here/readme.py" --servers "$servers" --ext "$build/binds.so"
client python $python "$here/client.py"
client sqlalchemy $python "$here/orm.py"
sh "$here/node.sh" "$build" || sed 's/^/# /' "$build/node/npm.log" | tail -30
cp "$here/client.js" "$build/node/client.js"
client node node "$build/node/client.js"
if lines=$(cc -std=c11 -Wall -Wextra -Werror -o "$work/client" "$here/client.c" $(pkg-config --cflags --libs sqlite3) -lpthread 2>&1); then
    client c "$work/client"
else
    echo "$lines" | sed 's/^/# /'
    echo "not ok - the C client does not compile"
fi
