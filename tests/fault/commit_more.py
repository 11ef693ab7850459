#!/usr/bin/python3
"""Transactions among others: conflicts, DDL, triggers, cursors that outlive a COMMIT, round trips, refusals."""
import os
import sqlite3
import sys
import time

import commit_lib as lib
from commit_rules import each_engine, world


# ---- conflicts: SQLITE_BUSY, the server's text, and a state to retry from --------------------------------

LOCKED = {'pg': 'lock timeout (SQLSTATE 55P03)', 'my': 'Lock wait timeout exceeded', 'lite': 'database is locked'}
CONFLICT = {'pg': '(SQLSTATE 40001)', 'my': 'Record has changed since last read'}
LOCKING = ('lite', 'my') if lib.MY == 'mysql' else ('lite',)    # what BEGIN has read others cannot write


def busy(db, sql, code, engine, words):
    primary, extended, text = lib.code_of(db, sql)
    assert (primary, extended) == (sqlite3.SQLITE_BUSY, code), f'{extended}: {text}'
    assert text.startswith(f'binds: [{engine}] ') and '\n' not in text and words in text, text
    return text


def retry(db, sql):
    if db.in_transaction:
        db.execute('ROLLBACK')
    db.execute('BEGIN')
    db.execute(sql)
    db.execute('COMMIT')


@each_engine
def test_lock_timeout(w, engine):
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10), (2, 20)')
    one, two = w.open('main', (engine,)), w.open('other', (engine,), options='lock_timeout=1')
    one.execute('BEGIN')
    one.execute(f'UPDATE {engine} SET n = 11 WHERE id = 1')
    begin = time.monotonic()
    busy(two, f'UPDATE {engine} SET n = 12 WHERE id = 1', sqlite3.SQLITE_BUSY_TIMEOUT, engine, LOCKED[engine])
    assert time.monotonic() - begin < 3
    two.execute('BEGIN')
    if engine != 'lite':    # there the lock is the whole file's
        two.execute(f'UPDATE {engine} SET n = 21 WHERE id = 2')
    busy(two, f'UPDATE {engine} SET n = 12 WHERE id = 1', sqlite3.SQLITE_BUSY_TIMEOUT, engine, LOCKED[engine])
    one.execute('COMMIT')
    retry(two, f'UPDATE {engine} SET n = n + 1')
    assert two.execute(f'SELECT n FROM {engine} ORDER BY id').fetchall() == [(12,), (21,)]


@each_engine
def test_lock_timeout_and_the_same_statement_again(w, engine):
    """The statement alone is undone: it can be tried again in the transaction, and what came before it stands."""
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10), (2, 20)')
    one, two = w.open('main', (engine,)), w.open('other', (engine,), options='lock_timeout=1')
    for sql in (f'UPDATE {engine} SET n = n + 1 WHERE id = 1', f'DELETE FROM {engine} WHERE id = 1',
                f'INSERT INTO {engine}(id, n, u) VALUES (3, 30, 3)'):
        one.execute('BEGIN')
        one.execute(f'UPDATE {engine} SET n = 11 WHERE id = 1')
        one.execute(f'INSERT INTO {engine}(id, n, u) VALUES (4, 40, 3)')
        two.execute('BEGIN')
        if engine != 'lite':    # there the lock is the whole file's
            two.execute(f'UPDATE {engine} SET n = n + 1 WHERE id = 2')
        busy(two, sql, sqlite3.SQLITE_BUSY_TIMEOUT, engine, LOCKED[engine])
        one.execute('ROLLBACK')
        two.execute(sql)
        two.execute('COMMIT')
    moved = 20 if engine == 'lite' else 23
    assert two.execute(f'SELECT id, n FROM {engine} ORDER BY id').fetchall() == [(2, moved), (3, 30)]


@each_engine
def test_no_lost_update(w, engine):
    """Read, somebody else writes, write on what was read: refused, never overwritten."""
    w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10)')
    one, two = w.open('main', (engine,)), w.open('other', (engine,), options='lock_timeout=1')
    one.execute('BEGIN')
    assert one.execute(f'SELECT n FROM {engine} WHERE id = 1').fetchone() == (10,)
    if engine in LOCKING:   # what the reader of an explicit transaction has read is locked for writers
        busy(two, f'UPDATE {engine} SET n = n + 1', sqlite3.SQLITE_BUSY_TIMEOUT, engine, LOCKED[engine])
        one.execute('COMMIT')
        return
    two.execute(f'UPDATE {engine} SET n = n + 1')
    busy(one, f'UPDATE {engine} SET n = 100 WHERE id = 1', sqlite3.SQLITE_BUSY_SNAPSHOT, engine, CONFLICT[engine])
    retry(one, f'UPDATE {engine} SET n = n + 1')
    assert one.execute(f'SELECT n FROM {engine}').fetchone() == (12,)


