#!/usr/bin/python3
"""What is a local change: with one bind alone it decides whether main has to record the COMMIT.

Rows are the least of it: blobs written in place, numbers in the head of the file, the schema, what was undone; and a
transaction that uses nothing of main leaves main alone."""
import os
import sqlite3
import sys

import commit_lib as lib
from commit_edges import commit, recover

BINDS = ('pg', 'my')


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'local')
    w = world.made
    w.empty()
    return w


def in_temp(w, table, url):
    """The steps of one connection and of another one of the same main file; what each said."""
    db, other = w.open('main', binds=()), sqlite3.connect(w.path('main'), isolation_level=None, timeout=0)
    other.execute('CREATE TABLE IF NOT EXISTS l(x)')
    other.execute('DELETE FROM l')
    if url:
        db.execute("INSERT INTO binds(key, url) VALUES ('b', ?)", (url,))
        db.execute(f"CREATE VIRTUAL TABLE temp.s USING bind(bind_key='b', table='t', {lib.COLUMNS})")
    else:
        db.execute(f'CREATE TEMP TABLE s({lib.COLUMNS})')
    said = []
    for sql in ('BEGIN', 'SELECT count(*) FROM s', '!INSERT INTO l VALUES (1)', 'SELECT x FROM l', 'COMMIT',
                'BEGIN', 'INSERT INTO s(id, n) VALUES (1, 1)', '!INSERT INTO l VALUES (2)', 'UPDATE s SET n = 5',
                '!INSERT INTO l VALUES (3)', 'SELECT n FROM s', 'INSERT INTO l VALUES (4)', 'COMMIT', 'SELECT x FROM l',
                'BEGIN', 'DELETE FROM s', '!INSERT INTO l VALUES (5)', 'COMMIT', 'BEGIN', 'SELECT * FROM s',
                '!INSERT INTO l VALUES (6)', 'UPDATE l SET x = x + 10', 'ROLLBACK', 'SELECT x FROM l'):
        try:
            said.append((sql, (other if sql[0] == '!' else db).execute(sql.lstrip('!')).fetchall()))
        except sqlite3.Error as e:
            said.append((sql, str(e)))
    db.close()
    other.close()
    return said


def test_main_is_left_alone(options):
    """A transaction that uses a bind table in temp, and nothing of main, holds no lock or snapshot of main."""
    for first in (False, True):     # a file that has a record already
        for journal in ('delete', 'wal'):
            for bind in ('pg', 'my', 'lite'):
                w = world(options)
                if not first:
                    lib.run(commit, w, 'main', BINDS, 1, None, journal)
                    for table in BINDS:
                        w.sql(table, 'DELETE FROM t')
                lib.run(lambda: w.open('main', (), journal=journal) and True)
                right = lib.run(in_temp, w, 's', None)
                mine = lib.run(in_temp, w, 's', w.urls[bind])
                assert mine == right, [pair for pair in zip(mine, right) if pair[0] != pair[1]]
            yield f'ok - main is left alone, journal {journal}, {"new" if first else "with a record"}'


def numbered(w, pragma):
    db = w.open('main')
    db.execute('SELECT count(*) FROM pg').fetchall()
    at = os.environ.pop('DIE_AT')
    db.execute('BEGIN')
    db.execute('INSERT INTO pg(id, n) VALUES (1, 1)')
    db.execute(f'PRAGMA {pragma} = 7')
    os.environ['BINDS_CRASH_AT'] = at
    db.execute('COMMIT')


def test_numbers_in_the_head_of_main(options):
    """PRAGMA user_version and application_id are local changes: what a migration leaves goes with its rows."""
    for pragma in ('user_version', 'application_id'):
        for point, kept in (('after_votes', 0), ('after_local_commit', 1)):
            w = world(options)
            killed, _ = lib.wait(lib.fork(numbered, w, pragma, env={'DIE_AT': point}))
            assert killed, f'{point} was not reached with {pragma}'
            lib.run(recover, w, 'main')
            found = sqlite3.connect(w.path('main')).execute(f'PRAGMA {pragma}').fetchone()[0]
            assert (found, w.have(1), w.prepared()) == (7 * kept, ['pg'] * kept, []), (pragma, point, found, w.have(1))


# ---- what only the pager knows -----------------------------------------------------------------------------------------

def blob(db, value):
    with db.blobopen('l', 'b', 1) as handle:
        handle.write(value * len(handle))


def spilled(db, value):
    """More than the cache holds: pages are in the file, or in the log, before COMMIT."""
    db.execute('PRAGMA cache_size = 5')
    with db.blobopen('l', 'b', 2) as handle:
        handle.write(value * len(handle))


def write_bind(db, bind):
    db.execute(f'UPDATE {bind} SET n = n + 1 WHERE id = 1')


def before(db, bind):
    blob(db, b'1')
    write_bind(db, bind)


def after(db, bind):
    write_bind(db, bind)
    blob(db, b'2')


def spilled_before(db, bind):
    spilled(db, b'3')
    write_bind(db, bind)


def spilled_after(db, bind):
    write_bind(db, bind)
    spilled(db, b'4')


def undone_and_done(db, bind):
    db.execute('SAVEPOINT s')
    db.execute('INSERT INTO l VALUES (9, x\'\')')
    db.execute('ROLLBACK TO s')
    write_bind(db, bind)
    blob(db, b'5')


