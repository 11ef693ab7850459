"""What the commit tests share: servers, a world of databases, child processes that can be killed.

Children are forked from a parent that never opens a database or loads the extension, so each of them is a new
process as far as SQLite and the servers can tell."""
import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback

os.environ.pop('LD_PRELOAD', None)   # a sanitizer's runtime is for this process, not for the servers' clients

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(HERE, '..', 'servers')
TABLES = {'pg': 'pg', 'my': 'my', 'lite': 'lite', 'lite2': 'lite2'}
COLUMNS = 'id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE'
MY = os.environ.get('TEST_MY', 'mariadb')   # the server behind `my`: mysql may take MariaDB's place
ENGINE = {'pg': 'postgresql', 'my': MY}


class Client:
    """A server's own client, kept open: the tests ask it very often."""

    def __init__(self, world, engine):
        self.start = lambda: subprocess.Popen(
            ['sh', f'{SERVERS}/{engine}.sh', 'client', world.home(engine), world.name], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process = None

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, text):
        for attempt in (1, 2):
            if self.process is None:
                self.process = self.start()
            lines = []
            try:
                self.process.stdin.write(f"{text};\nSELECT 'end of answer';\n")
                self.process.stdin.flush()
                for line in self.process.stdout:
                    if line == 'end of answer\n':
                        return ''.join(lines).rstrip('\n')
                    lines.append(line)
            except BrokenPipeError:
                pass
            self.end()      # the server was restarted
        raise RuntimeError(f'no answer to {text}')


class World:
    """One database on each server, SQLite files, and main files, all new.  homes: the directory of a server that is not
    the run's own, by engine."""

    def __init__(self, options, name, homes=None):
        self.options = options
        self.name = name
        self.homes = homes or {}
        self.dir = os.path.join(options.servers, 'commit', name)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.urls = {}
        self.clients = {}
        for bind, engine in ENGINE.items():
            self.server(engine, 'fresh', name)
            self.urls[bind] = self.server(engine, 'url', name)
            self.sql(bind, 'CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE)'
                     + (' ENGINE=InnoDB' if bind == 'my' else ''))
        for bind in ('lite', 'lite2'):
            path = f'{self.dir}/{bind}.db'
            self.urls[bind] = f'sqlite:///{path}'
            with sqlite3.connect(path) as db:
                db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE)')
            db.close()

    def home(self, engine):
        return self.homes.get(engine, self.options.servers)

    def server(self, engine, command, *args):
        if command in ('kill', 'stop'):
            for key in [k for k in self.clients if ENGINE[k[1]] == engine]:
                self.clients.pop(key).end()
        done = subprocess.run(['sh', f'{SERVERS}/{engine}.sh', command, self.home(engine), *args], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{engine} {command}: {done.stderr}')
        return done.stdout.strip()

    def sql(self, bind, text):
        """Runs SQL with the server's own client, or with SQLite on the file of that bind."""
        if bind in ENGINE:
            if (os.getpid(), bind) not in self.clients:
                self.clients[os.getpid(), bind] = Client(self, ENGINE[bind])
            return self.clients[os.getpid(), bind].ask(text)
        db = sqlite3.connect(f'{self.dir}/{bind}.db', timeout=10)
        try:
            rows = db.execute(text).fetchall()
            db.commit()
        finally:
            db.close()
        return '\n'.join('\t'.join(map(str, row)) for row in rows)

    def have(self, row=1):
        """The binds whose table t holds the row, asked without binds."""
        return [bind for bind in ('pg', 'my', 'lite', 'lite2')
                if self.sql(bind, f'SELECT count(*) FROM t WHERE id = {row}') == '1']

    def empty(self):
        """As it was made, but for other databases than main."""
        for bind in ('pg', 'my', 'lite', 'lite2'):
            self.sql(bind, 'DELETE FROM t')
        self.remove('main')

    def path(self, name):
        return f'{self.dir}/{name}.db'

    def remove(self, name):
        for end in ('', '-journal', '-wal', '-shm', '-binds'):
            if os.path.exists(self.path(name) + end):
                os.remove(self.path(name) + end)

    def open(self, name, binds=('pg', 'my', 'lite', 'lite2'), journal=None, options='', urls=None):
        """A connection with the extension, the binds, and one table for each: named as its bind."""
        path = name if name.startswith((':', 'file:')) else self.path(name)
        db = sqlite3.connect(path, isolation_level=None, timeout=20, uri=True)
        db.enable_load_extension(True)
        db.load_extension(self.options.ext)
        if journal:
            db.execute(f'PRAGMA journal_mode={journal}')
        for bind in binds:
            url = (urls or {}).get(bind) or self.urls[bind]
            if options:
                url += ('&' if '?' in url else '?') + options
            db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (bind, url))
            db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {bind} USING bind(bind_key='{bind}', table='t', "
                       'id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u INTEGER UNIQUE)')
        return db

    def prepared(self):
        """Every branch of binds that stands prepared on a server."""
        out = []
        for bind in ENGINE:
            out += self.sql(bind, 'SELECT gid FROM pg_prepared_xacts' if bind == 'pg' else 'XA RECOVER').splitlines()
        return [line for line in out if 'binds1:' in line]

    def idle(self):
        """Sessions that hold a transaction open on a server."""
        pg = self.sql('pg', "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        my = self.sql('my', 'SELECT count(*) FROM information_schema.innodb_trx')
        return int(pg) + int(my)


def own_server(options, engine, name, command, *args, **environment):
    """A server of a test's own, by the script of its engine.  Returns its directory."""
    home = os.path.join(options.servers, name)
    done = subprocess.run(['sh', f'{SERVERS}/{engine}.sh', command, home, *args], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ, **environment), check=False)
    assert done.returncode == 0, done.stderr
    return home


