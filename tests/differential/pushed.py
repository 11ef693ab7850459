#!/usr/bin/env python3
"""Is README's table of what the server does true?  Row by row, against what really goes out.

  pushed.py --extension build/binds.so --bind URL [--bind URL …]

VERDICTS: each condition is asked for with LIMIT and OFFSET.  Exact (E) is what sends the OFFSET; of a superset (S) the
OFFSET is SQLite's work, as it is of what is exact for some values, if they are not known in advance; of what is local (L)
nothing goes out; N: the answer is known without the server.
SENT: each statement with what it sends of the table t, in words of no engine: * for columns, ? for values.
Every row of README's table must have its lines here, and none may be left that README does not have.
"""
import argparse
import os
import re
import sqlite3
import sys

from remote import Server

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'README.md')
ROWS = 6000   # from 4,000 on the server is asked for a few of them first
KEYS = 999
MANY = 30000  # of which a quarter are as many
T = '''id INTEGER PRIMARY KEY, n INTEGER NOT NULL, m INTEGER, r REAL, q REAL, p NUMERIC(10,2), o NUMERIC(10,2), w NUMERIC(30,4),
  s VARCHAR(40), u VARCHAR(40), long TEXT, c VARCHAR(40) COLLATE NOCASE, b VARCHAR(40) COLLATE RTRIM, fixed CHAR(10), blob BLOB, d DATE, e DATE,
  ts DATETIME, tt DATETIME, h TIME, k TIME, g UUID, l ENUM('a','b'), j JSON, f BOOLEAN, INDEX pushed_n (n), INDEX pushed_m (m), INDEX pushed_s (s)'''
FILL = '''INSERT INTO t(id, n, m, r, s, d, g) WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < %d)
  SELECT x, x %% 500, x %% 77, x / 8.0, 's' || x, date('2000-01-01', x || ' days'), printf('%%08d-1111-4111-8111-000000000000', x) FROM i''' % ROWS
FILL_MANY = 'INSERT INTO many WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < %d) SELECT x FROM i' % MANY
TAIL = ' LIMIT 3 OFFSET 300'
RIGHT_FROM = 3051001 # from that host on what SQLite offers of <>, IS NOT, IS NOT NULL, LIKE and GLOB is right

