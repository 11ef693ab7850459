"""Tables on servers, made and filled without binds: psql, mariadb (for MySQL, too) and Python's own sqlite3.

A column has a kind: how it is declared to SQLite, what it is on each server, which values it may hold, and how
a value is written as a literal there.  A value is what a native SQLite table of that declaration stores.
"""
import os
import random
import sqlite3
import string
import subprocess
import urllib.parse

TEXTS = ['', 'a', 'A', 'b', 'B', 'ab', 'aB', 'AB', 'a b', 'a ', ' a', 'a  ', 'b ', '5', '05', '5.0', '7', '1e1', '-1',
         '\u00e1', '\u00c1', '\u00e9t\u00e9', '_', '%', 'a_b', 'a%b', '[a]', '*', '?', 'z', 'Z', '~', '\t', 'a\tb', "it's",
         'back\\slash', '"q"', '|', 'a|b', 'NULL', '2024-01-02', '1000', '9', '10', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa']
WIDE_TEXTS = ['\u0131', '\u212a', '\U0001f600', '\u4e2d\u6587', '\u00df', 'ss', '\u0130', '\ufb01', '\u0001', '\u2028']
# Are they numbers, to SQLite and to the servers?
NUMBER_TEXTS = ['9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e400', '  7', '7 ', '7\n', '-0', '0.0',
                '1.50', '12.340', '0x10', '1_000', 'Infinity', 'nan', '1e', '.', '+', '5e0', '.5', '5.', '00', '1.0e+2']
MARKED_TEXTS = ['a\u0301', 'A\u0301', '\u0663', '\u00a07', '\uff15', 'e\u0301t\u00e9', '\ud7ff', '\uffff', '\U0010ffff']
INTS = [0, 1, -1, 2, 3, 5, 7, 9, 10, 100, -100]
BIG_INTS = [2**15, -2**15 - 1, 2**24 + 1, 2**31, -2**31 - 1, 2**32, 2**62, 2**63 - 512, 2**31 - 1, -2**31, 2**53 - 1, 2**53, 2**53 + 1, -2**53 - 1, 2**63 - 1, -2**63, 10**15, 10**18 + 1]
REALS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, 5.0, 7.0, 0.1, 0.2, 0.3, 1e-5, 1e300, -1e300, 1e15, 9007199254740992.0,
         9007199254740994.0, 9.2233720368547758e18, -9.2233720368547758e18, 1e-310, 3.14159, 100.25,
         5e-324, 1.7976931348623157e308, 2147483647.5, -2147483648.5, 4294967296.0, -9007199254740992.0, 1e16, 123456789012345.67, 0.30000000000000004,
         9223372036854774784.0, -9223372036854777856.0]
DATES = ['2024-01-01', '2024-01-02', '2024-02-29', '1999-12-31', '0001-01-01', '9999-12-31', '2024-12-31', '1970-01-01']
TIMES = ['00:00:00', '10:00:00', '10:00:00.500000', '23:59:59', '23:59:59.999999', '01:02:03', '12:30:00']
UUIDS = ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
         'ffffffff-ffff-ffff-ffff-ffffffffffff', '12345678-1234-1234-1234-123456789abc']
LABELS = ['red', 'green', 'Blue', '5', '']
ODD_DATES = ['2024', '2024-01', '2024-1-1', '2024-01-01T10:00', '2024-01-01 10', '2024-01-01 10:00', '2024-01-01 ', '2024-01-01 10:00:00.5',
             '2024-01-01 10:00:00.500', '2024-01-01 10:00:00.5000001', '2024-01-01 10:00:00+00', '2024-02-30', '10:00', '10:00:00.5',
             '24:00:00', '100:00:00', '838:59:59', '-5', '9', '0000-00-00', '2024-00-00', '0000-00-00 00:00:00', '99999-01-01',
             '10000-01-01', 'infinity', '-infinity', '0044-03-15 BC', '2024-01-01 10:00:00 BC', '2024-12-31 23:59:60']
BLOBS = [b'', b'\0', b'a', b'ab', b'\xff\xfe', b'5', b'a\0b', b'\x80']


class Special:
    """A value that only that server holds: as SQLite sees it, and how it is written there."""

    def __init__(self, native, literal):
        self.native, self.literal = native, literal


