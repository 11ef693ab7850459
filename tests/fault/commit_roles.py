#!/usr/bin/python3
"""Who may settle what a crash left prepared, and what a bind says that it can do.

Postgres lets only the role that prepared a transaction (or a superuser) end it; MySQL 8 lets only accounts with
XA_RECOVER_ADMIN list what is prepared, which MariaDB lets everybody do.  A branch that cannot be settled here stays in
doubt: visible, with the way out, and in nobody's way."""
import socket
import sqlite3
import sys
import time
import urllib.parse

import commit_lib as lib
from relay import Relay

ROLES = ('alice', 'bob')


def world(options):
    if not hasattr(world, 'made'):
        w = world.made = lib.World(options, 'roles')
        for role in ROLES:
            # Two ordinary roles of one Postgres, two ordinary accounts of one MariaDB.
            if w.sql('pg', f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'") == '0':
                w.sql('pg', f'CREATE ROLE {role} LOGIN')
            w.sql('pg', f'GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}')
            w.sql('my', f"CREATE OR REPLACE USER {role}@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON {w.name}.* "
                  f"TO {role}@localhost")
        w.sql('my', f"CREATE OR REPLACE USER reader@localhost; GRANT SELECT ON {w.name}.* TO reader@localhost")
    w = world.made
    w.empty()
    return w


def urls(w, pg, my):
    """The two servers, each as that role."""
    return {'pg': w.urls['pg'].replace('//app@', f'//{pg}@'), 'my': w.urls['my'].replace('//app@', f'//{my}@')}


def insert(db, binds, row):
    db.execute('BEGIN')
    for bind in binds:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, ?)', (row, row))


def commit(w, main, role, row, binds=('pg', 'my')):
    db = w.open(main, urls=urls(w, role, role))
    insert(db, binds, row)
    db.execute('COMMIT')
    return True


def seen(db):
    return {key: (state, error or '', two) for key, state, error, two in db.execute(
        'SELECT key, state, error, two_phase FROM binds')}


def of_postgres(w):
    return w.sql('pg', "SELECT gid FROM pg_prepared_xacts WHERE gid LIKE 'binds1:%'").splitlines()


# ---- Postgres: another role ------------------------------------------------------------------------------------

def by_another_role(w, main, mark):
    """bob comes to what alice has left.  He may not settle it, hears why, and works on."""
    db = w.open(main, urls=urls(w, 'bob', 'bob'))
    begin = time.monotonic()
    db.execute('INSERT INTO my(id, n) VALUES (700, 1)')
    db.execute('INSERT INTO pg(id, n) VALUES (700, 1)')
    assert db.execute('SELECT count(*) FROM lite').fetchone() == (0,)
    assert time.monotonic() - begin < 25, 'others are held up'
    settled = db.execute('SELECT bind_recover()').fetchone()[0]
    state, error, two = seen(db)['pg']
    assert state == 'in doubt' and two == 'yes', (state, error, two)
    assert 'SQLSTATE 42501' in error and 'the role alice has prepared it' in error and 'bind_recover()' in error, error
    assert '\n' not in error and 'binds: [pg] recovery' in error, error
    name, text = lib.error_of(db, "SELECT bind_recover('pg')")
    assert 'the role alice has prepared it' in text, (name, text)
    if not mark:    # its lock is held, but a wait for it ends, and the bind goes on
        assert db.execute('SELECT count(*) FROM pg').fetchone() == (1,)
    insert(db, ('pg', 'my', 'lite') if main == 'main' else ('pg', 'my'), 701)
    db.execute('COMMIT')
    return settled


def recover(w, main, role):
    db = w.open(main, urls=urls(w, role, role))
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    return n, seen(db)


def test_another_role(options):
    for main, point, want in (('main', 'after_votes', []), ('main', 'after_local_commit', ['pg', 'my']),
                              (':memory:', 'after_votes', []), (':memory:', 'after_mark', ['pg', 'my']),
                              (':memory:', 'after_settle:2', ['pg', 'my'])):
        w = world(options)
        assert lib.crash(commit, w, main, 'alice', 1, at=point), point
        before = of_postgres(w)
        assert before, point
        lib.run(by_another_role, w, main, point == 'after_settle:2')
        assert of_postgres(w) == before, (point, before, of_postgres(w))
        n, state = lib.run(recover, w, main, 'alice')
        assert not w.prepared() and w.have(1) == want, (main, point, n, state, w.have(1), w.prepared())
        assert state['pg'][0] == 'connected', state
        assert w.have(701) == (['pg', 'my', 'lite'] if main == 'main' else ['pg', 'my'])
        yield f'ok - {main}, killed {point}, found by another role'


