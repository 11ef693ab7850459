# Sourced by sql/demo.sh and tests/run.sh: collects what is missing on this machine, then installs it with
# one apt-get, as root or through sudo.  Nothing missing: apt-get is not touched.
missing=""

# need PACKAGE COMMAND…: the package is needed if the command fails.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

need_build_tools() {
    need gcc command -v cc
    need libc6-dev test -e /usr/include/stdio.h
    need make command -v make
    need cmake command -v cmake
    need pkg-config command -v pkg-config
    need libsqlite3-dev pkg-config --exists sqlite3
    need libpq-dev pkg-config --exists libpq
    pkg-config --exists libmariadb 2>/dev/null || need default-libmysqlclient-dev pkg-config --exists mysqlclient
    need sqlite3 command -v sqlite3
}

install_missing() {
    if [ -z "$missing" ]; then
        return 0
    fi
    become=""
    if [ "$(id -u)" != 0 ]; then
        become=sudo
        command -v sudo >/dev/null || {
            echo "Missing:$missing.  Run this as root once, or install them: apt-get install$missing" >&2
            return 1
        }
    fi
    if ! command -v apt-get >/dev/null; then
        echo "Missing:$missing (Debian's names), and there is no apt-get to install them" >&2
        return 1
    fi
    echo "Installing$missing"
    # shellcheck disable=SC2086 -- words are wanted
    {
        $become env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            $become env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing
    } >"${TMPDIR:-/tmp}/binds-install.$$" 2>&1 || {
        tail -20 "${TMPDIR:-/tmp}/binds-install.$$" >&2
        echo "The installation failed" >&2
        return 1
    }
    rm -f "${TMPDIR:-/tmp}/binds-install.$$"
}

# build DIR LOG [CMAKE OPTIONS]: configures and builds the project of the directory that $root names.
build() {
    target=$1
    log=$2
    shift 2
    if ! mkdir -p "$target" 2>/dev/null || [ ! -w "$target" ]; then
        echo "$target cannot be written: it belongs to $(stat -c %U "$root/build"), perhaps from a run as another user" >&2
        return 1
    fi
    # A build directory that was moved or copied here belongs to another tree.
    if [ -f "$target/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$target/CMakeCache.txt"; then
        rm -rf "$target"
    fi
    cmake -S "$root" -B "$target" "$@" >"$log" 2>&1 && cmake --build "$target" -j "$(nproc)" >>"$log" 2>&1
}
