#!/usr/bin/python3
"""Transactions in which the local schema changes: DDL, DROP and RENAME of a written bind table, triggers, views, other
connections' DDL, cursors that outlive what they began in.  A native table of the same declaration is the judge."""
import itertools
import os
import sqlite3
import sys

import commit_lib as lib
from commit_rules import DECLARED, each_engine, world

COLUMNS = 'id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE'


def bind_table(w, engine, name='main', journal=None, schema='main'):
    db = w.open(name, binds=(), journal=journal)
    url = w.urls[engine] + ('&' if '?' in w.urls[engine] else '?') + 'trust_schema=1'
    db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (engine, url))
    db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {schema}.t USING bind(bind_key='{engine}', table='t', {COLUMNS})")
    return db


def native_table(w):
    w.remove('native')
    db = sqlite3.connect(w.path('native'), isolation_level=None)
    db.execute(DECLARED)
    return db


def outcome(db, sql):
    """Rows, or what kind of error; and whether the transaction is still there."""
    try:
        return db.execute(sql).fetchall(), db.in_transaction
    except sqlite3.IntegrityError:
        return 'constraint', db.in_transaction
    except sqlite3.Error as e:
        assert 'binds:' not in str(e), f'{sql}: {e}'
        return 'error', db.in_transaction


SEEN = ["SELECT * FROM t ORDER BY id", "SELECT * FROM r ORDER BY id", "SELECT * FROM a", "SELECT * FROM b", "SELECT * FROM v ORDER BY 1",
        "SELECT * FROM c ORDER BY 1", "SELECT * FROM l ORDER BY id",
        "SELECT type, name FROM sqlite_schema WHERE tbl_name IN ('a', 'b', 'c', 'v', 'ai', 'l') ORDER BY name"]


def as_native(w, engine, script):
    w.sql(engine, 'DELETE FROM t')
    w.remove('main')
    db, native = bind_table(w, engine), native_table(w)
    done = []
    for sql in list(script) + SEEN + ["REPLACE INTO t VALUES (99, 9, NULL)", "SELECT * FROM t ORDER BY id"]:
        done.append(sql)
        mine, right = outcome(db, sql), outcome(native, sql)
        assert mine == right, f'{mine}, not {right}, after\n' + ';\n'.join(done)
        if not db.in_transaction:
            assert w.idle() == 0, f'idle in a transaction after {sql}'
    db.close()
    again = bind_table(w, engine)
    left = native.execute("SELECT name FROM sqlite_schema WHERE name IN ('t', 'r')").fetchone()[0]
    mine, right = (one.execute(f'SELECT count(*), sum(n) FROM {left}').fetchall() for one in (again, native))
    assert mine == right, f'{mine}, not {right}, for another connection after\n' + ';\n'.join(done)
    again.close()
    native.close()


LOCAL_DDL = ['BEGIN', 'INSERT INTO t VALUES (1, 1, NULL)', 'CREATE TABLE a(x)', 'INSERT INTO a VALUES (10)',
             'ALTER TABLE a ADD COLUMN y DEFAULT 7', 'ALTER TABLE a RENAME COLUMN x TO z',
             'CREATE VIEW v AS SELECT id, z, y FROM t, a', 'SELECT * FROM v', 'CREATE INDEX ai ON a(z)',
             'INSERT INTO t SELECT 2, z + y, NULL FROM a', 'ALTER TABLE a RENAME TO b', 'SELECT * FROM b', 'SELECT * FROM a',
             'SELECT * FROM v ORDER BY 1', 'UPDATE t SET n = n + (SELECT max(z) FROM b)', 'DROP VIEW v',
             'ALTER TABLE b DROP COLUMN y', 'SELECT * FROM b', 'CREATE TABLE c AS SELECT id, n FROM t', 'DROP TABLE b',
             'DELETE FROM t WHERE id = 2', 'SELECT * FROM v']
