#!/usr/bin/python3
"""Faults: servers that refuse, hang, stop, die and come back; interrupts; results larger than memory.

usage: run.py --servers DIR --ext BINDS.SO [--engine NAME] [--only TEST]
Every test runs on every engine whose server can have that fault; limits of time are those of the README."""
import argparse
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse

from relay import Relay, nowhere

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(HERE, '..', 'servers')
MARGIN = 1.5        # seconds by which a configured timeout may be missed
PROMPT = 0.1        # seconds in which an interrupt comes back
BIG = 5_000_000     # rows of the large table

SLOW = {            # a view whose column s takes half a minute
    'postgresql': 'CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(30)::text AS s',
    'mariadb': 'CREATE VIEW slow AS SELECT 1 AS id, concat(sleep(30)) AS s',
    'mysql': 'CREATE VIEW slow AS SELECT 1 AS id, concat(sleep(30)) AS s',
    'sqlite': 'CREATE VIEW slow AS SELECT 1 AS id, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c '
              'LIMIT 3000000000) SELECT CAST(count(*) AS TEXT) FROM c) AS s',
}
ROWS = {            # the large table, made by the server itself
    'postgresql': 'CREATE TABLE big AS SELECT n AS id, n % 1000 AS a, \'row number \' || n AS s '
                  f'FROM generate_series(1, {BIG}) AS n; ALTER TABLE big ADD PRIMARY KEY (id)',
    'mariadb': 'CREATE TABLE big (id INT PRIMARY KEY, a INT, s VARCHAR(40)) ENGINE=InnoDB; '
               f'INSERT INTO big SELECT seq, seq % 1000, concat(\'row number \', seq) FROM seq_1_to_{BIG}',
    'mysql': f'SET cte_max_recursion_depth = {BIG}; CREATE TABLE big (id INT PRIMARY KEY, a INT, s VARCHAR(40)); INSERT INTO big '
             f'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {BIG}) '
             'SELECT n, n % 1000, concat(\'row number \', n) FROM c',
    'sqlite': 'CREATE TABLE big (id INTEGER PRIMARY KEY, a INTEGER, s TEXT); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL '
              f'SELECT n + 1 FROM c LIMIT {BIG}) INSERT INTO big SELECT n, n % 1000, \'row number \' || n FROM c',
}
BIG_TABLE = "CREATE VIRTUAL TABLE big USING bind(id INTEGER PRIMARY KEY, a INTEGER, s VARCHAR(40))"


