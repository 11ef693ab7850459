#!/usr/bin/python3
"""Reads a large table in a process of its own: scan.py EXTENSION URL ROWS.  The first row must be there within
50 ms, and the peak of memory at most 64 MiB above what the process had before the scan."""
import sqlite3
import sys
import time

FIRST_ROW = 0.05
MEMORY = 64 * 1024


def status(name):
    with open('/proc/self/status', encoding='ascii') as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ':'))


extension, url, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
db = sqlite3.connect(':memory:')
db.enable_load_extension(True)
db.load_extension(extension)
db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
db.commit()
db.execute('CREATE VIRTUAL TABLE big USING bind(id INTEGER PRIMARY KEY, a INTEGER, s VARCHAR(40))')
assert db.execute('SELECT s FROM big WHERE id = 5').fetchone() == ('row number 5',)
baseline = status('VmRSS')
begin = time.monotonic()
cursor = db.execute('SELECT id, a, s FROM big')
row = cursor.fetchone()
first = time.monotonic() - begin
assert len(row) == 3
n = 1
for row in cursor:
    n += 1
took = time.monotonic() - begin
assert n == rows, f'{n} rows, not {rows}'
assert db.execute('SELECT count(s), sum(a) FROM big').fetchone() == (rows, sum(i % 1000 for i in range(1, rows + 1)))
growth = status('VmHWM') - baseline
print(f'{n} rows in {took:.1f} s, first row after {first * 1000:.1f} ms, memory +{growth / 1024:.1f} MiB')
assert first <= FIRST_ROW, f'the first row took {first * 1000:.0f} ms'
assert growth <= MEMORY, f'memory grew by {growth / 1024:.0f} MiB'
