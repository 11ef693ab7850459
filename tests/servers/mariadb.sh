#!/bin/sh
# A private MariaDB for the tests; the commands are explained in common.sh.
# The databases are utf8mb4 with the case-insensitive, padding collation that is usual (plain), latin1 (locale), or
# utf8mb4_bin (bin): in none does the server's own comparison mean what SQLite's does.
# MARIADB_OPTIONS: more options of the server, for those who start one of their own.
. "$(dirname "$0")/common.sh"

command=$1
base=${2:-}
data=$base/my
socket=$base/my.sock
log=$base/my.log

port() {
    cat "$base/my.port"
}

pid() {
    pid_of "$base/my.pid" "$base"
}

client() {
    mariadb --no-defaults -uroot -S "$socket" -N -B "$@"
}

ready() {
    mariadb-admin --no-defaults -uroot -S "$socket" ping
}

make_data() {
    own_dir "$data"
    as_user mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
        >"$base/install.log" 2>&1 ||
        die "mariadb-install-db failed: $(tail -3 "$base/install.log")"
    free_port >"$base/my.port"
}

case $command in
missing)
    [ -x /usr/sbin/mariadbd ] && command -v mariadb-install-db >/dev/null || echo mariadb-server
    ;;
start)
    new=no
    own_dir "$base"
    [ -d "$data/mysql" ] || { make_data && new=yes; }
    # A directory of its own for temporary tables: a server that starts clears away those of all others in /tmp.
    own_dir "$base/my.tmp"
    # exec: nothing of the caller's stays open in the server or in the shell that waits for it.
    (
        exec >>"$log" 2>&1 </dev/null
        as_user /usr/sbin/mariadbd --no-defaults --datadir="$data" --socket="$socket" --port="$(port)" --tmpdir="$base/my.tmp" \
            --bind-address=127.0.0.1 --pid-file="$base/my.pid" --log-error="$log" --max-connections=120 \
            --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=256M \
            --innodb-log-file-size=256M --sync-binlog=0 ${MARIADB_OPTIONS:-}
    ) &
    wait_until 60 ready || die "MariaDB did not start: $(tail -3 "$log")"
    if [ $new = yes ]; then
        for host in localhost 127.0.0.1; do
            client -e "CREATE USER app@'$host'; GRANT ALL ON *.* TO app@'$host' WITH GRANT OPTION;
                CREATE USER locked@'$host' IDENTIFIED BY 'right'; GRANT ALL ON *.* TO locked@'$host'"
        done
    fi
    ;;
stop | kill)
    victim=$(pid)
    if [ -n "$victim" ]; then
        [ "$command" = stop ] && kill "$victim" || kill -KILL "$victim"
        wait_until 60 gone "$victim" || kill -KILL "$victim"
    fi
    rm -f "$base/my.pid"
    ;;
fresh)
    case ${4:-plain} in
    plain) charset="utf8mb4 COLLATE utf8mb4_general_ci" ;;
    locale) charset=latin1 ;;
    *) charset="utf8mb4 COLLATE utf8mb4_$4" ;;
    esac
    client -e "DROP DATABASE IF EXISTS \`$3\`; CREATE DATABASE \`$3\` CHARACTER SET $charset"
    ;;
url)
    echo "mysql://app@localhost/$3?unix_socket=$socket"
    ;;
tcp)
    echo "mysql://app@127.0.0.1:$(port)/$3"
    ;;
locked)
    echo "mysql://locked:$4@127.0.0.1:$(port)/$3"
    ;;
sql)
    client -D "$3" -e "$4"
    ;;
client)
    client -n -f -D "$3"
    ;;
busy)
    client -e "SELECT count(*) FROM information_schema.processlist
        WHERE command IN ('Query', 'Execute') AND id <> connection_id()"
    ;;
freeze)
    kill -STOP "$(pid)"
    wait_until 5 stopped "$(pid)"
    ;;
thaw)
    kill -CONT "$(pid)"
    ;;
kinds)
    echo plain locale bin
    ;;
remote)
    echo yes
    ;;
*)
    die "unknown command: $command"
    ;;
esac
