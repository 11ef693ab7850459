#!/usr/bin/python3
"""Python's sqlite3 module over binds: client.py EXTENSION ENGINE URL URL2."""
import json
import os
import sqlite3
import sys
import tempfile
import threading

extension, engine, url, url2 = sys.argv[1:]


def connect(path=':memory:', **options):
    db = sqlite3.connect(path, **options)
    db.enable_load_extension(True)
    db.load_extension(extension)
    return db


def refused(error, db, sql, *args):
    try:
        db.execute(sql, *args)
    except error as e:
        return str(e)
    raise AssertionError(f'was not refused: {sql}')


def work(path):
    """A program's day: declare, create, executemany, parameters, iteration, commit and rollback."""
    db = connect(path)
    db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?), (?, ?)', (url, 'two', url2))
    db.execute("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, data BLOB, r REAL)")
    db.execute("CREATE VIRTUAL TABLE o USING bind(bind_key='two', id INTEGER PRIMARY KEY, t INTEGER)")
    assert db.execute('SELECT create_all()').fetchone() == (2,)
    db.executemany('INSERT INTO t(name, data, r) VALUES (?, ?, ?)', ((f'name {i}', bytes([i % 256]), i / 4) for i in range(300)))
    db.executemany('INSERT INTO o(t) VALUES (?)', ((i,) for i in range(1, 300, 7)))
    db.commit()
    assert db.execute('SELECT count(*), sum(r) FROM t').fetchone() == (300, sum(i / 4 for i in range(300)))
    for i in (1, 150, 300):
        assert db.execute('SELECT name, data, r FROM t WHERE id = ?', (i,)).fetchone() == (f'name {i - 1}', bytes([(i - 1) % 256]), (i - 1) / 4)
    assert db.execute('SELECT count(*) FROM o JOIN t ON t.id = o.t WHERE t.name LIKE ?', ('name%',)).fetchone() == (43,)
    # two cursors half read, and a write between
    a, b = db.execute('SELECT id FROM t ORDER BY id'), db.execute('SELECT id FROM t ORDER BY id DESC')
    assert (a.fetchone(), b.fetchone()) == ((1,), (300,))
    cursor = db.execute("INSERT INTO t(name) VALUES ('late')")
    assert cursor.lastrowid == 301
    assert a.fetchone() == (2,) and b.fetchone() == (299,)
    assert len(a.fetchall()) in (298, 299)
    db.rollback()
    assert db.execute("SELECT count(*) FROM t WHERE name = 'late'").fetchone() == (0,)
    message = refused(sqlite3.IntegrityError, db, "INSERT INTO t(name) VALUES ('name 5')")
    assert message, message
    db.rollback()
    with db:
        db.execute("UPDATE t SET name = 'renamed' WHERE id = 1")
        db.execute('DELETE FROM o WHERE t > 100')
    assert db.execute("SELECT id FROM t WHERE name = 'renamed'").fetchall() == [(1,)]
    assert db.execute('SELECT count(*) FROM o').fetchone() == (15,)
    db.close()


def compared():
    """A statement is half read whose scan the server has left rows away from, or whose rows are kept; another one wants the
    same with, or without these rows.  Run again, each knows what it is."""
    db = connect(isolation_level=None)
    db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
    db.execute("CREATE VIRTUAL TABLE t USING bind(table='compared', id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, k INTEGER)")
    db.execute('SELECT create_all()')
    db.execute('INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 6000) SELECT n, n % 7, n % 5, n % 10 FROM r')
    db.execute('UPDATE binds SET url = url')
    db.execute('CREATE TABLE native AS SELECT * FROM t')
    db.execute('CREATE TABLE o AS SELECT value AS x FROM json_each(?)', (json.dumps(list(range(5))),))
    few = 'SELECT sum(t.id), sum(t.a), sum(t.b) FROM o CROSS JOIN t WHERE t.k < ? AND t.a < t.b'
    many = 'SELECT sum(t.id), sum(t.a), sum(t.b) FROM o CROSS JOIN t WHERE t.k < ?'
    rows = 'SELECT o.x, t.id, t.a, t.b FROM o CROSS JOIN t WHERE t.k < ?'
    native = [{k: db.execute(q.replace(' JOIN t ', ' JOIN native AS t '), (k,)).fetchone() for k in (9, 11)} for q in (few, many)]
    for k in (9, 11):
        for half, all_rows in ((rows, native[1][k]), (rows + ' AND t.a < t.b', native[0][k])):
            cursor = db.execute(half, (k,))
            read = cursor.fetchmany(8000)
            assert db.execute(few, (k,)).fetchone() == native[0][k]
            assert db.execute(many, (k,)).fetchone() == native[1][k]
            read += cursor.fetchall()
            assert tuple(sum(r[i] for r in read) for i in (1, 2, 3)) == all_rows, (half, len(read))
    db.execute('SELECT drop_all()')
    db.close()


