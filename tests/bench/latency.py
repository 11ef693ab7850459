#!/usr/bin/python3
"""Round trips: what statements wait for, with 5 ms of delay each way between binds and the servers (delay.py).

usage: latency.py --servers DIR --ext BINDS.SO [-v]
Counted twice: by the path, where two servers asked at once are one, and by bind_log, which adds up.  A case fails if it
waits for more round trips than it is allowed here, if it took less time than these need (then they were not counted
right), or far more, and, with one bind, if bind_log tells another number."""
import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlsplit

import delay

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'servers')
ENGINES = ('postgresql', 'mariadb')     # those with a server
TRIES = 10
HANGS = 20                              # seconds
SLACK = 2.0                             # seconds; machines are busy
TABLE = 'id INTEGER PRIMARY KEY, g INTEGER, n VARCHAR(40)'
MANY = ('INSERT INTO {} SELECT value, value % 10, \'n\' || value FROM '
        '(WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c LIMIT {}) SELECT value FROM c)')
FEW, PLENTY = 2000, 30000               # rows; of many, the next ones are on their way while some are read

# One bind: what it is, the statement, the most round trips on Postgres, on MariaDB.  MariaDB prepares in one round trip
# and executes in another; savepoints and START TRANSACTION are statements of their own there, while on Postgres they
# ride with the next one.  {n} is another number each time.
CASES = (
    ('a statement for the first time', 'SELECT n FROM t WHERE id = 1', 1, 2),
    ('a lookup', 'SELECT n FROM t WHERE id = 2', 1, 1),
    ('another text of the same lookup', 'SELECT n FROM t WHERE id = 3', 1, 1),
    ('all rows', 'SELECT * FROM t', 1, 2),
    ('GROUP BY', 'SELECT g, count(n) FROM t GROUP BY g', 1, 2),
    ('LIMIT', 'SELECT * FROM t LIMIT 1', 1, 2),
    ('count(*)', 'SELECT count(*) FROM t', 1, 2),
    # Of few rows: they have all come when the scan is given up, and nothing has to be ended at the server.
    ('max of the key', 'SELECT max(id) FROM t WHERE id < 20', 1, 2),
    ('an IN list', 'SELECT count(n) FROM t WHERE id IN (1, 5, 9, 700)', 1, 2),
    # The first two, then all others at once, and the end of the snapshot; more if the machine has better things to do.
    ('a join with 100 local rows', 'SELECT count(n) FROM local CROSS JOIN t ON t.id = local.id', 7, 10),
    ('INSERT', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 2),
    ('INSERT again', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 1),
    # The transaction begins (on Postgres with the load); the load begins, and ends; it is committed.
    ('INSERT of 100 rows', 'INSERT INTO t SELECT {n} + id, 1, \'x\' FROM local', 3, 4),
    # What stands in the way goes first, all together; on MariaDB a savepoint, and two new texts are prepared.
    ('REPLACE of 3 rows', 'REPLACE INTO t VALUES (11, 1, \'x\'), (12, 1, \'x\'), (13, 1, \'x\')', 3, 7),
    ('INSERT OR REPLACE of 100 rows', 'INSERT OR REPLACE INTO t SELECT id, id % 10, \'n\' || id FROM local', 4, 7),
    # Read and locked, changed, committed.
    ('UPDATE by key, first', 'UPDATE t SET n = \'a\' WHERE id = 10', 3, 6),
    ('UPDATE by key', 'UPDATE t SET n = \'b\' WHERE id = 10', 3, 4),
    ('DELETE by key, first', 'DELETE FROM t WHERE id = 10', 3, 6),
    ('DELETE by key', 'DELETE FROM t WHERE id = 11', 3, 4),
    ('UPDATE of 200 rows', 'UPDATE t SET n = \'w\' WHERE g = 2', 3, 6),
    ('UPDATE of an integer of 600 keys that follow each other', 'UPDATE t SET g = 10 - g WHERE id BETWEEN 1201 AND 1800', 3, 6),
    ('DELETE of 200 rows', 'DELETE FROM t WHERE g = 3', 3, 6),
    ('DELETE of local keys', 'DELETE FROM t WHERE id IN (SELECT id + 300 FROM local)', 3, 6),
    ('UPDATE of local keys', 'UPDATE t SET n = \'l\' WHERE id IN (SELECT id + 500 FROM local)', 3, 6),
    # As with the join: the first two rows, then all others at once.
    ('UPDATE … FROM of 100 rows', 'UPDATE t SET n = l.id FROM local AS l WHERE l.id + 0 = t.id', 7, 11),
    ('BEGIN', 'BEGIN', 0, 0),
    ('SELECT, first in it', 'SELECT n FROM t WHERE id = 4', 1, 2),
    ('SELECT in it', 'SELECT n FROM t WHERE id = 5', 1, 1),
    ('INSERT in it', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 1),
    ('INSERT in it again', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 1),
    # The first row alone, then the load; on MariaDB a statement that is more than one there has a savepoint.
    ('INSERT of 100 rows in it', 'INSERT INTO t SELECT {n} + id, 1, \'x\' FROM local', 3, 4),
    ('INSERT of 100 rows in order', 'INSERT INTO t SELECT {n} + id, 1, \'x\' FROM local ORDER BY id % 7', 3, 4),
    ('INSERT of 100 rows of an array', 'INSERT INTO t SELECT {n} + value, 1, \'x\' FROM json_each((SELECT json_group_array(id) FROM local))', 3, 4),
    ('INSERT of 100 rows with parameters', 'INSERT INTO t SELECT {n} + id, ?2, ?3 FROM local WHERE id <= ?1', 3, 4),
    ('INSERT of a join of 100 rows', 'INSERT INTO t SELECT {n} + v.id, l.id, v.n FROM v CROSS JOIN local AS l ON l.id = v.id', 4, 6),
    ('INSERT of 3 rows', 'INSERT INTO t VALUES ({n}, 1, \'x\'), ({n} + 1, 1, \'x\'), ({n} + 2, 1, \'x\')', 1, 2),
    # The first row alone.
    ('INSERT OR REPLACE of 100 rows in it', 'INSERT OR REPLACE INTO t SELECT id, id % 10, \'n\' || id FROM local', 5, 8),
    # Read and locked, changed; on MariaDB the new texts are prepared, and what is several statements has a savepoint.
    ('UPDATE of 200 rows in it', 'UPDATE t SET n = \'y\' WHERE g = 4', 2, 5),
    ('the same again', 'UPDATE t SET n = \'z\' WHERE g = 4', 2, 4),
    ('UPDATE of rows that SQLite chooses', 'UPDATE t SET n = n || g WHERE g = 5 AND length(n) > 0', 2, 5),
    ('UPDATE of the key\'s own rows', 'UPDATE t SET g = id % 10 + 0 WHERE id % 10 = 6', 2, 5),
    ('UPDATE … FROM of 100 rows in it', 'UPDATE t SET n = l.id FROM local AS l WHERE l.id + 0 = t.id', 6, 9),
    ('DELETE of 200 rows in it', 'DELETE FROM t WHERE g = 7', 2, 5),
    ('SAVEPOINT', 'SAVEPOINT a', 0, 0),
    ('INSERT after it', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 2),
    ('ROLLBACK TO', 'ROLLBACK TO a', 0, 1),
    ('RELEASE', 'RELEASE a', 0, 0),
    ('COMMIT', 'COMMIT', 1, 1),
    ('BEGIN of nothing', 'BEGIN', 0, 0),
    ('COMMIT of nothing', 'COMMIT', 0, 0),
)
# Two binds, with main in a file.  The most: Postgres twice, Postgres and MariaDB, MariaDB twice.  MariaDB's branches
# are ended before they are prepared or committed; all that concerns both binds is sent to both before it waits.
PAIRS = (('postgresql', 'postgresql'), ('postgresql', 'mariadb'), ('mariadb', 'mariadb'))
TWO = (
    # Sent to both before either is waited for; the ends of both snapshots likewise.  On MariaDB the snapshot begins first.
    ('one SELECT over both', 'SELECT count(n) FROM (SELECT n FROM t UNION ALL SELECT n FROM u)', 2, 3, 4),
    ('the same in two parts', 'SELECT n FROM t WHERE g = 1 UNION ALL SELECT n FROM u WHERE g > 7', 2, 4, 5),
    ('again', 'SELECT n FROM t WHERE g = 1 UNION ALL SELECT n FROM u WHERE g > 7', 2, 3, 4),
    ('all rows of one for each of the other', 'SELECT count(*) FROM t CROSS JOIN u WHERE t.id = 1 AND u.g = 4', 2, 4, 5),
    ('an end before the other is read', 'SELECT n FROM t UNION ALL SELECT n FROM u LIMIT 1', 2, 2, 4),
    # The rows of one, a look-up, which tells where the keys come from, those of all other rows at once, the end.
    ('a join of 25 rows', 'SELECT count(u.n) FROM t CROSS JOIN u ON u.id = t.id WHERE t.id BETWEEN 101 AND 125', 4, 6, 8),
    ('BEGIN', 'BEGIN', 0, 0, 0),
    ('INSERT into one', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 1, 2),
    ('INSERT into the other', 'INSERT INTO u VALUES ({n}, 1, \'x\')', 1, 2, 2),
    ('COMMIT of both: prepare, commit', 'COMMIT', 2, 3, 3),
    ('BEGIN to copy', 'BEGIN', 0, 0, 0),
    ('INSERT from one into the other', 'INSERT INTO u SELECT {n} + id, g, n FROM t WHERE id < 200', 4, 6, 8),
    ('COMMIT of the copy: reads, writes', 'COMMIT', 2, 3, 4),
    ('BEGIN to read', 'BEGIN', 0, 0, 0),
    ('SELECT from one', 'SELECT n FROM t WHERE id = 1', 1, 1, 2),
    ('SELECT from the other', 'SELECT n FROM u WHERE id = 1', 1, 2, 2),
    ('COMMIT of reads', 'COMMIT', 1, 2, 2),
    ('BEGIN with local rows', 'BEGIN', 0, 0, 0),
    ('INSERT into a local table', 'INSERT INTO local VALUES ({n})', 0, 0, 0),
    ('INSERT into a bind', 'INSERT INTO t VALUES ({n}, 1, \'x\')', 1, 1, 2),
    ('COMMIT of both kinds: prepare, commit', 'COMMIT', 2, 2, 3),
)
# TCP; Postgres: no TLS here, start; MariaDB: greeting and login, session, what the server can do; then both: the table's
# shape, once, and the statement.
OPENING = {'postgresql': 5, 'mariadb': 9}


