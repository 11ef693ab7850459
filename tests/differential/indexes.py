#!/usr/bin/env python3
"""Does what binds sends use the server's indexes?

  indexes.py --extension build/binds.so --bind URL [--bind URL …]

Makes one table of 20,000 rows with indexes of many kinds, runs each query through a bind table, takes the SQL
that went out from bind_log, and asks the server's own EXPLAIN for that very text.
"""
import argparse
import re
import sqlite3
import subprocess
import sys

from remote import Server

ROWS = 20000
PG = '''
DROP TABLE IF EXISTS indexes_t; DROP DOMAIN IF EXISTS indexes_label, indexes_caseless; DROP TYPE IF EXISTS "indexes Enum";
CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE "indexes Enum" AS ENUM ('one', 'two', 'three', 'rare', 'rarer');
CREATE DOMAIN indexes_label AS "indexes Enum"; CREATE DOMAIN indexes_caseless AS citext;
CREATE TABLE indexes_t (
  id int8 PRIMARY KEY, small int4, num numeric(10,2), f float8,
  c varchar(40) COLLATE "C", icu varchar(40) COLLATE "en-x-icu", pat varchar(40) COLLATE "en-x-icu",
  d date, ts timestamp, nn timestamp NOT NULL, u uuid, b bytea, fixed char(10), plain int4 NOT NULL, label "indexes Enum", dom indexes_label,
  ci citext, cid indexes_caseless);
INSERT INTO indexes_t SELECT i, i % 5000, (i %% 9000) / 100.0, i / 7.0, 'k' || i, 'k' || i, 'k' || i,
  date '2000-01-01' + i %% 8000, timestamp '2000-01-01' + i * interval '1 hour',
  timestamp '2000-01-01' + i * interval '1 hour', left(hash, 32)::uuid, decode(left(hash, 32), 'hex'),
  'f' || i, i %% 7, l::"indexes Enum", l::"indexes Enum", 'K' || i, 'K' || i
  FROM (SELECT i, CASE WHEN i % 1000 = 0 THEN 'rare' ELSE 'one' END AS l, encode(sha256(i::text::bytea), 'hex') AS hash FROM generate_series(1, ROWS) i) AS numbers;
'''.replace('%%', '%').replace('ROWS', str(ROWS))
MY = '''
DROP TABLE IF EXISTS indexes_t; CREATE TABLE indexes_t (
  id bigint PRIMARY KEY, small int, num decimal(10,2), f double,
  c varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin, icu varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
  pat varchar(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci,
  d date, ts datetime(6), nn datetime(6) NOT NULL, u char(36) CHARACTER SET ascii COLLATE ascii_bin, b varbinary(40),
  fixed char(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, plain int NOT NULL,
  label ENUM('one', 'two', 'three', 'rare', 'rarer') CHARACTER SET latin1 COLLATE latin1_swedish_ci);
INSERT INTO indexes_t SELECT i, i % 5000, (i % 9000) / 100.0, i / 7.0, concat('k', i), concat('k', i), concat('k', i),
  '2000-01-01' + INTERVAL i % 8000 DAY, '2000-01-01' + INTERVAL i HOUR, '2000-01-01' + INTERVAL i HOUR,
  insert(insert(insert(insert(hash, 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'), unhex(hash), concat('f', i), i % 7,
  if(i % 1000, elt(1 + i % 3, 'one', 'two', 'three'), 'rare')
  FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT a.i + 1000 * (b.i - 1) AS i, left(sha2(a.i + 1000 * (b.i - 1), 256), 32) AS hash
        FROM n a, n b WHERE b.i <= ROWS / 1000) AS numbers;
'''.replace('ROWS', str(ROWS))
INDEXED = ['small', 'num', 'f', 'c', 'icu', 'pat', 'd', 'ts', 'nn', 'u', 'b', 'fixed', 'label']
PG_INDEXED = ['dom', 'ci', 'cid']
DECLARED = '''id INTEGER PRIMARY KEY, small INTEGER, num NUMERIC(10,2), f REAL, c VARCHAR(40), icu VARCHAR(40), pat VARCHAR(40),
  d DATE, ts DATETIME, nn DATETIME NOT NULL, u UUID, b BLOB, fixed CHAR(10), plain INTEGER NOT NULL, label ENUM('one', 'two', 'three', 'rare')'''
PG_DECLARED = ", dom ENUM('one', 'rare'), ci CITEXT, cid CITEXT"

