"""The sides of the bench: processes that read commands and answer with time, rows and a checksum (side.h)."""
import os
import select
import subprocess
from urllib.parse import parse_qs, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(HERE, '..', 'servers')
ENGINES = ('postgresql', 'mariadb', 'sqlite')
WAYS = ('plain', 'sorted')  # how a virtual table over a server reads at the least cost (wire.c)
PATIENCE = 40           # seconds for one command of a peer; its server gives up earlier (peers.py)


class TooSlow(RuntimeError):
    pass


class Side:
    """A process that takes commands.  An answer: milliseconds, rows, checksum.  A side that answered with an error has
    ended, and the next command finds a new one, for which `setup` was run again."""

    def __init__(self, *argv, patience=None):
        self.argv = argv
        self.patience = patience
        self.prepared = []
        self.process = None

    def setup(self, *commands):
        """Runs commands, and again in each process to come."""
        for command in commands:
            self(command)
            self.prepared.append(command)
        return self

    def __call__(self, command):
        if self.process is None:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for earlier in self.prepared:
                self.send(earlier)
        return self.send(command)

    def send(self, command):
        try:
            self.process.stdin.write(' '.join(command.split()) + '\n')
            self.process.stdin.flush()
            if self.patience and not select.select([self.process.stdout], [], [], self.patience)[0]:
                raise TooSlow(f'{command[:200]}: more than {self.patience} s')
            answer = self.process.stdout.readline().strip()
        except (OSError, TooSlow) as error:
            self.close(kill=True)
            raise error if isinstance(error, TooSlow) else RuntimeError(f'{command[:200]}: {error}') from error
        if not answer or answer.startswith('error'):
            self.close(kill=True)
            slow = 'timeout' in answer or 'max_statement_time' in answer
            raise (TooSlow if slow else RuntimeError)(f'{command[:200]}: {answer[:500] or "ended"}')
        us, rows, total = answer.split()
        return float(us) / 1000, int(rows), float(total)

    def close(self, kill=False):
        if self.process is None:
            return
        if kill:
            self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.process = None


class Servers:
    """The private servers that run.sh has started, and the programs that reach them."""

    def __init__(self, directory, out, extension):
        self.directory, self.out, self.extension = directory, out, extension
        self.host = os.path.join(out, 'host')

    def ask(self, engine, command, *args):
        done = subprocess.run(['sh', f'{SERVERS}/{engine}.sh', command, self.directory, *args], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{engine} {command}: {done.stderr.strip()[-500:]}')
        return done.stdout.strip()

    def fresh(self, database):
        for engine in ENGINES:
            self.ask(engine, 'fresh', database)

    def url(self, engine, database):
        return self.ask(engine, 'url', database)

    def port(self, engine):
        return urlsplit(self.ask(engine, 'tcp', 'x')).port

    def conninfo(self, database):
        query = parse_qs(urlsplit(self.url('postgresql', database)).query)
        return f"host={query['host'][0]} port={query['port'][0]} user=app dbname={database}"

    def file(self, database):
        return urlsplit(self.url('sqlite', database)).path[1:]

    def argv(self, engine, database):
        """The bare client of an engine."""
        if engine == 'postgresql':
            return os.path.join(self.out, 'raw_postgresql'), self.conninfo(database)
        if engine == 'mariadb':
            socket = parse_qs(urlsplit(self.url('mariadb', database)).query)['unix_socket'][0]
            return os.path.join(self.out, 'raw_mariadb'), socket, 'app', database
        return self.host, self.file(database), ''

    def raw(self, engine, database):
        return Side(*self.argv(engine, database))

    def both(self, database):
        """Two bare clients in one process: a join over two servers by hand."""
        return Side(os.path.join(self.out, 'raw_join'), self.conninfo(database), *self.argv('mariadb', database)[1:])

    def binds(self, *commands):
        return Side(self.host, ':memory:', self.extension).setup(*commands)

    def wire(self):
        return Side(self.host, ':memory:', os.path.join(self.out, 'wire.so'))

    def wire_table(self, engine, way, database, table, columns, name):
        where = ' '.join(self.argv(engine, database)[1:])
        return f"exec CREATE VIRTUAL TABLE {name} USING wire({engine}, {way}, '{where}', {table}, {columns})"

    def bind(self, engine, database):
        return f"exec INSERT INTO binds(key, url) VALUES ('{engine}', '{self.url(engine, database)}')"