class Test:
    def __init__(self, options):
        self.options = options
        self.path = delay.Path()
        self.number = 100000
        self.seen = 0
        self.failed = 0
        self.db = None

    def server(self, engine, command, *args):
        done = subprocess.run(['sh', f'{SERVERS}/{engine}.sh', command, self.options.servers, *args], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{engine} {command}: {done.stderr}')
        return done.stdout.strip()

    def url(self, engine, database):
        """A fresh database at the end of the path."""
        self.server(engine, 'fresh', database)
        url = urlsplit(self.server(engine, 'tcp', database))
        return f'{url.scheme}://{url.username}@127.0.0.1:{self.path.to(url.hostname, url.port)}{url.path}'

    def connect(self, file, *urls):
        self.db = sqlite3.connect(file, isolation_level=None)
        self.db.enable_load_extension(True)
        self.db.load_extension(self.options.ext)
        self.seen = 0
        for name, url in zip('tu', urls):
            self.db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (name, url))
            self.db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING bind(bind_key = '{name}', {TABLE})")

    def log(self):
        """Statements and their round trips since the last call."""
        rows = self.db.execute('SELECT seq, bind_key, round_trips, sql FROM bind_log WHERE seq > ? ORDER BY seq',
                               (self.seen,)).fetchall()
        self.seen = max((row[0] for row in rows), default=self.seen)
        return rows

    def case(self, title, sql, most, logged=True, first=False):
        self.number += 1000
        before, begin = self.path.trips, time.monotonic()
        cursor = self.db.execute(sql.replace('{n}', str(self.number)), (100, 0.5 * 2, 'x') if '?' in sql else ())
        _ = cursor.fetchone() if first else cursor.fetchall()
        took, trips = time.monotonic() - begin, self.path.trips - before
        cursor.close()
        log = self.log()
        least = trips * 2 * self.path.delay
        wrong = []
        if trips > most:
            wrong.append(f'at most {most}')
        if logged and trips != sum(row[2] for row in log):
            wrong.append(f'bind_log says {sum(row[2] for row in log)}')
        if not least * 0.9 <= took <= least + SLACK:
            wrong.append(f'{took * 1000:.0f} ms for {least * 1000:.0f} ms of path')
        if wrong or self.options.verbose:
            print('\n'.join(f'#   {row[1]} {row[2]}: {row[3][:100]}'.replace('\n', ' ') for row in log))
        self.failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} - {title}: {trips} round trips{''.join(', ' + w for w in wrong)}", flush=True)

    def ends(self, engine):
        """Of many rows those travel that min() and max() are of."""
        self.server(engine, 'sql', 'latency', 'ANALYZE t' if engine == 'postgresql' else 'ANALYZE TABLE t')
        self.db.execute("UPDATE binds SET url = url WHERE key = 't'")   # its shape and size are read anew
        least, most = self.db.execute('SELECT min(id) FROM t').fetchone() + self.db.execute('SELECT max(id) FROM t').fetchone()
        for sql, rows, answer in (('SELECT min(id), max(id) FROM t', 2, (least, most)),
                                  ('SELECT max(id) - min(id) FROM t WHERE id < 7000', 2, (6999 - least,)),
                                  ('SELECT min(id), max(id), count(*) FROM t', most, (least, most, most))):
            self.log()
            found = self.db.execute(sql).fetchall()
            log = self.db.execute('SELECT sum(rows) FROM bind_log WHERE seq > ? AND sql LIKE \'%FROM%\'', (self.seen,)).fetchone()[0]
            self.expect(f'{engine}: rows that travel for {sql}', (found, log), ([answer], rows))

    def columns(self, engine):
        """Of many rows the columns travel that are read, not those that only the server looks at, or that an UPDATE leaves as
        they are."""
        for sql, columns in (('SELECT sum(g) FROM t', 'g'), ('SELECT g, max(n) FROM t GROUP BY g', 'g, n'),
                             ('SELECT sum(g + id) FROM t', 'id, g'), ('SELECT sum(g) FROM t WHERE id > 5', 'g'),
                             ('SELECT sum(g + id) FROM t WHERE id > 5', 'id, g'),
                             ('INSERT INTO local SELECT g FROM t', 'id, g'),
                             ('UPDATE t SET g = g + 0 WHERE id <= 400', 'id, g'), ('UPDATE t SET g = 1 WHERE id <= 400', 'id'),
                             ('UPDATE t SET n = n || g WHERE id <= 400', 'id, g, n')):
            self.log()
            self.db.execute(sql + ' ').fetchall()   # prepared anew: Python may have kept the plan for fewer rows
            found = [row[3].split(' FROM ')[0].replace('"', '').replace('`', '') for row in self.log() if row[3].startswith('SELECT')]
            self.expect(f'{engine}: columns that travel for {sql}', found, [f'SELECT {columns}'])

    def scouted(self, engine):
        """The keys of local rows are known in advance, from a second run of the statement, which nobody else notices."""
        calls = []
        self.db.execute('CREATE TABLE native AS SELECT * FROM t')
        self.db.execute('CREATE TABLE few AS SELECT rowid AS id FROM local WHERE rowid <= 100')
        self.db.execute('CREATE UNIQUE INDEX native_id ON native (id)')
        self.db.create_function('seen', 1, lambda n: calls.append(n) or n, deterministic=True)
        fails = 'CASE WHEN few.id < 90 THEN few.id ELSE abs(-9223372036854775807 - 1) END'
        for title, sql, args, most in (
                ('a join', 'SELECT count(n), sum(g) FROM few CROSS JOIN {t} ON {t}.id = few.id * 7', (), 120),
                ('a parameter', 'SELECT count(n) FROM few CROSS JOIN {t} ON {t}.id = few.id + ? AND g < ?', (5, 8), 120),
                ('a LEFT JOIN', 'SELECT few.id, n FROM few LEFT JOIN {t} ON {t}.id = few.id * 1000 ORDER BY 1', (), 120),
                ('a subquery', 'SELECT id, (SELECT n FROM {t} WHERE {t}.id = few.id * 3) FROM few ORDER BY id', (), 120),
                ('keys that are NULL', 'SELECT count(n) FROM few CROSS JOIN {t} ON {t}.id = nullif(few.id % 9, 0)', (), 120),
                ('an error', f'SELECT n FROM few CROSS JOIN {{t}} ON {{t}}.id = {fails}', (), 120),
                ('a LIMIT', 'SELECT n FROM few CROSS JOIN {t} ON {t}.id = few.id LIMIT 3', (), PLENTY + 200),
                ('a function of the host', 'SELECT count(n) FROM few CROSS JOIN {t} ON {t}.id = seen(few.id)', (), PLENTY + 200)):
            wanted = self.rows_until_error(sql.format(t='native'), args)
            for _ in range(TRIES):      # no second run while the machine has better things to do
                self.log()
                calls.clear()
                found = self.rows_until_error(sql.format(t='t'), args)
                travelled = self.db.execute('SELECT sum(rows) FROM bind_log WHERE seq > ?', (self.seen,)).fetchone()[0]
                if found != wanted or travelled <= most:
                    break
            self.expect(f'{engine}: keys of local rows, {title}', (found, travelled <= most, len(calls) in (0, 100)), (wanted, True, True))

        self.stopped(engine)

    def locked(self, engine):
        """UPDATE … FROM locks the rows that it changes, and no others, but what InnoDB may lock behind a range."""
        near = 1 if engine == 'mariadb' else 0
        for title, sql, first, last in (('local keys', 'UPDATE t SET g = g + 1 FROM few WHERE t.id = few.id + 100', 101, 200),
                                        ('keys of a bind', 'UPDATE t SET g = t.g + 1 FROM v WHERE t.id = v.id + 100 AND v.id <= 100', 101, 200)):
            self.db.execute('BEGIN')
            changed = self.db.execute(sql).rowcount
            free = [self.server(engine, 'sql', 'latency', f'SELECT count(*) FROM (SELECT id FROM t WHERE id BETWEEN {low} AND {high} '
                                                          'FOR UPDATE NOWAIT) AS free')
                    for low, high in ((1, first - 1 - near), (last + 1 + near, 1000))]
            self.db.execute('ROLLBACK')
            self.expect(f'{engine}: rows that UPDATE … FROM locks, {title}', (changed, free), (100, [str(100 - near), str(800 - near)]))

    def stay(self, engine):
        """Savepoints of statements whose last row nobody knows do not grow in number."""
        self.db.execute('BEGIN')
        self.log()
        for i in range(9):
            self.db.execute('SAVEPOINT a' if i % 3 == 1 else 'SELECT 1')
            self.db.execute('UPDATE t SET n = few.id || ? FROM few WHERE few.id > 98 AND t.id < 3', (i,))
            self.db.execute('RELEASE a' if i % 3 == 1 else 'SELECT 1')
        log = [row[3] for row in self.log()]
        self.db.execute('ROLLBACK')
        self.expect(f'{engine}: savepoints of UPDATE … FROM', (log.count('SAVEPOINT bu'), log.count('RELEASE SAVEPOINT bu')),
                    (9, 5 if engine == 'postgresql' else 0))

    def stopped(self, engine):
        """A second run ends where the statement may end early, and the other way round."""
        endless = 'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT t.id FROM r CROSS JOIN t ON t.id = '
        for title, key in (('ever new', 'i'), ('the same from some row on', 'min(i, 20)'), ('NULL from some row on', 'nullif(min(i, 60), 60)')):
            alarm = threading.Timer(HANGS, self.db.interrupt)
            alarm.start()
            cursor = self.db.execute(endless + key)
            try:
                found = len(cursor.fetchmany(40))
            except sqlite3.OperationalError as error:
                found = str(error)
            cursor.close()
            alarm.cancel()
            self.expect(f'{engine}: keys of local rows without an end, {title}', found, 40)
        self.db.execute(f"CREATE TABLE long AS SELECT * FROM ({MANY.format('t', PLENTY)[len('INSERT INTO t '):]})")
        for at in (1, 10, 100):
            calls = iter(range(1, sys.maxsize))
            self.db.set_progress_handler(lambda calls=calls, at=at: next(calls) == at, 500)
            found = self.rows_until_error(f'SELECT t.id FROM long CROSS JOIN t ON t.id = long.value % {FEW} AND t.g < 100', ())[-1]
            self.db.set_progress_handler(None, 0)
            self.expect(f'{engine}: an interruption in progress call {at}', 'interrupted' in str(found), True)

    def rows_until_error(self, sql, args):
        rows = []
        try:
            for row in self.db.execute(sql, args):
                rows.append(row)
        except sqlite3.OperationalError as error:
            rows.append(str(error))
        return rows

    def one(self, engine):
        url = self.url(engine, 'latency')
        self.connect(':memory:', url)
        self.db.execute(f"CREATE VIRTUAL TABLE v USING bind(bind_key = 't', {TABLE})")
        self.db.execute('SELECT create_all()').fetchall()
        self.db.execute(MANY.format('t', FEW))
        self.db.execute('CREATE TABLE local AS SELECT value AS id FROM (WITH RECURSIVE c(value) AS '
                        '(SELECT 1 UNION ALL SELECT value + 1 FROM c LIMIT 100) SELECT value FROM c)')
        self.db.execute("INSERT INTO v SELECT id, 1, 'v' FROM local")
        self.log()
        for title, sql, postgresql, mariadb in CASES:
            self.case(f'{engine}: {title}', sql, postgresql if engine == 'postgresql' else mariadb)
        # The rows of the one stream while those of the other are looked up: one by one until it is sure enough where the
        # keys are, since rows are locked.
        self.case(f'{engine}: UPDATE … FROM of rows of the bind', 'UPDATE t SET n = v.n FROM v WHERE v.id = t.id', {'postgresql': 14, 'mariadb': 21}[engine],
                  logged=False)
        self.db.execute('DELETE FROM t')
        self.db.execute(MANY.format('t', PLENTY))
        self.db.execute('SELECT n, g FROM t').fetchall()
        self.log()
        self.case(f'{engine}: {PLENTY} rows', 'SELECT n, g FROM t', 1)
        self.case(f'{engine}: the first of them', 'SELECT n, g FROM t', 1, logged=False, first=True)
        self.case(f'{engine}: what follows a scan that was given up', 'SELECT n FROM t WHERE id = 2', 1)
        self.ends(engine)
        self.columns(engine)
        self.scouted(engine)
        self.locked(engine)
        self.stay(engine)
        self.db.close()
        self.connect(':memory:', url)
        self.case(f'{engine}: opening, to the first row', 'SELECT n FROM t WHERE id = 1', OPENING[engine], logged=False)
        connections = self.path.connections
        self.db.close()
        self.connect(':memory:', url)
        self.db.execute('SELECT n FROM t WHERE id = 1').fetchall()
        good = self.path.connections == connections + 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} - {engine}: one connection for a bind", flush=True)
        self.db.close()

    def sent(self, sql, args=()):
        """The rows, and to which binds a SELECT was sent."""
        self.log()
        rows = self.db.execute(sql, args).fetchall()
        return rows, [row[1] for row in self.log() if row[3].startswith('SELECT')]

    def expect(self, title, found, wanted):
        self.failed += found != wanted
        print(f"{'ok' if found == wanted else 'not ok'} - {title}{'' if found == wanted else f': {found}, not {wanted}'}", flush=True)

    def early(self, names):
        """What is sent before its scan begins, and what becomes of it."""
        title = f'{names}: in advance'
        for sql, args in (('SELECT n FROM t WHERE id = ? UNION ALL SELECT n FROM u WHERE id = ? + 0', (3, 4)),
                          ('SELECT n FROM t WHERE id = ? UNION ALL SELECT n FROM u WHERE id = ?', (3, 4)),
                          ('SELECT id FROM t WHERE n = ?2 UNION ALL SELECT id FROM u WHERE n = ?1 AND id < 9', ('n4', 'n3')),
                          ('SELECT id FROM t WHERE n = :a UNION ALL SELECT id FROM u WHERE n = :b', {'b': "n'4", 'a': ''})):
            local = sql.replace(' t ', ' native ').replace(' u ', ' native ')
            before = self.path.trips
            self.expect(f'{title}: {sql}', self.sent(sql, args)[0], self.db.execute(local, args).fetchall())
            again = self.path.trips
            self.db.execute(sql, args).fetchall()
            self.expect(f'{title}: {sql}, no other statement', (self.path.trips - again <= again - before, self.sent(sql, args)[1]),
                        (True, ['t', 'u']))
        # No row of the one asks for a row of the other: what was sent is ended, and not sent again.
        empty = 'SELECT count(*) FROM t CROSS JOIN u WHERE t.id = -5 AND u.g = 4'
        self.expect(f'{title}: in vain', self.sent(empty), ([(0,)], ['t', 'u']))
        self.expect(f'{title}: not again', self.sent(empty), ([(0,)], ['t']))
        # What a statement writes while it runs is seen by its later scans.
        self.db.create_function('put', 1, lambda n: self.db.execute('INSERT INTO u(id, g, n) VALUES (-1, 0, ?)', (n,)).rowcount)
        wrote = "SELECT put(n) FROM t WHERE id = 5 UNION ALL SELECT n FROM u WHERE id = -1 AND n <> 'y'"
        self.expect(f'{title}: a write in between', self.sent(wrote), ([(1,), ('n5',)], ['t', 'u', 'u']))
        self.db.execute('DELETE FROM u WHERE id = -1')
        # Who stops after the first row.
        part = self.db.execute('SELECT n FROM t WHERE id < 100 UNION ALL SELECT n FROM u WHERE id < 100')
        part.fetchone()
        part.close()
        self.expect(f'{title}: an early end', self.sent('SELECT n FROM u WHERE id = 7'), ([('n7',)], ['u']))
        # A statement that fails at its server, which nobody has asked for.
        self.server(self.engine_of_u, 'sql', self.database_of_u, 'ALTER TABLE u RENAME COLUMN n TO m')
        wrong = 'SELECT count(*) FROM t CROSS JOIN u WHERE t.id = -6 AND u.n > \'n5\''
        self.expect(f'{title}: an error of what nobody reads', self.sent(wrong), ([(0,)], ['t', 'u']))
        self.server(self.engine_of_u, 'sql', self.database_of_u, 'ALTER TABLE u RENAME COLUMN m TO n')
        self.expect(f'{title}: and after it', self.sent('SELECT count(*) FROM t CROSS JOIN u WHERE t.id = 8 AND u.n = \'n6\'')[0], [(1,)])

    def two(self, pair, which):
        names = ' and '.join(pair)
        with tempfile.TemporaryDirectory() as directory:
            self.connect(os.path.join(directory, 'main.db'), *(self.url(e, f'latency_{i}') for i, e in enumerate(pair)))
            self.db.execute('SELECT create_all()')
            self.db.execute('CREATE TABLE local (id INTEGER)')
            for table in 'tu':      # the shapes are known, the statements prepared
                for sql in (MANY.format(table, FEW), f"INSERT INTO {table} VALUES (0, 0, 'zero')", f'SELECT n FROM {table}',
                            f'SELECT id, n FROM {table}', f'SELECT n FROM {table} WHERE id = 2'):
                    self.db.execute(sql).fetchall()
            self.log()
            for title, sql, *most in TWO:
                self.case(f'{names}: {title}', sql, most[which], logged=False)
            self.engine_of_u, self.database_of_u = pair[1], 'latency_1'
            for table in 'tu':
                self.db.execute(f'DELETE FROM {table} WHERE id > {FEW} OR id = 0')
            self.db.execute('CREATE TABLE native AS SELECT * FROM t')
            self.early(names)
            self.db.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--servers', required=True)
    parser.add_argument('--ext', required=True)
    parser.add_argument('-v', '--verbose', action='store_true')
    test = Test(parser.parse_args())
    for engine in ENGINES:
        test.one(engine)
    for which, pair in enumerate(PAIRS):
        test.two(pair, which)
    test.path.close()
    return 1 if test.failed else 0


if __name__ == '__main__':
    sys.exit(main())