def is_mark(gid):
    """The prepared transaction by which a server decides, not a branch (decider.h).  Where each part stands matters: a
    file's random letters may look like any part of it."""
    return re.search(r'binds1:[0-9a-f]{16}d[0-9a-f]{14}[^:]*:c', gid) is not None


def fork(job, *args, env=None):
    """Starts job(*args) in a child.  Returns (pid, read end of a pipe that gets its JSON result)."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    code = 0
    try:
        os.close(reader)
        os.environ.update(env or {})
        result = {'result': job(*args)}
    except BaseException as e:
        result = {'error': f'{type(e).__name__}: {e}', 'trace': traceback.format_exc()}
        code = 1
    try:
        os.write(writer, json.dumps(result).encode())
    finally:
        os._exit(code)


def wait(child):
    """The child's result: (killed, value or error text)."""
    pid, reader = child
    data = b''
    while True:
        piece = os.read(reader, 65536)
        if not piece:
            break
        data += piece
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise RuntimeError(f'a client died by signal {os.WTERMSIG(status)}')
        return True, None
    answer = json.loads(data)
    if 'error' in answer:
        raise RuntimeError(answer['trace'])
    return False, answer['result']


def run(job, *args, env=None):
    """As fork and wait, for a job that must end by itself."""
    killed, value = wait(fork(job, *args, env=env))
    assert not killed, 'the client was killed'
    return value


def crash(job, *args, at):
    """Runs the job in a child that dies at that point.  True if the point was reached."""
    killed, _ = wait(fork(job, *args, env={'BINDS_CRASH_AT': at}))
    return killed


def stopped(job, *args, at):
    """Starts the job in a child and waits until it has stopped at that point; go() lets it go on."""
    child = fork(job, *args, env={'BINDS_STOP_AT': at})
    _, status = os.waitpid(child[0], os.WUNTRACED)
    assert os.WIFSTOPPED(status), f'the point {at} was not reached'
    return child


def go(child):
    os.kill(child[0], signal.SIGCONT)
    return wait(child)


def kill(child):
    os.kill(child[0], signal.SIGKILL)
    os.close(child[1])
    os.waitpid(child[0], 0)


def error_of(db, sql, *args):
    """The statement must fail; returns (code, text)."""
    try:
        db.execute(sql, args).fetchall()
    except sqlite3.Error as e:
        return getattr(e, 'sqlite_errorname', type(e).__name__), str(e)
    raise AssertionError(f'{sql} succeeded')


