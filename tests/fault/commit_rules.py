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


@each_engine
def test_savepoints_to_any_depth(w, engine):
    """Sixty levels; the bind is first touched at the twentieth."""
    rng = random.Random(5)
    for outer in ('BEGIN', 'SELECT 1'):
        db = w.open('main', binds=(engine,))
        native = sqlite3.connect(':memory:', isolation_level=None)
        native.execute(DECLARED)
        script = [outer]
        for i in range(60):
            script.append(f'SAVEPOINT s{i}')
            if i >= 20 and rng.randrange(3):
                script.append(f'INSERT INTO @ VALUES ({i}, {i}, NULL)')
        for i in (55, 40, 40, 22):
            script += [f'ROLLBACK TO s{i}', f'INSERT INTO @ VALUES ({200 + len(script)}, 1, NULL)', 'SELECT count(*) FROM @']
        script += ['RELEASE s21', 'ROLLBACK TO s10', 'SELECT count(*) FROM @', 'INSERT INTO @ VALUES (300, 1, NULL)',
                   'RELEASE s5', 'INSERT INTO @ VALUES (300, 1, NULL)', 'ROLLBACK TO s4', 'INSERT INTO @ VALUES (301, 1, NULL)']
        script += ['ROLLBACK TO s0', 'SELECT count(*) FROM @', 'INSERT INTO @ VALUES (302, 1, NULL)', 'RELEASE s0', 'COMMIT',
                   'SELECT * FROM @ ORDER BY id', 'DELETE FROM @']
        for sql in script:
            mine, right = outcome(db, sql.replace('@', engine)), outcome(native, sql.replace('@', 't'))
            assert mine == right, f'{sql}: {mine}, not {right}'
        db.close()


@each_engine
def test_savepoints_cost_nothing_without_writes(w, engine):
    db = w.open('main', binds=(engine,))
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 1)')
    read = f'SELECT n FROM {engine} WHERE id = 1'
    said = []
    for script in ([read] * 3, [read] * 3, ['SAVEPOINT a', read, 'SAVEPOINT b', read, 'ROLLBACK TO a', 'RELEASE a', read]):
        seq = db.execute('SELECT coalesce(max(seq), 0) FROM bind_log').fetchone()[0]
        for sql in ['BEGIN'] + script + ['COMMIT']:
            db.execute(sql).fetchall()
        log = db.execute('SELECT sql, round_trips FROM bind_log WHERE seq > ?', (seq,)).fetchall()
        said.append([(sql.split("'")[0], trips) for sql, trips in log])
    assert said[1] == said[2], said


# ---- what is local ---------------------------------------------------------------------------------------------

LOCAL_STEPS = ['SAVEPOINT s{n}', 'SAVEPOINT s{n}', 'RELEASE {name}', 'ROLLBACK TO {name}', 'ROLLBACK TO {name}',
               'INSERT INTO {t}(id, n) VALUES ({i}, 1)', 'INSERT INTO {t}(id, n) VALUES ({i}, 1), ({j}, NULL), ({k}, 3)',
               'INSERT OR IGNORE INTO {t}(id, n) VALUES ({i}, 1), ({j}, 2), ({k}, 3)',
               'INSERT OR FAIL INTO {t}(id, n) VALUES ({i}, 1), ({j}, 2), ({k}, 3)',
               'REPLACE INTO {t}(id, n) VALUES ({i}, 1), ({j}, 2)', 'UPDATE {t} SET n = n + 1 WHERE id < {i}',
               'UPDATE {t} SET u = 1', 'DELETE FROM {t} WHERE id = {i}', 'INSERT INTO {t}(id, n) SELECT n + 20, id FROM {t}',
               'INSERT INTO l VALUES ({i})', 'INSERT INTO l VALUES ({i}), (NULL)', 'UPDATE l SET x = x + 1',
               'DELETE FROM l WHERE 0', 'SELECT * FROM {t}', 'CREATE TABLE made{n}(x)']


def local_steps(db, rng, table, depth):
    """Random statements of one transaction; says whether something local is changed by what stands at the end, and whether
    anything local was tried at all."""
    names, kept, local, tried = [], [], False, False
    for n in range(rng.randrange(2, 12)):
        i, j, k = rng.randrange(1, 9), rng.randrange(1, 9), rng.randrange(1, 9)
        # Rarely: else every transaction changes something local.
        step = rng.choice(LOCAL_STEPS if rng.randrange(4) == 0 else LOCAL_STEPS[:14])
        if '{name}' in step and not names:
            continue
        at = rng.randrange(len(names)) if names else 0
        sql = step.format(n=f'{depth}_{n}', name=names[at] if names else '', t=table, i=i, j=j, k=k)
        before = db.total_changes if ' l ' in sql else 0
        tried = tried or ' l ' in sql or step.startswith('CREATE')
        try:
            db.execute(sql).fetchall()
        except sqlite3.Error:
            assert db.in_transaction, sql
            continue
        if step.startswith('SAVEPOINT'):
            names.append(sql.split()[1])
            kept.append(local)
        elif step.startswith('RELEASE'):
            del names[at:], kept[at:]
        elif step.startswith('ROLLBACK TO'):
            local = kept[at]
            del names[at + 1:], kept[at + 1:]
        elif step.startswith('CREATE') or (' l ' in sql and db.total_changes > before):
            local = True
    return local, tried


@each_engine
def test_local_changes_are_known(w, engine):
    """A commit of one bind is recorded if something local goes with it, and only then.  (What was undone may
    count.)"""
    db = w.open('main', binds=(engine,))
    db.execute('CREATE TABLE l(x NOT NULL)')
    recorded = 0
    for seed in range(30):
        rng = random.Random(seed)
        db.execute(f'DELETE FROM {engine}')
        db.execute('DELETE FROM l')
        db.execute('INSERT INTO l VALUES (0)')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1), (2, 2), (3, 3)')
        seq = db.execute('SELECT coalesce(max(seq), 0) FROM bind_log').fetchone()[0]
        db.execute(rng.choice(['BEGIN', 'BEGIN IMMEDIATE']))
        if rng.randrange(2) == 0:
            db.execute(f'SELECT * FROM {engine}').fetchall()
        local, tried = local_steps(db, rng, engine, seed)
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (1000, 1)')
        db.execute('COMMIT')
        log = [sql for sql, in db.execute('SELECT sql FROM bind_log WHERE seq > ?', (seq,))]
        voted = any('PREPARE' in sql or 'INTO _binds_done' in sql or '._binds_done VALUES' in sql for sql in log)
        assert voted if local else tried or not voted, (f'seed {seed}', voted, local, log)
        recorded += voted
    assert 2 < recorded < 28, recorded


# ---- snapshots ---------------------------------------------------------------------------------------------

@each_engine
def test_snapshot_of_a_transaction(w, engine):
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10), (2, 20)')
    db = w.open('main', binds=(engine,))
    locked = engine == 'lite' or (engine == 'my' and lib.MY == 'mysql')     # for writers, once it was read
    db.execute('BEGIN')
    assert db.execute(f'SELECT n FROM {engine} WHERE id = 1').fetchone() == (10,)
    if not locked:
        w.sql(engine, 'UPDATE t SET n = 99')
    assert db.execute(f'SELECT n FROM {engine} WHERE id = 2').fetchone() == (20,)
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (30,)
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (3, 1)')
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (31,)
    db.execute('ROLLBACK')
    assert db.execute(f'SELECT sum(n) FROM {engine}').fetchone() == (30 if locked else 198,)


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