def look_ups():
    """A prepared look-up that runs again and again is known by now.  What is sent for it, and for others that ask the bind
    for the same text, is what a new connection sends."""
    def one(known):
        db = connect(isolation_level=None)
        db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
        db.execute("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, data BLOB, r REAL)")
        db.execute('CREATE TABLE n(x INTEGER)')
        db.create_function('nested', 1, lambda i: db.execute(look_up, (i,)).fetchone()[0])

        def sent(sql, *args):
            last = db.execute('SELECT max(seq) FROM bind_log').fetchone()[0]
            rows = db.execute(sql, args).fetchall()
            return rows, [text for text, in db.execute('SELECT sql FROM bind_log WHERE seq > ? ORDER BY seq', (last,))]

        answers = []
        for sql, *args in others:
            for i in range(6 if known else 1):
                assert db.execute(look_up, (i + 2,)).fetchall() == [(f'name {i + 1}',)]
            db.execute(sql, args).fetchall()        # what is read from the catalog is read now
            answers.append(sent(sql, *args))
            answers.append(sent(look_up, 7))
        db.execute('BEGIN')
        answers += [sent(look_up, 8), sent(look_up, 9)]
        db.execute("UPDATE t SET r = -1 WHERE id = 9")
        assert db.execute('SELECT r FROM t WHERE id = 9').fetchone() == (-1,)
        assert sent(look_up, 9)[0] == [('name 8',)]
        db.execute('ROLLBACK')
        answers.append(sent(look_up, 10))
        db.execute('CREATE TABLE more(x)')          # all is prepared anew
        answers += [sent(look_up, 11), sent(look_up, 12)]
        db.close()
        return answers

    look_up = 'SELECT name FROM t WHERE id = ?'
    others = ((look_up, 3), ('SELECT (SELECT name FROM t WHERE id = ?1), (SELECT name FROM t WHERE id = ?1)', 3),
              ('SELECT name FROM t WHERE id = ? UNION ALL SELECT name FROM t WHERE id = 5', 3),
              ('INSERT INTO n SELECT length(name) FROM t WHERE id = ?', 3), ('UPDATE n SET x = length(nested(?))', 4),
              ('SELECT nested(?)', 4), ('SELECT x, (SELECT name FROM t WHERE id = x) FROM n WHERE x < ?', 9))
    fresh, known = one(False), one(True)
    for a, b in zip(fresh, known):
        assert a == b, (a, b)


def environment():
    """SQLALCHEMY_DATABASE_URI and SQLALCHEMY_BINDS are the binds of a new connection."""
    os.environ['SQLALCHEMY_DATABASE_URI'] = url
    os.environ['SQLALCHEMY_BINDS'] = json.dumps({'two': url2, 'Ü "q"': 'sqlite://'})
    db = connect()
    assert [row[0] for row in db.execute('SELECT key FROM binds')] == [None, 'two', 'Ü "q"']
    db.execute("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, data BLOB, r REAL)")
    assert db.execute('SELECT count(*) FROM t').fetchone() == (300,)
    db.close()
    os.environ['SQLALCHEMY_BINDS'] = '{not json'
    try:
        connect()
        raise AssertionError('a malformed SQLALCHEMY_BINDS was taken')
    except sqlite3.OperationalError as e:
        assert 'SQLALCHEMY_BINDS' in str(e), e
    del os.environ['SQLALCHEMY_DATABASE_URI'], os.environ['SQLALCHEMY_BINDS']


