#!/bin/sh
# The rules of the house that a machine can check: who may include whom, where client headers may stand, how
# long files and functions may be, what must not be written.  One `ok` or `not ok` line for each rule, the
# places as `#` lines before it; exit 1 if one is broken.
cd "$(dirname "$0")/.." || exit 1
status=0

# rule NAME: reads offending places; none = ok.
rule() {
    places=$(cat)
    if [ -z "$places" ]; then
        echo "ok - $1"
    else
        echo "$places" | sed 's/^/# /'
        echo "not ok - $1"
        status=1
    fi
}

c_files() {
    find "$@" -name '*.[ch]' -type f | sort
}

# The text without comments and strings, line by line, so that words in prose are no calls.
code_of() {
    awk '
    {
        line = $0; out = ""
        while (line != "") {
            if (comment) {
                at = index(line, "*/")
                if (!at) { line = ""; break }
                line = substr(line, at + 2); comment = 0; continue
            }
            if (match(line, /"([^"\\]|\\.)*"|\/\*|\/\//)) {
                out = out substr(line, 1, RSTART - 1)
                token = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                if (token == "/*") comment = 1
                else if (token == "//") line = ""
                else out = out "\"\""
            } else { out = out line; line = "" }
        }
        print FILENAME ":" FNR ": " out
    }
    ' "$1"
}

all_code() {
    for file in $(c_files "$@"); do
        code_of "$file"
    done
}

# base < model < sqlgen < engine < session < vtab < binds.c, and no engine includes another.
includes() {
    grep -n '^ *# *include *"' $(c_files ext) /dev/null | awk -F: '
    BEGIN { n = split("base model sqlgen engine session vtab", layers, " "); for (i = 1; i <= n; i++) rank[layers[i]] = i }
    {
        split($1, path, "/"); own = path[2]; if (own == "binds.c") own_rank = 99; else own_rank = rank[own]
        target = $3; sub(/^[^"]*"/, "", target); sub(/".*/, "", target); m = split(target, to, "/")
        if (m == 1) { if (target == "sqltext.h" || target == "binds_config.h") next; print $1 ":" $2 ": write the folder: " target; next }
        if (!(to[1] in rank)) { print $1 ":" $2 ": unknown folder " target; next }
        if (rank[to[1]] > own_rank) print $1 ":" $2 ": " own " includes " target
        if (to[1] == "engine" && m == 3 && !(own == "engine" && path[3] == to[2])) print $1 ":" $2 ": outside its engine: " target
    }'
}

# A header of a client library only below its engine (and where it is measured); SQLite only through base/sqlite.h.
client_headers() {
    grep -nE '# *include *[<"](libpq-fe|libpq/|postgres|pg_config|mysql|mariadb|errmsg|mysqld_error|ma_)' \
        $(c_files ext tests) /dev/null | grep -vE '^(ext/engine/[a-z]+|tests/bench)/[a-z_]+\.[ch]:'
    grep -nE '# *include *[<"](libpq|postgres|pg_config)' $(c_files ext/engine) /dev/null | grep -v '^ext/engine/postgres/'
    grep -nE '# *include *[<"](mysql|mariadb|errmsg|ma_)' $(c_files ext/engine) /dev/null | grep -v '^ext/engine/mysql/'
    grep -nE '# *include *[<"]sqlite3(ext)?\.h' $(c_files ext) /dev/null | grep -vE '^ext/(base/sqlite.h|binds.c|engine/entry/module_entry.c):'
}

# Functions stand between a `{` and a `}` in the first column.
long_functions() {
    awk '
    FNR == 1 { start = 0 }
    /^{/ { start = FNR }
    /^}/ { if (start && FNR - start - 1 > 80) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }
    ' $(c_files ext)
}

tracked() {
    git ls-files 2>/dev/null | grep -q . && git ls-files || find . -path ./build -prune -o -path ./.git -prune -o -type f -print
}

words() {
    tracked | grep -v '^\(./\)*tests/layers.sh$' | tr '\n' '\0' | xargs -0 grep -nIE "$1" 2>/dev/null
}

includes | rule 'files include only their own folder and those to the left'
client_headers | rule 'client headers only in the folder of their engine'
all_code ext tests | grep -E '[^_a-zA-Z0-9>.](strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|alloca|gets)[ ]*\(' |
    rule 'no banned calls'
# Drivers may: the helper threads of a blocking client call can outlive everything of SQLite.
all_code ext | grep -v '^ext/engine/[a-z]*/' | grep -E '[^_a-zA-Z0-9>.](malloc|calloc|realloc|free|strdup|strndup)[ ]*\(' |
    rule 'memory comes from SQLite'
grep -nE '^ *# *if +0' $(c_files ext tests) /dev/null | rule 'no code is switched off'
words '\b(TODO|FIXME|XXX)\b|not supported [y]et' | rule 'nothing is left for later'
words '/(work|root)/' | rule 'no path of a developer machine'
find tests -type f -print0 | xargs -0 grep -niIE '\bskip' | grep -v '^tests/layers.sh:' | rule 'no test is left out'
for file in $(c_files ext); do
    [ "$(head -c 2 "$file")" = '/*' ] || echo "$file"
done | rule 'every file begins with what it is for'
wc -l $(c_files ext tests) $(find tests sql -name '*.sh' -o -name '*.py' -o -name '*.sql') |
    awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }' | rule 'no file is longer than 600 lines'
# An enum of flags: NAME = 1 << N.
awk '/^(typedef )?enum .*[{]/ { split("", taken) }
    match($0, /= 1u?l?l? << [0-9]+/) {
        bit = substr($0, RSTART, RLENGTH)
        if (bit in taken) print FILENAME ":" FNR ": " $0 " (" taken[bit] ")"
        taken[bit] = $1
    }' $(c_files ext) | rule 'no two flags have one bit'
long_functions | rule 'no function is longer than 80 lines'
exit $status
