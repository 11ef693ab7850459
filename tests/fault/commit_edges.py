#!/usr/bin/python3
"""The edges of commits over several binds: main without a durable file, participants that cannot prepare, readers in
the way, interrupts, vetoes, copies of the database file, other applications' transactions."""
import ctypes
import os
import resource
import shutil
import signal
import sqlite3
import sys
import threading
import time

import commit_lib as lib

ALL = ('pg', 'my', 'lite', 'lite2')


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'edges')
    w = world.made
    w.empty()
    return w


def insert(db, binds, row=1):
    db.execute('BEGIN')
    for bind in binds:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, ?)', (row, row))


def commit(w, main, binds, row=1, urls=None, journal=None, local=False):
    db = w.open(main, urls=urls, journal=journal)
    if local:
        db.execute('CREATE TABLE IF NOT EXISTS local(id)')
    insert(db, binds, row)
    if local:
        db.execute('INSERT INTO local VALUES (?)', (row,))
    db.execute('COMMIT')
    return True


def attempt(w, main, binds, row, urls):
    try:
        return 'ok' if commit(w, main, binds, row, urls, None, True) else None
    except sqlite3.Error as e:
        return str(e)


def recover(w, main, urls=None, binds=ALL):
    db = w.open(main, urls=urls, binds=binds)
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    return n, dict(db.execute('SELECT key, state FROM binds').fetchall()), db.execute(
        'SELECT error FROM binds WHERE error IS NOT NULL').fetchall()


# ---- main proves nothing ------------------------------------------------------------------------------------

def refusal_in_memory(w):
    db = w.open(':memory:')
    insert(db, ['pg'])
    name, text = lib.error_of(db, 'INSERT INTO lite(id, n) VALUES (1, 1)')
    assert 'coordinator=/path' in text and '\n' not in text, text
    db.execute('COMMIT')
    return name


def test_main_in_memory(options):
    w = world(options)
    lib.run(refusal_in_memory, w)
    assert w.have() == ['pg'], w.have()
    side = f'{w.dir}/side.db'
    urls = {'pg': f"{w.urls['pg']}&coordinator={side}"}
    row = 10
    for point, want in (('after_votes', []), ('after_side', ['pg', 'my']), ('after_settle:1', ['pg', 'my']),
                        ('after_record', [])):
        row += 1
        assert lib.crash(commit, w, ':memory:', ('pg', 'my'), row, urls, at=point), point
        stood = len(w.prepared())
        n, state, errors = lib.run(recover, w, ':memory:', urls)
        assert (n, w.have(row), w.prepared()) == (stood, want, []), (point, n, stood, w.have(row), state, errors)
        yield f'ok - main in memory, side file, killed {point}'
    lib.run(commit, w, ':memory:', ('pg', 'my', 'lite'), 20, urls)
    assert w.have(20) == ['pg', 'my', 'lite']


def test_side_file_that_fails(options):
    """The disk of the side file is full when it comes to commit: without a witness that is the end of the transaction; with
    one, everything is decided by then, and COMMIT says so."""
    w = world(options)
    urls = {'pg': f"{w.urls['pg']}&coordinator={w.dir}/side.db"}
    for row, binds, at in ((21, ('pg', 'my', 'lite'), 'after_witness'), (22, ('pg', 'my'), 'after_votes')):
        child = lib.stopped(attempt, w, ':memory:', binds, row, urls, at=at)
        resource.prlimit(child[0], resource.RLIMIT_FSIZE, (0, 0))
        killed, said = lib.go(child)
        assert not killed and (said == 'ok') == (at == 'after_witness'), (at, said)
        assert said == 'ok' or 'the coordinator file' in said and 'unknown' not in said, said
        assert w.have(row) == (list(binds) if said == 'ok' else []) and not w.prepared(), (said, w.have(row))
        _, state, errors = lib.run(recover, w, ':memory:', urls)    # nor does it tell of local changes that were lost
        assert w.have(row) == (list(binds) if said == 'ok' else []) and not errors, (said, state, errors)
        yield f'ok - side file fails, stopped {at}: {said[:40]}'
    lib.run(commit, w, ':memory:', ('pg', 'my', 'lite'), 23, urls)
    assert w.have(23) == ['pg', 'my', 'lite']


def read_only(w, side):
    db = w.open(f'file:{w.path("ro")}?mode=ro', binds=(), urls={})
    for bind in ('pg', 'my'):
        url = w.urls[bind] + ('&' if '?' in w.urls[bind] else '?') + f'coordinator={side}'
        db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (bind, url))
        db.execute(f"CREATE VIRTUAL TABLE temp.{bind} USING bind(bind_key='{bind}', table='t', id INTEGER PRIMARY KEY, "
                   'n BIGINT)')
    insert(db, ('pg', 'my'), 30)
    db.execute('COMMIT')
    return True