def keeps_trying(w):
    """A connection that stays: as soon as the right role has been there, nothing is in doubt any more."""
    db = w.open('main', urls=urls(w, 'bob', 'bob'))
    db.execute('SELECT count(*) FROM pg').fetchall()
    assert seen(db)['pg'][0] == 'in doubt', seen(db)
    lib.run(recover, w, 'main', 'alice')
    time.sleep(1.1)
    db.execute('SELECT count(*) FROM pg').fetchall()
    return seen(db)['pg'][0]


def test_a_doubt_ends_by_itself(options):
    w = world(options)
    assert lib.crash(commit, w, 'main', 'alice', 2, at='after_local_commit')
    assert lib.run(keeps_trying, w) == 'connected'
    assert w.have(2) == ['pg', 'my'] and not w.prepared()


def test_superuser_settles(options):
    w = world(options)
    assert lib.crash(commit, w, 'main', 'alice', 3, at='after_local_commit')
    n, state = lib.run(recover, w, 'main', 'app')
    assert n == 2 and not w.prepared() and w.have(3) == ['pg', 'my'], (n, state)


# ---- MySQL and MariaDB --------------------------------------------------------------------------------------------

def my_only(w, role):
    db = w.open('main', urls=urls(w, 'app', role))
    return db.execute("SELECT bind_recover('my')").fetchone()[0]


def test_mariadb_asks_for_nothing(options):
    """There any account may list and settle, one that may only read, too."""
    for point, want in (('after_votes', []), ('after_local_commit', ['pg', 'my'])):
        w = world(options)
        assert lib.crash(commit, w, 'main', 'alice', 4, at=point)
        assert lib.run(my_only, w, 'reader') == 1
        lib.run(recover, w, 'main', 'alice')
        assert w.have(4) == want and not w.prepared()


class Strict:
    """Stands before MariaDB and answers XA RECOVER as MySQL 8 does where the privilege is missing.  A thread does not survive
    a fork, so each child has its own."""

    def __init__(self, w):
        self.refuses = True
        url = w.server('mariadb', 'tcp', w.name)
        port = urllib.parse.urlsplit(url).port
        relay = Relay(lambda: socket.create_connection(('127.0.0.1', port)), self.answer)
        self.urls = {'my': url.replace(f':{port}/', f':{relay.port}/')}

    def answer(self, request):
        if not self.refuses or request[4:] != b'\x03XA RECOVER':
            return None
        text = b'XAER_RMERR: Fatal error occurred in the transaction branch - check your data for consistency'
        body = b'\xff' + (1401).to_bytes(2, 'little') + b'#XAE03' + text
        return len(body).to_bytes(3, 'little') + b'\x01' + body


def without_the_privilege(w, row):
    strict = Strict(w)
    db = w.open('main', urls=strict.urls)
    assert seen(db)['my'][2] == 'not known before connecting'
    settled = db.execute('SELECT bind_recover()').fetchone()[0]
    state, error, two = seen(db)['my']
    assert 'XA_RECOVER_ADMIN' in error and 'XAE03' in error and '\n' not in error, error
    assert two.startswith('yes, but ') and 'GRANT XA_RECOVER_ADMIN' in two, two
    name, text = lib.error_of(db, "SELECT bind_recover('my')")
    assert 'XA_RECOVER_ADMIN' in text, (name, text)
    insert(db, ('pg', 'my', 'lite'), row)       # what it prepares itself it may settle
    db.execute('COMMIT')
    strict.refuses = False                       # the privilege is granted
    settled += db.execute('SELECT bind_recover()').fetchone()[0]
    state, error, two = seen(db)['my']
    assert (state, two) == ('connected', 'yes'), (state, error, two)
    return settled


def test_mysql_without_the_privilege(options):
    for point, want in (('after_votes', []), ('after_local_commit', ['pg', 'my'])):
        w = world(options)
        assert lib.crash(commit, w, 'main', 'app', 5, at=point)
        assert lib.run(without_the_privilege, w, 6) == 2
        assert w.have(5) == want and w.have(6) == ['pg', 'my', 'lite'] and not w.prepared()
        yield f'ok - without XA_RECOVER_ADMIN, killed {point}'


