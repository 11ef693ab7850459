"""Random SELECTs of shapes that query.py does not make: aggregates with FILTER and HAVING, windows with frames, USING and
NATURAL, joins with VALUES and JSON, derived tables and WITH, recursion, subqueries and conditions among the columns, compounds
of several columns, views; statements in odd spelling, with parameters of every kind.

What a Shape answers is determined as a set of rows, and in order where it says so (total).
"""
import json
import random
import re

from query import COMPARE, Maker, Part, Query
from remote import BIG, Special

SMALL = 2**31
FRAMES = ['ROWS', 'ROWS', 'RANGE', 'GROUPS']
BOUNDS = ['UNBOUNDED PRECEDING', '2 PRECEDING', 'CURRENT ROW', '1 FOLLOWING', 'UNBOUNDED FOLLOWING']
VIEWS = ['v', 'w', 'x'] # what stands behind a table's name in those of its views


def views_of(name, table):
    """Views over a table of any side: all of it, in two halves, and the same with its rows put in order."""
    first, last = table.columns[0].name, table.columns[-1].name
    return ['CREATE VIEW {0}v AS SELECT * FROM {0}'.format(name),
            'CREATE VIEW {0}w AS SELECT * FROM {0} WHERE {1} IS NULL UNION ALL SELECT * FROM {0} WHERE {1} IS NOT NULL'.format(name, last),
            'CREATE VIEW {0}x AS SELECT * FROM {0} ORDER BY {1} LIMIT -1'.format(name, first)]


class Shape(Query):
    """head: up to FROM; tail: from GROUP BY on.  Without head source is the whole statement."""

    def __init__(self, head, source, where=(), tail=None, total=False):
        super().__init__()
        self.head, self.source, self.where, self.tail, self.total = head, source, list(where), tail or Part(''), total

    def strict(self):
        return self.total

    def plain_text(self, columns):
        if self.head is None:
            return self.source.sql, list(self.source.args)
        parts = [self.head, Part(' FROM '), self.source]
        for i, p in enumerate(self.where):
            parts.append(Part('%s(%s)' % (' AND ' if i else ' WHERE ', p.sql), p.args))
        parts.append(self.tail)
        return ''.join(p.sql for p in parts), sum((p.args for p in parts), [])


def joined(separator, parts):
    return Part(separator.join(p.sql for p in parts), sum((p.args for p in parts), []))


