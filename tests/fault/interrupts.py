#!/usr/bin/python3
"""Interrupts that come at the worst moment: while a transaction begins or ends on the server.

A function of the application's interrupts the statement that calls it, so that the very next wait ends; and, with
--random, another thread does so after any time.  What was interrupted has done nothing, the connection goes on, and no
transaction stays behind: neither the server's, which would hold locks and an old snapshot, nor what is in memory is lost.

usage: interrupts.py --servers DIR --ext BINDS.SO [--random SECONDS [--seed N]]
"""
import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'servers')
ROWS = 3000
COUNT = f'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {ROWS}) '
UNKNOWN = '(outcome unknown)'


def server(options, engine, *args):
    done = subprocess.run(['sh', os.path.join(SERVERS, engine + '.sh'), args[0], options.servers, *args[1:]],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def connect(options, url, path=':memory:'):
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.enable_load_extension(True)
    db.load_extension(options.ext)
    db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
    return db


def stopper(db):
    """stop(n): interrupts what runs, once `at` is n."""
    class Stop:
        at = None

        def __call__(self, n):
            if n == self.at:
                db.interrupt()
            return n
    stop = Stop()
    db.create_function('stop', 1, stop)
    return stop


def make(options, engine, path):
    """A connection with t and u on the bind, and loc that is local."""
    url = 'sqlite://'
    if engine != 'memory':
        server(options, engine, 'fresh', 'interrupts')
        url = server(options, engine, 'url', 'interrupts')
    db = connect(options, url, path)
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, a INTEGER UNIQUE, s VARCHAR(400))')
    db.execute('CREATE VIRTUAL TABLE u USING bind(id INTEGER PRIMARY KEY, a INTEGER, s VARCHAR(400))')
    db.execute('SELECT create_all()')
    db.execute('CREATE TABLE loc(id INTEGER PRIMARY KEY, a INTEGER)')
    db.execute(f'INSERT INTO loc {COUNT} SELECT i, i * 7 FROM c')
    db.execute("INSERT INTO t SELECT id, id, 's' || id FROM loc")
    db.execute("INSERT INTO u SELECT id, a, 'u' || id FROM loc")
    return db, url


def state(db):
    return [db.execute(f'SELECT count(*), sum(id), sum(a), sum(length(s)), max(s) FROM {table}').fetchone()
            for table in ('t', 'u')] + db.execute('SELECT count(*), sum(id) FROM loc').fetchall()


def stopped(db, sql):
    try:
        db.execute(sql).fetchall()
    except sqlite3.OperationalError as e:
        assert 'interrupted' in str(e), f'{sql}: {e}'
    else:
        raise AssertionError(f'not interrupted: {sql}')


def goes_on(options, db, url, before):
    """Nothing has changed, nothing is open: this connection can write, and so can another one."""
    assert state(db) == before, f'{before} became {state(db)}'
    db.execute('BEGIN')
    db.execute("INSERT INTO t VALUES (-1, -1, 'mine')")
    assert db.execute('SELECT s FROM t WHERE id = -1').fetchone() == ('mine',), 'not written'
    db.execute('ROLLBACK')
    if url != 'sqlite://':
        other = connect(options, url + ('&' if '?' in url else '?') + 'lock_timeout=5')
        other.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, a INTEGER UNIQUE, s VARCHAR(400))')
        other.execute("INSERT INTO t VALUES (-2, -2, 'theirs')")
        assert db.execute('SELECT s FROM t WHERE id = -2').fetchone() == ('theirs',), 'an old snapshot'
        other.execute('DELETE FROM t WHERE id = -2')
        other.close()
    assert state(db) == before, 'rows have changed'


# ---- where a transaction begins and ends ------------------------------------------------------------------------

def test_begin(db, stop):
    """Before the first row is sent, which begins the transaction."""
    for begin in (None, 'BEGIN'):
        if begin:
            db.execute(begin)
        stop.at = 1
        stopped(db, "INSERT INTO u(a, s) SELECT stop(id), 'new' FROM loc")
        stop.at = None
        assert not db.in_transaction


def test_snapshot_gives_way(db, stop):
    """Rows of a snapshot are still being read when a statement that writes begins, and have to be kept."""
    reader = db.execute('SELECT x.s, y.s FROM t AS x, u AS y WHERE y.a > x.id')
    reader.fetchone()
    stop.at = 2
    stopped(db, 'INSERT INTO u(a, s) SELECT id, (SELECT max(s) FROM t WHERE t.id > stop(loc.id)) FROM loc')
    stop.at = None
    try:
        reader.fetchall()
    except sqlite3.Error:
        pass


