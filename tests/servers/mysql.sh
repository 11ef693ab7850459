#!/bin/sh
# A private MySQL, Oracle's, for the tests; the commands are explained in common.sh.  It is the one of MYSQL_TREE, which
# tests/mysql.sh makes.  Its binary log is on, as usual there: a commit is then one of the log as well.
# MYSQL_OPTIONS: more options of the server, for those who start one of their own.
stem=mysql
plain=utf8mb4_0900_ai_ci
kinds="plain locale bin 0900_bin"
shown="?ssl_mode=REQUIRED" # for logins that show the password, as is usual there
options="--innodb-redo-log-capacity=256M --mysqlx=OFF --performance-schema=OFF ${MYSQL_OPTIONS:-}"
tree=${MYSQL_TREE:-$(dirname "$0")/../../build/mysql}

missing() {
    command -v mariadb >/dev/null || echo mariadb-client # which is its client here
}

run_server() {
    as_user "$tree/mysqld" "$@"
}

make_data() {
    as_user "$tree/mysqld" --initialize-insecure --datadir="$data" --innodb-redo-log-capacity=64M
}

. "$(dirname "$0")/common_my.sh"