class Fault:
    """One engine under test."""

    def __init__(self, engine, options):
        self.engine = engine
        self.options = options
        self.remote = self.server('remote') == 'yes'

    def server(self, command, *args):
        done = subprocess.run(['sh', f'{SERVERS}/{self.engine}.sh', command, self.options.servers, *args], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{self.engine} {command}: {done.stderr}')
        return done.stdout.strip()

    def fresh(self, name='fault'):
        self.server('fresh', name)
        return self.server('url', name)

    def connect(self, url, *more, path=':memory:'):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.enable_load_extension(True)
        db.load_extension(self.options.ext)
        db.execute('INSERT INTO binds(key, url) VALUES (NULL, ?)', (url,))
        for i, other in enumerate(more):
            db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (f'other{i}', other))
        return db

    def table(self, db, name='t'):
        db.execute(f'CREATE VIRTUAL TABLE {name} USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
        db.execute('SELECT create_all()')
        db.execute(f"INSERT INTO {name} VALUES (1, 'one'), (2, 'two')")

    def slow(self, url_options=''):
        url = self.fresh()
        self.server('sql', 'fault', SLOW[self.engine])
        db = self.connect(url + url_options)
        self.table(db)
        db.execute('CREATE VIRTUAL TABLE slow USING bind(id INTEGER, s TEXT)')
        return db

    def idle_soon(self):
        for _ in range(20):
            if self.server('busy') == '0':
                return
            time.sleep(0.1)
        raise AssertionError('a statement still runs at the server')


def refused(db, sql, *words, within=None, since=None, parameters=()):
    """The statement must fail; returns the message, which must be one line of binds' form."""
    begin = since or time.monotonic()
    try:
        db.execute(sql, parameters).fetchall()
    except sqlite3.Error as e:
        text = str(e)
    else:
        raise AssertionError(f'was not refused: {sql}')
    took = time.monotonic() - begin
    assert within is None or took <= within, f'took {took:.2f} s, not {within}: {text}'
    assert '\n' not in text and 'SQL logic error' not in text and 'not an error' not in text, text
    assert 'wrong horse' not in text and 'wrong%20horse' not in text, text
    for word in words:
        assert word.lower() in text.lower(), f'no {word!r} in: {text}'
    return text


@contextlib.contextmanager
def black_hole():
    """A port that takes connections and never answers."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen(16)
        yield s.getsockname()[1]


def interrupt_after(db, seconds, moment):
    def work():
        time.sleep(seconds)
        moment.append(time.monotonic())
        db.interrupt()
    thread = threading.Thread(target=work)
    thread.start()
    return thread


# ---- refusals -------------------------------------------------------------------------------------------

def test_wrong_password(f):
    f.fresh()
    f.server('sql', 'fault', 'CREATE TABLE t (id INTEGER PRIMARY KEY, n VARCHAR(40))')
    if f.engine == 'postgresql':
        f.server('sql', 'fault', 'GRANT ALL ON t TO locked')
    db = f.connect(f.server('locked', 'fault', 'wrong%20horse'))
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
    refused(db, 'SELECT * FROM t', 'binds: [default]', 'locked', within=3)
    refused(db, "INSERT INTO t VALUES (1, 'x')", within=3)
    (state, error), = db.execute('SELECT state, error FROM binds')
    assert state == 'failed' and error and 'wrong' not in error, (state, error)
    db.execute('UPDATE binds SET url = ?', (f.server('locked', 'fault', 'right'),))
    assert db.execute('SELECT count(*) FROM t').fetchone() == (0,)
    db.execute("UPDATE binds SET url = url || '?read_only=1'")
    assert db.execute('SELECT count(*) FROM t').fetchone() == (0,)
    assert 'right' not in db.execute('SELECT url FROM binds').fetchone()[0]


def test_missing_database(f):
    url = f.fresh()
    db = f.connect(url.replace('fault', 'no_such_database'), url)
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
    db.execute("CREATE VIRTUAL TABLE o USING bind(bind_key='other0', id INTEGER PRIMARY KEY)")
    refused(db, 'SELECT * FROM t', 'binds: [default]', 'no_such_database', within=3)
    db.execute("SELECT create_all('other0')")
    assert db.execute('SELECT count(*) FROM o').fetchone() == (0,)
    refused(db, 'SELECT create_all()', 'no_such_database')
    if f.engine in ('mariadb', 'mysql'):
        db = f.connect(url.replace('/fault?', '/?'))
        db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
        db.execute("CREATE VIRTUAL TABLE u USING bind(schema='fault', table='o', id INTEGER PRIMARY KEY)")
        refused(db, 'SELECT * FROM t WHERE id = 1', 'binds: [default]', 'names no database', "schema='")
        refused(db, 'INSERT INTO t VALUES (1)', 'binds: [default]', 'names no database', "schema='")
        assert db.execute('SELECT count(*) FROM u').fetchone() == (0,)


def test_missing_privileges(f):
    """The catalog of MySQL shows an account only what it may use."""
    owner = f.connect(f.fresh())
    f.table(owner)
    owner.execute('CREATE VIRTUAL TABLE other USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
    owner.execute('SELECT create_all()')
    if f.engine == 'postgresql':
        f.server('sql', 'fault', "DO $$ BEGIN CREATE ROLE seer LOGIN; EXCEPTION WHEN duplicate_object THEN END $$; "
                 'GRANT SELECT (id) ON t TO seer')
        words = ['permission denied']
    else:
        for host in 'localhost', '127.0.0.1':
            f.server('sql', 'fault', f"CREATE USER IF NOT EXISTS seer@'{host}'; GRANT SELECT (id) ON fault.t TO seer@'{host}'")
        words = ['this account may see']
    db = f.connect(f.server('url', 'fault').replace('app@', 'seer@'))
    for name in 't', 'other':
        db.execute(f'CREATE VIRTUAL TABLE {name} USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
        refused(db, f'SELECT n FROM {name} WHERE id = 1', 'binds: [default]', name, *words)
        refused(db, f'INSERT INTO {name} VALUES (9, 9)', 'binds: [default]', name, *words)
    refused(db, "CREATE VIRTUAL TABLE more USING bind(table='absent')", 'binds: [default]', 'absent', *words[-1:]
            if f.engine != 'postgresql' else [])


def test_refused_port(f):
    with black_hole() as port:
        pass
    db = f.connect(f.server('tcp', 'x').split('@')[0] + f'@127.0.0.1:{port}/x')
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
    refused(db, 'SELECT * FROM t', 'binds: [default]', '127.0.0.1', f'port {port}', within=1)
    refused(db, 'SELECT * FROM t', 'binds: [default]', within=1)


def test_lost_answer(f):
    """The server has done it and cannot say so: that is an error, and nothing is sent twice."""
    f.fresh()
    url = f.server('tcp', 'fault')
    port = urllib.parse.urlsplit(url).port
    words = []          # of the request whose answer is to be lost: that of an earlier one may still be on its way

    def watch(request):
        if words and words[0] in request:
            words.clear()
            relay.mute = True
    relay = Relay(lambda: socket.create_connection(('127.0.0.1', port)), watch)
    db = f.connect(url.replace(f':{port}/', f':{relay.port}/'))
    db.execute('CREATE VIRTUAL TABLE t USING bind(n INTEGER, s VARCHAR(40))')
    db.execute('SELECT create_all()')
    for n in range(3):
        db.execute('INSERT INTO t VALUES (?, ?)', (n, 'seen'))
    words.append(b'lost')
    refused(db, "INSERT INTO t VALUES (3, 'lost')", 'binds: [default]', 'unknown')
    assert not words and not relay.mute
    assert db.execute('SELECT n, count(*) FROM t GROUP BY n').fetchall() == [(n, 1) for n in range(4)]
    words.append(b'count(*)')
    try:        # a SELECT may be asked again where the server cannot have begun with it
        assert db.execute('SELECT count(*) FROM t').fetchone() == (4,)
    except sqlite3.OperationalError as e:
        assert str(e).startswith('binds: [default]'), e
    assert not words and not relay.mute and db.execute('SELECT count(*) FROM t').fetchone() == (4,)


def test_away(f):
    """The server goes and does not come back: an error each time, though all is known of the table."""
    f.fresh()
    url = f.server('tcp', 'fault')
    port, away = urllib.parse.urlsplit(url).port, []
    relay = Relay(lambda: nowhere() if away else socket.create_connection(('127.0.0.1', port)))
    db = f.connect(url.replace(f':{port}/', f':{relay.port}/'))
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, s VARCHAR(40))')
    db.execute('SELECT create_all()')
    db.execute("INSERT INTO t VALUES (1, 'one')")
    db.execute('CREATE VIRTUAL TABLE u USING bind(table=\'t\')')
    assert db.execute('SELECT * FROM u').fetchall() == [(1, 'one')]
    away.append(True)
    relay.mute = True
    for sql in ('SELECT count(*) FROM t', 'SELECT s FROM t WHERE id = 1', "CREATE VIRTUAL TABLE v USING bind(table='t')", 'DELETE FROM u',
                "UPDATE t SET s = 'x'", "INSERT INTO t VALUES (2, 'two')", "INSERT OR REPLACE INTO u SELECT id, 'x' FROM u",
                'SELECT create_all()', 'EXPLAIN QUERY PLAN SELECT * FROM t, u'):
        refused(db, sql, 'binds: [default]')
    away.clear()
    time.sleep(1.1)
    assert db.execute('SELECT * FROM t').fetchall() == [(1, 'one')]


# ---- silence --------------------------------------------------------------------------------------------

def test_connect_timeout(f):
    with black_hole() as port:
        db = f.connect(f.server('tcp', 'x').split('@')[0] + f'@127.0.0.1:{port}/x?connect_timeout=2')
        db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
        begin = time.monotonic()
        refused(db, 'SELECT * FROM t', 'binds: [default]', '127.0.0.1', f'port {port}', within=2 + MARGIN)
        assert time.monotonic() - begin > 1, 'gave up too early'


def test_connect_interrupt(f):
    with black_hole() as port:
        db = f.connect(f.server('tcp', 'x').split('@')[0] + f'@127.0.0.1:{port}/x')
        db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY)')
        moment = []
        thread = interrupt_after(db, 0.5, moment)
        refused(db, 'SELECT * FROM t', 'interrupted')
        assert time.monotonic() - moment[0] <= PROMPT, f'{time.monotonic() - moment[0]:.3f} s'
        thread.join()


def test_statement_timeout(f):
    db = f.slow('&timeout=1')
    begin = time.monotonic()
    refused(db, 'SELECT s FROM slow', 'binds: [default]', within=1 + MARGIN)
    assert time.monotonic() - begin > 0.9, 'gave up too early'
    assert db.execute('SELECT count(*) FROM t').fetchone() == (2,)
    f.idle_soon()


def test_interrupt(f):
    db = f.slow()
    for _ in range(3):
        moment = []
        thread = interrupt_after(db, 0.3, moment)
        refused(db, 'SELECT s FROM slow', 'interrupted')
        took = time.monotonic() - moment[0]
        assert took <= PROMPT, f'came back after {took:.3f} s'
        thread.join()
        assert db.execute('SELECT count(*) FROM t').fetchone() == (2,)
    f.idle_soon()


def test_interrupt_in_transaction(f):
    db = f.slow()
    db.execute('BEGIN')
    db.execute("INSERT INTO t VALUES (3, 'three')")
    thread = interrupt_after(db, 0.3, [])
    refused(db, 'SELECT s FROM slow', 'interrupted')
    thread.join()
    if db.in_transaction:
        db.execute('ROLLBACK')
    assert db.execute('SELECT count(*) FROM t').fetchone() == (2,)
    f.idle_soon()


def test_ctrl_c_in_the_shell(f):
    f.slow().close()
    script = (f"INSERT INTO binds(key, url) VALUES (NULL, '{f.server('url', 'fault')}');\n"
              'CREATE VIRTUAL TABLE slow USING bind(id INTEGER, s TEXT);\nSELECT s FROM slow;\n')
    shell = subprocess.Popen(['sqlite3', '-batch', '-cmd', f'.load {f.options.ext}', ':memory:'], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    shell.stdin.write(script)
    shell.stdin.close()
    shell.stdin = None
    for _ in range(50):
        time.sleep(0.1)
        if f.server('busy') != '0':
            break
    time.sleep(0.3)
    begin = time.monotonic()
    shell.send_signal(signal.SIGINT)
    output, _ = shell.communicate(timeout=20)
    took = time.monotonic() - begin
    assert 'interrupted' in output, output
    assert took <= 2 * PROMPT, f'the shell ended after {took:.3f} s'
    f.idle_soon()


def test_frozen_server(f):
    db = f.slow('&timeout=2')
    quiet = f.connect(f.server('url', 'fault'))
    quiet.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
    assert quiet.execute('SELECT count(*) FROM t').fetchone() == (2,)
    late = f.connect(f.server('url', 'fault') + '&connect_timeout=2')
    late.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n VARCHAR(40))')
    f.server('freeze')
    try:
        refused(db, 'SELECT n FROM t', 'binds: [default]', within=2 + MARGIN)
        refused(late, 'SELECT n FROM t', 'binds: [default]', within=2 + MARGIN)
        moment = []
        thread = interrupt_after(quiet, 0.3, moment)
        refused(quiet, 'SELECT n FROM t', 'interrupted')
        took = time.monotonic() - moment[0]
        assert took <= 1, f'an interrupt took {took:.2f} s'
        thread.join()
        begin = time.monotonic()
        quiet.close()
        assert time.monotonic() - begin < 2, 'close hangs'
    finally:
        f.server('thaw')
    time.sleep(1.1)     # a failed connect is remembered for a second
    assert db.execute('SELECT count(*) FROM t').fetchone() == (2,)
    assert late.execute('SELECT count(*) FROM t').fetchone() == (2,)


# ---- settings -------------------------------------------------------------------------------------------

def odd_session(f):
    """A URL whose session begins with settings that would change what texts and comparisons mean."""
    url = f.fresh()
    if f.engine == 'postgresql':
        return url + '&options=' + urllib.parse.quote('-c quote_all_identifiers=on -c exit_on_error=on -c bytea_output=escape')
    if f.engine == 'sqlite':
        return url
    name = os.path.join(f.options.servers, 'odd.cnf')
    more = ', check_constraint_checks = 0' if f.engine == 'mariadb' else ''
    with open(name, 'w', encoding='utf-8') as out:
        out.write(f'[client]\ninit-command="SET max_sort_length = 64, foreign_key_checks = 0{more}"\n')
    return f'{url}&read_default_file={name}'


def test_settings_of_the_session(f):
    db = f.connect(odd_session(f))
    db.execute('CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n VARCHAR(100), b BLOB, CHECK (length(n) < 90))')
    db.execute('SELECT create_all()')
    db.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300) "
               "INSERT INTO t SELECT i, printf('%080d', 0) || (i * 7919 % 1000), x'00ff41' FROM c")
    db.execute('SELECT create_all()')   # there is nothing left to do
    for order in 'n', 'n LIMIT 20':
        names = [name for (name,) in db.execute(f'SELECT n FROM t ORDER BY {order}')]
        assert names == sorted(names), names
    assert db.execute('SELECT DISTINCT typeof(b), hex(b) FROM t').fetchall() == [('blob', '00FF41')]
    for sql in 'INSERT INTO t(id) VALUES (1)', "INSERT INTO t(n) VALUES (printf('%095d', 0))":
        text = refused(db, sql)
        assert 'outcome unknown' not in text, text


# ---- death ----------------------------------------------------------------------------------------------

def test_restart_between_statements(f):
    db = f.connect(f.fresh())
    f.table(db)
    f.server('stop')
    refused(db, 'SELECT * FROM t', 'binds: [default]', within=3)
    f.server('start')
    time.sleep(1.1)
    assert db.execute('SELECT count(*) FROM t').fetchone() == (2,)
    f.server('stop')
    f.server('start')
    db.execute("INSERT INTO t VALUES (3, 'three')")
    assert db.execute('SELECT count(*) FROM t').fetchone() == (3,)


def test_crash_in_transaction(f):
    db = f.connect(f.fresh())
    f.table(db)
    db.execute('CREATE TABLE local(x)')
    db.execute('BEGIN')
    db.execute('INSERT INTO local VALUES (1)')
    db.execute("INSERT INTO t VALUES (3, 'three')")
    f.server('kill')
    f.server('start')
    refused(db, "INSERT INTO t VALUES (4, 'four')", 'binds: [default]')
    if db.in_transaction:
        refused(db, 'SELECT * FROM t', 'binds: [default]')
        try:
            db.execute('COMMIT')
            raise AssertionError('COMMIT said yes')
        except sqlite3.Error:
            pass
        if db.in_transaction:
            db.execute('ROLLBACK')
    assert db.execute('SELECT id FROM t ORDER BY id').fetchall() == [(1,), (2,)]
    assert db.execute('SELECT count(*) FROM local').fetchone() == (0,)


def test_crash_below_a_savepoint(f):
    """SQLite shows no text of what ROLLBACK TO and RELEASE are refused with ("disk I/O error"): the next one says it."""
    for end in 'ROLLBACK TO b', 'RELEASE b', 'SAVEPOINT c':
        db = f.connect(f.fresh())
        f.table(db)
        db.execute('CREATE TABLE local(x)')
        db.execute('BEGIN')
        db.execute('INSERT INTO local VALUES (1)')
        db.execute("UPDATE t SET n = n || '!'")
        db.execute('SAVEPOINT b')
        db.execute("INSERT INTO t VALUES (3, 'three')")
        f.server('kill')
        f.server('start')
        db.execute(end)
        refused(db, 'SELECT * FROM t WHERE id = 1', 'binds: [default]')
        if db.in_transaction:
            refused(db, 'COMMIT', 'binds: [default]')
        if db.in_transaction:
            db.execute('ROLLBACK')
        assert db.execute('SELECT id, n FROM t ORDER BY id').fetchall() == [(1, 'one'), (2, 'two')]
        assert db.execute('SELECT count(*) FROM local').fetchone() == (0,)
        db.close()


def test_crash_in_a_scan(f):
    db = big(f)
    cursor = db.execute('SELECT id, s FROM big')
    for _ in range(1000):
        cursor.fetchone()
    f.server('kill')
    f.server('start')
    n = 1000
    try:
        for _ in cursor:
            n += 1
        raise AssertionError(f'a short result ({n} rows) was taken for the end')
    except sqlite3.Error as e:
        assert 'binds: [default]' in str(e), e
    assert db.execute('SELECT count(*) FROM (SELECT id FROM big WHERE id < 100)').fetchone() == (99,)


# ---- what changes behind our back ------------------------------------------------------------------------

def test_table_dropped_and_made_again(f):
    db = f.connect(f.fresh())
    f.table(db)
    f.server('sql', 'fault', 'DROP TABLE t')
    refused(db, 'SELECT * FROM t', 'binds: [default]')
    refused(db, "INSERT INTO t VALUES (3, 'x')", 'binds: [default]')
    f.server('sql', 'fault', 'CREATE TABLE t (n VARCHAR(40), extra INTEGER, id BIGINT PRIMARY KEY)')
    db.execute("INSERT INTO t VALUES (5000000000, 'five')")
    assert db.execute('SELECT * FROM t WHERE id > 5').fetchall() == [(5000000000, 'five')]
    f.server('sql', 'fault', 'DROP TABLE t')
    f.server('sql', 'fault', 'CREATE TABLE t (id INTEGER PRIMARY KEY)')
    refused(db, 'SELECT n FROM t', 'binds: [default]')
    assert db.execute('SELECT count(*) FROM binds').fetchone() == (1,)


def test_columns_that_go(f):
    """Statements that stay prepared, as the module keeps them, while the table loses what they were planned for."""
    prepared = [('SELECT * FROM t WHERE n = ?', 'one'), ('SELECT * FROM t WHERE id IN (SELECT value FROM json_each(?))', '[1,2]'),
                ("INSERT INTO t VALUES (?, 'x')", 103), ('INSERT INTO t(n) VALUES (?)', 'y'),
                ("UPDATE t SET n = n || 'z' WHERE id = ?", 101), ('DELETE FROM t WHERE n IS NOT NULL AND id = ?', 103)]
    for change, back in (('ALTER TABLE t DROP COLUMN n', 'ALTER TABLE t ADD COLUMN n VARCHAR(40)'),
                         ('ALTER TABLE t RENAME COLUMN id TO other', 'ALTER TABLE t RENAME COLUMN other TO id'),
                         ('ALTER TABLE t RENAME TO away', 'ALTER TABLE away RENAME TO t')):
        db = f.connect(f.fresh())
        f.table(db)
        db.execute('UPDATE t SET id = id + 100')
        for sql, value in prepared:
            db.execute(sql, (value,)).fetchall()
        f.server('sql', 'fault', change)
        for _ in range(2):       # before and after somebody has found out
            for sql, value in prepared:
                refused(db, sql, 'binds: [default]', parameters=(value,))
        f.server('sql', 'fault', back)
        assert db.execute('SELECT count(*) FROM t').fetchone()[0] > 1
        for sql, value in prepared:
            db.execute(sql, (value,)).fetchall()


# ---- results larger than memory ----------------------------------------------------------------------------

def big(f):
    """The large table, made once."""
    if 'big' not in f.__dict__:
        f.fresh('large')
        f.server('sql', 'large', ROWS[f.engine])
        f.big = f.server('url', 'large')
    db = f.connect(f.big)
    db.execute(BIG_TABLE)
    return db


def test_five_million_rows(f):
    big(f).close()
    done = subprocess.run([sys.executable, os.path.join(HERE, 'scan.py'), f.options.ext, f.big, str(BIG), f.fresh()],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print('##', f.engine, done.stdout.strip())
    assert done.returncode == 0, done.stdout


def test_abandoned_scan(f):
    db = big(f)
    for sql in ('SELECT id, s FROM big', 'SELECT b.s, c.s FROM big b JOIN big c ON c.id = b.a + 1'):
        cursor = db.execute(sql)
        for _ in range(10):
            cursor.fetchone()
        begin = time.monotonic()
        cursor.close()
        assert db.execute('SELECT s FROM big WHERE id = 77').fetchone() == ('row number 77',)
        took = time.monotonic() - begin
        assert took < 0.5, f'leaving the scan took {took:.2f} s'
    f.idle_soon()


REMOTE_ONLY = {test_wrong_password, test_missing_database, test_missing_privileges, test_refused_port, test_lost_answer, test_away, test_connect_timeout,
               test_connect_interrupt, test_statement_timeout, test_frozen_server, test_restart_between_statements,
               test_crash_in_transaction, test_crash_below_a_savepoint, test_crash_in_a_scan}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--servers', required=True)
    parser.add_argument('--ext', required=True)
    parser.add_argument('--engine')
    parser.add_argument('--only')
    options = parser.parse_args()
    options.servers, options.ext = os.path.abspath(options.servers), os.path.abspath(options.ext)
    tests = [value for name, value in globals().items() if name.startswith('test_')]
    failed = 0
    for engine in os.environ.get('TEST_ENGINES', 'mariadb postgresql sqlite').split():
        if options.engine and engine != options.engine:
            continue
        f = Fault(engine, options)
        for test in tests:
            name = test.__name__[5:].replace('_', ' ')
            if (options.only and options.only not in name) or (test in REMOTE_ONLY and not f.remote):
                continue
            begin = time.monotonic()
            try:
                test(f)
                print(f'ok - {name} on {engine} ({time.monotonic() - begin:.1f} s)', flush=True)
            except Exception:   # whatever it is, it is this test's failure and the others go on
                failed += 1
                for line in traceback.format_exc().splitlines()[-8:]:
                    print('#', line)
                print(f'not ok - {name} on {engine}', flush=True)
                f.server('start')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
