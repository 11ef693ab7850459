#!/usr/bin/python3
"""A single statement in autocommit whose triggers write several binds, or binds and local tables, is a transaction as any
other: all of it or nothing, whoever fails or dies.  And tables that know no transactions, which cannot be part of one."""
import sqlite3
import sys

import commit_lib as lib

BINDS = ('pg', 'my', 'lite')
SETS = (('pg',), ('my',), ('lite',), ('pg', 'my'), ('pg', 'lite'), ('my', 'lite'), ('pg', 'my', 'lite'))


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'triggers')
    w = world.made
    w.empty()
    return w


def connect(w, main, binds, log=True, urls=None):
    """A local table whose trigger writes the binds and, with log, another local table; and a view that is written by it."""
    db = w.open(main, options='trust_schema=1', urls=urls)
    db.execute('CREATE TABLE IF NOT EXISTS l(id INTEGER PRIMARY KEY, n)')
    db.execute('CREATE TABLE IF NOT EXISTS log(id)')
    db.execute('CREATE VIEW IF NOT EXISTS v AS SELECT id, n FROM l')
    writes = ''.join(f'INSERT INTO {bind}(id, n) VALUES (new.id, new.n); ' for bind in binds)
    body = writes + ('INSERT INTO log VALUES (new.id); ' if log else '')
    db.execute(f'CREATE TRIGGER IF NOT EXISTS copy AFTER INSERT ON l BEGIN {body} END')
    db.execute(f'CREATE TRIGGER IF NOT EXISTS through INSTEAD OF INSERT ON v BEGIN {writes} END')
    return db


def have(w, row):
    return tuple(w.have(row))


def local(w):
    db = sqlite3.connect(w.path('main'))
    try:
        return [[id for id, in db.execute(f'SELECT id FROM {t} ORDER BY id')] for t in ('l', 'log')]
    finally:
        db.close()


# ---- statements that fail -----------------------------------------------------------------------------------------

def failing(w, main, binds):
    db = connect(w, main, binds)
    db.execute('INSERT INTO l VALUES (1, 1)')
    for bind in binds:      # the one that refuses is another each time
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (9, 9)')
        for sql in ('INSERT INTO l VALUES (9, 1)', 'INSERT INTO l VALUES (7, 1), (8, 1), (9, 1)',
                    'INSERT INTO v VALUES (7, 1), (9, 1)'):
            name, text = lib.error_of(db, sql)
            assert name.startswith('SQLITE_CONSTRAINT'), (sql, name, text)
            for table in binds:
                rows = db.execute(f'SELECT id FROM {table} ORDER BY id').fetchall()
                assert rows == [(1,)] + [(9,)] * (table == bind), (sql, bind, table, rows)
            assert db.execute('SELECT id FROM l').fetchall() == db.execute('SELECT id FROM log').fetchall() == [(1,)]
        db.execute(f'DELETE FROM {bind} WHERE id = 9')
    db.execute('INSERT INTO v VALUES (4, 4)')
    db.execute('INSERT INTO l VALUES (2, 2), (3, 3)')
    for table in (*binds, 'l', 'log'):
        rows = [id for id, in db.execute(f'SELECT id FROM {table} ORDER BY id')]
        assert rows == [1, 2, 3] + [4] * (table in binds), (table, rows)
    return True


def test_failing_statements(options):
    for main in ('main', ':memory:'):
        # In memory a SQLite file and another bind are refused: its witness needs something local that lasts.
        for binds in SETS if main == 'main' else (('lite',), ('pg', 'my')):
            w = world(options)
            lib.run(failing, w, main, binds)
            assert not w.prepared() and w.idle() == 0
    yield 'ok - failing statements over every set of binds'


def refused(w):
    """Too many that cannot be made one: refused as inside BEGIN, and nothing is written."""
    db = connect(w, ':memory:', ('my', 'lite'))
    name, text = lib.error_of(db, 'INSERT INTO l VALUES (1, 1)')
    assert 'coordinator=/path' in text, (name, text)
    return db.execute('SELECT count(*) FROM l').fetchone()[0]