IN_SAVEPOINT = ['BEGIN', 'INSERT INTO t VALUES (1, 1, NULL)', 'SAVEPOINT s', 'CREATE TABLE a(x)', 'INSERT INTO a VALUES (1)',
                'INSERT INTO t VALUES (2, 2, NULL)', 'CREATE VIEW v AS SELECT * FROM t', 'SELECT * FROM v ORDER BY 1', 'ROLLBACK TO s',
                'SELECT * FROM a', 'SELECT * FROM v', 'SELECT * FROM t ORDER BY id', 'CREATE TABLE a(y)', 'INSERT INTO a SELECT id FROM t',
                'INSERT INTO t VALUES (3, 3, NULL)', 'RELEASE s', 'INSERT INTO t VALUES (4, 4, NULL)']
RENAMED = ['BEGIN', 'INSERT INTO t VALUES (1, 1, NULL)', 'ALTER TABLE t RENAME TO r', 'INSERT INTO r VALUES (2, 2, NULL)',
           'SELECT * FROM r ORDER BY id', 'UPDATE r SET n = n + 10', 'SELECT * FROM t ORDER BY id', 'INSERT INTO t VALUES (3, 3, NULL)',
           'INSERT INTO r VALUES (1, 1, NULL)', 'DELETE FROM r WHERE id = 1', 'INSERT INTO r VALUES (5, 5, NULL)']
RENAMED_AND_BACK = ['SAVEPOINT o', 'INSERT INTO t VALUES (1, 1, NULL)', 'SAVEPOINT s', 'ALTER TABLE t RENAME TO r',
                    'INSERT INTO r VALUES (2, 2, NULL)', 'ROLLBACK TO s', 'SELECT * FROM r', 'INSERT INTO t VALUES (3, 3, NULL)',
                    'ALTER TABLE t RENAME TO r', 'INSERT INTO r VALUES (4, 4, NULL)', 'ALTER TABLE r RENAME TO t',
                    'INSERT INTO t VALUES (5, 5, NULL)']
DROPPED_AND_BACK = ['BEGIN', 'INSERT INTO t VALUES (1, 1, NULL)', 'SAVEPOINT s', 'INSERT INTO t VALUES (2, 2, NULL)', 'DROP TABLE t',
                    'SELECT * FROM t ORDER BY id', 'INSERT INTO t VALUES (3, 3, NULL)', 'ROLLBACK TO s', 'SELECT * FROM t ORDER BY id',
                    'INSERT INTO t VALUES (4, 4, NULL)']


@each_engine
def test_local_ddl_as_native(w, engine):
    for script in (LOCAL_DDL, IN_SAVEPOINT, RENAMED, DROPPED_AND_BACK):
        for end in ('COMMIT', 'ROLLBACK'):
            as_native(w, engine, script + [end])
    for end in ('RELEASE o', 'ROLLBACK TO o; RELEASE o'):
        as_native(w, engine, RENAMED_AND_BACK + end.split('; '))
    as_native(w, engine, DROPPED_AND_BACK[:-3] + ['ROLLBACK'])


# ---- triggers that write bind tables -----------------------------------------------------------------------------

TRIGGERS = [
    'CREATE TABLE l(id INTEGER PRIMARY KEY, n NOT NULL)',
    'CREATE TRIGGER li AFTER INSERT ON l BEGIN INSERT INTO t VALUES (new.id, new.n, NULL); END',
    'CREATE TRIGGER lb BEFORE INSERT ON l WHEN new.id = 7 BEGIN INSERT INTO t VALUES (700, 0, NULL), (701, 0, NULL); '
    'SELECT raise(IGNORE); END',
    "CREATE TRIGGER lu AFTER UPDATE ON l BEGIN UPDATE t SET n = new.n WHERE id = old.id; "
    "SELECT raise(ABORT, 'no') WHERE new.n = 13; SELECT raise(FAIL, 'no') WHERE new.n = 14; "
    "SELECT raise(ROLLBACK, 'no') WHERE new.n = 15; END",
    'CREATE TRIGGER ld AFTER DELETE ON l BEGIN DELETE FROM t WHERE id = old.id; INSERT OR IGNORE INTO t VALUES (old.id + 100, 0, '
    'old.id); END',
    'CREATE VIEW v AS SELECT id, n FROM t',
    'CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO l VALUES (new.id, new.n); UPDATE t SET u = id WHERE id = new.id; '
    'END',
    'CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = old.id; END']
