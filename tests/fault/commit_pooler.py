#!/usr/bin/python3
"""Postgres behind pgbouncer: scans, transactions, commits over several binds, recovery, prepared statements and cancel,
in session and in transaction pooling (and what statement pooling cannot do), and where the pooler swallows the startup options instead of refusing them.

A pooler lends each session of the server to many clients.  What binds leaves behind in one would be found by others,
what others leave there must not matter to binds, and nothing may rest on meeting the same session again."""
import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import commit_lib as lib
from commit_rules import DECLARED, outcome, random_step

MODES = ('session', 'transaction', 'silent')
ROWS = 3000


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'pooler')
    w = world.made
    w.empty()
    return w


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def start(w, mode):
    """A pgbouncer of one's own.  silent: transaction pooling that ignores startup options, before a database whose
    defaults look like what binds asks for."""
    base, port = f'{w.dir}/{mode}', free_port()
    os.makedirs(base, exist_ok=True)
    with open(f'{w.options.servers}/pg.port', encoding='ascii') as f:
        server = f'host={w.options.servers} port={f.read().strip()} dbname={w.name}'
    pool = mode if mode in ('session', 'statement') else 'transaction'
    with open(f'{base}/ini', 'w', encoding='ascii') as f:
        f.write(f'[databases]\npooled = {server} pool_mode={pool} pool_size={20 if pool == "session" else 2}\n'
                f'[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n'
                f'auth_file = {base}/users\nlogfile = {base}/log\npidfile = {base}/pid\n'
                + ('ignore_startup_parameters = options,extra_float_digits\n' if mode == 'silent' else ''))
    with open(f'{base}/users', 'w', encoding='ascii') as f:
        f.write('"app" ""\n')
    w.sql('pg', f"ALTER DATABASE {w.name} {'SET' if mode == 'silent' else 'RESET'} datestyle"
          + (" = 'ISO, YMD'" if mode == 'silent' else ''))
    w.sql('pg', f"ALTER DATABASE {w.name} {'SET' if mode == 'silent' else 'RESET'} timezone"
          + (" = 'UTC'" if mode == 'silent' else ''))
    command = ['setpriv', '--pdeathsig=TERM']
    if os.getuid() == 0:    # it refuses to run as root
        user = os.environ.get('TEST_USER', 'bindstest')
        subprocess.run(['chown', '-R', user, base], check=True)
        command += [f'--reuid={user}', f'--regid={user}', '--clear-groups']
    command += ['--', '/usr/sbin/pgbouncer', f'{base}/ini']
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
            return process, f'postgresql://app@127.0.0.1:{port}/pooled'
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f'pgbouncer does not answer, see {base}/log')


def each_mode(test):
    def run(options):
        for mode in MODES:
            w = world(options)
            process, url = start(w, mode)
            try:
                for line in test(w, mode, url) or ():
                    yield line
                until = time.monotonic() + 30
                while w.idle() and time.monotonic() < until:    # a client that was killed may still be seen
                    time.sleep(0.1)
                assert w.idle() == 0, 'sessions are idle in a transaction'
                assert not w.prepared(), w.prepared()
                yield f'ok - {run.__name__[5:].replace("_", " ")}, {mode}'
            except Exception as e:
                yield from (f'# {line}' for line in str(e).splitlines()[-14:])
                yield f'not ok - {run.__name__[5:].replace("_", " ")}, {mode}'
            finally:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
                process.wait()
    run.__name__ = test.__name__
    return run


# ---- scans and prepared statements -----------------------------------------------------------------------------

