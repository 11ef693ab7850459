#!/usr/bin/python3
"""Between the votes and the end: what SQLite, other virtual tables, other processes and the disk may do there.

A virtual table of the test's own takes part in the commit after binds and makes it busy, or fail.  Recovery by others
looks at any moment.  What is on disk when the servers are told is read from the order of the calls (syncs.c)."""
import ctypes
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import commit_lib as lib
from commit_edges import commit, insert, recover, threaded

BINDS = ('pg', 'my')
LIBRARY = ctypes.CDLL('libsqlite3.so.0')


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'between')
    w = world.made
    w.empty()
    return w


# ---- another virtual table ---------------------------------------------------------------------------------------

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 6)
ONE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
# Members of sqlite3_module, up to xRename, which this table has.
MEMBERS = ['Create', 'Connect', 'BestIndex', 'Disconnect', 'Destroy', 'Open', 'Close', 'Filter', 'Next', 'Eof', 'Column',
           'Rowid', 'Update', 'Begin', 'Sync', 'Commit', 'Rollback', 'FindFunction', 'Rename']


class Module(ctypes.Structure):
    _fields_ = [('version', ctypes.c_int)] + [(name, ctypes.c_void_p) for name in MEMBERS]


class Late:
    """The table temp.late: DELETE FROM late WHERE 0 makes it part of the transaction, and COMMIT then gets the answers given,
    one after the other, when binds has done its part."""

    def __init__(self, db):
        self.answers = []
        handle = ctypes.c_void_p.from_address(id(db) + 16)     # the sqlite3* of CPython's object
        LIBRARY.sqlite3_malloc.restype = ctypes.c_void_p

        def zeroed(out):
            made = LIBRARY.sqlite3_malloc(64)
            ctypes.memset(made, 0, 64)
            ctypes.c_void_p.from_address(out).value = made
            return 0

        def connect(connection, _aux, _argc, _argv, out, _message):
            LIBRARY.sqlite3_declare_vtab(ctypes.c_void_p(connection), b'CREATE TABLE x(y)')
            return zeroed(out)
        free = ONE(lambda made: LIBRARY.sqlite3_free(ctypes.c_void_p(made)) and 0 or 0)
        nothing = ONE(lambda _: 0)
        self.kept = {name: nothing for name in ('Filter', 'Next', 'Column', 'Rowid', 'Update', 'Begin', 'Commit', 'Rollback', 'BestIndex')}
        self.kept |= {'Create': CALLBACK(connect), 'Connect': CALLBACK(connect), 'Disconnect': free, 'Destroy': free, 'Close': free,
                      'Open': ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda _, out: zeroed(out)),
                      'Eof': ONE(lambda _: 1), 'Sync': ONE(lambda _: self.answers.pop(0) if self.answers else 0)}
        self.module = Module(1, **{name: ctypes.cast(call, ctypes.c_void_p) for name, call in self.kept.items()})
        assert LIBRARY.sqlite3_create_module(handle, b'late', ctypes.byref(self.module), None) == 0
        db.execute('CREATE VIRTUAL TABLE temp.late USING late')


def with_late(w, journal, binds, row, answers):
    db = w.open('main', journal=journal)
    late = Late(db)
    db.execute('CREATE TABLE IF NOT EXISTS local(id)')
    insert(db, binds, row)
    db.execute('INSERT INTO local VALUES (?)', (row,))
    db.execute('DELETE FROM late WHERE 0')
    late.answers = list(answers)
    return db, late


def busy_again(w, journal, end):
    """COMMIT is busy twice after the votes: they stand, writes are refused, and COMMIT or ROLLBACK ends it."""
    row = 1 if end == 'COMMIT' else 2
    db, late = with_late(w, journal, BINDS, row, [sqlite3.SQLITE_BUSY] * 2)
    voted = None
    for _ in range(2):
        name, text = lib.error_of(db, 'COMMIT')
        assert name == 'SQLITE_BUSY' and db.in_transaction, (name, text)
        assert len(w.prepared()) == 2 and voted in (None, w.prepared()), (voted, w.prepared())
        voted = w.prepared()
        for sql in ('INSERT INTO pg(id, n) VALUES (50, 1)', 'UPDATE my SET n = 5', 'DELETE FROM pg', 'SELECT * FROM my'):
            name, text = lib.error_of(db, sql)
            assert 'is prepared: COMMIT or ROLLBACK' in text and db.in_transaction, (sql, name, text)
    db.execute(end)
    assert not late.answers and not w.prepared() and w.have(50) == [], w.prepared()
    insert(db, BINDS, row + 10)     # the connection goes on
    db.execute('COMMIT')
    return [row for row, in db.execute('SELECT id FROM local')]


