#!/usr/bin/python3
"""Servers that lie: between the client and its server, columns of answers become NULL or something else, bytes flip, rows come
twice.  Whatever comes, the client answers or refuses; the sanitizers see that it reads and writes nothing that is not its own.

usage: mangled.py --servers DIR --ext BINDS.SO --preload LIBASAN.SO [--runs N] [--seed N]
BINDS.SO is built with the sanitizers.  A run is a process of its own: its seed gives the statements, not the moments at
which messages arrive."""
import argparse
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.parse

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'servers')
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)   # of the messages
LIMIT = 60                              # seconds of a run
COLUMNS = {
    'postgresql': ('id SERIAL PRIMARY KEY', 'r DOUBLE PRECISION', 'b BYTEA', 'at TIMESTAMP'),
    'mariadb': ('id INTEGER AUTO_INCREMENT PRIMARY KEY', 'r DOUBLE', 'b BLOB', 'at DATETIME'),
}
TABLES = ('CREATE TABLE a ({0}, {1}, {2}, {3}, n INTEGER, d NUMERIC(10,2), t TEXT); '
          'CREATE TABLE e (id INTEGER PRIMARY KEY REFERENCES a(id), '
          "name VARCHAR(40) DEFAULT 'x', k CHAR(5), j JSON, day DATE); ")
ROWS = ("INSERT INTO a(n, r, d, t) VALUES ({0}, {0}.5, {0}.25, 'x{0}'); "
        "INSERT INTO e VALUES ({0}, 'name{0}', 'k', '{{}}', '2020-01-01'); ")
STATEMENTS = (
    'SELECT * FROM a', 'SELECT * FROM e', 'SELECT count(*), max(n), min(t) FROM a', 'SELECT max(id), min(id) FROM a',
    "SELECT * FROM a WHERE t LIKE 'x%' ORDER BY n LIMIT 5", 'SELECT a.*, e.* FROM a JOIN e ON e.id = a.n',
    'SELECT * FROM a ORDER BY t', 'SELECT DISTINCT t FROM a', 'SELECT * FROM e WHERE id IN (1, 2, 3, 4)',
    'SELECT * FROM a WHERE id = 3', 'EXPLAIN QUERY PLAN SELECT * FROM a WHERE n > 3',
    "INSERT INTO a(n, r, d, t, b, at) VALUES (1, 2.5, '3.25', 'x', x'00ff', '2020-01-01 00:00:00')",
    'INSERT INTO a(n, t) SELECT id, name FROM e', 'INSERT OR REPLACE INTO a(id, n) VALUES (3, 4)',
    'UPDATE a SET n = n + 1 WHERE id < 20', 'DELETE FROM a WHERE id > 60',
    'BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT x', 'RELEASE x',
    'SELECT bind_recover()', 'SELECT * FROM binds', 'SELECT * FROM bind_tables', 'SELECT create_all()',
    "SELECT bind_ddl('s')", "CREATE VIRTUAL TABLE temp.e2 USING bind(bind_key='s', table='e')")
VALUES = (b'', b'0', b'-1', b'\0', b'\xff\xfe', b'9' * 400, b'x' * 5000, b'{', b'{a,b', b'1', b'2147483648', b"'",
          b'integer', b'numeric(3', b'a.b')


def exactly(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise OSError
        data += more
    return data


class Liar:
    """A port before that of a server; rate: of messages that are mangled, after the login."""

    def __init__(self, engine, port, seed, rate):
        self.pass_on = {'postgresql': self.postgresql, 'mariadb': self.mariadb}[engine]
        self.random, self.rate, self.server_port = random.Random(seed), rate, port
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(('127.0.0.1', self.server_port))
            for work, a, b in ((self.pass_on, server, client), (self.forward, client, server)):
                threading.Thread(target=self.run, args=(work, a, b), daemon=True).start()

    @staticmethod
    def run(work, a, b):
        try:
            work(a, b)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def forward(a, b):
        while data := a.recv(65536):
            b.sendall(data)

    def flipped(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4)) if data else 0):
            data[self.random.randrange(len(data))] = self.random.choice((0, 0xff, 0x7f, 0x80, self.random.randrange(256)))
        return bytes(data)

    def another(self, value):
        """None is NULL."""
        kind = self.random.random()
        if kind < 0.5:
            return value
        if kind < 0.7:
            return None
        if kind < 0.85 or not value:
            return self.random.choice(VALUES)
        return self.flipped(value)

    def row(self, data):
        """The columns of a DataRow."""
        at, out = 2, data[:2]
        for _ in range(struct.unpack('>H', data[:2])[0]):
            n = struct.unpack('>i', data[at:at + 4])[0]
            value = self.another(None if n < 0 else data[at + 4:at + 4 + n])
            at += 4 + max(n, 0)
            out += struct.pack('>i', -1) if value is None else struct.pack('>i', len(value)) + value
        return out

    def postgresql(self, server, client):
        """Messages: a letter, four bytes of length, data."""
        ready = False
        while True:
            kind, length = struct.unpack('>cI', exactly(server, 5))
            data = exactly(server, length - 4)
            if ready and self.random.random() < self.rate:
                if kind == b'D':
                    data = self.row(data)
                elif kind == b'C':
                    data = self.random.choice((data, b'SELECT 99\0', b'INSERT 0 0\0', b'UPDATE x\0'))
                elif kind == b'd' or (kind in (b'T', b'S') and self.random.random() < 0.3):
                    data = self.flipped(data)
            message = struct.pack('>cI', kind, len(data) + 4) + data
            client.sendall(message * 2 if kind == b'D' and self.random.random() < self.rate / 10 else message)
            ready = ready or kind == b'Z'

    def mariadb(self, server, client):
        """Packets: three bytes of length, a number, data."""
        packets = 0
        while True:
            head = exactly(server, 4)
            data = exactly(server, struct.unpack('<I', head[:3] + b'\0')[0])
            packets += 1
            if packets > 6 and len(data) > 1 and self.random.random() < self.rate:
                data = data[:1] + self.flipped(data[1:])
            client.sendall(head + data)