def test_reader_stays(db, stop):
    """Rows are still being read when what was interrupted is rolled back."""
    for begin in (None, 'BEGIN'):
        reader = db.execute('SELECT id, s FROM t')
        reader.fetchone()
        if begin:
            db.execute(begin)
        stop.at = 7
        stopped(db, 'UPDATE u SET s = s || stop(id)')
        stop.at = None
        try:
            reader.fetchall()
        except sqlite3.Error:
            pass


def test_read(db, stop):
    """A snapshot whose scans are interrupted."""
    stop.at = 7
    stopped(db, 'SELECT count(*) FROM t, u WHERE u.a = t.id AND stop(t.id) > 0')
    stop.at = None
    db.execute('BEGIN')
    db.execute('SELECT count(*) FROM u').fetchall()
    stop.at = 3
    stopped(db, 'SELECT (SELECT max(s) FROM t WHERE t.id > stop(loc.id)) FROM loc')
    stop.at = None
    db.execute('ROLLBACK')


def test_ignored_row(db, stop):
    """What stood in the way of a row that OR IGNORE left out is not what the statement fails of."""
    stop.at = 5
    try:
        db.execute("INSERT OR IGNORE INTO t SELECT stop(id), id, 'i' FROM loc")
    except sqlite3.OperationalError as e:
        assert 'interrupted' in str(e), e
    else:
        raise AssertionError('not interrupted')
    finally:
        stop.at = None


SLOW = {
    'postgresql': [
        'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(NEW.a / 1000.0); RETURN NULL; END $$',
        'CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()'],
    'mariadb': ['CREATE TRIGGER slow BEFORE INSERT ON u FOR EACH ROW SET @slept = SLEEP(NEW.a / 1000)']}
SLOW['mysql'] = SLOW['mariadb']


def interrupted_after(db, seconds, sql):
    """The error of what is interrupted then, or None."""
    timer = threading.Timer(seconds, db.interrupt)
    timer.start()
    try:
        db.execute(sql).fetchall()
        return None
    except sqlite3.Error as e:
        return str(e)
    finally:
        timer.join()


def test_outcome(db, _, options, engine):
    """Whether a lone change or a COMMIT has been done is known after an interrupt: the server says so."""
    for sql in SLOW.get(engine, []):
        server(options, engine, 'sql', 'interrupts', sql)
    row, there = "INSERT INTO u VALUES (-7, {}, 'slow')", 'SELECT count(*) FROM u WHERE id = -7'
    if engine in SLOW:
        text = interrupted_after(db, 0.3, row.format(5000))
        assert text and 'interrupted' in text and UNKNOWN not in text, text
        assert db.execute(there).fetchone() == (0,)
    if engine == 'postgresql':
        for ms, done in ((5000, 0), (150, 1)):
            db.execute('BEGIN')
            db.execute(row.format(ms))
            text = interrupted_after(db, 0.1, 'COMMIT')
            assert (text is None) == bool(done) and UNKNOWN not in (text or ''), f'{ms}: {text}'
            assert db.execute(there).fetchone() == (done,), f'{ms}: {text}'
        db.execute('DELETE FROM u WHERE id = -7')
    for i in range(20):
        db.execute('BEGIN')
        db.execute(row.format(0))
        text = interrupted_after(db, i / 20000, 'COMMIT')
        assert UNKNOWN not in (text or ''), text
        assert db.execute(there).fetchone() == (int(text is None),), text
        db.execute('DELETE FROM u WHERE id = -7')