def code_of(db, sql, *args):
    """The statement must fail; returns (primary code, extended code, text)."""
    try:
        db.execute(sql, args).fetchall()
    except sqlite3.Error as e:
        return e.sqlite_errorcode & 0xff, e.sqlite_errorcode, str(e)
    raise AssertionError(f'{sql} succeeded')


# ---- the bank ---------------------------------------------------------------------------------------------------

ACCOUNTS, START = 6, 1000       # of each place


def transfer(db, rng, number, places):
    """Moves money between these places and leaves a receipt in each: row 1000 + number, amount 0.  Returns the change of each
    place."""
    amount, changes = rng.randrange(1, 50), []
    db.execute('BEGIN' if rng.randrange(2) else 'BEGIN IMMEDIATE')
    for i, place in enumerate(places):
        change = amount * (len(places) - 1) if i == 0 else -amount
        db.execute(f'UPDATE {place} SET n = n + ? WHERE id = ?', (change, rng.randrange(ACCOUNTS)))
        db.execute(f'INSERT INTO {place}(id, n) VALUES (?, 0)', (1000 + number,))
        changes.append(f'{place}:{change}')
    return changes


def bank_client(world, main, seed, first, at, seconds, choose, spared=lambda places: False):
    """Transfers until the time is over, or it is killed at that point; acknowledged ones go to a file before the next begins.
    choose(rng): the places of one; spared: those of which a client is not killed."""
    rng = random.Random(seed)
    done = os.open(f'{world.dir}/acknowledged', os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    tried = os.open(f'{world.dir}/tried', os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    db, number, end = None, first, time.monotonic() + seconds
    while time.monotonic() < end:
        number += 1
        try:
            if db is None:
                db = world.open(main, options='lock_timeout=3')
            places = choose(rng)
            changes = transfer(db, rng, number, places)
            os.environ['BINDS_CRASH_AT'] = '' if spared(places) or number - first < rng.randrange(4) else at
            os.write(tried, f'{number} {" ".join(changes)}\n'.encode())
            db.execute('COMMIT')
            os.write(done, f'{number}\n'.encode())
        except sqlite3.Error as e:
            text = str(e)
            assert any(word in text for word in ('locked', 'binds:', 'serialize', 'abort')), text
            if 'outcome unknown' in text:
                os.write(done, f'unknown {number}\n'.encode())
            if db is not None and db.in_transaction:
                try:
                    db.execute('ROLLBACK')
                except sqlite3.Error:
                    db = None
            os.environ['BINDS_CRASH_AT'] = ''
    return True


def bank_books(world):
    """Numbers of the transfers that were acknowledged, of those of unknown outcome; of all, number → place → change."""
    with open(f'{world.dir}/acknowledged', encoding='ascii') as f:
        lines = [line.split() for line in f]
    with open(f'{world.dir}/tried', encoding='ascii') as f:
        tried = {int(number): dict(change.split(':') for change in changes) for number, *changes in map(str.split, f)}
    return ({int(words[0]) for words in lines if words[0] != 'unknown'},
            {int(words[1]) for words in lines if words[0] == 'unknown'}, tried)


def main(tests, document, stop=None):
    """stop: ends what the tests have started beside the run's servers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        return run_all(tests, document)
    finally:
        if stop:
            stop()


def run_all(tests, document):
    parser = argparse.ArgumentParser(description=document)
    parser.add_argument('--servers', required=True)
    parser.add_argument('--ext', required=True)
    parser.add_argument('--only')
    parser.add_argument('--long', action='store_true')
    options = parser.parse_args()
    options.servers, options.ext = os.path.abspath(options.servers), os.path.abspath(options.ext)
    failed = 0
    for test in tests:
        name = test.__name__[5:].replace('_', ' ')
        if options.only and options.only not in name:
            continue
        begin = time.monotonic()
        try:
            for line in test(options) or ():
                print(line, flush=True)
                failed += line.startswith('not ok')
            print(f'ok - {name} ({time.monotonic() - begin:.1f} s)', flush=True)
        except Exception:   # whatever it is, it is this test's failure and the others go on
            failed += 1
            for line in traceback.format_exc().splitlines()[-14:]:
                print('#', line)
            print(f'not ok - {name}', flush=True)
    return 1 if failed else 0
