#!/usr/bin/python3
"""Reads a large table in a process of its own: scan.py EXTENSION URL ROWS OTHER-URL.  The first row must be there within
50 ms, with a peak of memory of at most 16 MiB over that of the process without binds.  All rows, a join of many with a
table of another bind, the rest of a scan that waits while its connection does something else, and the rows of large
INSERTs, UPDATEs and DELETEs take no more than a few MiB, which is far less than they would kept in memory."""
import sqlite3
import sys
import time

FIRST_ROW = 0.05
FIRST_MEMORY = 16
MEMORY = 12             # MiB
MANY = 1_000_000        # rows that a join reads, or a scan has left; kept in memory they would be more than that
WRITTEN = 300_000       # and so would these


def status(name):
    """MiB."""
    with open('/proc/self/status', encoding='ascii') as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ':')) / 1024


class Peak:
    """The most memory since this was made, over what there was then."""

    def __init__(self):
        with open('/proc/self/clear_refs', 'w', encoding='ascii') as f:
            f.write('5')    # the peak begins anew
        self.before = status('VmRSS')

    def check(self, what, most):
        growth = status('VmHWM') - self.before
        print(f'{what} +{growth:.1f} MiB', end=', ')
        assert growth <= most, f'{what}: memory grew by {growth:.0f} MiB'


extension, url, rows, other = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
db = sqlite3.connect(':memory:', isolation_level=None)
db.enable_load_extension(True)
bare = Peak()
db.load_extension(extension)
db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
db.execute('CREATE VIRTUAL TABLE big USING bind(id INTEGER PRIMARY KEY, a INTEGER, s VARCHAR(40))')
assert db.execute('SELECT s FROM big WHERE id = 5').fetchone() == ('row number 5',)
begin = time.monotonic()
cursor = db.execute('SELECT id, a, s FROM big')
row = cursor.fetchone()
first = time.monotonic() - begin
assert len(row) == 3
bare.check('first row', FIRST_MEMORY)
n = 1
for row in cursor:
    n += 1
took = time.monotonic() - begin
assert n == rows, f'{n} rows, not {rows}'
assert db.execute('SELECT count(s), sum(a) FROM big').fetchone() == (rows, sum(i % 1000 for i in range(1, rows + 1)))
bare.check('all rows', MEMORY)

db.execute("INSERT INTO binds(key, url) VALUES ('other', ?)", (other,))
db.execute("CREATE VIRTUAL TABLE small USING bind(bind_key = 'other', id INTEGER PRIMARY KEY, n INTEGER)")
db.execute("SELECT create_all('other')").fetchall()
db.execute('INSERT INTO small WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 999) SELECT n, n FROM c')
peak = Peak()
answer = db.execute('SELECT count(*), sum(small.n), max(s) FROM big CROSS JOIN small ON small.id = big.a WHERE big.id <= ?', (MANY,))
assert answer.fetchone() == (MANY, MANY // 1000 * 499500, 'row number 999999')
peak.check('a join', MEMORY)

db.execute('BEGIN')     # one connection for all that follows
peak = Peak()
cursor = db.execute('SELECT id, a, s FROM big WHERE id <= ?', (MANY,))
assert len(cursor.fetchmany(10)) == 10
assert db.execute('SELECT s FROM big WHERE id = 77').fetchone() == ('row number 77',)
assert sum(1 for row in cursor) == MANY - 10
peak.check('rows that wait', MEMORY)
db.execute('COMMIT')

db.execute('BEGIN')
NUMBERS = f'WITH RECURSIVE c(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM c WHERE n < {WRITTEN + 999}) '
for what, sql in (('INSERT', f'INSERT INTO small {NUMBERS} SELECT n, n FROM c'), ('UPDATE', 'UPDATE small SET n = n + id % 7'),
                  ('DELETE', 'DELETE FROM small WHERE n % 3 < 2')):
    peak = Peak()
    assert db.execute(sql).rowcount > WRITTEN / 2
    peak.check(what, MEMORY)
db.execute('ROLLBACK')
assert db.execute('SELECT count(*) FROM small').fetchone() == (1000,)

print(f'{n} rows in {took:.1f} s, first row after {first * 1000:.1f} ms')
assert first <= FIRST_ROW, f'the first row took {first * 1000:.0f} ms'
