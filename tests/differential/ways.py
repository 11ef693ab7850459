"""Other ways to change rows than statements.py has: sources of INSERT and UPDATE … FROM with WITH, compounds, JSON and
VALUES, row values, ORDER BY and LIMIT, views with INSTEAD OF triggers, RETURNING of expressions; what was kept
prepared and runs again; SELECTs of every shape in between; another connection that writes; rows that are half read.
"""
import copy
import json

from query import Part
from shapes import Shapes
from statements import Changes, Statement, holds_anything

ONE_BY_ONE = (' OR FAIL', ' OR ROLLBACK') # what a refusal undoes is not what SQLite's own error would


def view_triggers(tables):
    """A view over each table with a primary key, and what writes to it does to the table."""
    out = []
    for i, t in enumerate(tables[:-1]):
        if t.key is None or t.key == 'unique':
            continue
        names = [c.name for c in t.columns]
        key = ' AND '.join('%s = OLD.%s' % (c.name, c.name) for c in t.keys())
        out += ['CREATE VIEW {%d}v AS SELECT * FROM {%d}' % (i, i),
                'CREATE TRIGGER {%d}vi INSTEAD OF INSERT ON {%d}v BEGIN INSERT INTO {%d}(%s) VALUES (%s); END' % (
                    i, i, i, ', '.join(names), ', '.join('NEW.' + n for n in names)),
                'CREATE TRIGGER {%d}vd INSTEAD OF DELETE ON {%d}v BEGIN DELETE FROM {%d} WHERE %s; END' % (i, i, i, key),
                'CREATE TRIGGER {%d}vu INSTEAD OF UPDATE ON {%d}v BEGIN UPDATE {%d} SET %s WHERE %s; END' % (
                    i, i, i, ', '.join('%s = NEW.%s' % (n, n) for n in names), key)]
    return out


class Reads(Shapes):
    """SELECTs whose answers are determined as sets of rows."""

    def __init__(self, rng, tables, host, values):
        super().__init__(rng, tables, host)
        self.value_for = values

    def small_numbers(self):
        return []

    def read(self):
        q = self.make()
        if q.limit is not None and not q.strict():
            q.limit = q.offset = None
        q.views, q.style = [], None
        return Statement(*q.text(['{%d}' % i for i in range(len(self.tables))]))