# query, its arguments, the index that must serve it, engines it holds for, and what arrives there if it is something
# else than the arguments
BOTH = ('postgresql', 'mysql')
CASES = [
    ('id = ?', [77], 'primary', BOTH),
    ('id IN (?, ?, ?)', [7, 8, 9], 'primary', BOTH),
    ('id BETWEEN ? AND ?', [100, 120], 'primary', BOTH),
    ("id = '77'", [], 'primary', BOTH, [77]),
    ('id < 9.5', [], 'primary', BOTH, [10]),
    ('small = ?', [5], 'small', BOTH),
    ('small > ? AND small < ?', [10, 20], 'small', BOTH),
    ('num = ?', [1.25], 'num', BOTH),
    ('num BETWEEN ? AND ?', [1.25, 1.5], 'num', BOTH),
    ('f = ?', [1.0], 'f', BOTH),
    ('f > ? AND f < ?', [10, 11.5], 'f', BOTH),
    ('c = ?', ['k500'], 'c', BOTH),
    ('c IN (?, ?)', ['k500', 'k501'], 'c', BOTH),
    ('c >= ? AND c < ?', ['k500', 'k5002'], 'c', BOTH),
    ('icu = ?', ['k500'], 'icu', BOTH),
    ('icu IN (?, ?)', ['k500', 'k501'], 'icu', BOTH),
    ('pat = ?', ['k500'], 'pat', BOTH),
    ('pat IN (?, ?)', ['k500', 'k501'], 'pat', BOTH),
    ('label = ?', ['rare'], 'label', BOTH),
    ('label IN (?, ?)', ['rare', 'rarer'], 'label', BOTH),
    ('label IN (?, ?)', ['rare', 'none'], 'label', ('mysql',)),
    ('label = ?', ['none'], 'label', ('postgresql',)),
    ('dom = ?', ['rare'], 'dom', ('postgresql',)),
    ('dom IN (?, ?)', ['rare', 'rarer'], 'dom', ('postgresql',)),
    ('dom IS ?', ['rare'], 'dom', ('postgresql',)),
    ('ci = ?', ['K500'], 'ci', ('postgresql',)),
    ('ci IN (?, ?)', ['K500', 'k501'], 'ci', ('postgresql',)),
    ('cid = ?', ['K500'], 'cid', ('postgresql',)),
    ('cid IN (?, ?)', ['K500', 'k501'], 'cid', ('postgresql',)),
    ('pat > ? AND pat < ?', ['k500', 'k5002'], 'pat', ('postgresql',)),
    ('d = ?', ['2001-02-03'], 'd', BOTH),
    ('d >= ? AND d < ?', ['2001-02-03', '2001-02-05'], 'd', BOTH),
    ('ts >= ? AND ts < ?', ['2001-02-03', '2001-02-04 12'], 'ts', BOTH,
     ['2001-02-03 00:00:00', '2001-02-04 12:00:00']),
    ('nn > ?', ['2002-04-12 00:00:00'], 'nn', BOTH),
    ('u = ?', ['6b86b273-ff34-fce1-9d6b-804eff5a3f57'], 'u', BOTH),
    ('u IN (?, ?)', ['6b86b273-ff34-fce1-9d6b-804eff5a3f57', 'no uuid'], 'u', BOTH, ['6b86b273-ff34-fce1-9d6b-804eff5a3f57']),
    ('b = ?', [bytes.fromhex('6b86b273ff34fce19d6b804eff5a3f57')], 'b', BOTH),
    ('fixed = ?', ['f500'], 'fixed', BOTH),
    ('small IS NULL', [], 'small', BOTH),
    ('ORDER BY id DESC LIMIT 5', [], 'primary', BOTH),
    ('ORDER BY nn DESC LIMIT 5', [], 'nn', BOTH),
    ('ORDER BY small LIMIT 5', [], 'small', BOTH),
    ('ORDER BY small DESC LIMIT 5', [], 'small', BOTH),
    ('ORDER BY ts DESC LIMIT 5', [], 'ts', BOTH),
    ('ORDER BY d LIMIT 5 OFFSET 3', [], 'd', BOTH),
    ('ORDER BY num DESC LIMIT 5', [], 'num', BOTH),
    ('ORDER BY f LIMIT 5', [], 'f', BOTH),
    ('ORDER BY c DESC LIMIT 5', [], 'c', BOTH),
    ('ORDER BY u LIMIT 5', [], 'u', ('postgresql',)),
]
AGGREGATES = [('max(small)', 'small'), ('max(ts)', 'ts'), ('max(id)', 'primary'), ('min(id)', 'primary'), ('min(nn)', 'nn'),
              ('max(c)', 'c'), ('max(f)', 'f'), ('min(id), max(id)', 'primary'), ('min(small), max(small)', 'small'),
              ('min(nn), max(nn)', 'nn'), ('min(ts), max(ts)', 'ts'), ('min(d), max(d)', 'd'), ('min(num), max(num)', 'num'),
              ('min(f), max(f)', 'f'), ('min(c), max(c)', 'c')]