FIRED = ['INSERT INTO l VALUES (1, 10), (2, 20), (3, 30)', 'INSERT INTO l VALUES (4, 40), (5, NULL)', 'SELECT * FROM t ORDER BY id',
         'INSERT INTO l VALUES (6, 60), (7, 70), (8, 80)', 'INSERT OR IGNORE INTO l VALUES (1, 1), (9, 90)',
         'INSERT OR REPLACE INTO l VALUES (10, 1), (11, 2)', 'INSERT INTO l VALUES (12, 1)', 'UPDATE l SET n = 11 WHERE id < 3',
         'UPDATE l SET n = 13 WHERE id < 4', 'SELECT * FROM t ORDER BY id', 'UPDATE l SET n = id + 11 WHERE id BETWEEN 2 AND 6',
         'SELECT * FROM t ORDER BY id', 'DELETE FROM l WHERE id IN (1, 8)', 'INSERT INTO v VALUES (20, 5), (21, 6)',
         'INSERT INTO v VALUES (22, 5), (20, 6)', 'SELECT * FROM v ORDER BY id', 'DELETE FROM v WHERE id = 21',
         'SELECT total_changes() > 0', 'SELECT * FROM t ORDER BY id']
ALL_OVER = ['UPDATE l SET n = 15 WHERE id = 9', 'SELECT * FROM t ORDER BY id']


@each_engine
def test_triggers_as_native(w, engine):
    for script in (FIRED, FIRED + ALL_OVER, ['BEGIN'] + FIRED + ['COMMIT'], ['BEGIN'] + FIRED + ['ROLLBACK'],
                   ['BEGIN'] + FIRED + ALL_OVER, ['BEGIN'] + FIRED[:5] + ['SAVEPOINT s'] + FIRED[5:] + ['ROLLBACK TO s', 'COMMIT']):
        as_native(w, engine, TRIGGERS + script)


# ---- other connections' DDL ----------------------------------------------------------------------------------------

@each_engine
def test_schema_changed_inside_a_transaction(w, engine):
    """By another connection, after the transaction has read and before it writes: as a native table says it."""
    for journal in ('wal', 'delete'):
        w.sql(engine, 'DELETE FROM t')
        w.remove('main')
        said = []
        for path, db in (('main', bind_table(w, engine, journal=journal)), ('native', native_table(w))):
            db.execute(f'PRAGMA journal_mode = {journal}')
            other = sqlite3.connect(w.path(path), isolation_level=None, timeout=0)
            steps = []
            for sql in ('BEGIN', 'SELECT * FROM t ORDER BY id', '!CREATE TABLE a(x)', 'INSERT INTO t VALUES (1, 1, NULL)', 'SELECT * FROM a',
                        '!CREATE TABLE b(x)', 'COMMIT', '!CREATE TABLE c(x)', 'BEGIN', 'INSERT INTO t VALUES (2, 2, NULL)',
                        '!CREATE TABLE v(x)', 'INSERT INTO c VALUES (1)', 'COMMIT', '!DROP TABLE c', 'BEGIN',
                        'INSERT INTO t VALUES (3, 3, NULL)', 'SELECT * FROM c', 'ROLLBACK', 'SELECT id FROM t ORDER BY id'):
                steps.append(outcome(other if sql[0] == '!' else db, sql.lstrip('!')))
            said.append(steps)
            other.close()
            db.close()
        assert said[0] == said[1], (journal, *zip(*said))


# ---- cursors ---------------------------------------------------------------------------------------------------------

