"""Random INSERTs, UPDATEs, DELETEs and ends of transactions over tables {0}, {1} … of constraints.py.

A statement knows what must hold of it where the answer is not SQLite's alone:
  odd       it holds a value that the server's type may not take: a refusal that changes nothing is right
  generated it lets the server number its rows: the numbers are the server's own
  rereads   a subquery in SET reads what the statement changes: where it cannot be asked again, a refusal is right
and how it runs:
  style     in another spelling (query.py)
  elsewhere another connection runs it
  view      over a view, whose triggers write the table
  hold      'open': it is begun, and its first row read; 'close': that ends
"""
from query import Maker, Part, quote
from remote import INTS, REALS, TEXTS, BLOBS

CLAUSES = ['', '', '', '', '', ' OR ABORT', ' OR IGNORE', ' OR IGNORE', ' OR REPLACE', ' OR REPLACE', ' OR FAIL', ' OR ROLLBACK']
NAMES = ['s1', 's2', 's3', 's4']


class Statement:
    def __init__(self, sql, args=(), verb='', table=None, clause='', odd=False, generated=False):
        self.sql, self.args, self.verb, self.table, self.clause = sql, list(args), verb, table, clause
        self.odd, self.generated, self.rereads = odd, generated, False
        self.style, self.elsewhere, self.hold, self.view = None, False, None, False


def holds_anything(table):
    """Are the values in it not only those of their columns' types?"""
    return table.server is None or table.server.engine == 'sqlite'


