# MariaDB and MySQL: what their scripts share.  Before it is sourced (with the script's own arguments) it is told
#
#   stem            of the files in DIR: stem/ (data), stem.sock, stem.port, stem.log …
#   kinds           kinds of databases; `plain` and `locale` are known to all, any other is a collation of utf8mb4
#   options         more options of the server
#   missing         a function: prints what is missing
#   run_server      runs the server with the options given, as it is to be killed
#   make_data       makes $data; what it says is shown when it fails
#
# plain is the case-insensitive collation that is usual there (of $plain), locale is latin1: in none does the server's
# own comparison mean what SQLite's does.
. "$(dirname "$0")/common.sh"

command=$1
base=${2:-}
data=$base/$stem
socket=$base/$stem.sock
log=$base/$stem.log

port() {
    cat "$base/$stem.port"
}

pid() {
    pid_of "$base/$stem.pid" "$base"
}

client() {
    mariadb --no-defaults -uroot -S "$socket" -N -B "$@"
}

ready() {
    mariadb-admin --no-defaults -uroot -S "$socket" ping
}

case $command in
missing)
    missing
    ;;
start)
    new=no
    own_dir "$base"
    [ -d "$data/mysql" ] || {
        own_dir "$data"
        make_data >"$base/$stem.install.log" 2>&1 || die "$stem: no data: $(tail -3 "$base/$stem.install.log")"
        free_port >"$base/$stem.port"
        new=yes
    }
    # A directory of its own for temporary tables: a server that starts clears away those of all others in /tmp.
    own_dir "$base/$stem.tmp"
    # exec: nothing of the caller's stays open in the server or in the shell that waits for it.
    (
        exec >>"$log" 2>&1 </dev/null
        # shellcheck disable=SC2086 -- words
        run_server --datadir="$data" --socket="$socket" --port="$(port)" --tmpdir="$base/$stem.tmp" \
            --bind-address=127.0.0.1 --pid-file="$base/$stem.pid" --max-connections=120 \
            --character-set-server=utf8mb4 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=256M \
            --sync-binlog=0 $options
    ) &
    wait_until 60 ready || die "the server did not start: $(tail -3 "$log")"
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
    rm -f "$base/$stem.pid"
    ;;
fresh)
    case ${4:-plain} in
    plain) charset="utf8mb4 COLLATE $plain" ;;
    locale) charset=latin1 ;;
    *) charset="utf8mb4 COLLATE utf8mb4_$4" ;;
    esac
    client -e "DROP DATABASE IF EXISTS \`$3\`; CREATE DATABASE \`$3\` CHARACTER SET $charset"
    ;;
url)
    echo "mysql://app@localhost/$3?unix_socket=$socket"
    ;;
tcp)
    echo "mysql://app@127.0.0.1:$(port)/$3${shown:-}"
    ;;
locked)
    echo "mysql://locked:$4@127.0.0.1:$(port)/$3${shown:-}"
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
    echo "$kinds"
    ;;
remote)
    echo yes
    ;;
*)
    die "unknown command: $command"
    ;;
esac
