#!/bin/sh
# A private PostgreSQL for the tests; the commands are explained in common.sh.
# Prepared transactions are on; the databases are C.UTF-8 (plain), ICU en-US (locale), or the C library's en_US.UTF-8
# (libc), which is what most servers out there have; cyrillic is in WIN1251.
. "$(dirname "$0")/common.sh"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
command=$1
base=${2:-}
data=$base/pg
log=$base/pg.log

port() {
    cat "$base/pg.port"
}

pid() {
    pid_of "$data/postmaster.pid" "$base"
}

psql() {
    PGOPTIONS= "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$base" -p "$(port)" -U app "$@"
}

ready() {
    psql -d postgres -c 'SELECT 1'
}

make_data() {
    own_dir "$data"
    chmod 700 "$data"
    as_user "$bin/initdb" -D "$data" -U app -A trust -E UTF8 --locale=C.UTF-8 -N >"$base/initdb.log" 2>&1 ||
        die "initdb failed: $(tail -3 "$base/initdb.log")"
    free_port >"$base/pg.port"
    {
        echo "unix_socket_directories = '$base'"
        echo "listen_addresses = '127.0.0.1'"
        echo "port = $(port)"
        echo "max_connections = 120"
        echo "max_prepared_transactions = 64"
        echo "fsync = off"
        echo "log_min_messages = warning"
    } | as_user tee -a "$data/postgresql.conf" >/dev/null
    # Trust, but for the one user whose password a test gets wrong.
    printf '%s\n' 'host all locked 127.0.0.1/32 scram-sha-256' 'local all all trust' \
        'host all all 127.0.0.1/32 trust' | as_user tee "$data/pg_hba.conf" >/dev/null
}

case $command in
missing)
    [ -n "$bin" ] && [ -x "$bin/initdb" ] || echo postgresql
    [ -e /usr/share/i18n/locales/en_US ] || echo locales
    ;;
start)
    new=no
    own_dir "$base"
    [ -s "$data/PG_VERSION" ] || { make_data && new=yes; }
    # The machine need not have that locale: it is made here.
    if [ ! -d "$base/pg_locale" ]; then
        own_dir "$base/pg_locale"
        as_user localedef -i en_US -f UTF-8 "$base/pg_locale/en_US.UTF-8" || die "en_US.UTF-8 cannot be made"
    fi
    export LOCPATH="$base/pg_locale"
    as_user "$bin/pg_ctl" -D "$data" -l "$log" -W start >>"$base/pg_ctl.log" 2>&1
    wait_until 60 ready || die "PostgreSQL did not start: $(tail -3 "$log")"
    if [ $new = yes ]; then
        psql -d postgres -c "CREATE ROLE locked LOGIN PASSWORD 'right'"
        psql -d postgres -c "CREATE DATABASE locale TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        psql -d postgres -c "CREATE DATABASE libc TEMPLATE template0 LOCALE 'en_US.UTF-8'"
        psql -d postgres -c "CREATE DATABASE cyrillic TEMPLATE template0 ENCODING 'WIN1251' LOCALE 'C'"
        psql -d cyrillic -c "CREATE EXTENSION citext"
    fi
    ;;
stop)
    [ -n "$(pid)" ] && as_user "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null
    true
    ;;
kill)
    victim=$(pid)
    if [ -n "$victim" ]; then
        signal_family KILL "$victim"
        wait_until 20 gone "$victim"
    fi
    ;;
fresh)
    template=${4:-plain}
    [ "$template" = plain ] && template=template1
    psql -d postgres -c "DROP DATABASE IF EXISTS \"$3\" WITH (FORCE)" \
        -c "CREATE DATABASE \"$3\" TEMPLATE $template" 2>/dev/null
    ;;
url)
    echo "postgresql://app@/$3?host=$base&port=$(port)"
    ;;
tcp)
    echo "postgresql://app@127.0.0.1:$(port)/$3"
    ;;
locked)
    echo "postgresql://locked:$4@127.0.0.1:$(port)/$3"
    ;;
sql)
    psql -d "$3" -c "$4"
    ;;
client)
    psql -d "$3"
    ;;
busy)
    psql -d postgres -c "SELECT count(*) FROM pg_stat_activity
        WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ;;
freeze)
    signal_family STOP "$(pid)"
    wait_until 5 stopped "$(pid)"
    ;;
thaw)
    signal_family CONT "$(pid)"
    ;;
kinds)
    echo plain locale libc
    ;;
remote)
    echo yes
    ;;
*)
    die "unknown command: $command"
    ;;
esac