# ---- what a bind can do -------------------------------------------------------------------------------------------

def what_each_can(w):
    def two(url, use=True):
        db = sqlite3.connect(':memory:', isolation_level=None)
        db.enable_load_extension(True)
        db.load_extension(w.options.ext)
        db.execute("INSERT INTO binds(key, url) VALUES ('x', ?)", (url,))
        db.execute("CREATE VIRTUAL TABLE x USING bind(bind_key='x', table='t', id INTEGER PRIMARY KEY, n BIGINT)")
        if use:
            try:
                db.execute('SELECT count(*) FROM x').fetchall()
            except sqlite3.Error:
                pass
        return db.execute('SELECT two_phase FROM binds').fetchone()[0]
    for bind in ('pg', 'my'):
        url = w.urls[bind] + ('&' if '?' in w.urls[bind] else '?')
        assert two(w.urls[bind], False) == 'not known before connecting'
        assert two(w.urls[bind]) == 'yes'
        assert two(url + 'two_phase=off') == 'no: two_phase=off in the URL'
        assert two(url + 'read_only=1') == 'no: read_only=1 in the URL'
    assert two(w.urls['lite']) == 'no: SQLite files commit last, with a witness'
    assert two(w.urls['lite'] + '?two_phase=off') == 'no: two_phase=off in the URL'
    assert two(w.urls['lite'] + '?mode=ro') == 'no: read_only=1 in the URL'
    assert two('sqlite://') == 'no: in memory, it follows what the others decide'
    assert two('postgresql://app@127.0.0.1:1/none') == 'not known before connecting'
    return True


def test_what_a_bind_can_do(options):
    """max_prepared_transactions=0 is in commit_edges.py, Galera in commit_galera.py, the privilege above."""
    assert lib.run(what_each_can, world(options))


# ---- whose branches? ------------------------------------------------------------------------------------------------

def of_others(w, main):
    n, state = recover(w, main, 'app')
    return n, {key: s for key, (s, _, _) in state.items()}


def test_another_files_branches(options):
    """What one database file's process has left is none of another's, be it alive or dead, recorded or not."""
    for point, want in (('after_votes', []), ('after_local_commit', ['pg', 'my'])):
        w = world(options)
        w.remove('other')
        lib.run(commit, w, 'other', 'app', 800)     # it has a record of its own
        assert lib.crash(commit, w, 'main', 'app', 8, at=point)
        left = w.prepared()
        for main in ('other', ':memory:'):
            n, state = lib.run(of_others, w, main)
            assert n == 0 and set(state.values()) == {'connected'} and w.prepared() == left, (main, n, state)
        assert lib.crash(commit, w, 'other', 'app', 801, at=point)
        n, state = lib.run(of_others, w, 'main')
        assert n == len(left) == len(w.prepared()) == 2 and w.have(8) == want, (point, n, left, w.prepared())
        assert lib.run(of_others, w, 'other')[0] == 2 and w.have(801) == want and not w.prepared()
        yield f'ok - two files on the same servers, killed {point}'


# ---- what cannot be reached ------------------------------------------------------------------------------------------

def unreachable(w):
    """The server of a branch is away: the others are settled and used, it is tried again, and then settled."""
    db = w.open('main')
    begin = time.monotonic()
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    state, error, _ = seen(db)['my']
    assert n == 1 and state == 'failed' and 'binds: [my]' in error, (n, state, error)
    name, text = lib.error_of(db, "SELECT bind_recover('my')")
    assert name == 'SQLITE_CANTOPEN', (name, text)
    db.execute('INSERT INTO pg(id, n) VALUES (702, 1)')
    assert time.monotonic() - begin < 25
    w.server('mariadb', 'start')
    time.sleep(1.1)     # a failed connect is remembered for a second
    assert db.execute('SELECT count(*) FROM my').fetchone() == (1,)     # by itself
    return seen(db)['my'][0]


def test_what_cannot_be_reached(options):
    w = world(options)
    assert lib.crash(commit, w, 'main', 'app', 7, at='after_local_commit')
    w.server('mariadb', 'kill')
    try:
        assert lib.run(unreachable, w) == 'connected'
    finally:
        w.server('mariadb', 'start')
    assert w.have(7) == ['pg', 'my'] and not w.prepared()


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