def special(native, text, cast=''):
    return Special(native, "'%s'%s" % (text, cast))


PG_SPECIALS = {
    'REAL': [special(None, 'NaN', '::float8'), special(float('inf'), 'Infinity', '::float8'),
             special(float('-inf'), '-Infinity', '::float8')],
    'FLOAT': [special(None, 'NaN', '::float4'), special(float('inf'), 'Infinity', '::float4')],
    'NUMERIC(10,2)': [special(None, 'NaN', '::numeric')],
    'NUMERIC(30,4)': [special(None, 'NaN', '::numeric'), special(0.1, '0.1000', '::numeric')],
    'DATE': [special(d, d, '::date') for d in ('infinity', '-infinity', '0044-03-15 BC', '10000-01-01', '99999-12-31')],
    'DATETIME': [special(d, d, '::timestamp') for d in ('infinity', '-infinity', '0044-03-15 10:00:00 BC',
                                                       '10000-01-01 00:00:00')],
    'TIME': [special('24:00:00', '24:00:00', '::time')],
    'CHAR(5)': [special('ab', 'ab'), special('', ''), special('AB', 'AB  '), special('abcde', 'abcde')],
    'CITEXT': [special(t, t, '::citext') for t in ('a', 'A', 'ab', 'AB', '5', 'a ', '')],
    'JSONB': [special(t, t, '::jsonb') for t in ('1', '"a"', '{"a": 1}', 'null', '[1, 2]')],
    'BIGINT': [],
}
# Postgres has no texts with NUL bytes.
NULS = [Special(t, "X'%s'" % t.encode().hex()) for t in ('a\0', 'a\0b', 'A\0c', '\0', 'A\0B ')]
MY_SPECIALS = {
    'DATE': [special(d, d) for d in ('0000-00-00', '2024-00-00', '2024-02-00')],
    'DATETIME': [special(d, d) for d in ('0000-00-00 00:00:00', '2024-00-10 10:00:00')],
    'TIME': [special(d, d) for d in ('100:00:00', '-05:00:00', '838:59:59', '-100:00:00')],
    'CHAR(5)': [special('ab', 'ab  '), special('', ' '), special('AB', 'AB'), special('abcde', 'abcde')],
    'TEXT': NULS, 'VARCHAR(80)': NULS, 'VARCHAR(60) COLLATE NOCASE': NULS, 'VARCHAR(60) COLLATE RTRIM': NULS,
    'BIGINT': [Special(v if v < 2**63 else float(v), str(v)) for v in (5, 7, 2**63 - 1, 2**63, 2**64 - 1, 2**63 + 2048)],
}


# A column of SQLite holds values of every class.
LITE_SPECIALS = [Special(v, literal) for v, literal in (
    ('abc', "'abc'"), ('5', "'5'"), ('5 ', "'5 '"), ('', "''"), (5, '5'), (7.0, '7.0'), (2.5, '2.5'), (2**53 + 1, str(2**53 + 1)),
    (b'ab', "X'6162'"), (b'', "X''"), (b'5', "X'35'"), (float('inf'), '9e999'), (float('-inf'), '-9e999'),
    ('2024-01-01', "'2024-01-01'"), ('a\0b', "CAST(X'610062' AS TEXT)"))]


def pick(rng, *lists):
    return rng.choice(rng.choice(lists))


class Kind:
    """declared: type in SQLite; pg, my: types there; cls: kind of value, for queries; values(rng)."""

    def __init__(self, declared, pg, my, cls, values, collation='', lite=None):
        self.declared, self.pg, self.my, self.cls, self.values = declared, pg, my, cls, values
        self.collation, self.lite = collation, lite or declared


# MariaDB sorts by the first 1024 bytes only.
LONG_TEXTS = ['x' * 1100 + end for end in ('', 'a', 'A', 'b', ' ')]


def text_value(wide=True, long=False):
    def values(rng):
        if long and rng.random() < 0.05:
            return rng.choice(LONG_TEXTS)
        if rng.random() < 0.1:
            return ''.join(rng.choice('abAB 5.') for _ in range(rng.randint(0, 6)))
        if rng.random() < 0.06:
            return pick(rng, NUMBER_TEXTS, MARKED_TEXTS if wide else NUMBER_TEXTS)
        return pick(rng, TEXTS, TEXTS, WIDE_TEXTS if wide else TEXTS)
    return values