# Rows of README's table: conditions, and what they are on PostgreSQL, MariaDB and MySQL, SQLite; before and from RIGHT_FROM on.
VERDICTS = {
    'IS NULL, IS NOT NULL': [('m IS NULL', 'EEE'), ('r IS NULL', 'EEE'), ('d IS NULL', 'EEE'), ('m IS NOT NULL', 'SSS', 'EEE')],
    'integers, booleans, doubles: = < <= > >= <>, IN, ORDER BY': [
        ("n = '5'", 'EEE'), ('n < 5.5', 'EEE'), ('n <= 5', 'EEE'), ('n IN (4, 5)', 'EEE'), ('f = 1', 'EEE'), ('r >= 5', 'EEE'),
        ('r IN (1, 2)', 'SSE'), ('ORDER BY n', 'EEE'), ('ORDER BY r', 'EEE'), ('n <> 5', 'SSS', 'EES'), ('r <> 5', 'SSS', 'EES')],
    'decimals of up to 15 digits: the same': [('p > 1.5', 'EEE'), ('p = 1.5', 'EEE'), ('p IN (1.5, 2)', 'EEE'), ('ORDER BY p', 'EEE'),
                                              ('p <> 1', 'SSS', 'EES')],
    'wider decimals': [('w = 5', 'SSE'), ('w > 5', 'SSE'), ('w IN (5, 6)', 'LLE'), ('w <> 5', 'LLS'), ('ORDER BY w', 'LLE')],
    'text =, IN': [("s = 's5'", 'EEE'), ("s IN ('s5', 's6')", 'SSS')],
    'text < <= > >=': [("s > 's5'", 'EEE'), ("long <= 's5'", 'EEE')],
    'text ORDER BY': [('ORDER BY s', 'EEE'), ('ORDER BY long', 'ELE')],
    'NOCASE = < <= > >=': [("c = 'x'", 'ESE'), ("c < 'x'", 'ELE')],
    'NOCASE IN; ORDER BY': [("c IN ('x', 'y')", 'LLS'), ('ORDER BY c', 'ELE')],
    'RTRIM = < <= > >=': [("b = 'x'", 'EEE'), ("b >= 'x'", 'EEE')],
    'RTRIM IN; ORDER BY': [("b IN ('x', 'y')", 'LLS'), ('ORDER BY b', 'ELE')],
    'LIKE': [("s LIKE 's1%'", 'SSS'), ("l LIKE 'a%'", 'LLS'), ("d LIKE '2000%'", 'LLL')],
    'GLOB': [("s GLOB 's1*5'", 'SSS'), ("s GLOB '*5'", 'LLS')],
    'char(n)': [("fixed = 'x'", 'EEE'), ("fixed < 'x'", 'EEE'), ('ORDER BY fixed', 'EEE'), ("fixed IN ('x', 'y')", 'LSS'),
                ("fixed LIKE 'x%'", 'SSS')],
    'BLOB': [("blob = x'00'", 'EEE'), ("blob < x'00'", 'EEE'), ("blob IN (x'00', x'01')", 'EES'), ('ORDER BY blob', 'ELE')],
    'UUID': [("g = '00000005-1111-4111-8111-000000000000'", 'EEE'), ("g < '00000005-1111-4111-8111-000000000000'", 'ELE'),
             ("g = 'x'", 'NEE'), ('ORDER BY g', 'ELE')],
    'text in a column declared with numeric affinity (UUID, NUMERIC): a number where it looks like one': [
        ("z = 'x'", 'EEL'), ("z = ?", 'SSL'), ('z = 5', 'LLL'), ("z IN ('x', 'y')", 'SSL'), ("z < 'x'", 'LLL'), ('ORDER BY z', 'LLL')],
    'DATE, DATETIME, TIME': [
        ("d = '2000-01-05'", 'EEE'), ("d < '2000-01-05'", 'EEE'), ("d < '2000-01-05x'", 'SSE'), ("ts >= '2000-01-05 00:00:00'", 'EEE'),
        ("h < '10:00:00'", 'ESE'), ("h = '10:00:00'", 'EEE'), ('ORDER BY d', 'EEE')],
    'enums, JSON, what else is read as text (citext, inet, arrays …)': [
        ("l = 'a'", 'EEE'), ("l < 'b'", 'EEE'), ("l IN ('a', 'b')", 'SSS'), ('ORDER BY l', 'EEE'), ("js = '[]'", 'EEE'), ("js < '[]'", 'EEE'),
        ("j < '[]'", 'LLE'), ('ORDER BY j', 'LLE')],
}