def test_main_read_only(options):
    w = world(options)
    sqlite3.connect(w.path('ro')).execute('CREATE TABLE IF NOT EXISTS x(y)')
    lib.run(read_only, w, f'{w.dir}/side2.db')
    assert w.have(30) == ['pg', 'my']


# ---- who cannot prepare ---------------------------------------------------------------------------------------

def without_prepare(w):
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    insert(db, ['pg'], 1)
    db.execute('INSERT INTO local VALUES (1)')
    db.execute('COMMIT')
    insert(db, ['my'], 2)
    name, text = lib.error_of(db, 'INSERT INTO pg(id, n) VALUES (2, 2)')
    # one that cannot prepare is allowed only with a witness
    assert 'max_prepared_transactions' in text and 'two_phase=off' in text, (name, text)
    db.execute('INSERT INTO my(id, n) VALUES (3, 3)')
    db.execute('COMMIT')
    why = db.execute("SELECT two_phase FROM binds WHERE key = 'pg'").fetchone()[0]
    assert why.startswith('no: ') and 'max_prepared_transactions' in why, why
    off = w.open('other', urls={'pg': w.urls['pg'] + '&two_phase=off'})
    insert(off, ['pg', 'my'], 4)
    off.execute('COMMIT')
    return True


def test_server_that_cannot_prepare(options):
    w = world(options)
    w.server('postgresql', 'sql', 'postgres', 'ALTER SYSTEM SET max_prepared_transactions = 0')
    try:
        w.server('postgresql', 'stop')
        w.server('postgresql', 'start')
        lib.run(without_prepare, w)
        assert (w.have(1), w.have(2), w.have(4)) == (['pg'], ['my'], ['pg', 'my'])
    finally:
        w.server('postgresql', 'sql', 'postgres', 'ALTER SYSTEM RESET max_prepared_transactions')
        w.server('postgresql', 'stop')
        w.server('postgresql', 'start')


def wal_set(w):
    db = w.open('main')
    insert(db, ['pg', 'lite'], 1)
    name, text = lib.error_of(db, 'INSERT INTO lite2(id, n) VALUES (1, 1)')
    assert 'journal_mode=wal' in text and 'two_phase=off' in text, (name, text)
    db.execute('COMMIT')
    off = w.open('main', urls={'lite2': w.urls['lite2'] + '?two_phase=off'})
    insert(off, ['lite', 'lite2'], 2)
    off.execute('COMMIT')
    return True


def test_files_in_wal_mode(options):
    w = world(options)
    w.sql('lite2', 'PRAGMA journal_mode = wal')
    try:
        lib.run(wal_set, w)
    finally:
        w.sql('lite2', 'PRAGMA journal_mode = delete')
    assert (w.have(1), w.have(2)) == (['pg', 'lite'], ['lite', 'lite2'])


# ---- readers, interrupts, vetoes --------------------------------------------------------------------------------

def busy_commit(w, locked):
    db = w.open('main', urls={'lite': w.urls['lite'] + '?busy_timeout=100'})
    db.execute('PRAGMA busy_timeout = 100')
    db.execute('CREATE TABLE local(x)')
    insert(db, ['pg', 'my', 'lite'], 1)
    db.execute('INSERT INTO local VALUES (1)')
    reader = sqlite3.connect(w.path(locked), isolation_level=None)
    reader.execute('BEGIN')
    reader.execute('SELECT * FROM sqlite_schema').fetchall()
    for _ in range(2):  # the plain code: SQLite keeps the transaction for it, and COMMIT can be tried again
        name, text = lib.error_of(db, 'COMMIT')
        assert name == 'SQLITE_BUSY' and db.in_transaction and not w.prepared(), (name, text, w.prepared())
    db.execute('INSERT INTO my(id, n) VALUES (2, 2)')
    name, _ = lib.error_of(db, 'COMMIT')
    assert name == 'SQLITE_BUSY'
    reader.execute('COMMIT')
    db.execute('COMMIT')
    assert db.execute('SELECT count(*) FROM local').fetchone() == (1,)
    return True


def test_reader_in_the_way(options):
    for locked in ('main', 'lite'):
        w = world(options)
        lib.run(busy_commit, w, locked)
        assert (w.have(1), w.have(2)) == (['pg', 'my', 'lite'], ['my']), locked
        yield f'ok - reader of {locked} in the way'