@each_engine
def test_commit_after_a_conflict(w, engine):
    """COMMIT keeps all that was not undone, or fails: never yes to what the server has taken away meanwhile."""
    if engine in LOCKING:   # there is no conflict once the lock is taken
        return
    for options in ('', 'two_phase=off'):
        for main in ('main', ':memory:'):
            w.sql(engine, 'DELETE FROM t')
            w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 10)')
            one, two = w.open(main, (engine,), options=options), w.open('other', (engine,))
            one.execute('BEGIN')
            one.execute(f'INSERT INTO {engine}(id, n) VALUES (50, 1)')
            one.execute(f'SELECT n FROM {engine} WHERE id = 1').fetchall()
            two.execute(f'UPDATE {engine} SET n = n + 1 WHERE id = 1')
            busy(one, f'UPDATE {engine} SET n = 100 WHERE id = 1', sqlite3.SQLITE_BUSY_SNAPSHOT, engine, CONFLICT[engine])
            said = []
            for sql in (f'INSERT INTO {engine}(id, n) VALUES (51, 1)', 'COMMIT'):
                try:
                    said.append(one.in_transaction and one.execute(sql) is not None)
                except sqlite3.Error as e:
                    assert f'binds: [{engine}] ' in str(e), e
                    said.append(False)
            if one.in_transaction:
                one.execute('ROLLBACK')
            kept = w.sql(engine, 'SELECT id FROM t ORDER BY id').split()
            assert said in ([True, True], [False, False]) and kept == (['1', '50', '51'] if said[1] else ['1']), (options, main, said, kept)
            one.close()


def deadlocked(w, engine, name, first, second, gate):
    db = w.open(name, (engine,))
    db.execute('BEGIN')
    db.execute(f'UPDATE {engine} SET n = n + 1 WHERE id = {first}')
    open(gate + name, 'w').close()
    while len([f for f in os.listdir(os.path.dirname(gate)) if f.startswith('gate')]) < 2:
        time.sleep(0.01)
    texts, steps = [], [second]
    while True:
        try:
            for row in steps:
                db.execute(f'UPDATE {engine} SET n = n + 1 WHERE id = {row}')
            db.execute('COMMIT')
            return texts
        except sqlite3.OperationalError as e:
            texts.append(f'{e.sqlite_errorname}: {e}')
            if db.in_transaction:
                db.execute('ROLLBACK')
            db.execute('BEGIN')
            steps = [first, second]


def test_deadlock(options):
    w = world(options)
    for engine in ('pg', 'my'):
        w.sql(engine, 'DELETE FROM t')
        w.sql(engine, 'INSERT INTO t(id, n) VALUES (1, 0), (2, 0)')
        for name in [f for f in os.listdir(w.dir) if f.startswith('gate')]:
            os.remove(f'{w.dir}/{name}')
        gate = f'{w.dir}/gate'
        for name in ('dead1', 'dead2'):
            w.remove(name)
        children = [lib.fork(deadlocked, w, engine, 'dead1', 1, 2, gate),
                    lib.fork(deadlocked, w, engine, 'dead2', 2, 1, gate)]
        texts = [text for c in children for text in lib.wait(c)[1]]
        # the victim; on MariaDB it may be a row that has changed meanwhile which fails the second time
        assert all(text.startswith(f'SQLITE_BUSY_SNAPSHOT: binds: [{engine}] ') for text in texts), texts
        assert any('eadlock' in text for text in texts), texts
        assert w.sql(engine, 'SELECT sum(n) FROM t') == '4'
        yield f'ok - deadlock on {engine}'


VETO = """CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF new.n < 0 THEN RAISE EXCEPTION 'not today' USING ERRCODE = TG_ARGV[0]; END IF; RETURN NULL; END $$"""


