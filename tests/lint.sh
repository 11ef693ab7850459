#!/bin/sh
# clang-tidy and cppcheck over all sources: sh tests/lint.sh BUILD [deep] (a configured build, for its
# compile_commands.json).  A file that has passed is remembered by the hash of everything it can depend on.
# The analyzer follows the paths of a function until it has seen LINT_NODES states: deep is its own default, which
# takes three times as long over all.
# A build compiles most files twice, for the tests' library and for the extension, and clang-tidy would read a file once
# for each.  It finds the same in both, so one is enough, unless the file itself asks which of them it is part of.
build=$(cd "$1" && pwd -P) || exit 1
cd "$(dirname "$0")/.." || exit 1
self=$(pwd -P)/tests/lint.sh
memory=$build/lint
[ "${2:-}" = deep ] && LINT_NODES=225000
export LINT_NODES="${LINT_NODES:-30000}"
common=$({ echo "$LINT_NODES"; cat .clang-tidy; clang-tidy --version; find ext tests -name '*.h' -type f | sort | xargs cat; } | sha256sum)

tidy() {
    sum=$({ echo "$common"; cat "$1"; } | sha256sum | cut -c1-40)
    if [ -e "$memory/$sum" ]; then
        echo "ok - clang-tidy $1"
        return
    fi
    if lines=$(clang-tidy --quiet -p "$memory" --extra-arg=-Xclang --extra-arg=-analyzer-config \
        --extra-arg=-Xclang --extra-arg="max-nodes=$LINT_NODES" "$1" 2>&1); then
        : >"$memory/$sum"
        echo "ok - clang-tidy $1"
    else
        echo "$lines" | grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed ' | head -40 | sed 's/^/# /'
        echo "not ok - clang-tidy $1"
    fi
}

check() {
    if lines=$(cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem --suppress=nullPointerRedundantCheck --error-exitcode=1 \
        -D__GNUC__ -I ext -I "$build/generated" ext 2>&1); then
        echo "ok - cppcheck"
    else
        echo "$lines" | head -60 | sed 's/^/# /'
        echo "not ok - cppcheck"
    fi
}

# commands: how each file is compiled.  Of several ways the tests' one, which knows what sqlite3_… functions are.
commands() {
    /usr/bin/python3 -c '
import json, re, sys
kept = {}
for entry in json.load(open(sys.argv[1])):
    ways = kept.setdefault(entry["file"], [])
    ways.insert(0 if "-DSQLITE_CORE" in entry["command"] else len(ways), entry)
text = lambda file: open(file, encoding="utf-8", errors="replace").read()
both = re.compile(r"^#.*\b(SQLITE_CORE|BINDS_MODULES|MODULE_ENGINE)\b|MODULE_ENGINE", re.M)
json.dump([way for file, ways in kept.items() for way in (ways if both.search(text(file)) else ways[:1])],
          open(sys.argv[2], "w"))' "$build/compile_commands.json" "$memory/compile_commands.json"
}

if [ "${2:-}" = one ]; then
    if [ "$3" = cppcheck ]; then check; else tidy "$3"; fi
    exit 0
fi
export common
mkdir -p "$memory"
commands || exit 1
{
    echo cppcheck # the longest
    find ext tests/unit tests/contract -name '*.c' -type f | sort
} | xargs -P "$(nproc)" -n 1 sh "$self" "$build" one >"$memory/tidy.log" 2>&1
cat "$memory/tidy.log"