def interrupted(w, engine):
    db = w.open('main')
    insert(db, ['pg', 'my'], 1)
    w.server(engine, 'freeze')
    timer = threading.Timer(0.4, db.interrupt)
    timer.start()
    begin = time.monotonic()
    try:
        name, text = lib.error_of(db, 'COMMIT')
    finally:
        w.server(engine, 'thaw')
    took = time.monotonic() - begin
    assert name == 'SQLITE_INTERRUPT' and took < 3, (name, text, took)
    assert not db.in_transaction
    for bind in ('pg', 'my'):   # the connection stays usable, and nothing is left
        assert db.execute(f'SELECT count(*) FROM {bind}').fetchone() == (0,), bind
    insert(db, ['pg', 'my'], 2)
    db.execute('COMMIT')
    return took


def test_interrupt_of_a_commit(options):
    for engine in ('postgresql', lib.MY):
        w = world(options)
        db_file = sqlite3.connect(w.path('main'))
        db_file.close()
        w.clients.clear()
        lib.wait(threaded(interrupted, w, engine))
        assert (w.have(1), w.have(2), w.prepared()) == ([], ['pg', 'my'], []), engine
        yield f'ok - interrupt while {engine} is frozen'


def threaded(job, *args):
    """interrupt() comes from another thread, which Python allows only if the connection says so."""
    connect = sqlite3.connect

    def apart():
        sqlite3.connect = lambda *args, **more: connect(*args, **more, check_same_thread=False)
        return job(*args)
    return lib.fork(apart)


def vetoed(w):
    library = ctypes.CDLL('libsqlite3.so.0')
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    handle = ctypes.cast(id(db) + 16, ctypes.POINTER(ctypes.c_void_p))[0]   # the sqlite3* of CPython's object
    hook = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 1)
    insert(db, ['pg', 'my'], 1)
    db.execute('INSERT INTO local VALUES (1)')
    library.sqlite3_commit_hook(ctypes.c_void_p(handle), hook, None)
    name, text = lib.error_of(db, 'COMMIT')
    assert name.startswith('SQLITE_CONSTRAINT') and not db.in_transaction, (name, text)
    library.sqlite3_commit_hook(ctypes.c_void_p(handle), None, None)
    assert not w.prepared()
    insert(db, ['pg', 'my'], 2)
    db.execute('COMMIT')
    return True


def test_veto_of_a_commit_hook(options):
    w = world(options)
    lib.run(vetoed, w)
    assert (w.have(1), w.have(2)) == ([], ['pg', 'my'])


# ---- whose transactions? ------------------------------------------------------------------------------------------

def test_copy_of_the_file(options):
    for point, by_copy in (('after_votes', []), ('after_local_commit', ['pg', 'my'])):
        for first in (True, False):     # the first such commit of the file, or a later one
            w = world(options)
            w.remove('copy')
            if not first:
                lib.run(commit, w, 'main', ('pg', 'my'), 1)
            assert lib.crash(commit, w, 'main', ('pg', 'my'), 2, at=point)
            for end in ('', '-journal', '-wal', '-binds'):
                if os.path.exists(w.path('main') + end):
                    shutil.copy(w.path('main') + end, w.path('copy') + end)
            n, state, errors = lib.run(recover, w, 'copy')
            assert w.have(2) == by_copy and n == len(by_copy), (point, first, n, state, errors)
            assert len(w.prepared()) == 2 - n, 'the copy touched what is the original\'s'
            lib.run(commit, w, 'copy', ('pg', 'my'), 3)
            n, state, errors = lib.run(recover, w, 'main')
            assert n == 2 - len(by_copy) and not w.prepared(), (n, state, errors, w.prepared())
            assert w.have(2) == by_copy and w.have(3) == ['pg', 'my']
            yield f"ok - copied after it was killed {point}, {'first' if first else 'later'} commit"


def test_several_recover_at_once(options):
    w = world(options)
    for i in range(6):
        lib.crash(commit, w, 'main', ('pg', 'my'), 10 + i, at=('after_votes', 'after_local_commit')[i % 2])
        # recovery of the earlier ones happened when the next client used the bind
    lib.crash(commit, w, 'main', ('pg', 'my'), 20, at='after_local_commit')
    children = [lib.fork(recover, w, 'main') for _ in range(6)]
    results = [lib.wait(c)[1] for c in children]
    assert sum(n for n, _, _ in results) == 2, results
    assert not w.prepared() and w.have(20) == ['pg', 'my']
    assert [w.have(10 + i) for i in range(6)] == [[], ['pg', 'my']] * 3