@each_engine
def test_cursors_across_rollback_to(w, engine):
    """A reader goes on after what was done beside it is undone, RELEASEd, or has failed."""
    w.sql(engine, 'INSERT INTO t(id, n) VALUES ' + ', '.join(f'({i}, {i})' for i in range(1, 2001)))
    w.remove('main')
    db, native = bind_table(w, engine), native_table(w)
    native.execute('WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 2000) '
                   'INSERT INTO t SELECT i, i, NULL FROM i')
    cases = itertools.product(
        ('SELECT 1', 'INSERT INTO t VALUES (-5, 0, NULL)'),
        (['INSERT INTO t VALUES (-6, 0, NULL)'], ['INSERT INTO t VALUES (1, 1, NULL)'],
         ['DELETE FROM t WHERE id = -5', 'INSERT INTO t VALUES (1, 1, NULL)'],
         ['SELECT count(*) FROM t', 'INSERT INTO t VALUES (-7, 0, NULL), (1, 1, NULL)']),
        (('SAVEPOINT s', 'ROLLBACK TO s'), ('SAVEPOINT s', 'RELEASE s'), ('SELECT 1', 'SELECT 1')),
        ('SELECT id FROM t WHERE id > 0 ORDER BY id', 'SELECT a.id FROM t a JOIN t b ON b.id = a.id WHERE a.id > 0 ORDER BY a.id'))
    for i, (first, beside, (begin, end), scan) in enumerate(cases):
        if i // 2 % 2 and ' JOIN ' not in scan and not w.options.long:
            continue
        got = []
        for one in (db, native):
            one.execute('BEGIN')
            one.execute(first)
            cursor = one.execute(scan)
            rows = [cursor.fetchone()[0] for _ in range(300)]
            one.execute(begin)
            said = [outcome(one, sql) for sql in beside] + [outcome(one, end)]
            rows += [row[0] for row in cursor]
            said += [outcome(one, sql) for sql in ('SELECT count(*), min(id) FROM t', 'ROLLBACK')]
            got.append((said, rows))
        assert got[0] == got[1], (first, beside, end, scan, [(s, len(r)) for s, r in got])
        assert w.idle() == 0


# ---- killed --------------------------------------------------------------------------------------------------------

def ddl_and_write(w, engine, step):
    db = w.open('main', binds=(engine,))
    at = os.environ.pop('DIE_AT')
    db.execute('BEGIN')
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
    db.execute(step)
    os.environ['BINDS_CRASH_AT'] = at
    db.execute('COMMIT')


def look(w, engine):
    db = w.open('main', binds=(engine,))
    db.execute('SELECT bind_recover()')
    return [db.execute(f'SELECT count(*) FROM {engine}').fetchone()[0],
            db.execute("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%made%'").fetchone()[0]]


def test_killed_with_local_ddl(options):
    """A change of the local schema alone is a local change."""
    w = world(options)
    for engine in ('pg', 'my'):
        for i, step in enumerate(('CREATE TABLE made(x)', 'CREATE VIEW made AS SELECT 1', 'ALTER TABLE l RENAME COLUMN x TO made',
                     'CREATE INDEX made ON l(x)', f'ALTER TABLE {engine} RENAME TO made')):
            if engine == 'my' and i % 4 and not options.long:
                continue
            for point, want in (('after_votes', [0, 0]), ('after_local_commit', [1, 1])):
                w.remove('main')
                w.sql(engine, 'DELETE FROM t')
                made = sqlite3.connect(w.path('main'))
                made.execute('CREATE TABLE l(x)')
                made.close()
                killed, _ = lib.wait(lib.fork(ddl_and_write, w, engine, step, env={'DIE_AT': point}))
                assert killed, f'{point} was not reached with {step} on {engine}'
                seen = lib.run(look, w, engine)
                assert seen == want and not w.prepared(), (engine, step, point, seen, w.prepared())
        yield f'ok - killed with local DDL, {engine}'


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