def moment(rng):
    return rng.choice(DATES) + ' ' + rng.choice(TIMES)


# '' is the database's own.
PG_COLLATE = ['', '', ' COLLATE "C"', ' COLLATE "en-x-icu"', ' COLLATE "und-x-icu"', ' COLLATE "fuzz_nd"']
MY_COLLATE = ['', '', '', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
              ' CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
              ' CHARACTER SET latin1 COLLATE latin1_swedish_ci', ' CHARACTER SET latin1 COLLATE latin1_bin']


# What stands above in MariaDB's names is in MySQL the nearest that it has.
MYSQL_NAMES = {'utf8mb4_nopad_bin': 'utf8mb4_0900_bin', 'utf8mb4_unicode_ci': 'utf8mb4_0900_as_cs'}


def kinds(rng, server):
    """One of each, with this schema's choice of collations."""
    pg, my = rng.choice(PG_COLLATE), rng.choice(MY_COLLATE)
    wide = 'latin1' not in (my or server.charset)
    decimal = lambda r: r.choice([0, 1, 2.5, 0.1, 12.34, -12.34, 99999999.99, 7, 5, 1.01, -0.01])
    return {
        'int': Kind('INTEGER', 'int8', 'bigint', 'number', lambda r: pick(r, INTS, INTS, BIG_INTS)),
        'small': Kind('SMALLINT', 'int2', 'smallint', 'number', lambda r: r.choice(INTS)),
        'int4': Kind('INT', 'int4', 'int', 'number', lambda r: pick(r, INTS, [2**31 - 1, -2**31])),
        'bool': Kind('BOOLEAN', 'bool', 'tinyint(1)', 'number', lambda r: r.choice([0, 1])),
        'real': Kind('REAL', 'float8', 'double', 'number', lambda r: r.choice(REALS)),
        'float4': Kind('FLOAT', 'float4', 'float', 'number', lambda r: r.choice([0.0, 1.5, -2.25, 0.5, 7.0, 1024.0, 16777216.0])),
        'dec': Kind('NUMERIC(10,2)', 'numeric(10,2)', 'decimal(10,2)', 'number', decimal),
        'wide': Kind('NUMERIC(30,4)', 'numeric(30,4)', 'decimal(30,4)', 'number',
                     lambda r: r.choice([0, 1, 5, 7, 0.5, 2**53, 2**53 + 1, 10**18, -3, 1.25, 10**15])),
        'text': Kind('TEXT', 'text' + pg, 'text' + my, 'text', text_value(wide, True)),
        'varchar': Kind('VARCHAR(80)', 'varchar(80)' + pg, 'varchar(80)' + my, 'text', text_value(wide)),
        'nocase': Kind('VARCHAR(60) COLLATE NOCASE', 'varchar(60)' + pg, 'varchar(60)' + my, 'text', text_value(wide), 'NOCASE'),
        'rtrim': Kind('VARCHAR(60) COLLATE RTRIM', 'varchar(60)' + pg, 'varchar(60)' + my, 'text', text_value(wide), 'RTRIM'),
        'date': Kind('DATE', 'date', 'date', 'date', lambda r: r.choice(DATES)),
        'datetime': Kind('DATETIME', 'timestamp', 'datetime(6)', 'datetime', moment),
        'time': Kind('TIME', 'time', 'time(6)', 'time', lambda r: r.choice(TIMES)),
        'uuid': Kind('UUID', 'uuid', 'char(36) CHARACTER SET ascii COLLATE ascii_bin', 'uuid', lambda r: r.choice(UUIDS),
                     lite='TEXT'),
        'enum': Kind("ENUM('red','green','Blue','5','')", 'fuzz_enum', "enum('red','green','Blue','5','')", 'enum',
                     lambda r: r.choice(LABELS), lite='TEXT'),
        'char': Kind('CHAR(5)', 'char(5)', 'char(5)' + my, 'text', lambda r: r.choice(['abcde', 'ABCDE', '12345', 'b c d'])),
        'citext': Kind('CITEXT', 'citext', 'varchar(20)' + my, 'text', lambda r: r.choice(['a', 'A', 'b', '5'])),
        'json': Kind('JSONB', 'jsonb', 'json', 'json', lambda r: r.choice(['5', '"x"', '{"a": 1}', 'true'])),
        'big': Kind('BIGINT', 'int8', 'bigint unsigned', 'number', lambda r: r.choice([0, 1, 5, 7, 10, 2**53 + 1])),
        'blob': Kind('BLOB', 'bytea', 'varbinary(40)', 'blob', lambda r: r.choice(BLOBS)),
        'double': Kind('DOUBLE PRECISION', 'float8', 'double', 'number', lambda r: pick(r, REALS, INTS)),
        'number': Kind('NUMERIC', 'numeric', 'decimal(38,10)', 'number', decimal),
        'whole': Kind('DECIMAL(18,0)', 'numeric(18,0)', 'decimal(18,0)', 'number', lambda r: pick(r, INTS, [10**17, 2**53 + 1, -2**53 - 1])),
        'tiny': Kind('TINYINT', 'int2', 'tinyint', 'number', lambda r: r.choice(INTS)),
        'moment': Kind('TIMESTAMP', 'timestamp', 'datetime(6)', 'datetime', moment),
        'none': Kind('', 'text' + pg, 'text' + my, 'text', text_value(wide)),
    }


