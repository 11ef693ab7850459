#!/bin/sh
# Oracle's MySQL for the tests: makes BUILD/mysql, once, and prints its path.
#
#   usr/…       the server, its libraries down to libc, MySQL's own client library and its headers
#   mysqld      runs the server on those libraries: sh BUILD/mysql/mysqld OPTION…
#
# This system's Debian need not have it: its next release in the making (sid) does.  The packages come from where this
# system has its own from, checked with the same keys, by a configuration of apt that is private to BUILD; nothing is
# installed.
# usage: mysql.sh BUILD
set -eu
mkdir -p "$1"
build=$(cd "$1" && pwd -P)
tree=$build/mysql
apt=$build/mysql.apt
exec 9>"$build/mysql.lock"
flock 9
if [ -e "$tree/done" ] && grep -qF "'$tree/" "$tree/mysqld"; then
    echo "$tree"
    exit 0
fi
rm -rf "$tree" "$apt"
mkdir -p "$tree" "$apt/lists/partial" "$apt/archives/partial"
log=$apt/log

die() {
    echo "MySQL cannot be had: $*" >&2
    exit 1
}

# The first source of Debian's own main archive, and the keys that it is signed with.
uri=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' |
    sed -n 's/ Debian main$//p' | head -1)
[ -n "$uri" ] || die "apt has no source of Debian's main archive (apt-get indextargets; is apt-get update needed?)"
keys=$(ls /usr/share/keyrings/debian-archive-keyring.gpg /etc/apt/trusted.gpg.d/debian-archive-*.asc 2>/dev/null | head -1)
echo "deb ${keys:+[signed-by=$keys]} $uri sid main" >"$apt/sources.list"

private_apt() {
    apt-get -q -y -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" \
        -o Dir::State::status=/dev/null -o Dir::Cache="$apt" -o Acquire::Languages=none -o APT::Sandbox::User=root \
        -o APT::Install-Recommends=0 -o Debug::NoLocking=1 "$@" >>"$log" 2>&1
}

private_apt update && ! grep -q '^[EW]:' "$log" || die "the index of sid: $(tail -3 "$log")"
private_apt install --download-only mysql-server-core libmysqlclient-dev || die "its packages: $(tail -3 "$log")"
for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$tree" || die "$package cannot be unpacked"
done
root=$tree/usr
[ -x "$root/sbin/mysqld" ] || die "the packages hold no usr/sbin/mysqld"
loader=$(ls "$root"/lib64/ld-linux-*.so.* "$root"/lib/ld-linux-*.so.* 2>/dev/null | head -1)
libraries=$(dirname "$(ls "$root"/lib/*/libc.so.6)")
cat >"$tree/mysqld" <<END
#!/bin/sh
exec '$loader' --library-path '$libraries' '$tree/usr/sbin/mysqld' --no-defaults \\
    --lc-messages-dir='$tree/usr/share/mysql' --character-sets-dir='$tree/usr/share/mysql/charsets' \\
    --plugin-dir='$tree/usr/lib/mysql/plugin' --secure-file-priv= "\$@"
END
rm -rf "$apt" "$root/share/doc" "$root/share/man" "$root/share/locale" "$root/share/perl"
chmod 755 "$tree/mysqld"
chmod -R a+rX "$tree"
touch "$tree/done"
echo "$tree"