def test_foreign_transactions_are_left_alone(options):
    w = world(options)
    lib.run(commit, w, 'main', ('pg', 'my'), 1)
    foreign = 'binds1:0123456789abcdef:0123456789'
    w.sql('pg', "BEGIN; INSERT INTO t(id, n) VALUES (8, 8); PREPARE TRANSACTION 'somebody elses'")
    w.sql('pg', f"BEGIN; INSERT INTO t(id, n) VALUES (9, 9); PREPARE TRANSACTION '{foreign}:1'")
    w.sql('my', f"XA START '{foreign}',':1'; INSERT INTO t(id, n) VALUES (9, 9); XA END '{foreign}',':1'; "
          f"XA PREPARE '{foreign}',':1'")
    w.clients[os.getpid(), 'my'].end()
    try:
        n, state, _ = lib.run(recover, w, 'main')
        assert n == 0 and 'in doubt' not in state.values(), (n, state)
        assert len(w.prepared()) == 2
    finally:
        w.sql('pg', "ROLLBACK PREPARED 'somebody elses'")
        w.sql('pg', f"ROLLBACK PREPARED '{foreign}:1'")
        w.sql('my', f"XA ROLLBACK '{foreign}',':1'")


def test_in_doubt_until_all_are_there(options):
    """Without the SQLite bind that may have decided, the others stay in doubt; with it they are settled."""
    for point, want in (('before_witness', []), ('after_witness', ['pg', 'lite'])):
        w = world(options)
        assert lib.crash(commit, w, 'main', ('pg', 'lite'), 1, at=point)
        n, state, errors = lib.run(recover, w, 'main', None, ('pg', 'my'))
        assert n == 0 and state['pg'] == 'in doubt' and len(w.prepared()) == 1, (n, state)
        assert any('not configured here' in e[0] for e in errors), errors
        n, state, errors = lib.run(recover, w, 'main')
        assert n == 1 and 'in doubt' not in state.values(), (n, state, errors)
        assert w.have() == want and not w.prepared(), (point, w.have())
        yield f'ok - in doubt until the SQLite bind is there, killed {point}'


def hostile(w, schema):
    db = w.open('main')
    db.execute(schema)
    try:
        insert(db, ['pg', 'my'], 1)     # MySQL's branch needs a name as it begins
        db.execute('COMMIT')
        return False
    except sqlite3.OperationalError as e:
        assert 'not the ones that binds makes' in str(e), e
    if db.in_transaction:
        db.execute('ROLLBACK')
    return True


def test_record_that_is_not_ours(options):
    for schema in ('CREATE TABLE _binds_txn(gid)', 'CREATE VIEW _binds_txn AS SELECT 1 AS gid',
                   'CREATE TABLE _binds_coord(uuid TEXT PRIMARY KEY, dev INTEGER, ino INTEGER, more)'):
        w = world(options)
        assert lib.run(hostile, w, schema)
        assert w.have() == [] and not w.prepared()


def lost_vote(w):
    db = w.open('main')
    insert(db, ['pg', 'my'], 1)
    w.server('postgresql', 'kill')
    name, text = lib.error_of(db, 'COMMIT')
    assert not name.startswith('SQLITE_BUSY') and 'binds: [pg]' in text, (name, text)
    w.server('postgresql', 'start')
    time.sleep(1.1)
    assert [db.execute(f'SELECT count(*) FROM {b}').fetchone()[0] for b in ('pg', 'my')] == [0, 0]
    insert(db, ['pg', 'my'], 2)
    db.execute('COMMIT')
    return True


def test_server_dies_before_its_vote(options):
    w = world(options)
    lib.run(lost_vote, w)
    assert (w.have(1), w.have(2), w.prepared()) == ([], ['pg', 'my'], [])


def test_server_dies_before_it_is_told(options):
    """COMMIT says yes, since it is decided; the bind is settled as soon as it is back."""
    for engine in ('postgresql', lib.MY):
        w = world(options)
        child = lib.stopped(commit, w, 'main', ('pg', 'my'), 1, at='after_local_commit')
        w.server(engine, 'kill')
        killed, said = lib.go(child)
        assert not killed and said is True
        w.server(engine, 'start')
        n, state, errors = lib.run(recover, w, 'main')
        assert n == 1 and w.have() == ['pg', 'my'] and not w.prepared(), (n, state, errors, w.have())
        yield f'ok - {engine} dies before it is told'


# ---- what recovery tells of local tables ------------------------------------------------------------------------
# A SQLite file has committed, main has not: changes of local tables are lost, if there were any.

def both(db):
    for bind in ('pg', 'lite'):
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (1, 1)')