def reader(w, url, number):
    """One of several clients at once.  Each has texts of its own, so that names of prepared statements would collide."""
    rng = random.Random(number)
    db = w.open(':memory:', ('pg',), urls={'pg': url})
    native = sqlite3.connect(':memory:')
    native.execute(DECLARED)
    native.executemany('INSERT INTO t VALUES (?, ?, ?)', [(i, i * 7 % 1000, i) for i in range(1, ROWS + 1)])
    column = ('n', 'u', 'id', 'n + 1', 'u + 1', 'id + 1')[number % 6]
    for i in range(60):
        a = rng.randrange(1, ROWS)
        for sql in (f'SELECT {column} FROM @ WHERE id = {a}', f'SELECT {column}, n FROM @ WHERE id = ?',
                    f'SELECT count(*), sum({column}) FROM @ WHERE n < ?',
                    f'SELECT a.id, b.{column} FROM @ a JOIN @ b ON b.id = a.n WHERE a.id < ? ORDER BY 1, 2',
                    'SELECT id FROM @ ORDER BY n, id LIMIT 7'):
            args = (a % 40,) if sql.count('?') else ()
            mine = db.execute(sql.replace('@', 'pg'), args).fetchall()
            right = native.execute(sql.replace('@', 't'), args).fetchall()
            assert mine == right, f'{sql} {args}: {mine[:5]}, not {right[:5]}'
        if i % 10 == 0:     # a scan that is given up
            cursor = db.execute('SELECT * FROM pg')
            cursor.fetchone()
            cursor.close()
            assert db.execute('SELECT id, n FROM pg').fetchall() == native.execute('SELECT id, n FROM t').fetchall()
    return True


def fill(w):
    w.sql('pg', f'INSERT INTO t SELECT i, i * 7 % 1000, i FROM generate_series(1, {ROWS}) i')


@each_mode
def test_scans(w, mode, url):
    fill(w)
    children = [lib.fork(reader, w, url, number) for number in range(6)]
    for child in children:
        lib.wait(child)


# ---- transactions ---------------------------------------------------------------------------------------------

def as_native(w, url):
    for seed in range(25):
        rng = random.Random(1000 + seed)
        db = w.open(':memory:', ('pg',), urls={'pg': url})
        db.execute('DELETE FROM pg')
        native = sqlite3.connect(':memory:', isolation_level=None)
        native.execute(DECLARED)
        done, names = [], []
        for _ in range(25):
            sql = random_step(rng, names)
            done.append(sql)
            mine, right = outcome(db, sql.replace('@', 'pg')), outcome(native, sql.replace('@', 't'))
            assert mine == right, f'seed {seed}: {mine}, not {right}, after\n' + ';\n'.join(done)
        for c in (db, native):
            if c.in_transaction:
                c.execute('COMMIT')
        mine, right = (c.execute(f'SELECT * FROM {t} ORDER BY id').fetchall() for c, t in ((db, 'pg'), (native, 't')))
        assert mine == right, f'seed {seed}: {mine}, not {right}'
        db.close()
    return True


def adder(w, url, times):
    """Adds one to a row, again when somebody else was faster."""
    db = w.open(':memory:', ('pg',), urls={'pg': url})
    while times:
        try:
            db.execute('BEGIN')
            n = db.execute('SELECT n FROM pg WHERE id = 1').fetchone()[0]
            db.execute('UPDATE pg SET n = ? WHERE id = 1', (n + 1,))
            db.execute('COMMIT')
            times -= 1
        except sqlite3.OperationalError as e:
            assert e.sqlite_errorname.startswith('SQLITE_BUSY'), str(e)
            if db.in_transaction:
                db.execute('ROLLBACK')
    return True


@each_mode
def test_transactions(w, mode, url):
    lib.run(as_native, w, url)
    w.sql('pg', 'DELETE FROM t; INSERT INTO t(id, n) VALUES (1, 0)')
    for child in [lib.fork(adder, w, url, 15) for _ in range(4)]:
        lib.wait(child)
    assert w.sql('pg', 'SELECT n FROM t') == '60', 'an update was lost'


# ---- what is left in the pooler's sessions ------------------------------------------------------------------------

