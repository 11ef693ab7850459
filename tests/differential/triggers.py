"""Triggers of the local table that write bind tables: BEFORE and AFTER, WHEN, RAISE, several binds in one.

A trigger takes no parameters and no alias, so the parts of statements.py are rewritten: arguments become literals,
q0 becomes the table.  Rows that stand in each other's way are met by their key, one at a time, since NOT INDEXED is
not allowed there either.
"""
import re

from query import Part, quote
from statements import Changes


def literal(value):
    if isinstance(value, str) and '\0' in value:
        return "CAST(X'%s' AS TEXT)" % value.encode().hex()
    return quote(value)


def plain(part, n):
    """Its SQL without parameters, over table {n}."""
    args = iter(part.args)
    text = re.sub(r"'(?:[^']|'')*'|\?", lambda m: literal(next(args)) if m.group() == '?' else m.group(), part.sql)
    return text.replace('q0.', '{%d}.' % n)


def same_kind(a, b):
    return (a.kind.declared, a.kind.pg, a.kind.my) == (b.kind.declared, b.kind.pg, b.kind.my)


class Triggers(Changes):
    """tables: the last one is the local one."""

    def __init__(self, rng, tables, host):
        super().__init__(rng, tables, host)
        self.local = tables[-1]
        self.lists = {}     # by table: the columns that most of the INSERTs into it name

    def some(self, event):
        """A column of the row that fires."""
        prefix = {'INSERT': ['NEW'], 'DELETE': ['OLD']}.get(event, ['NEW', 'OLD'])
        return self.rng.choice(prefix) + '.', self.rng.choice(self.local.columns)

    def test(self, event):
        r = self.rng
        prefix, c = self.some(event)
        n = r.randrange(len(self.tables) - 1)
        other = r.choice(self.tables[n].columns)
        return r.choice([
            lambda: '%s%s IS %s' % (prefix, c.name, literal(r.choice(c.pool))), lambda: '%s%s IS NOT NULL' % (prefix, c.name),
            lambda: '%s%s < %s' % (prefix, c.name, literal(r.choice(c.pool))),
            lambda: '(SELECT count(*) FROM {%d}) > %d' % (n, r.choice([0, 2, 4])),
            lambda: 'EXISTS (SELECT 1 FROM {%d} AS x WHERE x.%s = %s%s)' % (n, other.name, prefix, c.name)])()

    def value(self, event, table, column):
        """A value for the column: one of the row that fires, or a constant."""
        r = self.rng
        prefix, _ = self.some(event)
        same = [c for c in self.local.columns if same_kind(c, column) and (c.not_null or not self.numbers(table, column))]
        if same and r.random() < 0.7:
            return prefix + r.choice(same).name
        value = r.choice(column.pool) if column.not_null or r.random() < 0.85 else None
        return literal(value)

    def one(self, event, n, table):
        """A condition that holds for at most one row of a table with a key."""
        return ' AND '.join('%s = %s' % (c.name, self.value(event, table, c)) for c in table.keys())

    def insertion(self, event, n, table):
        r = self.rng
        columns = self.lists.get(n)
        if columns is None or r.random() < 0.15:
            columns = [c for c in table.columns if c in table.keys() or r.random() < 0.7] or table.columns
            self.lists.setdefault(n, columns)
        verb = r.choice(['REPLACE' if ' OR REPLACE' in self.clauses else 'INSERT'] + ['INSERT' + c for c in self.clauses])
        values = ', '.join(self.value(event, table, c) for c in columns)
        source = 'VALUES (%s)' % values
        if r.random() < 0.3:
            m = r.randrange(len(self.tables))
            self.used = [self.tables[m]]
            source = 'SELECT %s FROM {%d} WHERE %s LIMIT 1' % (values, m, plain(self.condition(1), m))
        return '%s INTO {%d}(%s) %s' % (verb, n, ', '.join(c.name for c in columns), source)

    def updating(self, event, n, table):
        r = self.rng
        self.used = [table]
        columns = r.sample(table.columns, min(len(table.columns), r.choice([1, 1, 2])))
        if table.key is None:
            columns = [c for c in columns if not any(c in u for u in table.uniques)]
        if not columns:
            return self.deletion(event, n, table)
        sets = ', '.join('%s = %s' % (c.name, self.value(event, table, c) if r.random() < 0.6 else plain(self.assign(table, c), n))
                         for c in columns)
        clause = r.choice(self.clauses) if table.keys() else ''
        where = self.one(event, n, table) if table.keys() else '((%s)) IS TRUE' % plain(self.condition(1), n)
        return 'UPDATE%s {%d} SET %s WHERE %s' % (clause, n, sets, where)

    def deletion(self, event, n, table):
        self.used = [table]
        part = self.condition(1)
        if self.rng.random() < 0.3 and table.keys():
            return 'DELETE FROM {%d} WHERE %s' % (n, self.one(event, n, table))
        return 'DELETE FROM {%d} WHERE %s AND %s' % (n, plain(part, n), self.test(event))

    def step(self, event):
        r = self.rng
        if r.random() < 0.15:
            how = r.choice(["ABORT, 'raised'", "FAIL, 'raised'", "ROLLBACK, 'raised'", 'IGNORE', 'IGNORE'])
            return 'SELECT RAISE(%s) WHERE %s' % (how, self.test(event))
        n = r.randrange(len(self.tables) - 1)
        return r.choices([self.insertion, self.updating, self.deletion], [5, 4, 2])[0](event, n, self.tables[n])

    def make_trigger(self, i):
        r = self.rng
        event = r.choice(['INSERT', 'INSERT', 'UPDATE', 'DELETE'])
        of = ' OF ' + r.choice(self.local.columns[1:]).name if event == 'UPDATE' and r.random() < 0.4 else ''
        when = ' WHEN ' + self.test(event) if r.random() < 0.5 else ''
        steps = [self.step(event) for _ in range(r.choice([1, 1, 2, 3]))]
        return 'CREATE %sTRIGGER fuzz_t%d %s %s%s ON {%d}%s BEGIN %s; END' % (
            r.choice(['', '', 'TEMP ']), i, r.choice(['BEFORE', 'AFTER', 'AFTER']), event, of, len(self.tables) - 1, when, '; '.join(steps))


def random_triggers(rng, tables, host):
    """Their SQL, over tables {0}, {1} …"""
    maker = Triggers(rng, tables, host)
    return [maker.make_trigger(i) for i in range(rng.choice([0, 0, 1, 2, 3]))]