def refused_by_the_server(w, state, code):
    """A server's COMMIT or vote that is busy ends everything, whatever it says: the whole transaction is tried again."""
    w.sql('pg', 'DROP TRIGGER IF EXISTS veto ON t')
    w.sql('pg', 'CREATE CONSTRAINT TRIGGER veto AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW '
                f"EXECUTE FUNCTION veto('{state}')")
    db = w.open('main')
    db.execute('CREATE TABLE IF NOT EXISTS local(id)')
    for others in ((), ('my',), ('my', 'lite'), ('local',)):
        for n in (-1, 1):
            db.execute('BEGIN')
            for table in others:
                db.execute(f'INSERT INTO {table} VALUES (1' + (')' if table == 'local' else ', 1, 1)'))
            db.execute('INSERT INTO pg(id, n) VALUES (1, ?)', (n,))
            if n < 0:
                busy(db, 'COMMIT', code, 'pg', f'not today (SQLSTATE {state})')
                assert not db.in_transaction and not w.prepared()
            else:
                db.execute('COMMIT')
            for table in ('pg', *others):
                assert db.execute(f'SELECT count(*) FROM {table}').fetchone()[0] == (n > 0), (others, table)
        for table in ('pg', *others):
            db.execute(f'DELETE FROM {table}')
    busy(db, 'INSERT INTO pg(id, n) VALUES (1, -1)', code, 'pg', f'not today (SQLSTATE {state})')
    w.sql('pg', 'DROP TRIGGER veto ON t')


def test_busy_at_commit(options):
    w = world(options)
    w.sql('pg', VETO)
    for bind in ('pg', 'my', 'lite'):
        w.sql(bind, 'DELETE FROM t')
    for state, code in (('40001', sqlite3.SQLITE_BUSY_SNAPSHOT), ('40P01', sqlite3.SQLITE_BUSY_SNAPSHOT),
                        ('55P03', sqlite3.SQLITE_BUSY_TIMEOUT), ('55006', sqlite3.SQLITE_BUSY_SNAPSHOT)):
        w.remove('main')
        lib.run(refused_by_the_server, w, state, code)
        yield f'ok - {state} at COMMIT'


def stale_main(w):
    """The decision cannot be written any more, since main has changed under the snapshot: COMMIT again would not help."""
    db, other = w.open('main', journal='wal'), sqlite3.connect(w.path('main'), isolation_level=None)
    other.execute('CREATE TABLE l(x)')
    for bind in ('pg', 'my'):
        db.execute(f"CREATE VIRTUAL TABLE temp.temp_{bind} USING bind(bind_key='{bind}', table='t', "
                   'id INTEGER PRIMARY KEY, n BIGINT)')
    db.execute('BEGIN')
    db.execute('SELECT * FROM l').fetchall()
    other.execute('INSERT INTO l VALUES (1)')
    code = lib.code_of(db, 'INSERT INTO pg(id, n) VALUES (1, 1)')[1]
    assert code == sqlite3.SQLITE_BUSY_SNAPSHOT, code   # SQLite's own: the table is one of main
    for bind in ('pg', 'my'):
        db.execute(f'INSERT INTO temp_{bind}(id, n) VALUES (1, 1)')
    primary, code, text = lib.code_of(db, 'COMMIT')
    assert primary == sqlite3.SQLITE_BUSY and code == sqlite3.SQLITE_BUSY_SNAPSHOT and text.startswith('binds: ') and 'locked' in text, (code, text)
    assert not db.in_transaction and not w.prepared()
    retry(db, 'INSERT INTO pg(id, n) VALUES (1, 1)')
    assert db.execute('SELECT (SELECT count(*) FROM pg), (SELECT count(*) FROM my)').fetchone() == (1, 0)


def test_main_has_changed(options):
    w = world(options)
    for bind in ('pg', 'my'):
        w.sql(bind, 'DELETE FROM t')
    w.remove('main')
    lib.run(stale_main, w)


# ---- DDL, triggers, cursors ----------------------------------------------------------------------------------

@each_engine
def test_ddl_in_a_transaction(w, engine):
    db = w.open('main')
    for end, n in (('ROLLBACK', 0), ('COMMIT', 1)):
        db.execute('BEGIN')
        db.execute('CREATE TABLE made(x)')
        db.execute('INSERT INTO made VALUES (1)')
        db.execute(f"CREATE VIRTUAL TABLE again USING bind(bind_key='{engine}', table='t', id INTEGER PRIMARY KEY, "
                   'n BIGINT)')
        db.execute('INSERT INTO again VALUES (1, 1)')
        db.execute('ALTER TABLE again RENAME TO renamed')
        db.execute('INSERT INTO renamed VALUES (2, 2)')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (3, 3)')
        db.execute('DROP TABLE renamed')
        db.execute('DROP TABLE made')
        db.execute('CREATE TABLE made AS SELECT id FROM ' + engine)
        assert db.execute('SELECT count(*) FROM made').fetchone() == (3,)
        db.execute(end)
        assert w.sql(engine, 'SELECT count(*) FROM t') == str(3 * n), end
        assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'made'").fetchone() == (n,)