def work(w, url):
    db = w.open('main', ('pg', 'my'), urls={'pg': url}, options='lock_timeout=7')
    db.execute('INSERT INTO pg(id, n) VALUES (1, 1)')
    db.execute('BEGIN')
    db.execute('UPDATE pg SET n = n + 1')
    db.execute('INSERT INTO my(id, n) VALUES (1, 1)')
    db.execute('COMMIT')
    db.execute('SELECT a.n, b.n FROM pg a JOIN pg b ON a.id = b.id').fetchall()
    lib.error_of(db, 'INSERT INTO pg(id, n) VALUES (1, 1)')
    only = w.open('other', ('pg',), urls={'pg': url + '?read_only=1'})
    only.execute('SELECT * FROM pg').fetchall()
    name, _ = lib.error_of(only, 'INSERT INTO pg(id, n) VALUES (2, 2)')
    assert name == 'SQLITE_READONLY', name
    return True


@each_mode
def test_nothing_stays_behind(w, mode, url):
    lib.run(work, w, url)
    names = 'DateStyle', 'TimeZone', 'lock_timeout', 'extra_float_digits', 'default_transaction_read_only'
    asked = 'SELECT ' + ', '.join(f"current_setting('{name}')" for name in names)
    port = url.rsplit(':', 1)[1].split('/')[0]
    psql = f'psql -X -q -A -t -h 127.0.0.1 -p {port} -U app -d pooled'.split()
    seen = subprocess.run([*psql, '-c', asked, '-c', 'SELECT count(*) FROM pg_prepared_statements'], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    fresh = w.server('postgresql', 'sql', w.name, asked)     # the clients of w are older than the database's settings
    assert seen == fresh + '\n0\n', (seen, fresh)
    w.sql('my', 'DELETE FROM t')
    w.remove('other')


# ---- commits over several binds, recovery ------------------------------------------------------------------------------

def commit(w, main, urls, row, binds=('pg', 'my', 'lite')):
    db = w.open(main, urls=urls)
    db.execute('BEGIN')
    for bind in binds:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, ?)', (row, row))
    db.execute('COMMIT')
    return db.execute("SELECT two_phase FROM binds WHERE key = 'pg'").fetchone()[0]


def recover(w, main, urls):
    db = w.open(main, urls=urls)
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    return n, {key: (state, error) for key, state, error in db.execute('SELECT key, state, error FROM binds')}


@each_mode
def test_commits_and_recovery(w, mode, url):
    urls = {'pg': url}
    assert lib.run(commit, w, 'main', urls, 1) == 'yes'
    assert w.have(1) == ['pg', 'my', 'lite']
    row = 1
    for point, want in (('after_votes', []), ('after_vote:1', []), ('after_witness', ['pg', 'my', 'lite']),
                        ('after_local_commit', ['pg', 'my', 'lite']), ('after_settle:1', ['pg', 'my', 'lite'])):
        row += 1
        assert lib.crash(commit, w, 'main', urls, row, at=point), point
        n, state = lib.run(recover, w, 'main', urls)
        assert w.have(row) == want and not w.prepared(), (point, n, state, w.have(row))
        assert {s for s, _ in state.values()} == {'connected'}, (point, state)


# ---- main in memory: a session that is lent out cannot decide -----------------------------------------------------------

def refused(w, urls):
    db = w.open(':memory:', ('pg', 'my'), urls=urls)
    db.execute('BEGIN')
    db.execute('INSERT INTO my(id, n) VALUES (20, 1)')
    name, text = lib.error_of(db, 'INSERT INTO pg(id, n) VALUES (20, 1)')
    assert 'a pooler that lends' in text and 'coordinator=/path' in text and '\n' not in text, (name, text)
    db.execute('COMMIT')
    db.execute('DELETE FROM my')
    return True


def direct_too(w, urls, at):
    """The pooled bind takes part, a direct one decides."""
    db = w.open(':memory:', ('pg', 'my'), urls=urls)
    db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', ('direct', w.urls['pg']))
    db.execute('BEGIN')
    for bind in ('pg', 'my'):
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (21, 1)')
    os.environ['BINDS_CRASH_AT'] = at
    db.execute('COMMIT')
    return True


def recover_in_memory(w, urls, direct):
    db = w.open(':memory:', ('pg', 'my'), urls=urls)
    if direct:
        db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', ('direct', w.urls['pg']))
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    return n, dict(db.execute('SELECT key, error FROM binds'))