def die_while_busy(w, journal):
    db, _ = with_late(w, journal, BINDS, 3, [sqlite3.SQLITE_BUSY])
    lib.error_of(db, 'COMMIT')
    os.kill(os.getpid(), signal.SIGKILL)


def fail_late(w, journal, binds, row):
    db, _ = with_late(w, journal, binds, row, [sqlite3.SQLITE_FULL])
    name, text = lib.error_of(db, 'COMMIT')
    assert name == 'SQLITE_FULL' and not db.in_transaction and not w.prepared(), (name, text, w.prepared())
    assert db.execute('SELECT count(*) FROM local WHERE id = ?', (row,)).fetchone() == (0,)
    return True


def test_busy_after_the_votes(options):
    for journal in ('delete', 'wal'):
        w = world(options)
        assert lib.run(busy_again, w, journal, 'COMMIT') == [1]
        assert lib.run(busy_again, w, journal, 'ROLLBACK') == [1]
        assert (w.have(1), w.have(2), w.have(11), w.have(12)) == (['pg', 'my'], [], ['pg', 'my'], ['pg', 'my'])
        assert lib.wait(lib.fork(die_while_busy, w, journal))[0]
        assert len(w.prepared()) == 2
        assert lib.run(recover, w, 'main')[0] == 2 and w.have(3) == [] and not w.prepared()
        yield f'ok - busy after the votes, journal {journal}'


def test_failure_after_the_votes(options):
    """All is undone, unless a SQLite file has decided: then the others follow it (README, the limits)."""
    for journal in ('delete', 'wal'):
        w = world(options)
        for row, binds in enumerate((BINDS, ('pg',), ('my',), ('pg', 'lite'))):
            lib.run(fail_late, w, journal, binds, row)
            assert w.have(row) == (['pg', 'lite'] if 'lite' in binds else []), (binds, w.have(row))
        yield f'ok - failure after the votes, journal {journal}'


# ---- recovery by others --------------------------------------------------------------------------------------------

def test_a_living_transaction_is_left_alone(options):
    """Its coordinator is about to decide.  The lock tells, in WAL mode, in which others can read, too."""
    for journal in ('delete', 'wal'):
        w = world(options)
        lib.run(commit, w, 'main', BINDS, 1, None, journal)
        child = lib.stopped(commit, w, 'main', BINDS, 2, at='before_decision')
        other = lib.fork(recover, w, 'main')
        until = time.monotonic() + 1
        while time.monotonic() < until:
            assert len(w.prepared()) == 2, 'a transaction was settled under its coordinator'
            time.sleep(0.1)
        lib.go(child)
        lib.wait(other)
        assert w.have(2) == ['pg', 'my'] and not w.prepared()
        yield f'ok - a living transaction, journal {journal}'


def test_decided_while_recovery_looks(options):
    """What is prepared and decided while another process recovers is committed, at whatever moment that was.  Asking for the
    decisions first and for the branches then would undo it."""
    for journal in ('delete', 'wal'):
        for at in ('recover_listed', 'recover_decided'):
            w = world(options)
            lib.run(commit, w, 'main', BINDS, 1, None, journal)
            assert lib.crash(commit, w, 'main', BINDS, 2, at='after_votes')
            other = lib.stopped(recover, w, 'main', at=at)
            assert lib.crash(commit, w, 'main', BINDS, 3, at='after_local_commit')
            _, (n, state, errors) = lib.go(other)      # somebody else has settled what it had listed
            assert set(state.values()) == {'connected'} and not errors, (at, n, state, errors)
            lib.run(recover, w, 'main')
            assert (w.have(2), w.have(3), w.prepared()) == ([], ['pg', 'my'], []), (at, w.have(2), w.have(3), w.prepared())
            yield f'ok - decided while recovery is stopped at {at}, journal {journal}'