# Statements, and what they send: of all engines; or by engine; (before, from) a version of the host.
SENT = {
    'DISTINCT': [('SELECT DISTINCT r FROM t', '*'), ('SELECT DISTINCT s FROM t WHERE n = 5', '* WHERE n = ?')],
    'LIMIT, OFFSET': [
        ('SELECT id FROM t LIMIT 5', '* LIMIT 5'), ('SELECT s FROM t ORDER BY n, id LIMIT 5', '* ORDER BY n, id LIMIT 5'),
        ("SELECT s FROM t WHERE n = 5 ORDER BY id LIMIT 5 OFFSET 2", (3046000, '* WHERE n = ? ORDER BY id LIMIT 7', '* WHERE n = ? ORDER BY id LIMIT 5 OFFSET 2')),
        ('SELECT s FROM t ORDER BY id LIMIT 5 OFFSET 199', (3046000, '* ORDER BY id LIMIT 204', '* ORDER BY id LIMIT 5 OFFSET 199')),
        ('SELECT s FROM t ORDER BY id LIMIT 5 OFFSET 200', '* ORDER BY id LIMIT 5 OFFSET 200'),
        ("SELECT s FROM t WHERE d < '2000-01-20x' ORDER BY id LIMIT 3", '… ORDER BY id LIMIT 3…'),
        ("SELECT s FROM t WHERE c IN ('x', 'y') ORDER BY id LIMIT 3", {'sqlite': '* WHERE c COLLATE NOCASE IN (?) ORDER BY id LIMIT 3', '': '* ORDER BY id'})],
    '<>, IS NOT, IS NOT NULL, LIKE, GLOB': [
        ('SELECT s FROM t WHERE n <> 5', (RIGHT_FROM, '* WHERE n <> ?', '* WHERE n <> ?…')),
        ('SELECT s FROM t WHERE n IS NOT 5', '* WHERE (n <> ? OR n IS NULL)…'), ('SELECT s FROM t WHERE m IS NOT NULL', '* WHERE m IS NOT NULL…'),
        ("SELECT s FROM t WHERE c <> 'x'", {'postgresql': '* WHERE c <> ?', 'mysql': '* WHERE CAST(CONVERT(c USING utf8mb4) AS BINARY) <> …', 'sqlite': '* WHERE c COLLATE BINARY <> ?'}),
        ("SELECT t.s FROM t LEFT JOIN local ON t.id = x WHERE t.s LIKE 's1%'", (RIGHT_FROM, {'postgresql': '… AND lower(s COLLATE C) < lower(? COLLATE C)', 'mysql': '*', 'sqlite': '* WHERE s COLLATE NOCASE >= ?'}, '…LIKE…')),
        ('SELECT t.s FROM t LEFT JOIN local ON t.id = x AND t.n <> 5', '*'),
        ('SELECT t.s FROM t LEFT JOIN local ON t.id = x WHERE t.n <> 5', (RIGHT_FROM, '*', '* WHERE n <> ?…')),
        ('PRAGMA case_sensitive_like = ON', ''), ("SELECT s FROM t WHERE s LIKE 's1%'", {'sqlite': '* WHERE s >= ?', '': '* WHERE s >= ? AND s < ?'})],
    'IN (SELECT …), long lists': [
        ('SELECT s FROM t WHERE id IN (SELECT x FROM local)', '* WHERE id'), ('SELECT s FROM t WHERE id IN (1, 2, 3)', '* WHERE id'),
        ('SELECT s FROM t WHERE id IN (SELECT n FROM t WHERE n > 490)', '* WHERE n > ?; * WHERE id')],
    'keys of a join': [('SELECT sum(t.n) FROM local CROSS JOIN t ON t.id = x', 'look-ups')],
    'OR, (a, b) < (?, ?), correlated subqueries, EXISTS': [
        ('SELECT s FROM t WHERE n = 5 OR id = 7', '* WHERE n = ?; * WHERE id = ?'), ('SELECT s FROM t WHERE n = 5 OR r + 1 = 3', '*'),
        ('SELECT s FROM t WHERE (n, m) < (5, 7)', '* WHERE n <= ?'), ('SELECT s FROM t WHERE (n, m) = (5, 7)', '* WHERE n = ? AND m = ?'),
        ('SELECT s FROM t WHERE (n, m) IN (SELECT 5, 7)', '* WHERE n = ? AND m = ?'),
        ('SELECT EXISTS (SELECT 1 FROM t WHERE n = 5)', '* WHERE n = ? LIMIT 1'),
        ('SELECT x FROM local WHERE x = 15 AND EXISTS (SELECT 1 FROM t WHERE t.n = x)', '* WHERE n = ?…'),
        ('SELECT x FROM local WHERE x = 15 AND NOT EXISTS (SELECT 1 FROM t WHERE t.id = x AND t.m > 5)', '* WHERE id = ? AND m > ?'),
        ('SELECT (SELECT max(id) FROM t WHERE t.n <= x) FROM local WHERE x = 15', '* WHERE n <= ? ORDER BY id DESC')],
    'count(*)': [
        ('SELECT count(*) FROM t', (3047000, 'count(*)', '* LIMIT 16; count(*)')), ('SELECT count(*) FROM few', (3047000, 'count(*) few', '* few')),
        ('SELECT count(*) FROM many WHERE id > 5', '* many WHERE id > ? LIMIT 16; count(*) many WHERE id > ?'), ('SELECT count(*) FROM t WHERE n = 5', '* WHERE n = ?'),
        ("SELECT count(*) FROM t WHERE s LIKE 's%'", '…s…')],
    'two columns of one table: = < <= > >= <>': [
        ('SELECT id FROM t WHERE n < m', {'postgresql': '* WHERE n < m', 'mysql': '* WHERE n + 0 < m + 0', 'sqlite': '* WHERE n COLLATE BINARY < m'}),
        ('SELECT id FROM t WHERE n <> m', {'postgresql': '* WHERE n <> m', 'mysql': '* WHERE n + 0 <> m + 0', 'sqlite': '* WHERE n COLLATE BINARY <> m'}),
        ('SELECT id FROM t WHERE r < q', {'postgresql': '* WHERE r < q', '': '*'}),
        ('SELECT id FROM t WHERE p < o', {'sqlite': '* WHERE p COLLATE BINARY < o', '': '* WHERE p < o'}),
        ('SELECT id FROM t WHERE w < p', {'sqlite': '* WHERE p COLLATE BINARY > w', '': '*'}),
        ('SELECT id FROM t WHERE s < u', {'postgresql': '* WHERE s COLLATE C < u COLLATE C', 'mysql': '* WHERE CAST(CONVERT(s USING utf8mb4) AS BINARY) < …', 'sqlite': '*'}),
        ('SELECT id FROM t WHERE c < s', '*'),
        ('SELECT id FROM t WHERE d < e', {'postgresql': '* WHERE (d < e OR …)', 'mysql': '* WHERE d < e', 'sqlite': '* WHERE d COLLATE BINARY < e'}),
        ('SELECT id FROM t WHERE ts < tt', {'postgresql': '* WHERE (ts < tt OR …)', 'mysql': '* WHERE ts < tt', 'sqlite': '* WHERE ts COLLATE BINARY < tt'}),
        ('SELECT id FROM t WHERE h < k', {'postgresql': '* WHERE h < k', 'mysql': '*', 'sqlite': '* WHERE h COLLATE BINARY < k'}),
        ('SELECT id FROM t WHERE d < ts', {'sqlite': '* WHERE d COLLATE BINARY < ts', '': '*'}), ('SELECT id FROM t WHERE n < r', '*'),
        ('SELECT a FROM few WHERE a < b', '* few')],
    'min, max': [
        ('SELECT min(n) FROM t', '* ORDER BY n LIMIT 16'), ('SELECT max(n) FROM t', '* ORDER BY n DESC LIMIT 16'), ('SELECT max(d) FROM t WHERE n = 5', '* WHERE n = ? ORDER BY d…'),
        ('SELECT min(n), max(n) FROM t', '…ORDER BY n LIMIT 1…ORDER BY n DESC LIMIT 1…'), ('SELECT min(id), max(n) FROM t', '…ORDER BY id LIMIT 1…ORDER BY n DESC LIMIT 1…'),
        ('SELECT min(n), max(n), count(*) FROM t', '*'), ('SELECT max(long) FROM t', {'mysql': '*', '': '* ORDER BY long DESC…'})],
}