def sent(db, sql, args):
    """The remote statement of a query."""
    seq = db.execute('SELECT coalesce(max(seq), 0) FROM bind_log').fetchone()[0]
    db.execute(sql, args).fetchall()
    log = [x for (x,) in db.execute('SELECT sql FROM bind_log WHERE seq > ? ORDER BY seq', (seq,)) if 'indexes_t' in x]
    return log[0]


def plan_pg(server, sql, args):
    def literal(value):
        if isinstance(value, (list, tuple)):
            return "ARRAY[%s]" % ', '.join(literal(v) for v in value)
        if isinstance(value, bytes):
            return "'\\x%s'" % value.hex()
        return "'%s'" % str(value).replace("'", "''")
    text = sql
    arrays = '[]' in sql
    for i in sorted({int(n) for n in re.findall(r'\$(\d+)', sql)}, reverse=True):
        value = args if arrays else args[i - 1] if i <= len(args) else args[-1]
        text = re.sub(r'\$%d(?!\d)' % i, lambda m: literal(value), text)
    done = subprocess.run(['psql', '-X', '-q', '-At', server.url], input=('EXPLAIN ' + text + ';').encode(), capture_output=True)
    return done.stdout.decode() + done.stderr.decode()


def plan_my(server, sql, args):
    values = []
    marks = sql.count('?')
    while len(values) < marks:
        values += args
    if len(args) == 1:
        values = args * marks
    elif marks == 2 * len(args) and ' IN ' not in sql:
        values = [v for v in args for _ in range(2)]
    text = "SET NAMES utf8mb4;\n" + ("SET explain_format = 'TRADITIONAL';\n" if server.names else '')
    for i, v in enumerate(values[:marks]):
        text += 'SET @a%d = %s;\n' % (i, "X'%s'" % v.hex() if isinstance(v, bytes) else v if isinstance(v, (int, float)) else "'%s'" % v)
    text += "PREPARE s FROM 'EXPLAIN %s';\nEXECUTE s%s;\n" % (sql.replace("'", "''"), (' USING ' + ', '.join('@a%d' % i for i in range(marks))) if marks else '')
    return server.ask(text)


def uses(plan, engine, index, whole):
    """whole: reading the index from end to end is a use of it, too."""
    if engine == 'postgresql':
        name = 'indexes_t_pkey' if index == 'primary' else 'indexes_%s' % index
        return re.search(r'\b%s\b' % name, plan) is not None and 'Seq Scan' not in plan
    name = 'PRIMARY' if index == 'primary' else 'indexes_%s' % index
    keys = [line.split('\t') for line in plan.strip().split('\n')][1:]
    return any(name in row[5:7] and row[3] != 'ALL' and (whole or row[3] != 'index') for row in keys)


def make(server):
    s = server
    s.run([PG if s.engine == 'postgresql' else MY] +
          ['CREATE INDEX indexes_%s ON indexes_t (%s%s)' % (c, c, ' text_pattern_ops' if c == 'pat' and s.engine == 'postgresql' else '')
           for c in INDEXED + (PG_INDEXED if s.engine == 'postgresql' else [])] + [{'postgresql': 'VACUUM ANALYZE indexes_t', 'mysql': 'ANALYZE TABLE indexes_t'}[s.engine]])


def run(extension, server):
    db = sqlite3.connect(':memory:', isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(extension)
    db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', ('i', server.url))
    db.execute("CREATE VIRTUAL TABLE t USING bind(bind_key='i', table='indexes_t', %s)" %
               (DECLARED + (PG_DECLARED if server.engine == 'postgresql' else '')))
    failures = checks = 0
    cases = [('SELECT id FROM t %s%s' % ('' if q.startswith('ORDER') else 'WHERE ', q), args, index, there[0] if there else args)
             for q, args, index, engines, *there in CASES if server.engine in engines]
    cases += [('SELECT %s FROM t' % a, [], index, []) for a, index in AGGREGATES]
    for sql, args, index, constants in cases:
        remote = sent(db, sql, args)
        if server.engine == 'postgresql':
            plan = plan_pg(server, remote, constants)
        else:
            plan = plan_my(server, remote, constants)
        checks += 1
        if not uses(plan, server.engine, index, 'WHERE' not in sql):
            failures += 1
            print('-- %s: index %s is not used by\n   %s\n   sent as %s\n%s' % (server.engine, index, sql, remote, plan))
    print('%s: %d statements explained, %d without their index' % (server.engine, checks, failures))
    return failures


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', action='append', required=True)
    options = p.parse_args()
    failures = 0
    for i, url in enumerate(options.bind):
        server = Server('i%d' % i, url)
        if server.engine == 'sqlite':
            continue
        make(server)
        failures += run(options.extension, server)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