class Shapes(Maker):
    def make(self):
        r = self.rng
        if r.random() < 0.55:
            q = super().make()
        else:
            self.owner = {id(c): t for t in self.tables for c in t.columns}
            q = r.choice([self.groups, self.groups, self.windows, self.using, self.nested, self.derived, self.derived, self.lists,
                          self.lists, self.lists, self.recursive, self.columns_of_all_kinds, self.columns_of_all_kinds,
                          self.compound, self.bare])()
            q.local = [t for t in self.tables if r.random() < 0.25] if r.random() < 0.3 else []
        if r.random() < 0.12:
            q.views = [r.choice(VIEWS + [None]) for _ in self.tables]
        if r.random() < 0.2:
            q.style = r.random()
        return q

    def rhs(self, column):
        if self.rng.random() < 0.015: # no text at all
            return Part("CAST(X'%s' AS TEXT)" % self.rng.choice(['ff', '61ff', 'c3', 'e28261', '6180', 'eda080']))
        return super().rhs(column)

    # ---- parts

    def take(self, n, indexes=None):
        """n tables as q0 …, of which one at most is a big one."""
        r = self.rng
        numbers = indexes or [r.randrange(len(self.tables)) for _ in range(n)]
        big = [i for i in numbers if len(self.tables[i].rows) >= BIG // 2]
        if len(big) > 1 or (big and n > 2):
            small = [i for i, t in enumerate(self.tables) if i not in big]
            if not small:
                return None
            numbers = ([] if n > 2 else big[:1])
            numbers += [r.choice(small) for _ in range(n - len(numbers))]
        self.used = [self.tables[i] for i in numbers]
        return numbers

    def source_of(self, n=None):
        r = self.rng
        q = Query()
        self.make_source(q)
        return q.source, q.where + [self.condition() for _ in range(r.choice([0, 0, 1, 1, 2]))]

    def small_numbers(self):
        """Columns whose sums are exact, whichever row comes first."""
        out = []
        for i, t in enumerate(self.used):
            for k, c in enumerate(t.columns):
                values = [v.native if isinstance(v, Special) else v for v in (row[k] for row in t.rows)]
                if c.kind.cls == 'number' and all(v is None or (isinstance(v, int) and abs(v) < SMALL) for v in values):
                    out.append(self.alias(i) + '.' + c.name)
        return out

    def aggregate(self, plain):
        r = self.rng
        small, every = self.small_numbers(), [n for n, c in self.all_columns()]
        choices = [lambda: 'count(*)', lambda: 'count(%s)' % r.choice(every), lambda: 'count(DISTINCT %s)' % r.choice(every)]
        if plain:
            choices += [lambda: '%s(%s)' % (r.choice(['min', 'max']), r.choice(plain))] * 2
        if small:
            choices += [lambda: '%s(%s%s)' % (r.choice(['sum', 'avg', 'total']), r.choice(['', 'DISTINCT ']), r.choice(small))]
        if plain and self.host >= (3, 44, 0):
            choices += [lambda: "group_concat({0}, '|' ORDER BY {0})".format(r.choice(plain))]
        text = r.choice(choices)()
        if r.random() < 0.3:
            condition = self.condition(1)
            return Part('%s FILTER (WHERE %s)' % (text, condition.sql), condition.args)
        if r.random() < 0.1:
            condition = self.condition(1)
            return Part('sum(%s)' % condition.sql, condition.args)
        return Part(text)

    def limit(self):
        r = self.rng
        n, j = r.choice([0, 1, 2, 3, 10, -1]), r.randrange(len(self.tables))
        first = r.choice([Part(str(n)), Part('?', [n]), Part('? + 1', [n]), Part("'%d'" % n), Part('(SELECT count(*) FROM {%d})' % j),
                          Part('iif(? > 0, ?, -1)', [n, n]), Part('%d.0' % n), Part('-(-%d)' % abs(n)), Part('9223372036854775807')])
        if r.random() < 0.6:
            return Part(' LIMIT ' + first.sql, first.args)
        n = r.choice([0, 1, 2, 20, -1, 2**62])
        second = r.choice([Part(str(n)), Part('?', [n]), Part('? + 0', [n]), Part('(SELECT min(1, count(*)) FROM {%d})' % j)])
        if r.random() < 0.2:
            return Part(' LIMIT %s, %s' % (second.sql, first.sql), second.args + first.args)
        return Part(' LIMIT %s OFFSET %s' % (first.sql, second.sql), first.args + second.args)

    def by_all(self, n):
        """ORDER BY the first n columns, in any direction, and perhaps a LIMIT."""
        r = self.rng
        tail = Part(' ORDER BY ' + ', '.join('%d%s' % (i + 1, r.choice(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST']))
                                              for i in r.sample(range(n), n)))
        return joined('', [tail, self.limit()]) if r.random() < 0.4 else tail

    # ---- shapes

    def groups(self):
        r = self.rng
        source, where = self.source_of()
        plain = [n for n, c in self.plain_columns()]
        keys = r.sample(plain, min(len(plain), r.choice([0, 1, 1, 2])))
        keys = [r.choice([k, k, k, 'typeof(%s)' % k, '%s IS NULL' % k, 'length(%s)' % k]) for k in keys]
        columns = [Part(k) for k in keys] + [self.aggregate(plain) for _ in range(r.choice([1, 2, 3]))]
        tail = [Part(' GROUP BY ' + ', '.join(keys))] if keys else []
        if keys and r.random() < 0.4:
            having = self.aggregate(plain)
            tail.append(Part(' HAVING %s %s' % (having.sql, r.choice(['> 1', '>= 1', '= 1', 'IS NOT NULL'])), having.args))
        total = bool(keys) and r.random() < 0.5
        if total:
            tail.append(self.by_all(len(keys)))
        return Shape(Part('SELECT ' + joined(', ', columns).sql, joined(', ', columns).args), source, where, joined('', tail), total)

    def bare(self):
        """A bare column beside max(id): that of the row which has it."""
        r = self.rng
        n = r.randrange(len(self.tables))
        self.take(1, [n])
        t = self.tables[n]
        if t.key not in ('int', 'uuid', 'unique') or t.columns[0].kind.collation:
            return self.groups()
        names = ['q0.' + c.name for c in t.columns]
        f = r.choice(['min', 'max'])
        columns = r.sample(names, min(len(names), 2)) + ['%s(q0.%s)' % (f, t.columns[0].name)]
        where = [self.condition() for _ in range(r.choice([0, 1, 1]))]
        plain = [c for c in t.columns[1:] if not c.kind.collation]
        tail = Part(' GROUP BY q0.%s' % r.choice(plain).name) if plain and r.random() < 0.3 else Part('')
        return Shape(Part('SELECT ' + ', '.join(columns)), Part('{%d} AS q0' % n), where, tail)

    def windows(self):
        r = self.rng
        source, where = self.source_of()
        plain = [n for n, c in self.plain_columns()]
        if not plain:
            return self.groups()
        small = self.small_numbers()
        whole = ', '.join(n + r.choice(['', '', ' DESC', ' NULLS LAST']) for n in r.sample(plain, len(plain)))
        columns = [Part(n) for n in plain[:3]]
        for _ in range(r.choice([1, 1, 2])):
            x = r.choice(plain)
            partition = 'PARTITION BY %s ' % r.choice(plain) if r.random() < 0.5 else ''
            if r.random() < 0.4:
                call, order, frame = r.choice(['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()']), r.choice(plain), ''
            else:
                call = r.choice(['row_number()', 'ntile(3)', 'lag(%s)' % x, "lead(%s, 2, 'none')" % x, 'first_value(%s)' % x,
                                 'last_value(%s)' % x, 'nth_value(%s, 2)' % x, 'count(*)', 'min(%s)' % x, 'max(%s)' % x] +
                                (['sum(%s)' % r.choice(small)] if small else []))
                order, frame = whole, self.frame()
            columns.append(Part('%s OVER (%sORDER BY %s%s)' % (call, partition, order, frame)))
        if r.random() < 0.3:
            inner = 'SELECT %s AS n%s FROM %s%s' % (columns[-1].sql, ''.join(', %s AS k%d' % (c.sql, i) for i, c in enumerate(columns[:2])),
                                                    source.sql, ' WHERE ' + ' AND '.join('(%s)' % p.sql for p in where) if where else '')
            outer = [Part('z.n %s ?' % r.choice(['<', '=', '>=']), [r.choice([1, 2, 3])])] if r.random() < 0.7 else []
            return Shape(Part('SELECT *'), Part('(%s) AS z' % inner, source.args + sum((p.args for p in where), [])), outer)
        return Shape(Part('SELECT ' + joined(', ', columns).sql), source, where)

    def frame(self):
        r = self.rng
        if r.random() < 0.5:
            return ''
        a, b = sorted(r.sample(range(len(BOUNDS)), 2))
        kind = r.choice(FRAMES)
        if kind == 'RANGE': # by one number only, otherwise
            a, b = r.choice([(0, 2), (2, 4), (0, 4)])
        exclude = r.choice(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE TIES', ' EXCLUDE GROUP'])
        return ' %s BETWEEN %s AND %s%s' % (kind, BOUNDS[a], BOUNDS[b], exclude)

    def using(self):
        r = self.rng
        numbers = self.take(r.choice([2, 2, 3]))
        if numbers is None:
            return self.groups()
        source = '{%d} AS q0' % numbers[0]
        for i in range(1, len(numbers)):
            common = [c.name for c in self.used[i].columns if all(c.name in [o.name for o in t.columns] for t in self.used[:i])]
            kind = r.choice(['', '', 'LEFT ', 'INNER ', 'CROSS '] + (['FULL ', 'RIGHT '] if self.host >= (3, 39, 0) else []))
            if not common:
                return self.groups()
            if r.random() < 0.12:
                source += ' NATURAL %sJOIN {%d} AS q%d' % (kind, numbers[i], i)
            else:
                source += ' %sJOIN {%d} AS q%d USING (%s)' % (kind, numbers[i], i, ', '.join(r.sample(common, min(len(common), r.choice([1, 1, 2])))))
        where = [self.condition() for _ in range(r.choice([0, 1, 2]))]
        return Shape(Part(r.choice(['SELECT *', 'SELECT *', 'SELECT count(*)', 'SELECT q0.*'])), Part(source), where)

    def nested(self):
        """q0 JOIN (q1 JOIN q2)"""
        r = self.rng
        numbers = self.take(3)
        if numbers is None:
            return self.groups()
        kinds = ['JOIN', 'LEFT JOIN', 'LEFT JOIN'] + (['RIGHT JOIN', 'FULL JOIN'] if self.host >= (3, 50, 0) else [])
        a, b = r.choice([c for c in self.used[1].columns]), None
        b = self.alike(self.used[2], a)
        c = r.choice(self.used[0].columns)
        d, side = self.alike(self.used[1], c), 1
        if r.random() < 0.5:
            d, side = self.alike(self.used[2], c), 2
        more = self.rhs(d)
        extra = Part(' AND q%d.%s %s %s' % (side, d.name, r.choice(COMPARE), more.sql), more.args) if r.random() < 0.3 else Part('')
        source = '{%d} AS q0 %s ({%d} AS q1 %s {%d} AS q2 ON q1.%s = q2.%s) ON q0.%s = q%d.%s%s' % (
            numbers[0], r.choice(kinds), numbers[1], r.choice(kinds), numbers[2], a.name, b.name, c.name, side, d.name, extra.sql)
        names = [n for n, _ in self.all_columns()]
        where = [self.condition() for _ in range(r.choice([0, 1, 1]))]
        return Shape(Part('SELECT ' + ', '.join(r.sample(names, min(len(names), 4)))), Part(source, extra.args), where)

    def inner_table(self, j, column):
        """(SELECT … AS k …) over table {j}, k like that column: its SQL, and whether k can be NULL's partner only."""
        r = self.rng
        usable = [c for c in self.tables[j].columns if not c.kind.collation]
        if not usable:
            return None
        c = r.choice([u for u in usable if u.kind.cls == column.kind.cls] or usable)
        mine, self.used = self.used, [self.tables[j]]
        condition = self.condition(1)
        self.used = mine
        text = re.sub(r'\bq0\.', 'y.', condition.sql)
        where = r.choice(['', ' WHERE (%s)' % text])
        args = condition.args if where else []
        shape = r.choice(['SELECT DISTINCT y.{c} AS k FROM {t} AS y{w}', 'SELECT y.{c} AS k, count(*) AS n FROM {t} AS y{w} GROUP BY y.{c}',
                          'SELECT y.{c} AS k FROM {t} AS y{w} ORDER BY y.{c}{d} LIMIT 5', 'SELECT y.{c} AS k FROM {t} AS y{w}',
                          'SELECT max(y.{c}) AS k FROM {t} AS y{w}', 'SELECT y.{c} AS k FROM {t} AS y{w} ORDER BY y.{c}{d} LIMIT 3 OFFSET 1'])
        return Part(shape.replace('{c}', c.name).replace('{t}', '{%d}' % j).replace('{w}', where)
                    .replace('{d}', r.choice(['', ' DESC'])), args)

    def derived(self):
        r = self.rng
        numbers = self.take(2)
        if numbers is None:
            return self.groups()
        self.used = self.used[:1]
        c = r.choice(self.used[0].columns)
        inner = self.inner_table(numbers[1], c)
        if inner is None:
            return self.groups()
        join = r.choice(['JOIN', 'JOIN', 'LEFT JOIN', 'CROSS JOIN'] + (['RIGHT JOIN', 'FULL JOIN'] if self.host >= (3, 39, 0) else []))
        on = 'q0.%s %s z.k' % (c.name, r.choice(['=', '=', '=', 'IS', '<']))
        names = ['q0.' + o.name for o in self.used[0].columns]
        columns = 'SELECT z.k, ' + ', '.join(r.sample(names, min(len(names), 3)))
        where = [self.condition() for _ in range(r.choice([0, 0, 1, 2]))]
        if r.random() < 0.5:
            pair = ['(%s) AS z' % inner.sql, '{%d} AS q0' % numbers[0]]
            if r.random() < 0.5:
                pair.reverse()
            return Shape(Part(columns), Part('%s %s %s ON %s' % (pair[0], join, pair[1], on), inner.args), where)
        hint = r.choice(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])
        source = '{%d} AS q0 %s z ON %s' % (numbers[0], join, on)
        if r.random() < 0.3:
            where.append(Part('q0.%s IN (SELECT k FROM z)' % r.choice(self.used[0].columns).name))
        return Shape(Part('WITH z AS %s(%s) %s' % (hint, inner.sql, columns), inner.args), Part(source), where)

    def lists(self):
        """Joined with VALUES, or with what is in a JSON text; values without any affinity."""
        r = self.rng
        n = r.choice([1, 1, 2])
        numbers = self.take(n)
        if numbers is None:
            return self.groups()
        mine = r.choice(self.used[0].columns)
        values = [self.value_for(mine) for _ in range(r.choice([0, 1, 2, 5, 40, 120]))]
        other, extra = r.choice(self.used[0].columns), Part('')
        if r.random() < 0.5 or not values:
            values = [v for v in values if not isinstance(v, (bytes, float))]
            v, key, args = 'json_each(?) AS v', 'v.value', [json.dumps(values)]
        elif r.random() < 0.4 and len(values) <= 40: # two columns
            pairs = [(self.rhs(mine), self.rhs(other)) for _ in values]
            v = '(VALUES %s) AS v' % ', '.join('(%s, %s)' % (a.sql, b.sql) for a, b in pairs)
            key, args, extra = 'v.column1', sum((a.args + b.args for a, b in pairs), []), Part(' AND q0.%s = v.column2' % other.name)
        else:
            parts = [Part('?', [x]) for x in values] if r.random() < 0.5 else [self.rhs(mine) for _ in values]
            v, key, args = '(VALUES %s) AS v' % ', '.join('(%s)' % p.sql for p in parts), 'v.column1', sum((p.args for p in parts), [])
        join = r.choice(['JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'CROSS JOIN'] + (['FULL JOIN'] if self.host >= (3, 50, 0) else []))
        on = Part('q0.%s %s %s%s' % (mine.name, r.choice(['=', '=', '=', '=', 'IS', '>=', '<>']), key, extra.sql))
        if r.random() < 0.15:
            right = self.rhs(other)
            on = Part(on.sql + ' AND q0.%s %s %s' % (other.name, r.choice(COMPARE), right.sql), right.args)
        pair = [Part(v, args), Part('{%d} AS q0' % numbers[0])]
        if r.random() < 0.3:
            pair.reverse()
        source = joined('', [pair[0], Part(' %s ' % join), pair[1], Part(' ON '), on])
        if n == 2:
            b = r.choice(self.used[1].columns)
            a = self.alike(self.used[0], b)
            source = joined('', [source, Part(' %s {%d} AS q1 ON q0.%s = q1.%s' % (r.choice(['JOIN', 'LEFT JOIN', 'CROSS JOIN']), numbers[1], a.name, b.name))])
        where = [self.condition() for _ in range(r.choice([0, 0, 1]))]
        names = [name for name, _ in self.all_columns()]
        return Shape(Part('SELECT %s, %s' % (key, ', '.join(r.sample(names, min(len(names), 3))))), source, where)

    def recursive(self):
        r = self.rng
        numbers = self.take(2)
        plain = [c for c in self.used[0].columns if not c.kind.collation] if numbers else []
        pairs = [(c, d) for c in plain for d in self.used[1].columns if c.kind.declared == d.kind.declared]
        if not pairs:
            return self.derived()
        c, d = r.choice(pairs)
        to = r.choice(self.used[1].columns)
        self.used = self.used[:1]
        start = self.condition(1)
        join = r.choice(['JOIN', 'CROSS JOIN', ','])
        on = 'q1.%s %s w.n' % (to.name, r.choice(['=', '=', '=', 'IS', '>']))
        step = ('w, {%d} AS q1 WHERE %s AND w.d < 2' if join == ',' else 'w %s {%%d} AS q1 ON %%s WHERE w.d < 2' % join) % (numbers[1], on)
        sql = 'WITH RECURSIVE w(n, d) AS (SELECT q0.%s, 0 FROM {%d} AS q0 WHERE (%s) UNION SELECT q1.%s, w.d + 1 FROM %s)' % (
            c.name, numbers[0], start.sql, d.name, step)
        tail = Part(' ORDER BY 2, 1') if r.random() < 0.3 else Part('')
        return Shape(Part(sql + r.choice([' SELECT n, d', ' SELECT count(*), max(d)']), start.args), Part('w'), [], tail)

    def columns_of_all_kinds(self):
        """Conditions and subqueries among the columns and in ORDER BY."""
        r = self.rng
        source, where = self.source_of()
        plain = [n for n, c in self.plain_columns()]
        columns = [self.column_part() for _ in range(r.choice([1, 2, 3]))] + [Part(n) for n in r.sample(plain, min(2, len(plain)))]
        total = r.random() < 0.4
        tail = Part('')
        if total:
            order = self.condition(1)
            tail = joined('', [Part(' ORDER BY (%s)%s, ' % (order.sql, r.choice(['', ' DESC'])), order.args), Part(
                ', '.join(str(i + 1) for i in range(len(columns))))])
            if r.random() < 0.5:
                tail = joined('', [tail, self.limit()])
        return Shape(Part('SELECT %s%s' % (r.choice(['', '', 'DISTINCT ']) if not total else '', joined(', ', columns).sql),
                          joined(', ', columns).args), source, where, tail, total)

    def column_part(self):
        r = self.rng
        j = r.randrange(len(self.tables))
        name, column = self.column()
        x = self.alike(self.tables[j], column)
        if r.random() < 0.4:
            return Part('(SELECT %s FROM {%d} AS x WHERE x.%s %s %s)' % (
                r.choice(['count(*)', 'count(*)'] if x.kind.collation else ['count(*)', 'min(x.%s)' % x.name, 'max(x.%s)' % x.name]),
                j, x.name, r.choice(['=', '=', '<', 'IS', '>=']), name))
        condition = self.condition()
        if r.random() < 0.3:
            return Part('CASE WHEN %s THEN 1 ELSE typeof(%s) END' % (condition.sql, name), condition.args)
        return Part('(%s)' % condition.sql, condition.args)

    def compound(self):
        r = self.rng
        arms, kinds = [], None
        for _ in range(r.choice([2, 2, 3])):
            j = r.randrange(len(self.tables))
            self.take(1, [j])
            plain = [c for c in self.tables[j].columns if not c.kind.collation]
            if kinds is None:
                chosen = r.sample(plain, min(len(plain), r.choice([1, 2, 2])))
                kinds = [c.kind.declared for c in chosen]
            else:
                found = [[c for c in plain if c.kind.declared == k] for k in kinds]
                chosen = [r.choice(f) for f in found] if all(found) else []
            if not chosen:
                break
            where = self.condition() if r.random() < 0.6 else None
            arms.append(Part('SELECT %s FROM {%d} AS q0%s' % (', '.join('q0.' + c.name for c in chosen), j, ' WHERE ' + where.sql if where else ''),
                             where.args if where else []))
        if len(arms) < 2:
            return self.groups()
        parts = [arms[0]]
        for arm in arms[1:]:
            parts += [Part(r.choice([' UNION ', ' UNION ALL ', ' EXCEPT ', ' INTERSECT '])), arm]
        total = r.random() < 0.6
        if total:
            parts.append(self.by_all(len(kinds)))
        return Shape(None, joined('', parts), total=total)