def moved():
    """Statements that stay prepared while their bind moves to a database that compares in another way."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'other.db')
        rows = [(1, 'b', 10), (2, 'B', 9), (3, 'a', 100), (4, 'A', 1)]
        other = sqlite3.connect(path)
        other.execute('CREATE TABLE moved(id INTEGER PRIMARY KEY, s TEXT COLLATE NOCASE, n TEXT)')
        other.executemany('INSERT INTO moved VALUES (?, ?, ?)', rows)
        other.commit()
        other.close()
        db = connect(isolation_level=None)
        db.execute("INSERT INTO binds(key, url) VALUES ('m', ?)", (url,))
        db.execute("CREATE VIRTUAL TABLE moved USING bind(bind_key='m', id INTEGER PRIMARY KEY, s TEXT, n INTEGER)")
        db.execute('SELECT create_all()')
        db.executemany('INSERT INTO moved VALUES (?, ?, ?)', rows)
        for target in (url, f'sqlite:///{path}', url):
            db.execute("UPDATE binds SET url = ? WHERE key = 'm'", (target,))
            assert db.execute("SELECT s FROM moved WHERE s > 'A' ORDER BY s").fetchall() == [('B',), ('a',), ('b',)], target
            assert db.execute('SELECT n FROM moved WHERE n > 2 ORDER BY n').fetchall() == [(9,), (10,), (100,)], target
            assert db.execute('SELECT id FROM moved WHERE s = ?', ('b',)).fetchall() == [(1,)], target
        # what runs meanwhile goes on, also where it has yet to open a table
        db.execute('CREATE TEMP TABLE numbers(i)')
        db.executemany('INSERT INTO numbers VALUES (?)', [(1,), (2,), (3,)])
        running = db.execute('SELECT i, (SELECT max(i) FROM numbers AS o WHERE o.i <= numbers.i) FROM numbers')
        assert running.fetchone() == (1, 1)
        db.execute("UPDATE binds SET url = ? WHERE key = 'm'", (f'sqlite:///{path}',))
        assert running.fetchall() == [(2, 2), (3, 3)]
        # a column that had another type when they were prepared: they fail of it once
        path = os.path.join(folder, 'altered.db')
        other = sqlite3.connect(path, isolation_level=None)
        other.execute('CREATE TABLE moved(id INTEGER PRIMARY KEY, s TEXT, n INTEGER)')
        other.executemany('INSERT INTO moved VALUES (?, ?, ?)', rows)
        db.execute("UPDATE binds SET url = ? WHERE key = 'm'", (f'sqlite:///{path}',))
        query = 'SELECT n FROM moved WHERE n > 2 ORDER BY n'
        assert db.execute(query).fetchall() == [(9,), (10,), (100,)]
        other.execute('ALTER TABLE moved RENAME COLUMN n TO m')
        refused(sqlite3.OperationalError, db, query)
        other.execute('ALTER TABLE moved ADD COLUMN n TEXT')
        other.execute('UPDATE moved SET n = m')
        assert db.execute(query).fetchall() == [(9,), (10,), (100,)]
        other.close()
        db.close()


def threads():
    """Several connections and threads of one process."""
    failures = []

    def one(number):
        try:
            db = connect(isolation_level=None)
            db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
            db.execute("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, data BLOB, r REAL)")
            for i in range(20):
                for attempt in range(50):
                    try:
                        db.execute('INSERT INTO t(id, name) VALUES (?, ?)', (1000 + number * 100 + i, f'thread {number} {i}'))
                        break
                    except sqlite3.OperationalError as e:
                        if 'locked' not in str(e) and 'busy' not in str(e) or attempt == 49:
                            raise
                assert db.execute('SELECT count(*) FROM t WHERE id >= ? AND id < ?',
                                  (1000 + number * 100, 1100 + number * 100)).fetchone() == (i + 1,)
            db.close()
        except (AssertionError, sqlite3.Error) as e:
            failures.append(f'thread {number}: {e!r}')

    workers = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not failures, failures


def secrets():
    """A password is readable nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'main.db')
        db = connect(path)
        db.execute("INSERT INTO binds(key, url) VALUES ('s', 'postgresql://u:swordfish@127.0.0.1:1/db?connect_timeout=1')")
        db.execute("CREATE VIRTUAL TABLE x USING bind(bind_key='s', id INTEGER PRIMARY KEY)")
        for sql in ('SELECT * FROM x', 'SELECT create_all()', "INSERT INTO binds(key, url) VALUES ('s2', 'postgresql://u:swordfish@h:x/')"):
            assert 'swordfish' not in refused(sqlite3.Error, db, sql)
        for sql in ('SELECT * FROM binds', 'SELECT hex(url) || url || quote(url) FROM binds', 'SELECT * FROM bind_log', 'SELECT * FROM sqlite_schema'):
            assert 'swordfish' not in str(db.execute(sql).fetchall())
            assert b'swordfish'.hex() not in str(db.execute(sql).fetchall()).lower()
        db.commit()
        db.close()
        with open(path, 'rb') as f:
            assert b'swordfish' not in f.read()


with tempfile.TemporaryDirectory() as work_dir:
    work(os.path.join(work_dir, 'main.db'))
compared()
look_ups()
environment()
moved()
threads()
secrets()
