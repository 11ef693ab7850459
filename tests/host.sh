#!/bin/sh
# The newest SQLite as a host: makes BUILD/host-VERSION, once, and prints its path.
#
#   libsqlite3.so.0     for LD_LIBRARY_PATH: Python, the contract and unit binaries then run on it
#   sqlite3             its shell, which finds that library by itself
#   include, pkgconfig  to build the extension against its headers (PKG_CONFIG_PATH)
#
# The amalgamation is the one that the npm package better-sqlite3 carries.  The shell, which that lacks, is of 3.39: it
# uses nothing but the public interface, and reports errors in the words that the golden tests know from Debian's
# (newer ones leave the result code out).  Only the packages' sources are taken, nothing of theirs is run.  The options
# are Debian's where they change what SQL does.
# usage: host.sh BUILD
set -eu
version=3.54.1
library=better-sqlite3@13.2.0
shell=@vscode/sqlite3@5.1.2
options="-DSQLITE_SECURE_DELETE -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_SOUNDEX -DSQLITE_ENABLE_UNLOCK_NOTIFY
    -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_UPDATE_DELETE_LIMIT -DSQLITE_ENABLE_LOAD_EXTENSION
    -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_THREADSAFE=1 -DSQLITE_USE_URI=1 -DSQLITE_MAX_SCHEMA_RETRY=25
    -DSQLITE_ENABLE_PREUPDATE_HOOK -DSQLITE_ENABLE_SESSION -DSQLITE_ENABLE_STMTVTAB
    -DSQLITE_MAX_VARIABLE_NUMBER=250000 -DSQLITE_ENABLE_MATH_FUNCTIONS -DHAVE_ISNAN -DHAVE_USLEEP"

mkdir -p "$1"
build=$(cd "$1" && pwd -P)
host=$build/host-$version
exec 9>"$build/host.lock"
flock 9
if [ -e "$host/done" ] && grep -qxF "prefix=$host" "$host/pkgconfig/sqlite3.pc"; then
    echo "$host"
    exit 0
fi
rm -rf "$host"
mkdir -p "$host/npm" "$host/include" "$host/pkgconfig"
exec 3>"$host/log"

# unpacked PACKAGE: its files' directory.
unpacked() {
    mkdir -p "$host/npm/${1%@*}"
    (cd "$host/npm/${1%@*}" && npm pack --silent --cache "$host/npm/cache" "$1" >&3 2>&3 && tar xzf ./*.tgz) || {
        echo "npm pack $1 failed: $(tail -3 "$host/log")" >&2
        exit 1
    }
    echo "$host/npm/${1%@*}/package"
}

source=$(unpacked $library)/deps/sqlite3
mkdir "$host/npm/shell"
tar xzf "$(unpacked $shell)"/deps/sqlite-autoconf-*.tar.gz -C "$host/npm/shell" --strip-components=1
cp "$source/sqlite3.h" "$source/sqlite3ext.h" "$host/include"
mv "$host/npm/shell/shell.c" "$host" # away from the header it came with
grep -qF "\"$version\"" "$host/include/sqlite3.h" || {
    echo "$library does not hold SQLite $version" >&2
    exit 1
}
# shellcheck disable=SC2086 -- words
{
    cc -O2 -g -fPIC -shared -Wl,-soname,libsqlite3.so.0 $options "$source/sqlite3.c" -o "$host/libsqlite3.so.0" -lpthread \
        -ldl -lm &
    cc -O1 $options -I"$host/include" -c "$host/shell.c" -o "$host/shell.o"
    wait $!
    cc "$host/shell.o" "$host/libsqlite3.so.0" -Wl,-rpath,"$host" -lm -o "$host/sqlite3"
} >&3 2>&3 || {
    echo "SQLite $version cannot be built: $(tail -3 "$host/log")" >&2
    exit 1
}
ln -s libsqlite3.so.0 "$host/libsqlite3.so"
printf '%s\n' "prefix=$host" 'Name: SQLite' 'Description: SQL database engine' "Version: $version" \
    'Libs: -L${prefix} -lsqlite3' 'Cflags: -I${prefix}/include' >"$host/pkgconfig/sqlite3.pc"
rm -rf "$host/npm" "$host/shell.c" "$host/shell.o"
touch "$host/done"
echo "$host"