def test_refused_as_in_a_transaction(options):
    w = world(options)
    assert lib.run(refused, w) == 0 and have(w, 1) == ()


# ---- killed in the middle -------------------------------------------------------------------------------------------

def insert(w, main, binds, rows, urls=None):
    db = connect(w, main, binds, urls=urls)
    db.execute('INSERT INTO l VALUES ' + ', '.join(f'({row}, 1)' for row in rows))
    return True


def recover(w, main, urls=None):
    return w.open(main, urls=urls).execute('SELECT bind_recover()').fetchone()[0]


def test_killed(options):
    """By the local commit at the latest it is decided; a SQLite file decides earlier, and loses the local rows only between
    its commit and the main file's, as the README says."""
    for binds in SETS if options.long else (('pg',), ('lite',), ('pg', 'my'), ('pg', 'my', 'lite')):
        points = [('after_record', False), ('after_local_commit', True)]
        points += [('after_votes', False)] if set(binds) & {'pg', 'my'} else []
        points += [('before_decision', False)] if 'lite' not in binds else []
        for point, kept in points:
            w = world(options)
            if not lib.crash(insert, w, 'main', binds, (5, 6), at=point):
                raise AssertionError(f'{point} was not reached with {binds}')
            lib.run(recover, w, 'main')
            want = binds if kept else ()
            assert (have(w, 5), have(w, 6), w.prepared()) == (want, want, []), (binds, point, have(w, 5), have(w, 6))
            assert local(w) == [[5, 6] if kept else []] * 2, (binds, point, local(w))
        yield f'ok - killed while a trigger writes {" ".join(binds)}'


def test_killed_in_memory(options):
    for point, want in (('after_votes', ()), ('after_mark', ('pg', 'my')), ('after_settle:1', ('pg', 'my'))):
        w = world(options)
        assert lib.crash(insert, w, ':memory:', ('pg', 'my'), (5,), at=point), point
        lib.run(recover, w, ':memory:')
        lib.run(recover, w, ':memory:')
        assert (have(w, 5), w.prepared()) == (want, []), (point, have(w, 5), w.prepared())


# ---- tables without transactions --------------------------------------------------------------------------------------

def plain(w, engine, more):
    url = {'my': w.urls['my'] + more}
    db = connect(w, 'main', ('pg',), urls=url)
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS plain USING bind(bind_key='my', id INTEGER PRIMARY KEY, n BIGINT)")
    db.execute('DROP TRIGGER copy')
    db.execute('CREATE TRIGGER copy AFTER INSERT ON l BEGIN INSERT INTO pg(id, n) VALUES (new.id, 1); '
               'INSERT INTO plain VALUES (new.id, 1); END')
    db.execute('DROP TRIGGER through')
    db.execute('CREATE TRIGGER through INSTEAD OF INSERT ON v BEGIN INSERT INTO plain VALUES (new.id, 1); END')
    db.execute('INSERT INTO plain VALUES (1, 1), (2, 2)')       # alone, it is the server's business
    db.execute('UPDATE plain SET n = 7 WHERE id = 2')
    db.execute('DELETE FROM plain WHERE id = 1')
    writes = ['INSERT INTO plain VALUES (3, 3)', 'UPDATE plain SET n = 3', 'DELETE FROM plain']
    triggered = ['INSERT INTO l VALUES (4, 4)', 'INSERT INTO v VALUES (5, 5)']
    if more:
        for sql in triggered:
            db.execute(sql)
        return True

    def refuse(sql):
        name, text = lib.error_of(db, sql)
        assert 'binds: [my] writing plain' in text and 'table plain' in text and f'engine {engine}' in text, text
        assert 'two_phase=off' in text and 'ALTER TABLE `plain` ENGINE=InnoDB' in text and '\n' not in text, text
    for begin, end in (('BEGIN', 'COMMIT'), ('SAVEPOINT s', 'RELEASE s')):
        db.execute(begin)
        for sql in writes + triggered:
            refuse(sql)
        db.execute('INSERT INTO my(id, n) VALUES (70, 1)')      # the transaction goes on
        db.execute(end)
        db.execute('DELETE FROM my')
    for sql in triggered:
        refuse(sql)
    assert db.execute('SELECT count(*) FROM l').fetchone() == (0,)
    return db.execute('SELECT id, n FROM plain').fetchall()