def misfits(rng, server):
    """Declared as something else than what they are: by someone who takes them for it."""
    pg, my = rng.choice(PG_COLLATE), rng.choice(MY_COLLATE)
    wide = 'latin1' not in (my or server.charset)
    texts = text_value(wide)
    return {
        'real_int': Kind('REAL', 'int8', 'bigint', 'number', lambda r: pick(r, INTS, BIG_INTS)),
        'int_real': Kind('INTEGER', 'float8', 'double', 'number', lambda r: r.choice(REALS)),
        'int_text': Kind('INTEGER', 'text' + pg, 'text' + my, 'text', lambda r: pick(r, NUMBER_TEXTS, TEXTS)),
        'string': Kind('STRING', 'varchar(80)' + pg, 'varchar(80)' + my, 'text', texts),
        'text_int': Kind('TEXT', 'int8', 'bigint', 'text', lambda r: number_as_text(pick(r, INTS, BIG_INTS))),
        'text_dec': Kind('TEXT', 'numeric(10,2)', 'decimal(10,2)', 'text', lambda r: decimal_as_text(r.choice([0, 1, 250, 1234, 99999900, 5]))),
    }


def number_as_text(n):
    return Special(str(n), '(%d)' % n if n > -2**63 else '(-9223372036854775807-1)')