def plain(sql):
    """A statement in words of no engine."""
    sql = re.sub(r'["`]', '', sql)
    sql = re.sub(r'\$\d+::\w+\[\]|\$\d+::\w+|\$\d+', '?', sql)
    sql = re.sub(r'\?(, \?)+', '?', sql)
    sql = re.sub(r'\bFROM (\w+\.)?', 'FROM ', sql)
    sql = re.sub(r'^SELECT count\(\*\) FROM pushed\b', 'count(*)', sql)
    sql = re.sub(r'^SELECT count\(\*\) FROM pushed_(few|many)\b', r'count(*) \1', sql)
    sql = re.sub(r'^SELECT (?!.* FROM .* FROM )(?:(?! FROM ).)* FROM pushed\b', '*', sql)
    sql = re.sub(r'^SELECT (?:(?! FROM ).)* FROM pushed_(few|many)\b', r'* \1', sql)
    return sql.replace('NULLS FIRST', '').replace('NULLS LAST', '').replace('  ', ' ').strip()


class Side:
    def __init__(self, extension, server):
        self.engine = server.engine
        self.db = db = sqlite3.connect(':memory:', isolation_level=None)
        db.enable_load_extension(True)
        db.load_extension(extension)
        db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', ('x', server.url))
        db.execute("CREATE VIRTUAL TABLE t USING bind(bind_key='x', table='pushed', %s)" % T)
        db.execute("CREATE VIRTUAL TABLE few USING bind(bind_key='x', table='pushed_few', a INTEGER PRIMARY KEY, b INTEGER)")
        db.execute("CREATE VIRTUAL TABLE many USING bind(bind_key='x', table='pushed_many', id INTEGER PRIMARY KEY)")
        db.execute("CREATE VIRTUAL TABLE x USING bind(bind_key='x', table='pushed_text', id INTEGER PRIMARY KEY, z VARCHAR(40), js TEXT)")
        db.execute('SELECT drop_all()')
        db.execute('SELECT create_all()')
        for name in ('x', 'few'):
            db.execute('INSERT INTO %s(%s) VALUES (1, 2)' % (name, 'id, z' if name == 'x' else 'a, b'))
        db.execute(FILL)
        db.execute(FILL_MANY)
        if server.engine != 'sqlite':
            server.run([{'postgresql': 'ANALYZE pushed, pushed_many', 'mysql': 'ANALYZE TABLE pushed, pushed_many'}[server.engine]])
        # The same table of texts, declared otherwise.
        db.execute('DROP TABLE x')
        db.execute("CREATE VIRTUAL TABLE x USING bind(bind_key='x', table='pushed_text', id INTEGER PRIMARY KEY, z NUMERIC, js TEXT)")
        db.execute('CREATE TABLE local(x INTEGER PRIMARY KEY)')
        db.executemany('INSERT INTO local VALUES (?)', [(i * 3,) for i in range(1, KEYS + 1)])
        self.version = tuple(map(int, sqlite3.sqlite_version.split('.')))
        self.version = self.version[0] * 1000000 + self.version[1] * 1000 + self.version[2]
        self.done = self.failed = 0
        db.execute('SELECT max(id) FROM t').fetchall() # reads the catalog

    def sent(self, sql):
        seq = self.db.execute('SELECT coalesce(max(seq), 0) FROM bind_log').fetchone()[0]
        try:
            self.db.execute(sql, ('x',) * sql.count('?')).fetchall()
        except sqlite3.Error as e:
            return [str(e)]
        log = [x for (x,) in self.db.execute('SELECT sql FROM bind_log WHERE seq > ? ORDER BY seq', (seq,))]
        return [plain(x) for x in log if 'pushed' in x]

    def verdict(self, condition):
        table = 'x' if re.match(r'(ORDER BY )?(z|js)\b', condition) else 't'
        word = '' if condition.startswith('ORDER') else 'WHERE '
        sent = self.sent('SELECT id FROM %s %s%s%s' % (table, word, condition, TAIL))
        if not sent:
            return 'N'
        if not re.search(r'\b(WHERE|ORDER BY)\b', sent[0]):
            return 'L'
        return 'E' if sent[0].endswith(TAIL) else 'S'

    def own(self, expected):
        """Of this engine, on this host."""
        while not isinstance(expected, str):
            if isinstance(expected, dict):
                expected = expected.get(self.engine, expected.get(''))
            else:
                expected = expected[2 if self.version >= expected[0] else 1]
        return expected + (' = ANY(?)' if self.engine == 'postgresql' else ' IN (?)') if expected.endswith('WHERE id') else expected

    def check(self, row, what, sent, expected, matches):
        self.done += 1
        if not matches:
            self.failed += 1
            print('-- %s, row "%s": %s\n--   sends    %s\n--   expected %s' % (self.engine, row, what, sent, expected))

    def verdicts(self):
        place = ('postgresql', 'mysql', 'sqlite').index(self.engine)
        for row, lines in VERDICTS.items():
            for condition, *verdicts in lines:
                expected = verdicts[-1 if self.version >= RIGHT_FROM else 0][place]
                got = self.verdict(condition)
                self.check(row, condition, got, expected, got == expected)

    def statements(self):
        for row, lines in SENT.items():
            for sql, expected in lines:
                sent, expected = self.sent(sql), self.own(expected)
                got = '; '.join(sent)
                if expected == 'look-ups': # how soon there are no more of them is a matter of time
                    ways = {'* WHERE id = ?', '*', self.own('* WHERE id')}
                    self.check(row, sql, got, '%d of %s at most' % (KEYS, ways), set(sent) <= ways and len(sent) <= KEYS)
                    continue
                pattern = '.*'.join(re.escape(part) for part in expected.split('…'))
                self.check(row, sql, got, expected, re.fullmatch(pattern, got))


def rows_of_readme():
    with open(README, encoding='utf-8') as f:
        text = f.read()
    table = text[text.index('## What the server does'):text.index('*Superset*: ')]
    rows = [line.split('|')[1] for line in table.splitlines() if line.startswith('| ')]
    return [re.sub('`', '', row).strip() for row in rows[2 if rows[1].startswith(' ---') else 1:]]


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', action='append', required=True)
    options = p.parse_args()
    failed = 0
    here = set(VERDICTS) | set(SENT)
    for row in set(rows_of_readme()) ^ here:
        failed += 1
        print('-- the row "%s" is only %s' % (row, 'here' if row in here else 'in README'))
    for url in options.bind:
        side = Side(options.extension, Server('x', url))
        side.verdicts()
        side.statements()
        failed += side.failed
        print('%s: %d statements of %d rows, %d not as README says' % (side.engine, side.done, len(here), side.failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