@each_engine
def test_drop_of_a_written_table(w, engine):
    for end, n in (('ROLLBACK', '0'), ('COMMIT', '1')):
        db = w.open('main')
        db.execute('BEGIN')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
        db.execute(f'DROP TABLE {engine}')
        db.execute(end)
        assert w.sql(engine, 'SELECT count(*) FROM t') == n, end
        db.close()


@each_engine
def test_schema_changed_by_another_connection(w, engine):
    db, other = w.open('main', journal='wal'), w.open('main')
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
    other.execute('CREATE TABLE elsewhere(x)')
    db.execute('BEGIN')
    db.execute(f'SELECT * FROM {engine}').fetchall()
    db.execute('COMMIT')
    other.execute('CREATE TABLE elsewhere2(x)')
    db.execute('BEGIN')
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (2, 2)')
    db.execute('INSERT INTO elsewhere2 VALUES (1)')
    db.execute('ROLLBACK')
    db.execute('BEGIN')
    db.execute('INSERT INTO elsewhere VALUES (1)')
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (3, 3)')
    db.execute('COMMIT')
    assert db.execute(f'SELECT id FROM {engine} ORDER BY id').fetchall() == [(1,), (3,)]
    assert other.execute('SELECT count(*) FROM elsewhere').fetchone() == (1,)


@each_engine
def test_triggers_that_write_binds(w, engine):
    db = w.open('main', (engine,), options='trust_schema=1')
    db.execute('CREATE TABLE l(id INTEGER PRIMARY KEY, n)')
    db.execute(f'CREATE TRIGGER copy AFTER INSERT ON l BEGIN INSERT INTO {engine}(id, n) VALUES (new.id, new.n); END')
    db.execute('INSERT INTO l VALUES (1, 10)')
    db.execute('INSERT INTO l VALUES (2, 20), (3, 30)')
    name, _ = lib.error_of(db, 'INSERT INTO l VALUES (4, 40), (5, NULL)')
    assert name.startswith('SQLITE_CONSTRAINT'), name
    db.execute('BEGIN')
    db.execute('INSERT INTO l VALUES (6, 60)')
    lib.error_of(db, 'INSERT INTO l VALUES (7, 70), (8, NULL)')
    db.execute('COMMIT')
    local, remote = (db.execute(f'SELECT id, n FROM {t} ORDER BY id').fetchall() for t in ('l', engine))
    assert local == remote == [(1, 10), (2, 20), (3, 30), (6, 60)], (local, remote)


@each_engine
def test_cursors_across_the_end(w, engine):
    w.sql(engine, 'INSERT INTO t(id, n) VALUES ' + ', '.join(f'({i}, {i})' for i in range(1, 2001)))
    db = w.open('main')
    for end in ('COMMIT', 'ROLLBACK'):
        for write in (False, True):
            db.execute('BEGIN')
            cursor = db.execute(f'SELECT id FROM {engine} ORDER BY id')
            got = [cursor.fetchone()[0] for _ in range(10)]
            if write:
                db.execute(f'INSERT INTO {engine}(id, n) VALUES (5000, 0)')
            db.execute(end)
            try:
                got += [row[0] for row in cursor]
            except sqlite3.OperationalError as e:   # as SQLite itself says after ROLLBACK
                assert end == 'ROLLBACK', e
                cursor.close()
                got = list(range(1, 2001))
            assert [i for i in got if i <= 2000] == list(range(1, 2001)), f'{end}: {len(got)} rows'
            db.execute(f'DELETE FROM {engine} WHERE id = 5000')
            assert w.idle() == 0, end


@each_engine
def test_write_while_a_join_is_read(w, engine):
    """A read snapshot of autocommit gives way to a transaction that writes; the reader keeps what it saw."""
    w.sql(engine, 'INSERT INTO t(id, n) VALUES ' + ', '.join(f'({i}, {i})' for i in range(1, 501)))
    db = w.open('main')
    join = f'SELECT a.id, b.n FROM {engine} a JOIN {engine} b ON b.id = a.id'
    for begin, end in (('SELECT 1', 'SELECT 1'), ('BEGIN', 'COMMIT'), ('BEGIN', 'ROLLBACK'), ('SAVEPOINT s', 'RELEASE s')):
        cursor = db.execute(join)
        got = [cursor.fetchone() for _ in range(5)]
        db.execute(begin)
        db.execute(f'UPDATE {engine} SET u = id WHERE id = 7')
        db.execute(f'INSERT INTO {engine}(id, n) VALUES (1000, 0)')
        got += [cursor.fetchone() for _ in range(5)]
        db.execute(end)
        try:
            got += cursor.fetchall()
            assert len({row for row in got if row[0] < 1000}) == 500, (begin, end, len(got))
        except sqlite3.OperationalError:
            assert end == 'ROLLBACK'
            cursor.close()
        there = db.execute(f'SELECT count(*) FROM {engine} WHERE id = 1000').fetchone()[0]
        assert there == (end != 'ROLLBACK'), (begin, end)
        db.execute(f'DELETE FROM {engine} WHERE id = 1000')
        assert w.idle() == 0, (begin, end)