def locked_out(w, bind):
    """The first use of the bind comes while main cannot be read: what may be in doubt is not forgotten for that, nor waited
    for again at every step."""
    db = w.open('main', binds=())
    db.execute("INSERT INTO binds(key, url) VALUES ('b', ?)", (w.urls[bind],))
    db.execute(f"CREATE VIRTUAL TABLE temp.s USING bind(bind_key='b', table='t', {lib.COLUMNS})")
    db.execute('SELECT count(*) FROM sqlite_schema').fetchall()
    db.execute('PRAGMA busy_timeout = 20')
    other = sqlite3.connect(w.path('main'), isolation_level=None)
    other.execute('BEGIN EXCLUSIVE')
    begin = time.monotonic()
    db.execute('SELECT count(*) FROM s').fetchall()
    db.execute('SELECT * FROM s WHERE id = 1').fetchall()
    assert time.monotonic() - begin < 8
    left = len(w.prepared())
    other.execute('ROLLBACK')
    other.close()
    time.sleep(1.1)     # what is in doubt is looked at once a second
    rows = db.execute('SELECT count(*) FROM s').fetchone()[0]
    return left, rows


def test_main_cannot_be_read(options):
    w = world(options)
    lib.run(commit, w, 'main', BINDS, 1)
    assert lib.crash(commit, w, 'main', BINDS, 2, at='after_local_commit')
    left, rows = lib.run(locked_out, w, 'pg')
    seen = (left, rows, len(w.prepared()))
    lib.run(recover, w, 'main')
    assert seen == (2, 2, 1) and not w.prepared(), (seen, w.prepared())


def test_older_backup_in_place(options):
    """Copied over the file, it takes the local data back, and with it what was decided since and is in doubt."""
    w = world(options)
    lib.run(commit, w, 'main', BINDS, 1)
    with open(w.path('main'), 'rb') as f:
        backup = f.read()
    assert lib.crash(commit, w, 'main', BINDS, 2, at='after_local_commit')
    assert len(w.prepared()) == 2
    with open(w.path('main'), 'r+b') as f:      # the same inode
        f.truncate(0)
        f.write(backup)
    n, state, errors = lib.run(recover, w, 'main')
    assert n == 2 and not w.prepared() and not errors, (n, state, errors)
    assert (w.have(1), w.have(2)) == (['pg', 'my'], [])


def acknowledged(w, engine, bind):
    """The server dies before it is told; this connection has heard yes, and must read what it has written, or nothing."""
    db = w.open('main')
    insert(db, BINDS, 1)
    os.environ['BINDS_STOP_AT'] = 'after_local_commit'
    db.execute('COMMIT')
    for _ in range(2):
        _, text = lib.error_of(db, f'SELECT count(*) FROM {bind}')
        assert f'binds: [{bind}] ' in text, text
    assert db.execute("SELECT state FROM binds WHERE key = ?", (bind,)).fetchone()[0] in ('in doubt', 'failed')
    db.execute('CREATE TABLE local(id)')
    for row in (2, 3):      # others that are recorded: the row of the first one has to stay
        insert(db, [b for b in BINDS if b != bind], row)
        db.execute('INSERT INTO local VALUES (?)', (row,))
        db.execute('COMMIT')
    w.server(engine, 'start')
    time.sleep(1.1)     # a failed connect is remembered for a second
    return db.execute(f'SELECT count(*) FROM {bind}').fetchone()[0]


