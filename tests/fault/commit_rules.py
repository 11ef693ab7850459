#!/usr/bin/python3
"""Transactions as SQLite users know them, on every engine: savepoints, failed statements, snapshots, conflicts, DDL,
cursors that outlive a COMMIT.  Native tables of another connection are the judge where there is one."""
import random
import sqlite3
import sys

import commit_lib as lib

ENGINES = ('pg', 'my', 'lite')


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'rules')
    return world.made


def each_engine(test):
    """The test in a child process for each engine."""
    def run(options):
        w = world(options)
        for engine in ENGINES:
            w.sql(engine, 'DELETE FROM t')
            w.remove('main')
            try:
                lib.run(test, w, engine)
                idle = w.idle()
                assert idle == 0, f'{idle} sessions are idle in a transaction'
                assert not w.prepared(), w.prepared()
                yield f'ok - {run.__name__[5:]} on {engine}'
            except Exception as e:
                yield from (f'# {line}' for line in str(e).splitlines()[-12:])
                yield f'not ok - {run.__name__[5:]} on {engine}'
    run.__name__ = test.__name__
    return run


# ---- savepoints and failed statements: the same as on native tables ---------------------------------------

DECLARED = 'CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE)'


def random_step(rng, names):
    i, j = rng.randrange(1, 9), rng.randrange(1, 9)
    clause = rng.choice(['', '', '', ' OR IGNORE', ' OR FAIL', ' OR ROLLBACK', ' OR REPLACE', ' OR ABORT'])
    kind = rng.randrange(20)
    if kind < 4:
        return f'INSERT{clause} INTO @ VALUES ({i}, {j}, {rng.choice(["NULL", i])})'
    if kind < 7:
        return (f'INSERT{clause} INTO @ VALUES ({i}, 1, NULL), ({j}, 2, {rng.randrange(1, 4)}), ({i + 1}, 3, NULL), '
                f'({rng.randrange(1, 9)}, {rng.choice(["4", "4", "NULL"])}, NULL)')
    if kind < 9:
        return f'UPDATE{clause} @ SET u = {rng.randrange(1, 5)} WHERE id = {i}'
    if kind < 10:
        return 'UPDATE @ SET n = n + 1'
    if kind < 11:
        return f'DELETE FROM @ WHERE id >= {i}'
    if kind < 12:
        return f'INSERT{clause} INTO @ SELECT id + {i}, n, NULL FROM @ WHERE id < 5 ORDER BY id'
    if kind < 14:
        names.append(f's{rng.randrange(3)}')
        return f'SAVEPOINT {names[-1]}'
    if kind < 16 and names:
        return f'ROLLBACK TO {rng.choice(names)}'
    if kind < 17 and names:
        return f'RELEASE {rng.choice(names)}'
    return rng.choice(['BEGIN', 'COMMIT', 'COMMIT', 'ROLLBACK', 'SELECT 1'])


def outcome(db, sql):
    try:
        return db.execute(sql).fetchall(), db.in_transaction
    except sqlite3.IntegrityError:
        return 'constraint', db.in_transaction
    except sqlite3.OperationalError as e:
        return ('error' if 'binds' not in str(e) else str(e)), db.in_transaction


@each_engine
def test_savepoints_and_failures_as_native(w, engine):
    for seed in range(60):
        rng = random.Random(seed)
        db = w.open(':memory:' if seed % 3 else 'main', binds=(engine,))
        db.execute(f'DELETE FROM {engine}')
        native = sqlite3.connect(':memory:', isolation_level=None)
        native.execute(DECLARED)
        done, names = [], []
        for _ in range(rng.randrange(5, 30)):
            sql = random_step(rng, names)
            done.append(sql)
            mine, right = outcome(db, sql.replace('@', engine)), outcome(native, sql.replace('@', 't'))
            same = mine == right
            if same and rng.randrange(3) == 0:
                mine, right = (outcome(c, f'SELECT * FROM {t} ORDER BY id') for c, t in ((db, engine), (native, 't')))
                same = mine == right
            assert same, f'seed {seed}: {mine}, not {right}, after\n' + ';\n'.join(done)
        for c in (db, native):
            if c.in_transaction:
                c.execute('COMMIT')
        mine = w.sql(engine, 'SELECT id, n, u FROM t ORDER BY id').replace('|', '\t').split()
        right = [str(v) for row in native.execute('SELECT * FROM t ORDER BY id') for v in row]
        clean = {'NULL': 'None', '': 'None'}
        lines = w.sql(engine, 'SELECT count(*) FROM t')
        assert int(lines) == native.execute('SELECT count(*) FROM t').fetchone()[0], f'seed {seed}: {mine}, {right}'
        assert not clean.get(lines)
        db.close()


