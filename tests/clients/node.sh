#!/bin/sh
# Installs better-sqlite3 into BUILD/node, built from source with Node's installed headers (its prebuilt
# binaries come from elsewhere).  It takes a minute, once: run.sh starts it early, the clients wait for it.
# usage: node.sh BUILD
node_dir=$1/node
exec 9>"$1/node.lock"
flock 9
version=12.11.1
[ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] && version=11.10.0 # the last for Node 18
if (cd "$node_dir" && node -e 'require("better-sqlite3")(":memory:")') 2>/dev/null; then
    exit 0
fi
rm -rf "$node_dir"
mkdir -p "$node_dir"
headers=/usr
[ -e /usr/include/node/node.h ] || headers=/usr/include/nodejs
echo '{"private": true}' >"$node_dir/package.json"
cd "$node_dir" && npm install "better-sqlite3@$version" --build-from-source --nodedir=$headers --no-audit --no-fund \
    --cache "$node_dir/cache" >"$node_dir/npm.log" 2>&1 9>&-