def test_two_binds_of_one_server(options):
    w = world(options)

    def job():
        w.remove('main')
        urls = {key: w.urls[key[:2]] for key in ('pg', 'pg2', 'my', 'my2')}
        db = w.open('main', ('pg', 'pg2', 'my', 'my2'), urls=urls)
        for end, n in (('ROLLBACK', 0), ('COMMIT', 4)):
            db.execute('BEGIN')
            for i, key in enumerate(urls):
                db.execute(f'INSERT INTO {key}(id, n) VALUES (?, 1)', (i,))
            db.execute(end)
            total = sum(db.execute(f'SELECT count(*) FROM {key}').fetchone()[0] for key in ('pg', 'my'))
            assert total == n, (end, total)
        return True
    for engine in ('pg', 'my'):
        w.sql(engine, 'DELETE FROM t')
    lib.run(job)
    assert not w.prepared()


# ---- round trips ----------------------------------------------------------------------------------------------

def trips(db, *statements):
    seq = db.execute('SELECT coalesce(max(seq), 0) FROM bind_log').fetchone()[0]
    for sql in statements:
        db.execute(sql).fetchall()
    return db.execute('SELECT sql, round_trips FROM bind_log WHERE seq > ?', (seq,)).fetchall()


def total(log):
    return sum(n for _, n in log)


@each_engine
def test_round_trips_of_one_bind(w, engine):
    db = w.open('main')
    db.execute(f'INSERT INTO {engine}(id, n) VALUES (1, 1)')
    db.execute(f'SELECT n FROM {engine} WHERE id = 1').fetchall()
    log = trips(db, f'INSERT INTO {engine}(id, n) VALUES (2, 2)')
    assert total(log) <= (2 if engine == 'my' else 1) and len(log) == 1, log
    log = trips(db, f'INSERT INTO {engine}(id, n) VALUES (3, 3)')
    assert total(log) == 1 and len(log) == 1, log
    log = trips(db, f'SELECT n FROM {engine} WHERE id = 1')
    assert total(log) <= 1 and len(log) == 1, log
    for statements in (('BEGIN', f'INSERT INTO {engine}(id, n) VALUES (4, 4)', 'COMMIT'),
                       ('BEGIN', f'SELECT n FROM {engine} WHERE id = 4', f'INSERT INTO {engine}(id, n) VALUES (5, 5)',
                        'COMMIT')):
        log = trips(db, *statements)
        text = ' '.join(sql for sql, _ in log)
        assert 'PREPARE' not in text and '_binds_' not in text, f'prepared for nothing: {log}'
    assert not os.path.exists(w.path('main') + '-binds')
    assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_binds%' ESCAPE '\\'").fetchone() == (0,)


def test_round_trips_of_two_binds(options):
    w = world(options)

    def job():
        w.remove('main')
        db = w.open('main')
        for i in (1, 2):
            log = trips(db, 'BEGIN', f'INSERT INTO pg(id, n) VALUES ({i}, 1)', f'INSERT INTO my(id, n) VALUES ({i}, 1)',
                        'COMMIT')
        words = [sql.split(' ')[0:2] for sql, _ in log]
        words = [a + ' ' + b if a in ('XA', 'PREPARE', 'COMMIT') else a for a, b, *_ in words if a != 'BEGIN']
        order = [x for x in words if x in ('PREPARE TRANSACTION', 'XA PREPARE', 'COMMIT PREPARED', 'XA COMMIT')]
        assert order == ['PREPARE TRANSACTION', 'XA PREPARE', 'COMMIT PREPARED', 'XA COMMIT'], log
        assert total(log) <= 8, (total(log), log)
        # In parallel: a server that answers late is waited for once, not twice.
        return True
    for engine in ('pg', 'my'):
        w.sql(engine, 'DELETE FROM t')
    lib.run(job)


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