VIEWS = {'direct': 'SELECT * FROM plain', 'beneath': 'SELECT id, n FROM direct', 'odd `name`': 'SELECT x.id, x.n FROM beneath x',
         'joined': 'SELECT plain.id, plain.n FROM t JOIN plain ON t.id = plain.id'}


def through_views(w, hidden):
    db = w.open('main', ('pg', 'my'))
    db.execute("INSERT INTO binds(key, url) VALUES ('hidden', ?)", (hidden,))
    for i, (bind, name) in enumerate([('my', name) for name in (*VIEWS, 'fit', 'fits')] + [('hidden', 'beneath')]):
        db.execute(f"CREATE VIRTUAL TABLE v{i} USING bind(bind_key='{bind}', table='{name}', id INTEGER PRIMARY KEY, n BIGINT)")
        if name != 'joined':
            db.execute(f'INSERT INTO v{i} VALUES (?, 1)', (10 + i,))       # alone
        db.execute('BEGIN')
        db.execute('INSERT INTO pg(id, n) VALUES (?, 1)', (20 + i,))
        for sql in (f'INSERT INTO v{i} VALUES (30 + {i}, 1)', f'UPDATE v{i} SET n = 2', f'DELETE FROM v{i}'):
            if name.startswith('fit') or (name == 'joined' and 'INSERT' not in sql):    # no row of it, so nothing is written
                db.execute(sql)
                continue
            _, text = lib.error_of(db, sql)
            if bind == 'hidden':
                assert 'GRANT SHOW VIEW' in text and 'the view beneath' in text, text
            else:
                assert 'the table plain is in the storage engine MyISAM' in text and '`plain` ENGINE=InnoDB' in text, text
            assert 'two_phase=off' in text and '\n' not in text, text
        db.execute('COMMIT')
    return db.execute('SELECT count(*) FROM pg').fetchone()[0]


def test_views_of_tables_without_transactions(options):
    """A view is as its tables are, however deep they lie; one that this account may not look into is refused as well."""
    w = world(options)
    w.sql('my', 'CREATE OR REPLACE TABLE plain (id INTEGER PRIMARY KEY, n BIGINT) ENGINE=MyISAM')
    for name, select in {**VIEWS, 'fit': 'SELECT id, n FROM t', 'fits': 'SELECT id, n FROM fit'}.items():
        quoted = name.replace('`', '``')
        w.sql('my', f'CREATE OR REPLACE VIEW `{quoted}` AS {select}')
    w.sql('my', 'CREATE OR REPLACE USER nobody@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON beneath TO nobody@localhost')
    assert lib.run(through_views, w, w.urls['my'].replace('//app@', '//nobody@')) == 7
    assert w.sql('my', 'SELECT id, n FROM plain ORDER BY id').split() == ['10', '1', '11', '1', '12', '1', '16', '1']
    for name in (*VIEWS, 'fit', 'fits'):
        w.sql('my', 'DROP VIEW `{}`'.format(name.replace('`', '``')))
    w.sql('my', 'DROP TABLE plain; DROP USER nobody@localhost')


def test_tables_without_transactions(options):
    for engine in ('MyISAM', 'Aria', 'MEMORY'):
        w = world(options)
        w.sql('my', f'CREATE OR REPLACE TABLE plain (id INTEGER PRIMARY KEY, n BIGINT) ENGINE={engine}')
        assert lib.run(plain, w, engine, '') == [[2, 7]]
        assert have(w, 4) == () and w.sql('my', 'SELECT count(*) FROM plain') == '1'
        w.remove('main')
        w.sql('my', 'DELETE FROM plain')
        lib.run(plain, w, engine, '&two_phase=off')
        assert have(w, 4) == ('pg',) and w.sql('my', 'SELECT id FROM plain ORDER BY id').split() == ['2', '4', '5']
        w.sql('my', 'DROP TABLE plain')
        assert not w.prepared()
        yield f'ok - a table in {engine}'


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
