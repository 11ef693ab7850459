#!/bin/sh
# A private MariaDB for the tests; the commands are explained in common.sh.
# MARIADB_OPTIONS: more options of the server, for those who start one of their own.
stem=my
plain=utf8mb4_general_ci
kinds="plain locale bin"
options="--innodb-log-file-size=256M ${MARIADB_OPTIONS:-}"

missing() {
    [ -x /usr/sbin/mariadbd ] && command -v mariadb-install-db >/dev/null || echo mariadb-server
}

run_server() {
    as_user /usr/sbin/mariadbd --no-defaults "$@"
}

make_data() {
    as_user mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal
}

. "$(dirname "$0")/common_my.sh"