class Changes(Maker):
    """Conditions are those of query.py, over {n} AS q0."""

    def __init__(self, rng, tables, host, triggers=False):
        super().__init__(rng, tables, host)
        self.owner = {id(c): t for t in tables for c in t.columns}
        self.odd, self.triggers = False, triggers
        # Under REPLACE SQLite may take a row that violates a deferred foreign key, and never says so.
        self.clauses = [c for c in CLAUSES if c != ' OR REPLACE' or not any(t.deferred for t in tables)]

    # ---- values

    def value_for(self, column):
        r = self.rng
        value = r.choice(column.pool)
        if r.random() < 0.1:
            value = column.kind.values(r)
        if isinstance(value, int) and r.random() < 0.1:
            value = r.choice([float(value), str(value), value + 0.5, value + 1 if value < 2**63 - 1 else value])
        if isinstance(value, str) and r.random() < 0.05:
            value = value.swapcase()
        return self.odd_value() if r.random() < 0.05 else value

    def scalar(self):
        part = super().scalar()
        if self.host < (3, 50, 0):
            part = self.of_others(part)
        # Which of several equal texts is the greatest is nobody's promise.
        return self.compare() if any(c.kind.collation for t in self.tables for c in t.columns if '(%s)' % c.name in part.sql) else part

    def in_query(self):
        """Not over the table that is written: a native one without rowid, read by its own index, meets rows twice."""
        return self.of_others(super().in_query())

    def exists(self):
        part = super().exists()
        return self.of_others(part) if self.host < (3, 50, 0) else part

    def of_others(self, part):
        """Before 3.50 native tables are also read again while they are changed."""
        written = '{%d}' % self.tables.index(self.used[0])
        return self.compare() if written in part.sql else part

    def stored(self, column):
        """A value to store, as the column stores it or as it becomes by affinity."""
        r = self.rng
        if r.random() < (0.03 if column.not_null else 0.12):
            return None
        value = r.choice(column.pool) if r.random() < 0.85 else column.kind.values(r)
        if isinstance(value, int) and column.kind.cls == 'number' and r.random() < 0.1 and abs(value) < 2**50:
            value = r.choice([float(value), str(value)])
        if r.random() < 0.01 and not self.plain(column) and column.kind.cls in ('number', 'text', 'blob') and column.kind.declared != 'BOOLEAN':
            self.odd = True
            value = r.choice([r.choice(INTS) + 0.5, r.choice(REALS[:11]), r.choice(TEXTS), r.choice(BLOBS), 2**62, 'x' * 200, 'a\0b'])
        return value

    def plain(self, column):
        """No other class for the rowid of a local table whose triggers write bind tables: a datatype mismatch leaves the
        rows before it where SQLite sees no need for a savepoint of the statement, as it does for virtual tables."""
        return self.triggers and column is self.tables[-1].columns[0]

    def put(self, value):
        if self.rng.random() < 0.5 and not (isinstance(value, str) and '\0' in value):
            return Part(quote(value))
        return Part('?', [value])

    # ---- INSERT

    def insert(self, n, table):
        r = self.rng
        clause = r.choice(self.clauses)
        verb = 'REPLACE' if r.random() < 0.1 and ' OR REPLACE' in self.clauses else 'INSERT' + clause
        clause = ' OR REPLACE' if verb == 'REPLACE' else clause
        columns, generated = self.insert_columns(table)
        if generated and clause == ' OR REPLACE' and table.uniques and table.server.engine == 'sqlite':
            columns, generated = table.columns, False # its next number is that of the row which makes room
        if not columns:
            return Statement('%s INTO {%d} DEFAULT VALUES' % (verb, n), [], 'INSERT', table, clause, False, generated)
        self.odd = False
        source = self.rows(table, columns, generated) if r.random() < 0.7 else self.selected(n, columns, clause, generated)
        listed = ''
        if columns != table.columns or r.random() < 0.5:
            listed = '(%s)' % ', '.join(c.name for c in columns)
        tail = self.upsert(table) if table.server is None and source.sql.startswith('VALUES') and verb != 'REPLACE' else ''
        if not generated and clause != ' OR REPLACE' and r.random() < 0.1:
            # Of a bind table what the statement gives: what the server fills in is an error there.
            tail += ' RETURNING ' + ', '.join(c.name for c in r.sample(columns, r.randint(1, len(columns))))
        return Statement('%s INTO {%d}%s %s%s' % (verb, n, listed, source.sql, tail), source.args, 'INSERT', table, clause, self.odd,
                         generated)

    def upsert(self, table):
        """Only local tables have it."""
        r = self.rng
        if r.random() < 0.75:
            return ''
        c, d = r.choice(table.columns[1:]).name, r.choice(table.columns[1:]).name
        return ' ON CONFLICT (id) DO ' + r.choice(['NOTHING', 'UPDATE SET %s = excluded.%s' % (c, c),
                                                   'UPDATE SET %s = excluded.%s WHERE excluded.%s IS NOT NULL' % (c, c, d)])

    def insert_columns(self, table):
        """Those that are given a value, and whether the server numbers the rows."""
        r = self.rng
        # Nor where a row may refer to its own number.
        generated = table.key == 'auto' and table.parent is not table and r.random() < 0.6
        columns = list(table.columns)
        if generated and r.random() < 0.6:
            columns = columns[1:]
        if r.random() < 0.4:
            # A primary key is always given: what a server makes of one that is left out is its own.
            columns = [c for c in columns if c in table.keys() or r.random() < (0.9 if c.not_null and not c.rest else 0.6)]
        return columns, generated

    def one_value(self, table, column, generated):
        if generated and column is table.columns[0]:
            return Part('NULL')
        value = self.stored(column)
        if value is None and self.numbers(table, column):
            value = column.pool[0]
        return self.put(value)

    def numbers(self, table, column):
        """A NULL in it is a number that somebody makes: for statements that say so (generated)."""
        return table.key in ('int', 'auto') and column is table.columns[0]

    def rows(self, table, columns, generated):
        rows, args = [], []
        for _ in range(self.rng.choice([1, 1, 1, 1, 2, 3, 5, 9])):
            parts = [self.one_value(table, c, generated) for c in columns]
            rows.append('(%s)' % ', '.join(p.sql for p in parts))
            for p in parts:
                args += p.args
        return Part('VALUES ' + ', '.join(rows), args)

    def selected(self, n, columns, clause, generated):
        """SELECT from any table, itself too.  Under a clause that makes the order count it is a determined one."""
        r = self.rng
        j = r.randrange(len(self.tables))
        source = self.tables[j]
        self.used = [source]
        self.odd = self.odd or holds_anything(source)
        parts = []
        for c in columns:
            same = [o for o in source.columns if o.kind.declared == c.kind.declared and
                    (o.not_null or not self.numbers(self.tables[n], c))]
            if generated and c is self.tables[n].columns[0]:
                parts.append(Part('NULL'))
            elif same and r.random() < 0.8:
                o = r.choice(same)
                text = 'q0.' + o.name
                if c.kind_name in ('key_int', 'int4') and r.random() < 0.3:
                    text += ' + %d' % r.choice([1, 10])
                    self.odd = self.odd or c.kind_name == 'int4'
                # The same values of another charset, or of a wider type, are what this one may not have.
                self.odd = self.odd or (o is not c and (c.kind.cls == 'text' or c.kind.pg != o.kind.pg or c.kind.my != o.kind.my))
                parts.append(Part(text))
            else:
                parts.append(self.one_value(self.tables[n], c, False))
        where = self.where()
        order = ''
        if clause.strip() not in ('', 'OR ABORT') or generated or r.random() < 0.5:
            order = ' ORDER BY ' + ', '.join('q0.%s COLLATE BINARY' % c.name for c in source.columns)
        sql = 'SELECT %s FROM {%d} AS q0%s%s' % (', '.join(p.sql for p in parts), j, where.sql, order)
        return Part(sql, sum((p.args for p in parts), []) + where.args)

    # ---- UPDATE, DELETE

    def where(self):
        r = self.rng
        parts = [self.condition() for _ in range(r.choices([0, 1, 2], [2, 8, 2])[0])]
        if not parts:
            return Part('')
        return Part(' WHERE ' + ' AND '.join('(%s)' % p.sql for p in parts), sum((p.args for p in parts), []))

    def one_row(self, table):
        """A condition that holds for at most one row."""
        parts = [self.put(self.rng.choice(c.pool)) for c in table.keys()]
        return Part(' WHERE ' + ' AND '.join('q0.%s = %s' % (c.name, p.sql) for c, p in zip(table.keys(), parts)),
                    sum((p.args for p in parts), []))

    def unindexed(self):
        """Rows in the order of the primary key on both sides: no index of native tables, no loop for each arm of OR."""
        where = self.where()
        return Part(' WHERE ((%s)) IS TRUE' % where.sql[len(' WHERE '):], where.args) if where.sql else where

    def update(self, n, table):
        r = self.rng
        clause = r.choice(self.clauses)
        self.used, self.odd = [table], False
        columns = r.sample(table.columns, min(len(table.columns), r.choice([1, 1, 2, 3])))
        unique = any(c in u for c in columns for u in table.uniques + [table.keys()])
        rereads = r.random() < 0.12
        ordered = unique or clause == ' OR FAIL' or rereads
        if ordered and table.key is None:
            clause = ''
            columns = [c for c in columns if not any(c in u for u in table.uniques)]
            ordered = False
        if not columns:
            return self.delete(n, table)
        if not ordered and r.random() < 0.15:
            return self.update_from(n, table, columns, clause)
        # The tail of a condition may be any; the order of rows that stand in each other's way is the key's.
        where = self.where()
        hint = ''
        if ordered:
            # What takes another row's place is changed in its turn as what it is by then, natively alone: refused under an
            # integer key; others stand for a rowid here, so that the native table would have to be another one.
            moves = clause == ' OR REPLACE' and table.key not in ('int', 'auto') and any(c in table.keys() for c in columns)
            where, hint = (self.one_row(table), '') if moves or r.random() < 0.5 else (self.unindexed(), ' NOT INDEXED')
        sets = [self.assign(table, c) for c in columns]
        if rereads and ordered:
            sets[0] = self.from_itself(n, table, columns[0])
        sql = 'UPDATE%s {%d} AS q0%s SET %s%s' % (clause, n, hint, ', '.join('%s = %s' % (c.name, p.sql) for c, p in zip(columns, sets)),
                                                 where.sql)
        s = Statement(sql, sum((p.args for p in sets), []) + where.args, 'UPDATE', table, clause, self.odd)
        s.rereads = rereads or 'SELECT' in sql
        return s

    def from_itself(self, n, table, column):
        """A correlated subquery over the table itself: it sees the rows that the statement has changed already."""
        r = self.rng
        same = [c for c in table.columns if c.kind_name == column.kind_name and not c.kind.collation]
        near = r.choice(table.columns)
        where = r.choice(['x.%s IS q0.%s', 'x.%s <= q0.%s', 'x.%s > q0.%s']) % (near.name, near.name)
        self.odd = True
        if column.kind.cls == 'number' and (not same or r.random() < 0.4):
            return Part('(SELECT count(*) FROM {%d} AS x WHERE %s)' % (n, where))
        if not same:
            return self.put(self.stored(column))
        more = ' + 1' if column.kind.cls == 'number' and r.random() < 0.5 else ''
        return Part('(SELECT %s(x.%s)%s FROM {%d} AS x WHERE %s)' % (r.choice(['min', 'max']), r.choice(same).name, more, n, where))

    def assign(self, table, column):
        r = self.rng
        name = 'q0.' + column.name
        numeric = column.kind_name in ('int', 'key_int', 'key_auto', 'int4', 'small', 'dec')
        text = column.kind_name in ('varchar', 'text', 'key_text', 'nocase', 'rtrim')
        choices = [lambda: self.put(self.stored(column))] * 4 + [lambda: Part(name)]
        if numeric:
            choices += [lambda: self.shifted(column)] * 3
        if text:
            choices += [lambda: Part("%s || 'x'" % name), lambda: Part('upper(%s)' % name),
                        lambda: Part("substr(%s, 1, 3)" % name)]
        same = [c for c in table.columns if c is not column and c.kind_name == column.kind_name]
        if same:
            choices += [lambda: Part('q0.' + r.choice(same).name)]
        choices += [lambda: self.either_value(column), lambda: self.from_elsewhere(column)]
        return r.choice(choices)()

    def shifted(self, column):
        self.odd = True # out of range for some row, perhaps
        return Part('q0.%s %s %d' % (column.name, self.rng.choice('+-'), self.rng.choice([1, 1, 1, 2, 10])))

    def either_value(self, column):
        condition, value = self.condition(1), self.put(self.stored(column))
        return Part('CASE WHEN %s THEN %s ELSE q0.%s END' % (condition.sql, value.sql, column.name), condition.args + value.args)

    def from_elsewhere(self, column):
        """An uncorrelated subquery: SQLite asks it once."""
        r = self.rng
        found = [(j, c) for j, t in enumerate(self.tables) for c in t.columns
                 if c.kind_name == column.kind_name and not c.kind.collation]
        if not found:
            return self.put(self.stored(column))
        j, c = r.choice(found)
        self.odd = self.odd or holds_anything(self.tables[j])
        return Part('(SELECT %s(x.%s) FROM {%d} AS x)' % (r.choice(['min', 'max']), c.name, j))

    def update_from(self, n, table, columns, clause):
        """Each row meets at most one other: with several, which one counts is nobody's promise."""
        r = self.rng
        found = [(j, t, c) for j, t in enumerate(self.tables) for c in table.columns
                 if len(t.keys()) == 1 and t.columns[0].kind.declared == c.kind.declared and not c.kind.collation]
        if not found:
            return self.update(n, table)
        j, other, c = r.choice(found)
        self.odd = self.odd or holds_anything(other)
        sets = []
        for column in columns:
            same = [o for o in other.columns if o.kind_name == column.kind_name and o.kind is column.kind]
            sets.append(Part('q1.' + r.choice(same).name) if same else self.assign(table, column))
        where = self.where()
        extra = ' AND ' + where.sql[len(' WHERE '):] if where.sql else ''
        sql = 'UPDATE%s {%d} AS q0 SET %s FROM {%d} AS q1 WHERE q0.%s = q1.%s%s' % (
            clause, n, ', '.join('%s = %s' % (c.name, p.sql) for c, p in zip(columns, sets)), j, c.name, other.columns[0].name, extra)
        return Statement(sql, sum((p.args for p in sets), []) + where.args, 'UPDATE', table, clause, self.odd)

    def delete(self, n, table):
        self.used = [table]
        where = self.where()
        if not where.sql:
            where = self.where() # all rows go seldom
        return Statement('DELETE FROM {%d} AS q0%s' % (n, where.sql), where.args, 'DELETE', table)

    # ---- transactions

    def transaction(self, depth):
        r = self.rng
        if depth == 0:
            return Statement(r.choice(['BEGIN', 'BEGIN', 'BEGIN IMMEDIATE', 'SAVEPOINT s1']))
        if r.random() < 0.12: # Switched off, it forgets what is violated (3.54 also what is declared as deferred).
            return Statement('PRAGMA defer_foreign_keys = on')
        return Statement(r.choice(['COMMIT', 'COMMIT', 'ROLLBACK'] + ['SAVEPOINT ' + n for n in NAMES] +
                                  ['RELEASE ' + n for n in NAMES[:2]] + ['ROLLBACK TO ' + n for n in NAMES[:3]]))

    def make(self, in_transaction):
        s = self.any(in_transaction)
        # What a refused value or an early look at a foreign key undoes is the statement; SQLite, which takes the value
        # or looks at the end, may come to a later row that undoes less or more.
        if (s.odd and s.clause == ' OR FAIL') or (s.clause == ' OR ROLLBACK' and (s.odd or s.table.parent)):
            s.sql, s.clause = s.sql.replace(s.clause, '', 1), ''
        return s

    def any(self, in_transaction):
        r = self.rng
        if r.random() < (0.12 if not in_transaction else 0.2):
            return self.transaction(1 if in_transaction else 0)
        n = r.randrange(len(self.tables))
        table = self.tables[n]
        if r.random() < 0.05:
            self.used = [table]
            return Statement('SELECT count(*) FROM {%d} AS q0' % n)
        return r.choices([self.insert, self.update, self.delete], [5, 4, 2])[0](n, table)