def client(ext, url, main, seed):
    """The run itself."""
    signal.alarm(LIMIT)     # what is cut short may be waited for: by its default action it ends the process
    rnd = random.Random(seed)
    db = sqlite3.connect(main, isolation_level=None)
    db.enable_load_extension(True)
    db.load_extension(ext)
    db.execute("INSERT INTO binds(key, url) VALUES ('s', ?)", (url,))
    db.execute("CREATE VIRTUAL TABLE a USING bind(bind_key='s', id INTEGER PRIMARY KEY, n INTEGER, r REAL, "
               'd NUMERIC(10,2), t TEXT, b BLOB, at DATETIME)')
    for sql in ["CREATE VIRTUAL TABLE e USING bind(bind_key='s')"] + [rnd.choice(STATEMENTS) for _ in range(40)]:
        try:
            db.execute(sql).fetchmany(2000)
            print('answered')
        except (sqlite3.Error, sqlite3.Warning, UnicodeError):
            print('refused')


def run(options, engine, url, seed):
    """One process; returns what is wrong with it, and how many statements were answered and refused."""
    parts = urllib.parse.urlsplit(url)
    liar = Liar(engine, parts.port, seed, RATES[seed % len(RATES)])
    more = '?sslmode=disable&gssencmode=disable' if engine == 'postgresql' else ''
    if more and seed % 2:
        more += '&witness=table'
    with tempfile.TemporaryDirectory() as home:
        url = f'{parts.scheme}://{parts.username}@127.0.0.1:{liar.port}{parts.path}{more}'
        env = dict(os.environ, LD_PRELOAD=options.preload, UBSAN_OPTIONS='print_stacktrace=1',
                   ASAN_OPTIONS='detect_leaks=0:exitcode=99:verify_asan_link_order=0')
        command = [sys.executable, __file__, '--client', options.ext, url, f'{home}/main', str(seed)]
        done = subprocess.run(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
    liar.listener.close()
    wrong = None if done.returncode in (0, -signal.SIGALRM) else f'exit {done.returncode}\n{done.stderr}'
    return wrong, done.stdout.count('answered'), done.stdout.count('refused')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--servers', required=True)
    p.add_argument('--ext', required=True)
    p.add_argument('--preload', required=True)
    p.add_argument('--runs', type=int, default=100)
    p.add_argument('--seed', type=int, default=1)
    options = p.parse_args()
    failed = False
    for engine, columns in COLUMNS.items():
        def server(*words, engine=engine):
            return subprocess.run(['sh', f'{SERVERS}/{engine}.sh', words[0], options.servers, *words[1:]], text=True,
                                  stdout=subprocess.PIPE, check=True).stdout.strip()
        answered = refused = 0
        for seed in range(options.seed, options.seed + options.runs):
            server('fresh', 'mangled')
            server('sql', 'mangled', TABLES.format(*columns) + ''.join(ROWS.format(i) for i in range(1, 51)))
            wrong, good, bad = run(options, engine, server('tcp', 'mangled'), seed)
            answered, refused = answered + good, refused + bad
            if wrong:
                failed = True
                print('\n'.join('# ' + line for line in wrong.splitlines()[:40]))
                print(f'not ok - mangled {engine}, seed {seed}', flush=True)
        assert answered > options.runs and refused > options.runs, 'nothing was mangled, or all'
        print(f'ok - mangled {engine}: {options.runs} runs, {answered} statements answered, {refused} refused', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(client(*sys.argv[2:5], int(sys.argv[5])) if sys.argv[1:2] == ['--client'] else main())
