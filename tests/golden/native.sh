#!/bin/sh
# The second opinion on golden topics: those marked `-- native: same` run on native SQLite tables, without the
# extension, and must print the same topic.out.  So an expected file can not be wrong about SQLite.
# usage: native.sh DIR [TOPIC]
exec /usr/bin/python3 "$(dirname "$0")/run.py" --native --servers "$1" ${2:+--only "$2"}