def numbers(db, bind):
    write_bind(db, bind)
    db.execute('PRAGMA user_version = 77')


def with_view(db, bind):
    write_bind(db, bind)
    db.execute('CREATE VIEW IF NOT EXISTS v AS SELECT 1')


def in_temp_table(db, bind):
    write_bind(db, bind)
    db.execute('INSERT INTO tmp VALUES (1)')


def nothing(db, bind):
    write_bind(db, bind)


def read_only(db, bind):
    db.execute('SELECT count(*), sum(length(b)) FROM l').fetchall()
    write_bind(db, bind)


def no_row(db, bind):
    write_bind(db, bind)
    db.execute('DELETE FROM l WHERE id = 12345')


LOCAL = [before, after, spilled_before, spilled_after, undone_and_done, numbers, with_view, in_temp_table]
NOT_LOCAL = [nothing, read_only, no_row]


def records(db):
    there = db.execute("SELECT 1 FROM sqlite_schema WHERE name = '_binds_txn'").fetchall()
    return set(db.execute('SELECT gid FROM _binds_txn').fetchall()) if there else set()


def records_main(db, work, expected, told):
    """Whether main was asked to decide, in which case its record holds a new row."""
    known = records(db)
    work()
    assert (records(db) - known != set()) == expected, told


def what_the_pager_knows(w, bind, journal, locking):
    db = w.open('main', (bind,), journal=journal)
    db.execute(f'PRAGMA locking_mode = {locking}')
    db.execute('CREATE TABLE l(id INTEGER PRIMARY KEY, b)')
    db.execute('CREATE TEMP TABLE tmp(x)')
    db.execute('INSERT INTO l VALUES (1, zeroblob(20)), (2, zeroblob(200000)), (3, 1), (4, 1)')
    db.execute(f'INSERT INTO {bind}(id, n) VALUES (1, 1)')

    def transaction(step, reader):
        db.execute('BEGIN')
        open_rows = db.execute('SELECT id FROM l ORDER BY id') if reader else None
        if reader:
            open_rows.fetchone()
        step(db, bind)
        db.execute('COMMIT')
        if reader:
            assert len(open_rows.fetchall()) == 3

    def returning(value):
        rows = db.execute(f'INSERT INTO {bind}(id, n) VALUES ({value}, 1) RETURNING id')
        if value % 2:
            blob(db, b'6')
        assert rows.fetchall() == [(value,)] and not db.in_transaction

    def while_open(value):
        with db.blobopen('l', 'b', 1) as handle:
            db.execute(f'INSERT INTO {bind}(id, n) VALUES ({value}, 1)')
            if value % 2:
                handle.write(b'7' * len(handle))

    for reader in (False, True):
        for step in LOCAL + NOT_LOCAL:
            told = (step.__name__, bind, journal, locking, reader)
            records_main(db, lambda step=step: transaction(step, reader), step in LOCAL, told)
        db.execute('DROP VIEW v')
        db.execute('PRAGMA user_version = 0')
    for value in (10, 11, 12, 13):
        work = returning if value < 12 else while_open
        records_main(db, lambda work=work, value=value: work(value), value % 2 == 1, (value, bind, journal, locking))
    return db.execute('PRAGMA main.journal_mode').fetchone()[0]


def test_what_the_pager_knows(options):
    """What changes main without a row that SQLite counts is a local change, and nothing else costs the record of a commit."""
    cases = [('pg', journal, locking) for journal in ('delete', 'truncate', 'persist', 'wal') for locking in ('normal', 'exclusive')]
    for bind, journal, locking in cases + [('my', 'delete', 'normal'), ('my', 'wal', 'normal')]:
        w = world(options)
        assert lib.run(what_the_pager_knows, w, bind, journal, locking) == journal
        yield f'ok - what the pager knows, {bind}, journal {journal}, locking {locking}'


def blob_and_bind(w, bind, journal, step):
    db = w.open('main', (bind,), journal=journal)
    db.execute('CREATE TABLE l(id INTEGER PRIMARY KEY, b)')
    db.execute('INSERT INTO l VALUES (1, zeroblob(20)), (2, zeroblob(200000))')
    db.execute(f'INSERT INTO {bind}(id, n) VALUES (1, 1)')
    at = os.environ.pop('DIE_AT')
    db.execute('BEGIN')
    step(db, bind)
    os.environ['BINDS_CRASH_AT'] = at
    db.execute('COMMIT')


def test_a_blob_and_a_bind(options):
    """Both or none, wherever the process is killed."""
    for bind in ('pg', 'my'):
        for journal in ('delete', 'wal'):
            for step in (before, spilled_after):
                for point, kept in (('after_votes', False), ('after_local_commit', True)):
                    w = world(options)
                    killed, _ = lib.wait(lib.fork(blob_and_bind, w, bind, journal, step, env={'DIE_AT': point}))
                    assert killed, (bind, journal, step.__name__, point)
                    lib.run(recover, w, 'main')
                    db = sqlite3.connect(w.path('main'))
                    (n,), = db.execute("SELECT count(*) FROM l WHERE CAST(b AS TEXT) GLOB '[14]*'")
                    db.close()
                    there = w.sql(bind, 'SELECT n FROM t WHERE id = 1')
                    assert (n, there, w.prepared()) == (int(kept), '2' if kept else '1', []), (bind, journal, point, n, there)
            yield f'ok - a blob and {bind}, journal {journal}'


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
