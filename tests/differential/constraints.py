"""Tables for random changes: keys of every kind, UNIQUE, CHECK, DEFAULT and foreign keys, and few values, so that
rows often stand in each other's way.

A server compares texts by its own collation where a key says UNIQUE: it refuses what SQLite takes as two values,
as it may.  So keys are of columns whose equality is that of bytes on the server too.
"""
import string

from remote import Column, Kind, Table, kinds, pick, BLOBS, INTS, TEXTS, WIDE_TEXTS

POOL = 6
DEFAULTS = {'int': '7', 'int4': '5', 'small': '-1', 'real': '1.5', 'dec': '2.5', 'varchar': "'none'", 'nocase': "'None'",
            'rtrim': "'a'", 'date': "'2024-01-02'"}
CHECKED = ['int', 'int4', 'small', 'dec']
UNIQUE = ['int4', 'small', 'date', 'dec', 'uuid', 'key_text', 'key_blob']
# Only create_all() makes such keys; the values are ASCII, beyond which MariaDB's collations take more for equal.
FOLDED = ['key_nocase', 'key_rtrim']
NOCASE = ['a', 'A', 'b', 'B', 'ab', 'aB', 'AB', 'c', 'a b', '[', 'z', 'Z']
RTRIM = ['', 'a', 'a ', 'a  ', 'A', 'b', 'b ', ' b', 'a b', 'a b ']
DEFERRED = ' DEFERRABLE INITIALLY DEFERRED'
NOT_DECLARED = ['citext', 'json'] # types that create_all() passes on as written, and not every engine has
NOT_ON = {'mysql': ['json']}      # a native JSONB column makes a number of '5', which MariaDB's takes for no text
ACTIONS = ['', '', ' ON DELETE CASCADE', ' ON DELETE SET NULL', ' ON UPDATE CASCADE', ' ON DELETE CASCADE ON UPDATE CASCADE']


def all_kinds(rng, server, ours):
    server.prepare()
    every = kinds(rng, server)
    every['key_text'] = Kind('VARCHAR(40)', 'varchar(40) COLLATE "C"',
                             'varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin', 'text',
                             lambda r: pick(r, TEXTS, WIDE_TEXTS))
    every['key_blob'] = Kind('VARBINARY(40)', 'bytea', 'varbinary(40)', 'blob', lambda r: r.choice(BLOBS))
    every['key_int'] = Kind('INTEGER', 'int8', 'bigint', 'number', lambda r: r.choice(INTS))
    # The server's own numbers are small: they never meet these.
    every['key_auto'] = Kind('INTEGER', 'int8', 'bigint', 'number',
                             lambda r: r.choice([-3, -2, -1, 0, 1000001, 1000002, 1000003, 1000004]))
    # No remote types: tables with them are made by create_all(), or local.
    every['key_nocase'] = Kind('VARCHAR(40) COLLATE NOCASE', '', '', 'text', lambda r: r.choice(NOCASE), 'NOCASE')
    every['key_rtrim'] = Kind('VARCHAR(40) COLLATE RTRIM', '', '', 'text', lambda r: r.choice(RTRIM), 'RTRIM')
    if ours: # INTEGER is an int4 that create_all() makes
        for name, values in (('int', every['int4'].values), ('key_int', every['key_int'].values), ('key_auto', every['key_auto'].values)):
            every[name] = Kind('INTEGER', 'int4', 'int', 'number', values)
    return every


class Declared:
    """One table in the making."""

    def __init__(self, rng, available, ours):
        self.rng, self.available, self.ours = rng, available, ours
        self.columns = []

    def add(self, name, kind_name, not_null=False):
        r = self.rng
        kind, rest = self.available[kind_name], ''
        if kind_name in DEFAULTS and r.random() < 0.3:
            rest += ' DEFAULT ' + DEFAULTS[kind_name]
        if kind_name in CHECKED and r.random() < 0.3:
            rest += ' CHECK (%s <> %s)' % (name, r.choice([9, 2, 10]))
        c = Column(name, kind, not_null, rest)
        c.kind_name = kind_name
        c.pool = []
        for _ in range(POOL):
            value = kind.values(r)
            if value not in c.pool:
                c.pool.append(value)
        self.columns.append(c)
        return c


def random_table(rng, number, server, others, ours):
    """others: tables that a foreign key may refer to; ours: create_all() makes the table."""
    d = Declared(rng, all_kinds(rng, server, ours), ours)
    key = rng.choice(['int', 'int', 'auto', 'text', 'blob', 'pair', 'pair', None])
    if key == 'int' and ours:
        key = 'auto' # it makes them so
    if key == 'pair':
        d.add('id', rng.choice(['int4', 'key_int', 'key_text']), True)
        d.add('k2', rng.choice(['date', 'int4', 'key_blob', 'key_text'] + (FOLDED if ours else [])), True)
    elif key is not None:
        d.add('id', 'key_' + key, True)
    for c in d.columns:
        c.rest = ''
    names = [n for n in d.available if not n.startswith('key_') and not (ours and n in NOT_DECLARED) and
             n not in NOT_ON.get(server.engine, [])]
    for letter in string.ascii_lowercase[:rng.randint(2, 5)]:
        d.add(letter, rng.choice(names + ['int4', 'small', 'varchar']), rng.random() < 0.25)
    t = Table(number, server, d.columns, key, [], [])
    t.bound = t.native = 't%d' % number
    t.made_by_binds = ours
    t.told = ours or rng.random() < 0.6 # else the server alone knows of DEFAULT and CHECK
    if rng.random() < 0.6:
        unique = [d.add('u', rng.choice(UNIQUE + (FOLDED if ours else [])), rng.random() < 0.3)]
        if rng.random() < 0.3:
            unique.append(d.add('v', rng.choice(UNIQUE + (FOLDED if ours else [])), rng.random() < 0.3))
        t.uniques.append(unique)
    parents = [o for o in others + [t] if o.server is server and o.made_by_binds == ours and o.key in ('int', 'auto', 'text', 'blob')]
    if parents and rng.random() < 0.6:
        t.parent = rng.choice(parents)
        parent = t.parent.columns[0]
        actions = rng.choice(ACTIONS)
        c = d.add('parent', parent.kind_name, 'SET NULL' not in actions and rng.random() < 0.2)
        t.deferred = server.engine != 'mysql' and rng.random() < 0.35
        c.rest, c.pool, t.actions = '', parent.pool, actions + (DEFERRED if t.deferred else '')
    return t


def local_table(rng, number, others):
    """In the database itself: columns of the kinds that bind tables have, so that rows can go both ways."""
    d = Declared(rng, all_kinds(rng, others[0].server, False), False)
    d.add('id', 'key_int', True).rest = ''
    for i, letter in enumerate(string.ascii_lowercase[:4]):
        source = rng.choice(rng.choice(others).columns)
        c = d.add(letter, source.kind_name if source.kind_name != 'key_auto' else 'int4')
        c.rest = ''
    t = Table(number, None, d.columns, 'int', [], [])
    t.bound = t.native = 't%d' % number
    return t