@each_mode
def test_main_in_memory(w, mode, url):
    urls = {'pg': url}
    lib.run(refused, w, urls)
    side = {key: v + ('&' if '?' in v else '?') + f'coordinator={w.dir}/side-{mode}.db'
            for key, v in (('pg', url), ('my', w.urls['my']))}
    lib.run(commit, w, ':memory:', side, 22, ('pg', 'my'))
    assert w.have(22) == ['pg', 'my']
    for point, want in (('after_votes', []), ('after_mark', ['pg', 'my'])):
        killed, _ = lib.wait(lib.fork(direct_too, w, urls, point))
        assert killed, point
        n, until = 0, time.monotonic() + 30
        while n < 2 and time.monotonic() < until:   # the server may take a moment to see that the client is gone
            more, errors = lib.run(recover_in_memory, w, urls, False)   # to look at the lock needs no session of one's own
            n += more
        assert n == 2 and w.have(21) == want, (point, n, errors, w.prepared())
        lib.run(recover_in_memory, w, urls, True)
        assert not w.prepared(), (point, w.prepared())
        for bind in ('pg', 'my'):
            w.sql(bind, 'DELETE FROM t WHERE id = 21')


# ---- statement pooling: no transactions --------------------------------------------------------------------------------

def one_at_a_time(w, url):
    db = w.open('main', ('pg', 'my'), urls={'pg': url})
    db.execute('INSERT INTO pg(id, n) VALUES (1, 1)')
    assert db.execute('SELECT n FROM pg WHERE id = 1').fetchall() == [(1,)]
    for before, sql in (('SELECT 1', 'UPDATE pg SET n = 2'), ('SELECT 1', 'SELECT a.n FROM pg a JOIN pg b ON a.id = b.n'),
                        ('BEGIN', 'SELECT * FROM pg'), ('BEGIN', 'INSERT INTO pg(id, n) VALUES (2, 2)')):
        db.execute(before)
        if before == 'BEGIN':
            db.execute('INSERT INTO my(id, n) VALUES (2, 2)')
        name, text = lib.error_of(db, sql)
        for words in ('binds: [pg] ', 'transaction blocks not allowed', 'pool_mode=transaction or session'):
            assert words in text, (sql, name, text)
        assert '\n' not in text, text
        if db.in_transaction:
            db.execute('ROLLBACK')
    return db.execute('SELECT id, n FROM pg').fetchall() + db.execute('SELECT id FROM my').fetchall()


def test_statement_pooling(options):
    w = world(options)
    process, url = start(w, 'statement')
    try:
        assert lib.run(one_at_a_time, w, url) == [[1, 1]]
    finally:
        process.terminate()
        process.wait()


# ---- cancel --------------------------------------------------------------------------------------------------------

def interrupted(w, url):
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **more: connect(*args, **more, check_same_thread=False)
    db = w.open('main', ('pg',), urls={'pg': url})
    assert db.execute('SELECT n FROM pg').fetchall() == [(1,)]
    timer = threading.Timer(0.5, db.interrupt)
    timer.start()
    begin = time.monotonic()
    name, text = lib.error_of(db, 'UPDATE pg SET n = 5')
    took = time.monotonic() - begin
    assert name == 'SQLITE_INTERRUPT' and took < 3, (name, text, took)
    for _ in range(50):
        if w.sql('pg', "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == '0':
            break
        time.sleep(0.1)
    else:
        raise AssertionError('the server goes on waiting for the lock')
    return True


@each_mode
def test_cancel(w, mode, url):
    w.sql('pg', 'INSERT INTO t(id, n) VALUES (1, 1)')
    holder = lib.Client(w, 'postgresql')
    holder.ask('BEGIN')
    holder.ask('UPDATE t SET n = 1')
    try:
        lib.run(interrupted, w, url)
    finally:
        holder.ask('ROLLBACK')
        holder.end()
    assert w.sql('pg', 'SELECT n FROM t') == '1'


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
