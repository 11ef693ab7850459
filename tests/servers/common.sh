# What the server scripts share.  Each of postgresql.sh, mariadb.sh, mysql.sh, sqlite.sh is one engine of the tests and
# answers the same commands, so that run.sh and the suites know no engine by name:
#
#   missing              Debian packages to install, if any
#   start DIR            makes (first time) and starts a private server under DIR; prints nothing
#   stop DIR             ends it; kill DIR: at once, as a crash.  start after stop or kill keeps the data
#   fresh DIR DB [KIND]  drops and creates a database of a kind: `plain` (default), `locale`: another collation, …
#   kinds                its kinds of databases; `locale` is known to all
#   url DIR DB           the bind URL over the Unix socket; tcp DIR DB: over loopback
#   locked DIR DB PASS   URL of a user who needs the password `right`, over loopback
#   sql DIR DB TEXT      runs SQL with the server's own client, prints bare rows
#   client DIR DB        the same, reading SQL from standard input until its end
#   busy DIR             how many statements of clients are running right now
#   freeze DIR, thaw DIR SIGSTOP and SIGCONT to every process of the server
#   remote               `yes` if there is a server process at all
#
# Servers listen on a Unix socket in DIR and on a free loopback port.  They refuse to run as root, so root
# starts them as the user $TEST_USER, whom run.sh makes.
set -u
TEST_USER=${TEST_USER:-bindstest}

as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid="$TEST_USER" --regid="$TEST_USER" --clear-groups -- "$@"
    else
        "$@"
    fi
}

free_port() {
    /usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# own_dir DIR: DIR, writable by the server's user.
own_dir() {
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then
        chown "$TEST_USER" "$1"
    fi
}

# wait_until SECONDS COMMAND…: polls ten times a second.
wait_until() {
    rounds=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        rounds=$((rounds - 1))
        if [ "$rounds" -le 0 ]; then
            return 1
        fi
        sleep 0.1
    done
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

# pid_of FILE DIR: the process whose id FILE holds, if it still runs and works in DIR (ids are used again).
pid_of() {
    id=$(head -1 "$1" 2>/dev/null) || return 0
    if [ -n "$id" ] && tr '\0' ' ' 2>/dev/null <"/proc/$id/cmdline" | grep -qF "$2/"; then
        echo "$id"
    fi
}

# signal_family SIGNAL PID: a process and its children.
signal_family() {
    kill "-$1" "$2" $(pgrep -P "$2") 2>/dev/null || true
}

# stopped PID: it and its children run no thread any more.  SIGSTOP reaches a busy one a moment later.
stopped() {
    for id in "$1" $(pgrep -P "$1"); do
        ! cat "/proc/$id"/task/*/stat 2>/dev/null | sed 's/.*) //' | grep -qv '^[tTZX]' || return 1
    done
}

die() {
    echo "$*" >&2
    exit 1
}