@each_engine
def test_late_enlistment(w, engine):
    """Levels that were opened before the bind was first touched."""
    other = 'lite' if engine != 'lite' else 'pg'
    w.sql(other, 'DELETE FROM t')
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    for end in ('COMMIT', 'ROLLBACK'):
        db.execute('BEGIN')
        db.execute(f'INSERT INTO {other}(id, n) VALUES (1, 1)')
        db.execute('SAVEPOINT a')
        db.execute('INSERT INTO local VALUES (1)')
        db.execute('SAVEPOINT b')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
        db.execute('SAVEPOINT c')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (2, 2)')
        db.execute('ROLLBACK TO b')
        assert db.execute(f'SELECT count(*) FROM {engine}').fetchone() == (0,)
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (3, 3)')
        db.execute('ROLLBACK TO a')
        assert db.execute(f'SELECT count(*) FROM {engine}').fetchone() == (0,)
        assert db.execute(f'SELECT count(*) FROM {other}').fetchone() == (1,)
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (4, 4)')
        db.execute(end)
        want = 1 if end == 'COMMIT' else 0
        for table in (engine, other):
            assert db.execute(f'SELECT count(*) FROM {table}').fetchone() == (want,), (table, end)
            db.execute(f'DELETE FROM {table}')


# ---- snapshots ---------------------------------------------------------------------------------------------

@each_engine
def test_snapshot_of_a_transaction(w, engine):
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10), (2, 20)')
    db = w.open('main', binds=(engine,))
    db.execute('BEGIN')
    assert db.execute(f'SELECT n FROM {engine} WHERE id = 1').fetchone() == (10,)
    if engine != 'lite':    # a SQLite file is locked for writers by then
        w.sql(engine, 'UPDATE t SET n = 99')
    assert db.execute(f'SELECT n FROM {engine} WHERE id = 2').fetchone() == (20,)
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (30,)
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (3, 1)')
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (31,)
    db.execute('ROLLBACK')
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (30 if engine == 'lite' else 198,)


POKED = [
    'SELECT (SELECT n FROM {t} WHERE id = 1), poke(), (SELECT n FROM {t} WHERE id = 1)',
    'SELECT n FROM {t} WHERE id = 1 UNION ALL SELECT poke() UNION ALL SELECT n FROM {t} WHERE id = 2',
    'SELECT poke(), (SELECT n FROM {t} WHERE id = l.x) FROM (SELECT 1 AS x UNION ALL SELECT 2) l',
    'SELECT t.n FROM l CROSS JOIN {t} t ON t.id = l.x WHERE poke() IS NULL',
    'SELECT a.n, poke(), b.n FROM {t} a CROSS JOIN {t} b ON b.id = a.id + 1 WHERE a.id <= 2',
    'WITH w AS (SELECT n, poke() AS p FROM {t} WHERE id = 1) SELECT w.n, (SELECT n FROM {t} WHERE id = 3) FROM w',
]


@each_engine
def test_snapshot_of_a_statement(w, engine):
    db = w.open('main', binds=(engine,))
    db.execute('CREATE TABLE l(x)')
    db.execute('INSERT INTO l VALUES (1), (2), (3)')

    def poke():
        try:
            w.sql(engine, 'UPDATE t SET n = n + 1')
        except sqlite3.OperationalError:
            pass        # a SQLite file in rollback mode keeps writers out
    db.create_function('poke', 0, poke)
    if engine == 'lite':
        w.sql('lite', 'PRAGMA journal_mode = wal')
    for sql in POKED:
        w.sql(engine, 'DELETE FROM t')
        w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 7), (2, 7), (3, 7)')
        rows = db.execute(sql.format(t=engine)).fetchall()
        seen = {v for row in rows for v in row if v is not None}
        assert len(seen) == 1, f'{sql}: {rows}'
    if engine == 'lite':
        db.close()
        w.sql('lite', 'PRAGMA journal_mode = delete')


@each_engine
def test_nothing_stays_open(w, engine):
    """After reads, errors, interrupted scans and abandoned cursors no server transaction is left."""
    w.sql(engine, 'INSERT INTO t(id, n) VALUES ' + ', '.join(f'({i}, {i})' for i in range(1, 3000)))
    db = w.open('main', binds=(engine,))

    def closed(what):
        assert w.idle() == 0, f'a transaction is open after {what}'
        w.sql(engine, 'UPDATE t SET n = n WHERE id = 1')
    db.execute(f'SELECT a.n, b.n FROM {engine} a JOIN {engine} b ON b.id = a.id + 1').fetchall()
    closed('a join')
    cursor = db.execute(f'SELECT a.n, b.n FROM {engine} a JOIN {engine} b ON b.id = a.id + 1')
    cursor.fetchone()
    cursor.close()
    closed('an abandoned join')
    for sql in (f'INSERT INTO {engine}(id, n) VALUES (1, 1)', f'UPDATE {engine} SET id = 5 WHERE id < 3',
                f'SELECT abs(-9223372036854775807 - 1) FROM {engine} a, {engine} b',
                f'INSERT INTO {engine}(id, n) SELECT id, n FROM {engine}'):
        lib.error_of(db, sql)
        closed(sql)
        assert not db.in_transaction
    for end in ('COMMIT', 'ROLLBACK'):
        db.execute('BEGIN')
        db.execute(f'SELECT count(*) FROM {engine}').fetchall()
        db.execute(end)
        closed(f'reads and {end}')
        db.execute('BEGIN')
        db.execute(f'UPDATE {engine} SET n = 0 WHERE id = 77')
        lib.error_of(db, f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
        db.execute(end)
        closed(f'an error and {end}')
    db.execute('SAVEPOINT s')
    db.execute(f'SELECT count(*) FROM {engine}').fetchall()
    db.execute('RELEASE s')
    closed('RELEASE')
    db.close()
    closed('close')


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