def test_outcome_unknown(db, _, options, engine):
    """What the server has done and not said is not taken for undone, be it rows or tables."""
    if engine != 'postgresql':
        return
    db.execute('CREATE VIRTUAL TABLE later USING bind(id INTEGER PRIMARY KEY)')
    try:
        # Each COMMIT is done, and waits for a standby that never comes.
        server(options, engine, 'sql', 'postgres', "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        server(options, engine, 'sql', 'postgres', 'SELECT pg_reload_conf(), pg_sleep(0.2)')
        text = interrupted_after(db, 0.3, 'SELECT create_all()')
        assert text and 'interrupted' in text and UNKNOWN in text, text
        text = interrupted_after(db, 0.3, "INSERT INTO u VALUES (-7, 7, 'there')")
        assert text and 'interrupted' in text and UNKNOWN in text, text
    finally:
        server(options, engine, 'sql', 'postgres', 'ALTER SYSTEM RESET synchronous_standby_names')
        server(options, engine, 'sql', 'postgres', 'SELECT pg_reload_conf()')
    assert db.execute('SELECT count(*) FROM later').fetchone() == (0,)
    db.execute('DELETE FROM u WHERE id = -7')


TESTS = [test_begin, test_snapshot_gives_way, test_reader_stays, test_read, test_ignored_row]
WITH_SERVER = [test_outcome, test_outcome_unknown]


# ---- at any time ------------------------------------------------------------------------------------------------

STATEMENTS = [
    "INSERT INTO u(a, s) SELECT a, 'n' FROM loc", 'INSERT INTO u(a, s) SELECT a, s FROM t',
    "INSERT OR REPLACE INTO t SELECT id, a, 'r' || random() FROM loc WHERE id < 2500",
    "INSERT OR REPLACE INTO t SELECT id + 1, a, 'q' || random() FROM t", "UPDATE u SET a = a + 1, s = 'y' || a WHERE id < 2800",
    'DELETE FROM u WHERE id > 500', "UPDATE t SET s = 'l' || loc.a FROM loc WHERE loc.id = t.a",
    'INSERT INTO loc SELECT id + 100000, a FROM t', 'UPDATE t SET a = a + 100000', 'DELETE FROM t WHERE a IN (SELECT a * 7 FROM loc)',
    'UPDATE OR REPLACE t SET a = a - 99999 WHERE id % 2', "INSERT OR IGNORE INTO t SELECT id, id, 'i' FROM loc"]


def at_any_time(options, db, engine, chance):
    """How often a statement was interrupted."""
    begun, interrupted = threading.Event(), 0
    over = threading.Timer(options.random, begun.set)
    over.start()
    while not begun.is_set():
        explicit, sql = chance.random() < 0.5, chance.choice(STATEMENTS)
        if explicit:
            db.execute('BEGIN')
        before, text = state(db), None
        timer = threading.Timer(chance.random() ** 2 * 0.04, db.interrupt)
        timer.start()
        try:
            db.execute(sql).fetchall()
        except sqlite3.Error as e:
            text = str(e)
            interrupted += 'interrupted' in text
            known = ('interrupted', 'constraint', 'uplicate', 'abort due to ROLLBACK')
            assert any(word in text for word in known), f'{engine}: {sql}: {text}'
        timer.join()
        if text and UNKNOWN not in text:
            after = state(db)
            assert after == before, f'{engine}: {sql}: {text}: {before} became {after}'
        if db.in_transaction:
            db.execute(chance.choice(['COMMIT', 'ROLLBACK']))
        db.execute(f'DELETE FROM u WHERE id > {2 * ROWS}')
        db.execute(f'DELETE FROM loc WHERE id > {ROWS}')
    over.join()
    return interrupted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--servers', required=True)
    parser.add_argument('--ext', required=True)
    parser.add_argument('--random', type=float, default=0)
    parser.add_argument('--seed', type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    failed = 0
    for engine in os.environ.get('TEST_ENGINES', 'mariadb postgresql sqlite').split() + ['memory']:
        with tempfile.TemporaryDirectory() as directory:
            for number, test in enumerate(TESTS + WITH_SERVER):
                db, url = make(options, engine, os.path.join(directory, f'{number}.db'))
                try:
                    before, stop = state(db), stopper(db)
                    test(db, stop, *((options, engine) if test in WITH_SERVER else ()))
                    goes_on(options, db, url, before)
                    print(f'ok - {engine} {test.__name__[5:]}')
                except (AssertionError, sqlite3.Error) as e:
                    failed += 1
                    print(f'not ok - {engine} {test.__name__[5:]}: {e}')
                db.close()
            if options.random:
                db, url = make(options, engine, os.path.join(directory, 'random.db'))
                try:
                    n = at_any_time(options, db, engine, random.Random(seed))
                    goes_on(options, db, url, state(db))
                    print(f'ok - {engine} at any time: {n}, seed {seed}')
                except (AssertionError, sqlite3.Error) as e:
                    failed += 1
                    print(f'not ok - {engine} at any time, seed {seed}: {e}')
                db.close()
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