def decimal_as_text(n):
    return Special('%g' % (n / 100) if n % 100 else str(n // 100), '(%d.%02d)' % (n // 100, n % 100))


class Server:
    """engine: sqlite, postgresql or mysql; run(sql texts) executes them."""

    def __init__(self, key, url):
        self.key, self.url = key, url
        scheme = urllib.parse.urlsplit(url).scheme.split('+')[0]
        self.engine = {'postgres': 'postgresql', 'mariadb': 'mysql', 'mysqldb': 'mysql'}.get(scheme, scheme)
        self.numbered = {'postgresql': ' GENERATED BY DEFAULT AS IDENTITY', 'mysql': ' AUTO_INCREMENT'}.get(self.engine, '')
        self.unchecked = ['SET foreign_key_checks = 0'] if self.engine == 'mysql' else [] # rows that refer to each other
        self.prepared, self.charset, self.shell = False, '', None
        self.names = {}     # of MariaDB's, which are others in MySQL

    def command(self):
        """The server's own shell, and what makes it speak as the tests want."""
        if self.engine == 'postgresql':
            return ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', self.url], 'SET client_min_messages = error;\n'
        u = urllib.parse.urlsplit(self.url)
        options = dict(urllib.parse.parse_qsl(u.query))
        command = ['mariadb', '--no-defaults', '-n', '--default-character-set=utf8mb4', '-u', u.username or 'root', u.path[1:]]
        if 'unix_socket' in options:
            command += ['-S', options['unix_socket']]
        else:
            command += ['-h', u.hostname, '-P', str(u.port or 3306), '--protocol=tcp']
        return command, "SET NAMES utf8mb4; SET sql_mode='';\n"

    @staticmethod
    def environment():
        """What is preloaded into this process (a sanitizer, another SQLite) is none of the shell's business."""
        return {k: v for k, v in os.environ.items() if k not in ('LD_PRELOAD', 'LD_LIBRARY_PATH')}

    def ask(self, text):
        command, head = self.command()
        done = subprocess.run(command, input=(head + text).encode(), capture_output=True, env=self.environment())
        if done.returncode:
            raise RuntimeError('%s: %s' % (self.key, done.stderr.decode()))
        return done.stdout.decode()

    def feed(self, text):
        """The same without the answer, in one shell that stays."""
        if self.shell is None:
            command, head = self.command()
            if self.engine == 'mysql' and 'MariaDB' not in self.ask('SELECT version();'):
                self.names = MYSQL_NAMES
            self.shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          env=self.environment())
            text = head + text
        for theirs, ours in self.names.items():
            text = text.replace(theirs, ours)
        self.shell.stdin.write((text + "\nSELECT 'all' AS done;\n").encode())
        self.shell.stdin.flush()
        lines = []
        while not lines or lines[-1].strip() != b'all':
            lines.append(self.shell.stdout.readline())
            if not lines[-1]:
                raise RuntimeError('%s: %s' % (self.key, b''.join(lines).decode()))

    def run(self, statements):
        text = ';\n'.join(statements) + ';\n'
        if self.engine == 'sqlite':
            db = sqlite3.connect(urllib.parse.urlsplit(self.url).path[1:], isolation_level=None)
            db.executescript('PRAGMA synchronous = off; BEGIN;\n' + text + 'COMMIT')
            db.close()
        else:
            self.feed(text)

    def prepare(self):
        if not self.prepared and self.engine == 'postgresql':
            self.run(["CREATE EXTENSION IF NOT EXISTS citext", "DROP TYPE IF EXISTS fuzz_enum CASCADE",
                      "CREATE TYPE fuzz_enum AS ENUM ('red', 'green', 'Blue', '5', '')",
                      "CREATE COLLATION IF NOT EXISTS fuzz_nd (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"])
        if not self.prepared and self.engine == 'mysql':
            self.charset = self.ask('SELECT @@character_set_database;').split()[-1]
        self.prepared = True

    def type(self, kind):
        return {'sqlite': kind.declared if 'ENUM' not in kind.declared else kind.lite, 'postgresql': kind.pg,
                'mysql': kind.my}[self.engine]

    def name(self, name):
        """name: as it is written in SQLite."""
        name = name.strip('"')
        return ('`%s`' if self.engine == 'mysql' else '"%s"') % name

    def special(self, kind, rng):
        if self.engine == 'sqlite':
            return rng.choice(LITE_SPECIALS)
        table = {'postgresql': PG_SPECIALS, 'mysql': MY_SPECIALS}[self.engine]
        return rng.choice(table.get(kind.declared) or [None])

    def literal(self, value, kind):
        if isinstance(value, Special):
            return value.literal
        if value is None:
            return 'NULL'
        if isinstance(value, int):
            if kind.declared == 'BOOLEAN' and self.engine == 'postgresql':
                return 'true' if value else 'false'
            return '(%d)' % value if value > -2**63 else '(-9223372036854775807-1)'
        if isinstance(value, float):
            text = repr(value)
            return "'%s'::float8" % text if self.engine == 'postgresql' else text if 'e' in text or self.engine == 'sqlite' else (
                text + 'e0' if kind.declared in ('REAL', 'FLOAT') else text)
        if isinstance(value, bytes):
            if self.engine == 'postgresql':
                return "'\\x%s'::bytea" % value.hex()
            return "X'%s'" % value.hex()
        if self.engine == 'postgresql':
            cast = {'uuid': '::uuid', 'date': '::date', 'datetime': '::timestamp', 'time': '::time', 'enum': '::fuzz_enum',
                    'json': '::jsonb'}
            return "convert_from('\\x%s', 'UTF8')%s" % (value.encode().hex(), cast.get(kind.cls, ''))
        if self.engine == 'mysql':
            return "_utf8mb4 X'%s'" % value.encode().hex()
        return "CAST(X'%s' AS TEXT)" % value.encode().hex()


class Column:
    """rest: DEFAULT and CHECK, in words that every engine has."""

    def __init__(self, name, kind, not_null, rest=''):
        self.name, self.kind, self.not_null, self.rest = name, kind, not_null, rest


class Table:
    """key: 'int', 'auto' (numbered by the server), 'text', 'blob', 'pair', 'uuid', 'unique' (a unique column that is
    no primary key) or None (none at all)."""

    def __init__(self, number, server, columns, key, rows, indexes):
        self.number, self.server, self.columns, self.key = number, server, columns, key
        self.rows, self.indexes = rows, indexes
        # One name over the bind, one over the same bind with pushdown=0, and the native table.
        self.bound, self.unpushed, self.native = 'b%d' % number, 'p%d' % number, 'n%d' % number
        self.remote = 'fuzz%d' % number
        self.uniques = []        # lists of columns
        self.parent = None       # table that the column `parent` refers to, with the words after REFERENCES
        self.actions = ''
        self.deferred = False    # the parent is looked for at the end of the transaction

    def keys(self):
        """The columns of the primary key."""
        return self.columns[:{None: 0, 'unique': 0, 'pair': 2}.get(self.key, 1)]

    def unique(self):
        """The unique column that serves as key, if one does."""
        return self.columns[0] if self.key == 'unique' else None

    def constraints(self, name, table):
        """What stands behind the columns; name, table: how those are written."""
        parts = ['UNIQUE (%s)' % ', '.join(name(c.name) for c in u) for u in self.uniques]
        if self.parent:
            parts.append('FOREIGN KEY (%s) REFERENCES %s (%s)%s' % (
                name('parent'), table(self.parent), name(self.parent.columns[0].name), self.actions))
        return parts

    def declaration(self, types, table=lambda t: t.bound, rest=True):
        """rest: with DEFAULT and CHECK."""
        parts = []
        for c in self.columns:
            key = ' PRIMARY KEY' if self.keys() == [c] else ' UNIQUE' if self.unique() is c else ''
            parts.append('%s %s%s%s%s' % (c.name, types(c.kind), ' NOT NULL' if c.not_null else '', key, c.rest if rest else ''))
        if self.key == 'pair':
            parts.append('PRIMARY KEY (%s, %s)' % (self.columns[0].name, self.columns[1].name))
        return ', '.join(parts + self.constraints(lambda n: n, table))

    def remote_statements(self):
        s = self.server
        parts = []
        for c in self.columns:
            numbered = s.numbered if self.key == 'auto' and c is self.columns[0] else ''
            parts.append('%s %s%s%s%s' % (s.name(c.name), s.type(c.kind), numbered, ' NOT NULL' if c.not_null else '', c.rest))
        if self.keys():
            parts.append('PRIMARY KEY (%s)' % ', '.join(s.name(c.name) for c in self.keys()))
        if self.unique():
            parts.append('UNIQUE (%s)' % s.name(self.unique().name))
        parts += self.constraints(s.name, lambda t: t.remote)
        statements = ['DROP TABLE IF EXISTS %s' % self.remote, 'CREATE TABLE %s (%s)' % (self.remote, ', '.join(parts))]
        for i, columns in enumerate(self.indexes):
            names = []
            for c in columns:
                name = s.name(c.name)
                if s.engine == 'mysql' and (c.kind.cls in ('text', 'blob') and c.kind.declared not in ('CHAR(5)', 'CITEXT')):
                    name += '(20)'
                if s.engine == 'postgresql' and c.kind.pg.startswith(('text', 'varchar')) and len(columns) == 1:
                    name += random.Random(self.number + i).choice(['', ' text_pattern_ops']) if 'fuzz_nd' not in c.kind.pg else ''
                names.append(name)
            statements.append('CREATE INDEX %s_%d ON %s (%s)' % (self.remote, i, self.remote, ', '.join(names)))
        for at in range(0, len(self.rows), 100):
            values = ', '.join('(%s)' % ', '.join(s.literal(v, c.kind) for v, c in zip(row, self.columns))
                               for row in self.rows[at:at + 100])
            statements.append('INSERT INTO %s VALUES %s' % (self.remote, values))
        statements.append({'postgresql': 'ANALYZE %s', 'mysql': 'ANALYZE TABLE %s', 'sqlite': 'ANALYZE %s'}[s.engine] % self.remote)
        return statements

    def make_local(self, db):
        """On a connection whose binds are called as the server, and … off without pushdown."""
        for name, key in ((self.bound, self.server.key), (self.unpushed, self.server.key + 'off')):
            db.execute("CREATE VIRTUAL TABLE %s USING bind(bind_key='%s', table='%s', %s)" % (
                name, key, self.remote, self.declaration(lambda k: k.declared)))
        declared = self.declaration(lambda k: 'TEXT' if k.declared.startswith('ENUM') else k.declared)
        db.execute('CREATE TABLE %s (%s)' % (self.native, declared))
        db.executemany('INSERT INTO %s VALUES (%s)' % (self.native, ', '.join('?' * len(self.columns))),
                       [[v.native if isinstance(v, Special) else v for v in row] for row in self.rows])
        for i, columns in enumerate(self.indexes):
            db.execute('CREATE INDEX %s_%d ON %s (%s)' % (self.native, i, self.native, ', '.join(c.name for c in columns)))


BIG = 1500 # rows: from 1000 on plans are others


def random_table(rng, number, server):
    server.prepare()
    available = kinds(rng, server)
    names = list(available)
    key = rng.choice(['int', 'int', 'int', 'text', 'text', 'pair', 'pair', 'uuid', 'unique', None, None])
    text_key = Kind('VARCHAR(40)', 'varchar(40) COLLATE "C"', 'varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
                    'text', text_value())
    columns, rows, seen = [], [], set()
    # An index over such a text would be one over numbers natively.
    wrong = misfits(rng, server) if rng.random() < 0.15 and server.engine != 'sqlite' else {} # where both are the same
    letters, n = list(string.ascii_lowercase[:rng.randint(2, 6)]), rng.choice([0, 1, 5, 12, 30, 60])
    if rng.random() < 0.1:
        letters[:4] = ['"Order"', 'Mixed', '"a b"', '"\u00fc"'][:len(letters)]
    elif rng.random() < 0.03:
        letters, n = letters + ['c%d' % i for i in range(66)], min(n, 12)
    if key == 'int':
        # Not the least integer: as a real it finds no rowid of a native table.
        small = Kind('INTEGER', 'int8', 'bigint', 'number', lambda r: pick(r, INTS, INTS, BIG_INTS[:-3]))
        columns.append(Column('id', small, True))
    elif key == 'text':
        columns.append(Column('id', text_key, True))
    elif key == 'pair':
        columns.append(Column('id', available['int4'], True))
        columns.append(Column('k2', rng.choice([available['date'], text_key]), True))
    elif key == 'uuid':
        columns.append(Column('id', available['uuid'], True))
    elif key == 'unique':
        columns.append(Column('id', rng.choice([available['dec'], available['small'], text_key]), True))
    for letter in letters:
        kind = rng.choice(list(wrong.values())) if wrong and rng.random() < 0.4 else available[rng.choice(names)]
        columns.append(Column(letter, kind, rng.random() < 0.2))
    if rng.random() < 0.06 and len(letters) < 60:
        n = BIG
    for i in range(n):
        row = []
        for c in columns:
            value = c.kind.values(rng)
            if rng.random() < 0.1 and c not in columns[:2 if key == 'pair' else 1] and c.kind not in wrong.values():
                value = server.special(c.kind, rng) or value
            if not c.not_null and rng.random() < 0.15:
                value = None
            # Native tables refuse what is no NULL on the server.
            while c.not_null and isinstance(value, Special) and value.native is None:
                value = c.kind.values(rng)
            row.append(value)
        if n == BIG and key in ('int', 'pair'):
            row[0] = i
        identity = tuple(row[:2 if key == 'pair' else 1])
        if key is not None and identity in seen:
            continue
        seen.add(identity)
        rows.append(row)
        if key is None and rng.random() < 0.3:
            rows.append(row)
    indexable = [c for c in columns if c.kind.cls not in ('blob', 'json') and c.kind not in wrong.values()]
    indexes = [rng.sample(indexable, min(len(indexable), rng.choice([1, 1, 2])))
               for _ in range(rng.randint(0, 2)) if indexable]
    return Table(number, server, columns, key, rows, indexes)