def after_the_first_record(_, db):
    """It makes tables, so that a cached statement is prepared again in the middle of the next transaction: SQLite undoes
    its first, empty attempt."""
    for end in ('COMMIT', 'SELECT 1'):
        db.execute('BEGIN')
        for bind in ('lite', 'pg'):
            db.execute(f'UPDATE {bind} SET n = n + 1 WHERE id = 100')
        db.execute(end)


def after_failures(_, db):
    db.execute('BEGIN')
    both(db)
    for sql in ('INSERT INTO pg(id, n) VALUES (5, 5), (6, 6), (1, 1)', 'INSERT INTO pg(id, n) VALUES (1, 1)',
                'INSERT INTO local VALUES (7), (NULL)', 'UPDATE lite SET n = NULL'):
        lib.error_of(db, sql)
    db.execute('INSERT OR IGNORE INTO pg(id, n) VALUES (1, 1), (8, 8)')


def after_rollback_to(_, db):
    db.execute('BEGIN')
    both(db)
    db.execute('SAVEPOINT a')
    db.execute('INSERT INTO local VALUES (1), (2)')
    db.execute('SAVEPOINT b')
    db.execute('INSERT INTO pg(id, n) VALUES (5, 5)')
    db.execute('INSERT INTO local VALUES (3)')
    db.execute('ROLLBACK TO b')
    db.execute('ROLLBACK TO a')


def after_rollback_to_all(_, db):
    db.execute('SAVEPOINT a')
    db.execute('INSERT INTO local VALUES (1), (2)')
    both(db)
    db.execute('ROLLBACK TO a')
    both(db)


def after_busy(w, db):
    db.execute('PRAGMA busy_timeout = 50')
    db.execute('BEGIN')
    both(db)
    reader = sqlite3.connect(w.path('main'), isolation_level=None)
    reader.execute('BEGIN')
    reader.execute('SELECT * FROM sqlite_schema').fetchall()
    assert lib.error_of(db, 'COMMIT')[0] == 'SQLITE_BUSY'
    reader.execute('COMMIT')
    reader.close()


def lose(w, before, local):
    """The client that is killed between the two files."""
    db = w.open('main')
    db.execute('CREATE TABLE IF NOT EXISTS local(x NOT NULL)')
    for bind in ('pg', 'lite'):
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (100, 0)')
    at = os.environ.pop('LOSE_AT')
    before(w, db)
    if local:
        db.execute('INSERT INTO local VALUES (9)')
    os.environ['BINDS_CRASH_AT'] = at
    db.execute('COMMIT')


def test_told_of_lost_local_changes(options):
    """What was undone before may count: SQLite does not tell it from what stands."""
    undone = (after_failures, after_rollback_to, after_rollback_to_all)
    for before in (after_the_first_record, after_busy, *undone):
        for local in (False, True):
            w = world(options)
            killed, _ = lib.wait(lib.fork(lose, w, before, local, env={'LOSE_AT': 'after_witness'}))
            _, state, errors = lib.run(recover, w, 'main')
            case = f'{before.__name__}, {"something" if local else "nothing"} local'
            told = any('local tables were lost' in e[0] for e in errors)
            left = w.prepared()
            assert killed and (told == local or told and before in undone) and not left, (case, killed, state, errors, left)
            yield f'ok - told of what was lost {case}'


def lite_then_lite2(w):
    """The witness of the first transaction is not in the file that the second one writes."""
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    for row, binds in enumerate((('pg', 'lite'), ('pg', 'lite2'), ('pg', 'my'), ('pg', 'my'))):
        insert(db, binds, row)
        db.execute('INSERT INTO local VALUES (1)')
        db.execute('COMMIT')
    return True


def test_witness_in_another_file(options):
    w = world(options)
    lib.run(lite_then_lite2, w)
    _, state, errors = lib.run(recover, w, 'main')
    assert not errors and set(state.values()) == {'connected'}, (state, errors)


def stay(w, at):
    """Commits, stops, and then does what takes the witness and the row of that commit away."""
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    for row in range(3):
        insert(db, ('pg', 'lite') if row < 2 else ('pg', 'my'), row)
        db.execute('INSERT INTO local VALUES (1)')
        db.execute('COMMIT')
        if row == 0:
            os.kill(os.getpid(), at)
    return True


def test_witness_and_row_go_while_they_are_looked_at(options):
    w = world(options)
    child = lib.fork(stay, w, signal.SIGSTOP)
    os.waitpid(child[0], os.WUNTRACED)
    other = lib.stopped(recover, w, 'main', at='recover_witnesses')
    lib.go(child)
    killed, (_, state, errors) = lib.go(other)
    assert not killed and not errors and set(state.values()) == {'connected'}, (state, errors)


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