def test_reads_what_it_has_committed(options):
    for bind, engine in lib.ENGINE.items():
        w = world(options)
        child = lib.fork(acknowledged, w, engine, bind)
        _, status = os.waitpid(child[0], os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        w.server(engine, 'kill')
        try:
            killed, said = lib.go(child)
        except RuntimeError:
            w.server(engine, 'start')
            raise
        assert not killed and said == 1 and not w.prepared(), (said, w.prepared())
        yield f'ok - {engine} dies before it is told, and is read by the same connection'


def interrupted_while_told(w, engine, bind):
    db = w.open('main')
    insert(db, BINDS, 1)

    def work():
        time.sleep(0.5)
        db.interrupt()
        time.sleep(0.2)
        w.server(engine, 'thaw')
    os.environ['BINDS_STOP_AT'] = 'after_local_commit'
    thread = threading.Thread(target=work)
    thread.start()
    db.execute('COMMIT')
    thread.join()
    return db.execute(f'SELECT count(*) FROM {bind}').fetchone()[0]


def test_interrupt_while_servers_are_told(options):
    """It is decided: COMMIT says yes, and what it has not told is told before the bind is used again."""
    for bind, engine in lib.ENGINE.items():
        w = world(options)
        child = threaded(interrupted_while_told, w, engine, bind)
        _, status = os.waitpid(child[0], os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        w.server(engine, 'freeze')
        try:
            killed, said = lib.go(child)
        finally:
            w.server(engine, 'thaw')
        assert not killed and said == 1 and not w.prepared(), (said, w.prepared())
        yield f'ok - interrupt while {engine} is told'


def settled_by_others(w):
    db = w.open('main')
    insert(db, BINDS, 1)
    os.environ['BINDS_STOP_AT'] = 'after_local_commit'
    db.execute('COMMIT')
    if lib.MY == 'mysql':   # whose answer does not tell a settled branch from one that another session holds
        db.execute('SELECT count(*) FROM my').fetchall()
    states = dict(db.execute('SELECT key, state FROM binds').fetchall())
    return states, [error for error, in db.execute('SELECT error FROM binds WHERE error IS NOT NULL')]


def test_settled_by_others(options):
    """Another process has committed the branches, as far as the server lets it, before their own coordinator comes to it."""
    w = world(options)
    child = lib.fork(settled_by_others, w)
    os.waitpid(child[0], os.WUNTRACED)
    n, _, _ = lib.run(recover, w, 'main')
    killed, (states, errors) = lib.go(child)
    assert n >= 1 and not killed, n     # MariaDB keeps its branch for the session that lives
    assert set(states.values()) <= {'connected', 'idle'}, (states, errors)
    assert lib.MY == 'mysql' or not errors, errors      # the last one stays to be read
    assert w.have(1) == ['pg', 'my'] and not w.prepared()


def test_waits_for_a_session_that_ends(options):
    """MariaDB keeps a branch for the session that prepared it until the server sees that its client is gone."""
    w = world(options)
    child = lib.stopped(commit, w, 'main', BINDS, 1, at='after_local_commit')
    other = lib.fork(recover, w, 'main')
    time.sleep(0.5)
    lib.kill(child)
    killed, (n, state, errors) = lib.wait(other)
    assert not killed and n == 2 and 'in doubt' not in state.values(), (n, state, errors)
    assert w.have(1) == ['pg', 'my'] and not w.prepared()


# ---- who may come in ------------------------------------------------------------------------------------------------

def newcomer(w):
    db = w.open('main', ('pg', 'my', 'lite'))
    insert(db, ('my',), 1)      # its branch names the files that may decide
    db.execute("INSERT INTO binds(key, url) VALUES ('lite2', ?)", (w.urls['lite2'],))
    db.execute("CREATE VIRTUAL TABLE lite2 USING bind(bind_key='lite2', table='t', id INTEGER PRIMARY KEY, n BIGINT)")
    code = lib.code_of(db, 'INSERT INTO lite2 VALUES (1, 1)')
    assert code[0] == sqlite3.SQLITE_BUSY and 'already running' in code[2], code
    db.execute('INSERT INTO pg(id, n) VALUES (1, 1)')
    db.execute('COMMIT')
    db.execute('INSERT INTO lite2 VALUES (2, 2)')
    return True


def test_a_bind_made_meanwhile(options):
    w = world(options)
    lib.run(newcomer, w)
    assert (w.have(1), w.have(2)) == (['pg', 'my'], ['lite2'])


def in_memory(w):
    """A private database in memory follows what the others decide."""
    db = w.open('main')
    db.execute("INSERT INTO binds(key, url) VALUES ('memory', 'sqlite://')")
    db.execute("CREATE VIRTUAL TABLE memory USING bind(bind_key='memory', id INTEGER PRIMARY KEY, n BIGINT)")
    db.execute("SELECT create_all('memory')")
    for end, n in (('ROLLBACK', 0), ('COMMIT', 1)):
        insert(db, ('pg', 'memory', 'my'), 1)
        db.execute(end)
        seen = [db.execute(f'SELECT count(*) FROM {bind}').fetchone()[0] for bind in ('pg', 'memory', 'my')]
        assert seen == [n] * 3, (end, seen)
    insert(db, ('memory',), 2)
    db.execute('ROLLBACK')
    assert db.execute('SELECT id FROM memory').fetchall() == [(1,)]
    return True


def test_a_bind_in_memory(options):
    lib.run(in_memory, world(options))


def one_bind_busy(w, bind):
    """A reader of main keeps SQLite from committing: the server must not have committed by then."""
    db = w.open('main', journal='delete')
    db.execute('PRAGMA busy_timeout = 50')
    db.execute(f'SELECT count(*) FROM {bind}').fetchall()
    reader = sqlite3.connect(w.path('main'), isolation_level=None)
    reader.execute('BEGIN')
    reader.execute('SELECT * FROM sqlite_schema').fetchall()
    name, text = lib.error_of(db, f'INSERT INTO {bind}(id, n) VALUES (1, 1)')
    assert name == 'SQLITE_BUSY' and not db.in_transaction, (name, text)
    there = []
    for row in (2, 3):
        insert(db, (bind,), row)
        if row == 3:        # another one is read in it
            db.execute(f"SELECT count(*) FROM {'my' if bind == 'pg' else 'pg'}").fetchall()
        name, text = lib.error_of(db, 'COMMIT')
        assert name == 'SQLITE_BUSY' and db.in_transaction, (name, text)
        there += w.have(1) + w.have(row) if bind != 'lite' else []      # its own lock is held
        if row == 3:
            reader.execute('COMMIT')
        db.execute('COMMIT' if row == 3 else 'ROLLBACK')
    return there


def test_reader_in_the_way_of_one_bind(options):
    for bind in ('pg', 'my', 'lite'):
        w = world(options)
        assert lib.run(one_bind_busy, w, bind) == [], bind
        assert (w.have(1), w.have(2), w.have(3)) == ([], [], [bind])
        yield f'ok - reader in the way of {bind} alone'


# ---- what changes under way --------------------------------------------------------------------------------------------

def lost_where_it_read(w, engine, bind, other):
    """Interrupted while the server is frozen: the connection is dropped, and SQLite keeps the transaction."""
    db = w.open('main')
    db.execute('CREATE TABLE IF NOT EXISTS local(id)')
    db.execute('BEGIN')
    db.execute(f'SELECT count(*) FROM {bind}').fetchall()
    db.execute(f'INSERT INTO {other}(id, n) VALUES (1, 1)')
    db.execute('INSERT INTO local VALUES (1)')
    w.server(engine, 'freeze')
    timer = threading.Timer(0.3, db.interrupt)
    try:
        timer.start()
        name, _ = lib.error_of(db, f'SELECT count(*) FROM {bind}')
    finally:
        w.server(engine, 'thaw')
    timer.join()
    assert name == 'SQLITE_INTERRUPT' and db.in_transaction, name
    _, text = lib.error_of(db, 'COMMIT')
    assert f'binds: [{bind}] COMMIT' in text and "server's transaction is gone" in text and not db.in_transaction, text
    return db.execute('SELECT count(*) FROM local').fetchone()[0]


def test_a_transaction_lost_where_it_only_read(options):
    """What was read there may be what the writes rest on: COMMIT says no."""
    for bind, other in (('pg', 'my'), ('my', 'pg')):
        w = world(options)
        assert lib.wait(threaded(lost_where_it_read, w, lib.ENGINE[bind], bind, other)) == (False, 0)
        assert w.have(1) == [] and not w.prepared()
        yield f'ok - a transaction lost on {bind}, which it only read'


def side(w, decider):
    return f"coordinator={w.path('side')}" if decider == 'side' else ''


def other_decider(w, decider, before, after):
    """Main becomes what can decide, or ceases to be, when a branch has its name already."""
    db = w.open('main', BINDS, options=side(w, decider))
    db.execute('CREATE TABLE local(id)')
    db.execute(f'PRAGMA journal_mode = {before}')
    at = os.environ.pop('DIE_AT')
    db.execute('BEGIN')
    db.execute('SELECT count(*) FROM my').fetchall()
    assert db.execute(f'PRAGMA journal_mode = {after}').fetchone()[0] == after
    for bind in BINDS:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (1, 1)')
    db.execute('INSERT INTO local VALUES (1)')
    os.environ['BINDS_CRASH_AT'] = at
    if after == 'memory':
        _, text = lib.error_of(db, 'COMMIT')
        assert 'no durable local database any more' in text and not db.in_transaction, text
    else:
        db.execute('COMMIT')


def recover_from(w, decider):
    db = w.open('main', BINDS, options=side(w, decider))
    db.execute('SELECT bind_recover()').fetchall()
    return db.execute('SELECT count(*) FROM local').fetchone()[0]


def test_who_decides_is_kept(options):
    for decider, before, after in (('side', 'memory', 'delete'), ('server', 'memory', 'delete'), ('side', 'delete', 'memory')):
        for point in ('after_votes', 'after_local_commit'):
            w = world(options)
            w.remove('side')
            killed, _ = lib.wait(lib.fork(other_decider, w, decider, before, after, env={'DIE_AT': point}))
            assert killed == (after == 'delete'), point
            local = lib.run(recover_from, w, decider)
            want = int(point == 'after_local_commit' and killed)
            seen = (w.have(1), local, w.prepared())
            assert seen == (list(BINDS) * want, want, []), (decider, before, point, seen)
            yield f'ok - who decides is kept: {decider}, journal {before} to {after}, {point}'


# ---- the disk ---------------------------------------------------------------------------------------------------------

def syncs(w, journal, synchronous, binds, local):
    """One COMMIT in a process of its own: the calls from its beginning to its end."""
    lib.run(commit, w, 'main', ('pg', 'my'), 1, None, journal)      # what only the first one of a file does is done
    calls = f'{w.dir}/calls'
    client = f'''if 1:
        import json, os, sys
        sys.path.insert(0, {lib.HERE!r})
        import commit_lib as lib
        w = lib.World.__new__(lib.World)
        w.dir, w.urls, w.options = {w.dir!r}, {w.urls!r}, type('', (), dict(ext={w.options.ext!r}))
        db = w.open('main', journal={journal!r})
        db.execute('PRAGMA synchronous = {synchronous}')
        db.execute('CREATE TABLE IF NOT EXISTS local(id)')
        for bind in {binds!r}:
            db.execute('SELECT count(*) FROM ' + bind).fetchall()
        db.execute('BEGIN')
        for bind in {binds!r}:
            db.execute('INSERT INTO ' + bind + '(id, n) VALUES (2, 2)')
        if {local!r}:
            db.execute('INSERT INTO local VALUES (2)')
        open({calls!r}, 'w').close()
        db.execute('COMMIT')
        os._exit(0)
    '''
    subprocess.run([sys.executable, '-c', client], check=True, env=dict(os.environ, LD_PRELOAD=preload(w), BINDS_SYNCS=calls))
    with open(calls, encoding='ascii') as f:
        return f.read().splitlines()


def preload(w):
    made = f'{w.dir}/syncs.so'
    if not os.path.exists(made):
        subprocess.run(['cc', '-shared', '-fPIC', '-o', made, f'{lib.HERE}/syncs.c', '-ldl'], check=True)
    return made


def positions(calls, pattern):
    return [i for i, call in enumerate(calls) if re.search(pattern, call)]


def test_decided_on_disk(options):
    """Before a server is told to commit, the decision outlives a loss of power, whatever `synchronous` leaves to chance:
    the log is synced, or the journal's end is."""
    for journal, levels in (('delete', (1, 2, 3)), ('truncate', (1, 2)), ('persist', (1, 2)), ('wal', (1, 2))):
        for synchronous in levels:
            w = world(options)
            calls = syncs(w, journal, synchronous, BINDS, True)
            voted = positions(calls, r'send.*(PREPARE TRANSACTION|XA PREPARE)')
            told = positions(calls, r'send.*(COMMIT PREPARED|XA COMMIT)')
            assert len(voted) == 2 and len(told) == 2 and voted[-1] < told[0], calls
            between = calls[voted[-1]:told[0]]
            path = re.escape(w.path('main'))
            if journal == 'wal':
                wanted = [rf'sync {path}-wal$']
            else:
                wanted = [rf'sync {path}$'] + {'delete': [rf'unlink {path}-journal', rf'sync {re.escape(w.dir)}$'],
                                               'truncate': [rf'sync {path}-journal$'], 'persist': [rf'sync {path}-journal$']}[journal]
            last = -1
            for pattern in wanted:
                found = [i for i in positions(between, pattern) if i > last]
                assert found, (journal, synchronous, pattern, between)
                last = found[-1] if journal in ('truncate', 'persist') else found[0]
            yield f'ok - decided on disk, journal {journal}, synchronous {synchronous}'


def test_witness_on_disk(options):
    """The journal of a file that has decided does not come back; it is in another folder than main's."""
    w = world(options)
    os.makedirs(f'{w.dir}/apart', exist_ok=True)
    kept, w.urls['lite'] = w.urls['lite'], f'sqlite:///{w.dir}/apart/lite.db'
    try:
        shutil.copy(w.path('lite'), f'{w.dir}/apart/lite.db')
        calls = syncs(w, 'delete', 2, ('pg', 'lite'), False)
    finally:
        w.urls['lite'] = kept
    told = positions(calls, r'send.*COMMIT PREPARED')[0]
    gone = positions(calls, r'unlink .*/apart/lite\.db-journal$')[-1]
    assert gone < told and positions(calls[gone:told], r'sync .*/apart$'), calls


def test_one_bind_syncs_nothing(options):
    for journal in ('delete', 'wal'):
        for bind in BINDS:
            w = world(options)
            calls = syncs(w, journal, 2, (bind,), False)
            assert calls and all(call.startswith('send') for call in calls), calls


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