class Ways(Changes):
    def __init__(self, rng, tables, host, triggers=False):
        super().__init__(rng, tables, host, triggers)
        self.past, self.held = [], False
        folded = any(c.kind.collation for t in tables for c in t.columns)
        self.reads = Reads(rng, tables, host, self.value_for) if host >= (3, 50, 0) or not folded else None

    def any(self, in_transaction):
        r = self.rng
        if r.random() < 0.65:
            s = super().any(in_transaction)
        else:
            n = r.randrange(len(self.tables))
            s = r.choice([self.again, self.again, self.read, self.read, self.hold, self.insert_from, self.insert_from, self.update_more,
                          self.update_more, self.delete_some, self.through_view])(n, self.tables[n])
        self.odd = False
        s.style = r.random() if r.random() < 0.2 and not s.hold else None
        local = '{%d}' % (len(self.tables) - 1)
        if s.verb and not in_transaction and not self.held and local not in s.sql and not s.generated and not s.view and r.random() < 0.1:
            s.elsewhere = True
        if s.verb and s.clause not in ONE_BY_ONE and s.args and not s.generated:
            self.past.append(s)
        return s

    def again(self, n, table):
        """What ran before, with some of its values in other places."""
        r = self.rng
        if not self.past:
            return self.insert(n, table)
        s = copy.copy(r.choice(self.past))
        free = [a for a in s.args if a is not None and not str(a).startswith('[')]
        s.args = [r.choice([a, r.choice(free)]) if a in free else a for a in s.args]
        s.odd, s.elsewhere = True, False
        return s

    def read(self, n, table):
        return self.reads.read() if self.reads else Statement('SELECT * FROM {%d}' % n)

    def hold(self, n, table):
        """Opens a statement and reads a row of it, or closes that."""
        self.held = not self.held
        s = Statement('SELECT * FROM {%d}' % n if self.held else '')
        s.hold = 'open' if self.held else 'close'
        return s

    # ---- INSERT

    def insert_from(self, n, table):
        r = self.rng
        self.odd = False
        clause = r.choice(self.clauses)
        columns = list(table.columns)
        makers = [self.of_with, self.of_json, self.of_values, self.of_union, self.of_join, self.of_itself]
        source = r.choice(makers)(n, table, columns)
        tail = ''
        if clause != ' OR REPLACE' and r.random() < 0.2:
            c = r.choice(columns).name
            tail = ' RETURNING ' + r.choice(['%s IS NULL', 'typeof(%s)', "%s || 'x'", 'CASE WHEN %s THEN 1 END', 'coalesce(%s, 7) AS "%%"']) % c
        head, body = source if isinstance(source, tuple) else ('', source)
        sql = '%sINSERT%s INTO {%d}(%s) %s%s' % (head, clause, n, ', '.join(c.name for c in columns), body.sql, tail)
        return Statement(sql, body.args, 'INSERT', table, clause, self.odd)

    def values_rows(self, table, columns):
        return self.rows(table, columns, False)

    def of_with(self, n, table, columns):
        r = self.rng
        rows = self.values_rows(table, columns) if r.random() < 0.5 else self.selected(n, columns, '', False)
        names = ', '.join('w%d' % i for i in range(len(columns)))
        hint = r.choice(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])
        return 'WITH w(%s) AS %s(%s) ' % (names, hint, rows.sql), Part('SELECT * FROM w' + self.order(len(columns)), rows.args)

    def order(self, n):
        return ' ORDER BY ' + ', '.join('%d COLLATE BINARY' % (i + 1) for i in range(n))

    def of_json(self, n, table, columns):
        """Of a list of numbers and texts, one column's value each."""
        r = self.rng
        usable = [c for c in columns if c.kind.cls in ('number', 'text')]
        if not usable:
            return self.values_rows(table, columns)
        mine = r.choice(usable)
        values = [v for v in (r.choice(mine.pool) for _ in range(r.choice([1, 2, 4, 30]))) if isinstance(v, int) or (isinstance(v, str) and '\0' not in v)]
        parts = [Part('v.value') if c is mine else self.one_value(table, c, False) for c in columns]
        args = sum((p.args for p in parts), []) + [json.dumps(values)]
        return Part('SELECT %s FROM json_each(?) AS v%s' % (', '.join(p.sql for p in parts), r.choice([' ORDER BY v.key', ' WHERE true ORDER BY v.key'])), args)

    def of_values(self, n, table, columns):
        rows = self.values_rows(table, columns)
        return Part('SELECT * FROM (%s) AS v WHERE %s%s' % (rows.sql, self.rng.choice(['1', 'v.column1 IS NOT NULL']), self.order(len(columns))), rows.args)

    def of_union(self, n, table, columns):
        r = self.rng
        arms = [self.values_rows(table, columns) if r.random() < 0.5 else self.selected(n, columns, '', False) for _ in 'ab']
        texts = [a.sql.split(' ORDER BY ')[0] for a in arms]
        texts = ['SELECT * FROM (%s)' % t if t.startswith('VALUES') else t for t in texts]
        if any(a.sql.count('?') != t.count('?') for a, t in zip(arms, texts)):
            return arms[0]
        sql = r.choice([' UNION ALL ', ' UNION ', ' EXCEPT ']).join(texts) + self.order(len(columns))
        return Part(sql, sum((a.args for a in arms), []))

    def of_join(self, n, table, columns):
        """Out of two tables."""
        r = self.rng
        self.odd = True
        i, j = r.randrange(len(self.tables)), r.randrange(len(self.tables))
        sources = [self.tables[i], self.tables[j]]
        parts = []
        for c in columns:
            same = ['q%d.%s' % (k, o.name) for k, t in enumerate(sources) for o in t.columns
                    if o.kind.declared == c.kind.declared and (o.not_null or not self.numbers(table, c))]
            parts.append(Part(r.choice(same)) if same and r.random() < 0.8 else self.one_value(table, c, False))
        a = r.choice(sources[0].columns)
        b = self.alike(sources[1], a)
        join = r.choice(['JOIN', 'JOIN', 'CROSS JOIN', 'LEFT JOIN'])
        if join == 'LEFT JOIN' and table.key in ('int', 'auto'): # no NULL for a number that somebody makes
            join = 'JOIN'
        limit = ' LIMIT %d' % r.choice([0, 1, 3]) if r.random() < 0.3 else ''
        sql = 'SELECT %s%s FROM {%d} AS q0 %s {%d} AS q1 ON q0.%s = q1.%s%s%s' % (
            r.choice(['', 'DISTINCT ']), ', '.join(p.sql for p in parts), i, join, j, a.name, b.name, self.order(len(columns)), limit)
        return Part(sql, sum((p.args for p in parts), []))

    def of_itself(self, n, table, columns):
        """Rows whose numbers follow the greatest there is."""
        r = self.rng
        parts = []
        for c in columns:
            if c.kind_name in ('key_int', 'int4') and r.random() < 0.7: # a server's own numbers go on from the greatest
                self.odd = True
                parts.append(Part('(SELECT coalesce(max(x.%s), 0) + 1 FROM {%d} AS x)' % (c.name, n)))
            else:
                parts.append(self.one_value(table, c, False))
        row = '(%s)' % ', '.join(p.sql for p in parts)
        times = r.choice([1, 1, 2])
        return Part('VALUES ' + ', '.join([row] * times), sum((p.args for p in parts), []) * times)

    # ---- UPDATE, DELETE

    def settable(self, table):
        """Columns that no key and no unique constraint has: whichever row comes first is then the same."""
        return [c for c in table.columns if c not in table.keys() and not any(c in u for u in table.uniques)]

    def update_more(self, n, table):
        r = self.rng
        self.used, self.odd = [table], False
        columns = self.settable(table)
        if not columns:
            return self.delete_some(n, table)
        return r.choice([self.update_limited, self.update_rows, self.update_with, self.update_from_list])(n, table, columns)

    def limited(self, table):
        r = self.rng
        order = ', '.join('q0.%s COLLATE BINARY%s' % (c.name, r.choice(['', ' DESC'])) for c in table.columns)
        return ' ORDER BY %s LIMIT %d%s' % (order, r.choice([0, 1, 2, 5]), r.choice(['', '', ' OFFSET 1']))

    def update_limited(self, n, table, columns):
        c = self.rng.choice(columns)
        part, where = self.put(self.stored(c)), self.where()
        return Statement('UPDATE {%d} AS q0 SET %s = %s%s%s' % (n, c.name, part.sql, where.sql, self.limited(table)), part.args + where.args,
                         'UPDATE', table, '', self.odd)

    def update_rows(self, n, table, columns):
        """SET (a, b) = …"""
        r = self.rng
        chosen = r.sample(columns, min(len(columns), r.choice([1, 2, 3])))
        names = '(%s)' % ', '.join(c.name for c in chosen)
        j = r.randrange(len(self.tables))
        other = self.tables[j]
        same = [[o for o in other.columns if o.kind.declared == c.kind.declared and not o.kind.collation] for c in chosen]
        if all(same) and other is not table and len(other.keys()) == 1 and r.random() < 0.6:
            self.odd = self.odd or holds_anything(other) or True
            key = self.put(r.choice(other.columns[0].pool))
            value = Part('(SELECT %s FROM {%d} AS x WHERE x.%s = %s)' % (', '.join('x.' + r.choice(s).name for s in same), j, other.columns[0].name, key.sql), key.args)
        else:
            parts = [self.assign(table, c) for c in chosen]
            value = Part('(%s)' % ', '.join(p.sql for p in parts), sum((p.args for p in parts), []))
        where = self.where()
        s = Statement('UPDATE {%d} AS q0 SET %s = %s%s' % (n, names, value.sql, where.sql), value.args + where.args, 'UPDATE', table, '', self.odd)
        s.rereads = 'SELECT' in s.sql
        return s

    def update_with(self, n, table, columns):
        r = self.rng
        c = r.choice(columns)
        j = r.randrange(len(self.tables))
        key = r.choice(table.columns)
        if j == n or key.kind.collation: # see in_query
            return self.update_limited(n, table, columns)
        inner = self.alike(self.tables[j], key)
        self.used = [self.tables[j]]
        condition = self.condition(1)
        part = self.put(self.stored(c))
        sql = 'WITH w AS (SELECT q0.%s AS k FROM {%d} AS q0 WHERE (%s)) UPDATE {%d} AS q0 SET %s = %s WHERE q0.%s %sIN (SELECT k FROM w)' % (
            inner.name, j, condition.sql, n, c.name, part.sql, key.name, r.choice(['', '', 'NOT ']))
        return Statement(sql, condition.args + part.args, 'UPDATE', table, '', self.odd)

    def update_from_list(self, n, table, columns):
        """Of VALUES or JSON, each key once."""
        r = self.rng
        c = r.choice(columns)
        if len(table.keys()) != 1:
            return self.update_limited(n, table, columns)
        key = table.columns[0]
        keys = r.sample(key.pool, min(len(key.pool), r.choice([1, 2, 5])))
        if r.random() < 0.4 and all(isinstance(k, int) for k in keys):
            part = self.put(self.stored(c))
            sql = 'UPDATE {%d} AS q0 SET %s = %s FROM json_each(?) AS v WHERE q0.%s = v.value' % (n, c.name, part.sql, key.name)
            return Statement(sql, part.args + [json.dumps(sorted(set(keys)))], 'UPDATE', table, '', self.odd)
        rows = [(self.put(k), self.put(self.stored(c))) for k in keys]
        sql = 'UPDATE {%d} AS q0 SET %s = v.column2 FROM (VALUES %s) AS v WHERE q0.%s = v.column1' % (
            n, c.name, ', '.join('(%s, %s)' % (a.sql, b.sql) for a, b in rows), key.name)
        return Statement(sql, sum((a.args + b.args for a, b in rows), []), 'UPDATE', table, '', self.odd)

    def delete_some(self, n, table):
        self.used, self.odd = [table], False
        where = self.where()
        return Statement('DELETE FROM {%d} AS q0%s%s' % (n, where.sql, self.limited(table)), where.args, 'DELETE', table)

    # ---- views

    def through_view(self, n, table):
        if table.key is None or table.server is None:
            return self.delete_some(n, table)
        s = self.of_view(n, table)
        s.view = True
        return s

    def of_view(self, n, table):
        r = self.rng
        self.used, self.odd = [table], False
        verb = r.choice(['INSERT', 'UPDATE', 'UPDATE', 'DELETE'])
        if verb == 'INSERT':
            source = self.values_rows(table, table.columns)
            return Statement('INSERT INTO {%d}v %s' % (n, source.sql), source.args, verb, table, '', self.odd)
        where = self.where()
        where = Part(where.sql.replace('q0.', '{%d}v.' % n), where.args) # it has no other name there
        if verb == 'DELETE':
            return Statement('DELETE FROM {%d}v%s' % (n, where.sql), where.args, verb, table)
        columns = self.settable(table) or table.keys()
        c = r.choice(columns)
        part = self.put(self.stored(c) if c not in table.keys() else c.pool[0])
        return Statement('UPDATE {%d}v SET %s = %s%s' % (n, c.name, part.sql, where.sql), part.args + where.args, verb, table, '', self.odd)
