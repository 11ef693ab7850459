"""Random SELECTs over tables t0, t1 … whose names are filled in later, once for binds and once for native ones.

A query is kept in parts, so that a failing one can be made smaller (fuzz.py).
"""
import json
import random
import re

from remote import BIG, BIG_INTS, BLOBS, DATES, INTS, MARKED_TEXTS, NUMBER_TEXTS, ODD_DATES, REALS, TEXTS, WIDE_TEXTS, Special, pick

# A text as an expression that is equal where the collation says so.  NOCASE looks at what stands before the first NUL,
# and at the whole length.
FOLD = {'': '%(x)s', 'RTRIM': 'rtrim(%(x)s)', 'NOCASE': 'iif(instr(%(x)s, char(0)), lower(substr(%(x)s, 1, instr(%(x)s, char(0)) - 1)) '
        '|| char(0) || length(CAST(%(x)s AS BLOB)), lower(%(x)s))'}
TOKENS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?|\bSELECT\b|\bWHERE\b|\bAS q\d")
COMPARE = ['=', '=', '=', '<', '<=', '>', '>=', '<>', 'IS', 'IS NOT']


def quote(value):
    if value is None:
        return 'NULL'
    if isinstance(value, bytes):
        return "x'%s'" % value.hex()
    if isinstance(value, str):
        return "'%s'" % value.replace("'", "''")
    if isinstance(value, float):
        text = repr(value)
        return text if text not in ('inf', '-inf') else ('9e999' if value > 0 else '-9e999')
    return str(value)


def spelled(sql, args, style):
    """The same statement in another spelling."""
    r = random.Random(style)
    kind = r.choice([lambda n: '?', lambda n: '?%d' % n, lambda n: ':p%d' % n, lambda n: '@p%d' % n, lambda n: '$p%d' % n])
    lower, bare, n = r.random() < 0.3, sql.startswith('SELECT') and r.random() < 0.3, 0

    def replace(match):
        nonlocal n
        word = match.group()
        if word == '?':
            n += 1
            return kind(n)
        if word.startswith('AS '):
            return word[3:] if bare else word
        return word.lower() + '/* ? */\n' if lower and word in ('SELECT', 'WHERE') else word
    sql = TOKENS.sub(replace, sql)
    head, tail = r.choice(['', '', '-- it\'s "one"\n', '/* SELECT */ ']), r.choice(['', '', ' ;', ' -- end', '; /* LIMIT 1 */'])
    named = n and kind(1)[0] in ':@$'
    return head + sql + tail, {'p%d' % (i + 1): a for i, a in enumerate(args)} if named else args


class Part:
    """SQL with {0} … for the tables' names, and its parameters."""

    def __init__(self, sql, args=()):
        self.sql, self.args = sql, list(args)

    def number(self):
        """Of one that is a number alone."""
        return self.args[0] if self.args else int(self.sql)


class Order:
    """A term of ORDER BY, by a column under its own or another collation."""

    def __init__(self, name, column, suffix='', collation=None):
        self.sql = name + ('' if collation is None else ' COLLATE ' + collation) + suffix
        collation = column.kind.collation if collation is None else collation
        self.key = FOLD['' if collation == 'BINARY' else collation] % {'x': name} # equal for rows that are equal to this order
        self.folds = self.key != name


class Query:
    """limit, offset, columns, source: Part; where: list of Part; order: list of Order; total: by every column; local:
    tables that are native ones on the other side as well; views, style: see shapes.py."""

    def __init__(self):
        self.source, self.where, self.group, self.order = None, [], None, []
        self.columns, self.distinct, self.limit, self.offset, self.total = None, False, None, None, False
        self.local, self.views, self.style = [], [], None

    def strict(self):
        """Is the order of all rows determined?"""
        return self.total and not any(o.folds for o in self.order)

    def order_key(self):
        """What the query is ordered by, as columns: as determined as the order itself."""
        return Part(', '.join(o.key for o in self.order))

    def text(self, names, columns=None):
        sql, args = self.plain_text(columns)
        for i, name in enumerate(names):
            view = self.views[i] if self.views and not name.startswith('(') else None
            sql = sql.replace('{%d}' % i, name + (view or ''))
        return (sql, args) if self.style is None else spelled(sql, args, self.style)

    def plain_text(self, columns):
        columns = columns or self.columns
        args = list(columns.args) + list(self.source.args)
        sql = 'SELECT %s%s FROM %s' % ('DISTINCT ' if self.distinct else '', columns.sql, self.source.sql)
        if self.where:
            sql += ' WHERE ' + ' AND '.join('(%s)' % p.sql for p in self.where)
            for p in self.where:
                args += p.args
        if self.group:
            sql += ' GROUP BY ' + self.group
        if self.order:
            sql += ' ORDER BY ' + ', '.join(o.sql for o in self.order)
        if self.limit is not None:
            sql += ' LIMIT ' + self.limit.sql
            args += self.limit.args
            if self.offset is not None:
                sql += ' OFFSET ' + self.offset.sql
                args += self.offset.args
        return sql, args


class Maker:
    def __init__(self, rng, tables, host):
        self.rng, self.tables, self.host = rng, tables, host

    # ---- values and columns

    def odd_value(self):
        r = self.rng
        return r.choice([lambda: pick(r, INTS, BIG_INTS), lambda: r.choice(REALS), lambda: pick(r, TEXTS, WIDE_TEXTS),
                         lambda: r.choice(BLOBS), lambda: None, lambda: r.choice([float('inf'), float('-inf'), -0.0, 5.5, 2**63 * 1.0]),
                         lambda: r.choice(DATES), lambda: r.choice(ODD_DATES), lambda: pick(r, NUMBER_TEXTS, MARKED_TEXTS),
                         lambda: r.choice(['a\0b', 'a\0', '5 ', ' 5', '+5', '5e0', '0x5', '1_0', '.5', '5.'])])()

    def value_for(self, column):
        r = self.rng
        if r.random() < 0.25:
            return self.odd_value()
        table = self.owner[id(column)]
        if r.random() < 0.5 and table.rows:
            value = r.choice(table.rows)[table.columns.index(column)]
            return value.native if isinstance(value, Special) else value
        value = column.kind.values(r)
        value = value.native if isinstance(value, Special) else value
        if isinstance(value, int) and r.random() < 0.3:
            value = r.choice([float(value), str(value), value + 0.5, value + 1 if value < 2**63 - 1 else value])
        if isinstance(value, str) and r.random() < 0.1:
            value = value.swapcase()
        elif isinstance(value, str) and r.random() < 0.1:
            value = r.choice([value[:r.randrange(len(value) + 1)], value + ' ', value + '0', value + '\0', value + '.5'])
        return value

    def rhs(self, column):
        """A literal or a parameter."""
        value = self.value_for(column)
        if self.rng.random() < 0.5 and not (isinstance(value, str) and '\0' in value):
            return Part(quote(value))
        return Part('?', [value])

    def column(self, cls=None):
        r = self.rng
        candidates = [(i, c) for i, t in enumerate(self.used) for c in t.columns if cls is None or c.kind.cls == cls]
        if not candidates:
            return self.column()
        i, c = r.choice(candidates)
        return self.alias(i) + '.' + c.name, c

    def alike(self, table, column):
        """A column of that table, of the same class if there is one."""
        return self.rng.choice([c for c in table.columns if c.kind.cls == column.kind.cls] or table.columns)

    def alias(self, i):
        return 'q%d' % i

    # ---- conditions

    def compare(self):
        r = self.rng
        name, column = self.column()
        right = self.rhs(column)
        op = r.choice(COMPARE)
        collate = ''
        if column.kind.cls == 'text' and r.random() < 0.08:
            collate = ' COLLATE ' + r.choice(['BINARY', 'NOCASE', 'RTRIM'])
        if r.random() < 0.2 and op not in ('IS', 'IS NOT'):
            flip = {'<': '>', '<=': '>=', '>': '<', '>=': '<='}.get(op, op)
            return Part('%s %s %s%s' % (right.sql, flip, name, collate), right.args)
        return Part('%s %s %s%s' % (name, op, right.sql, collate), right.args)

    def in_list(self):
        r = self.rng
        name, column = self.column()
        negate = 'NOT ' if r.random() < 0.15 else ''
        if r.random() < 0.1:
            values = [v for v in (self.value_for(column) for _ in range(r.choice([2, 30, 300]))) if not isinstance(v, (bytes, float))]
            return Part('%s %sIN (SELECT value FROM json_each(?))' % (name, negate), [json.dumps(values)])
        parts = [self.rhs(column) for _ in range(r.choice([1, 2, 2, 3, 5, 9, 9, 70]))]
        return Part('%s %sIN (%s)' % (name, negate, ', '.join(p.sql for p in parts)), sum((p.args for p in parts), []))

    def in_query(self):
        r = self.rng
        name, column = self.column()
        j = r.randrange(len(self.tables))
        table = self.tables[j]
        inner = self.alike(table, column)
        where, args = '', []
        shape = r.random()
        if shape < 0.4:
            right = self.rhs(column)
            where, args = ' WHERE x.%s %s %s' % (inner.name, r.choice(['<', '>', '=', '<>']), right.sql), right.args
        elif shape < 0.65:
            mine, other = self.column()
            where = ' WHERE x.%s %s %s' % (self.alike(table, other).name, r.choice(['=', '=', '<', 'IS']), mine)
        return Part('%s %sIN (SELECT x.%s FROM {%d} AS x%s)' % (name, 'NOT ' if r.random() < 0.15 else '', inner.name, j, where), args)

    def between(self):
        name, column = self.column()
        a, b = self.rhs(column), self.rhs(column)
        return Part('%s BETWEEN %s AND %s' % (name, a.sql, b.sql), a.args + b.args)

    def null(self):
        name, _ = self.column()
        return Part('%s %s' % (name, self.rng.choice(['IS NULL', 'IS NOT NULL', 'NOTNULL', 'ISNULL'])))

    def like(self):
        r = self.rng
        name, column = self.column('text')
        word = r.choice(TEXTS + WIDE_TEXTS)
        pattern = r.choice([word + '%', '%' + word, '%' + word + '%', word, word + '_', '_' + word + '%', '%'])
        if r.random() < 0.25:
            return Part('%s GLOB %s' % (name, quote(pattern.replace('%', '*').replace('_', '?'))))
        escape = " ESCAPE '|'" if r.random() < 0.15 and not pattern.endswith('|') and '|' not in pattern else ''
        negate = 'NOT ' if r.random() < 0.15 else ''
        if r.random() < 0.4:
            pattern += r.choice(['', '', '', '\0', '\0b'])
            return Part('%s %sLIKE ?%s' % (name, negate, escape), [pattern])
        return Part('%s %sLIKE %s%s' % (name, negate, quote(pattern), escape))

    def columns_pair(self):
        """Mostly two columns of one table: a comparison that SQLite offers to no virtual table."""
        r = self.rng
        a, column = self.column()
        if r.random() < 0.6:
            table, alias = self.owner[id(column)], a.split('.')[0]
            b, c = (alias + '.' + (self.alike(table, column) if r.random() < 0.8 else r.choice(table.columns)).name for _ in 'bc')
            if r.random() < 0.1:
                return Part('%s BETWEEN %s AND %s' % (a, b, c))
            if r.random() < 0.1:
                return Part('NOT (%s %s %s)' % (a, r.choice(COMPARE), b))
            return Part('%s %s %s' % (a, r.choice(COMPARE), b))
        b, _ = self.column(column.kind.cls if r.random() < 0.8 else None)
        return Part('%s %s %s' % (a, r.choice(['=', '=', '<', '>=', '<>', 'IS']), b))

    def either(self):
        parts = [self.condition(1) for _ in range(self.rng.choice([2, 2, 3]))]
        return Part(' OR '.join('(%s)' % p.sql for p in parts), sum((p.args for p in parts), []))

    def exists(self):
        r = self.rng
        j = r.randrange(len(self.tables))
        table = self.tables[j]
        name, column = self.column()
        inner = self.alike(table, column)
        negate = 'NOT ' if r.random() < 0.3 else ''
        op = r.choice(['=', '=', '<', '>'])
        return Part('%sEXISTS (SELECT 1 FROM {%d} AS x WHERE x.%s %s %s)' % (negate, j, inner.name, op, name))

    def scalar(self):
        r = self.rng
        j = r.randrange(len(self.tables))
        table = self.tables[j]
        name, column = self.column()
        shape = r.randrange(4)
        if shape == 0:
            inner = self.alike(table, column)
            return Part('(SELECT count(*) FROM {%d} AS x WHERE x.%s %s %s) %s ?' % (
                j, inner.name, r.choice(['=', '=', '<', '>=', 'IS']), name, r.choice(['>', '=', '<'])), [r.randint(0, 3)])
        # Which of the equal texts is the least is not determined, so they are compared as equal, too.
        inner = r.choice([c for c in table.columns if c.kind.collation in ('', column.kind.collation)] or [None])
        if inner is None:
            return self.compare()
        where = ''
        if shape == 1:
            mine, other = self.column()
            where = ' WHERE x.%s %s %s' % (self.alike(table, other).name, r.choice(['=', '=', '<']), mine)
        if shape == 2:
            return Part('%s %s (SELECT x.%s FROM {%d} AS x ORDER BY 1%s LIMIT 1)' % (
                name, r.choice(['=', '<', '>=', 'IS']), inner.name, j, r.choice(['', ' DESC'])))
        return Part('%s %s (SELECT %s(x.%s) FROM {%d} AS x%s)' % (name, r.choice(['=', '<', '>=']), r.choice(['min', 'max']),
                                                                 inner.name, j, where))

    def expression(self):
        r = self.rng
        name, column = self.column()
        other, _ = self.column(column.kind.cls)
        right = self.rhs(column)
        op = r.choice(COMPARE)
        return r.choice([lambda: Part('+%s %s %s' % (name, op, right.sql), right.args),
                         lambda: Part('NOT (%s %s %s)' % (name, op, right.sql), right.args),
                         lambda: Part('length(%s) > ?' % name, [r.randint(0, 5)]), lambda: Part('%s' % name),
                         lambda: Part('%s IS %s' % (name, r.choice(['TRUE', 'NOT TRUE', 'FALSE']))),
                         lambda: Part('typeof(%s) = ?' % name, [r.choice(['text', 'integer', 'real', 'null', 'blob'])]),
                         lambda: Part('%s = lower(?)' % name, [r.choice(TEXTS)]),
                         lambda: Part('coalesce(%s, 1) = %s' % (name, right.sql), right.args),
                         lambda: Part("%s > '' || ?" % name, [r.choice(TEXTS)]),
                         lambda: Part('%s %s CAST(%s AS %s)' % (name, op, right.sql, r.choice(['TEXT', 'INTEGER', 'REAL', 'NUMERIC', 'BLOB'])),
                                      right.args),
                         lambda: Part("%s %s %s || ''" % (name, op, other)), lambda: Part('%s %s %s + 0' % (name, op, other)),
                         lambda: Part('%s %s +%s' % (name, op, other)), lambda: Part('%s %s (SELECT %s)' % (name, op, right.sql), right.args),
                         lambda: Part('%s %s iif(%s IS NULL, %s, %s)' % (name, op, other, right.sql, other), right.args),
                         lambda: Part('%s BETWEEN %s AND %s' % (right.sql, name, other), right.args),
                         lambda: Part('%s %s %s COLLATE %s' % (name, op, right.sql, r.choice(['BINARY', 'NOCASE', 'RTRIM'])), right.args)])()

    def row_value(self):
        r = self.rng
        a, ca = self.column()
        b, cb = self.column()
        j = r.randrange(len(self.tables))
        x, y = self.alike(self.tables[j], ca), self.alike(self.tables[j], cb)
        # A fault of SQLite: before 3.50 native tables found NULLs by (a, b) IN (SELECT …) through an index, and lost rows.
        if self.host >= (3, 50, 0) and r.random() < 0.3:
            if r.random() < 0.3:
                y = r.choice(self.tables[j].columns)
            return Part('(%s, %s) IN (SELECT x.%s, x.%s FROM {%d} AS x)' % (a, b, x.name, y.name, j))
        pairs = [(self.rhs(ca), self.rhs(cb)) for _ in range(r.choice([1, 1, 1, 2, 4]))]
        args = sum((x.args + y.args for x, y in pairs), [])
        if len(pairs) > 1:
            return Part('(%s, %s) IN (VALUES %s)' % (a, b, ', '.join('(%s, %s)' % (x.sql, y.sql) for x, y in pairs)), args)
        return Part('(%s, %s) %s (%s, %s)' % (a, b, r.choice(['=', '<', '>', '>=', '<=', '<>', 'IS']), pairs[0][0].sql, pairs[0][1].sql), args)

    def condition(self, depth=0):
        r = self.rng
        choices = [(self.compare, 12), (self.in_list, 3), (self.between, 2), (self.null, 2), (self.like, 2),
                   (self.columns_pair, 2), (self.expression, 1), (self.row_value, 1)]
        if depth == 0:
            choices += [(self.either, 2), (self.exists, 1), (self.in_query, 1), (self.scalar, 1)]
        makers, weights = zip(*choices)
        return r.choices(makers, weights)[0]()

    # ---- FROM

    def join_condition(self, i):
        r = self.rng
        mine = r.choice(self.used[i].columns)
        others = [(j, c) for j in range(i) for c in self.used[j].columns if c.kind.cls == mine.kind.cls]
        if not others:
            others = [(j, c) for j in range(i) for c in self.used[j].columns]
        j, other = r.choice(others)
        op = r.choice(['=', '=', '=', '=', '<', 'IS'])
        parts = [Part('%s.%s %s %s.%s' % (self.alias(i), mine.name, op, self.alias(j), other.name))]
        if r.random() < 0.3:
            right = self.rhs(mine)
            parts.append(Part('%s.%s %s %s' % (self.alias(i), mine.name, r.choice(COMPARE), right.sql), right.args))
        if r.random() < 0.15:
            right = self.rhs(other)
            parts.append(Part('%s.%s %s %s' % (self.alias(j), other.name, r.choice(COMPARE), right.sql), right.args))
        if r.random() < 0.1:
            k = r.choice([i, i, j])
            a = r.choice(self.used[k].columns)
            parts.append(Part('%s.%s %s %s.%s' % (self.alias(k), a.name, r.choice(COMPARE), self.alias(k), self.alike(self.used[k], a).name)))
        return Part(' AND '.join(p.sql for p in parts), sum((p.args for p in parts), []))

    def make_source(self, q):
        r = self.rng
        numbers = [r.randrange(len(self.tables)) for _ in range(r.choices([1, 2, 3], [10, 6, 1])[0])]
        big = [n for n in numbers if len(self.tables[n].rows) >= BIG // 2]
        if len(big) > 1 or (big and len(numbers) > 2):
            numbers = big[:1]
        self.used = [self.tables[n] for n in numbers]
        self.owner = {id(c): t for t in self.tables for c in t.columns}
        sql, args = '{%d} AS %s' % (numbers[0], self.alias(0)), []
        joins = ['JOIN', 'JOIN', 'LEFT JOIN', 'CROSS JOIN', ',']
        if self.host >= (3, 39, 0):
            joins += ['RIGHT JOIN', 'FULL JOIN']
        for i in range(1, len(numbers)):
            join = r.choice(joins)
            if join == ',':
                sql += ', {%d} AS %s' % (numbers[i], self.alias(i))
                part = self.join_condition(i)
                q.where.append(part)
            else:
                part = self.join_condition(i)
                sql += ' %s {%d} AS %s ON %s' % (join, numbers[i], self.alias(i), part.sql)
                args += part.args
        q.source = Part(sql, args)

    # ---- the whole

    def plain_columns(self):
        """Columns whose equality is byte equality, so that a group has one face."""
        return [(n, c) for n, c in self.all_columns() if not c.kind.collation]

    def extremes(self, names):
        """min() and max(), mostly of the first one."""
        r = self.rng
        chosen = [names[0]] + [r.choice(names) for _ in range(r.choice([0, 0, 1, 2]))]
        calls = ['%s(%s)' % (f, n) for n in chosen for f in r.choice([['min'], ['max'], ['min', 'max'], ['max', 'min']])]
        return Part(', '.join(calls + (['count(*)'] if r.random() < 0.2 else [])))

    def make_simple(self):
        """One table and hardly a condition: what servers answer in one row or one page."""
        r = self.rng
        q = Query()
        n = r.randrange(len(self.tables))
        self.used = [self.tables[n]]
        self.owner = {id(c): t for t in self.tables for c in t.columns}
        q.source = Part('{%d} AS %s' % (n, self.alias(0)))
        if r.random() < 0.5:
            q.where.append(r.choice([self.compare, self.compare, self.in_list, self.between, self.null, self.like, self.row_value])())
        name, column = self.column()
        shape = r.randrange(4)
        if shape == 0:
            q.columns = Part('count(*)')
        elif shape == 1 and not column.kind.collation:
            q.columns = self.extremes([name] + [n for n, c in self.plain_columns()])
        else:
            every = [self.alias(0) + '.' + c.name for c in self.used[0].columns]
            q.order = [Order(name, column, r.choice(['', ' DESC']))]
            if r.random() < 0.7:
                q.order += [Order(n, c) for n, c in self.all_columns() if n != name]
                q.total = True
            q.columns = Part(', '.join([name] + r.sample(every, min(2, len(every)))))
            q.limit = Part(str(r.choice([1, 2, 5, 20, 100])))
            if r.random() < 0.3:
                q.offset = Part(str(r.choice([1, 3, 20])))
        return q

    def all_columns(self):
        return [(self.alias(i) + '.' + c.name, c) for i, t in enumerate(self.used) for c in t.columns]

    def random_order(self, n=2):
        """Up to n columns in any direction."""
        r = self.rng
        out = []
        for name, c in r.sample(self.all_columns(), min(len(self.all_columns()), r.choice(range(1, n + 1)))):
            collation = r.choice(['BINARY', 'NOCASE', 'RTRIM']) if c.kind.cls == 'text' and r.random() < 0.08 else None
            out.append(Order(name, c, r.choice(['', '', ' DESC', ' DESC', ' ASC NULLS LAST', ' DESC NULLS FIRST']), collation))
        return out

    def make_compound(self):
        """Rows out of a subquery: two arms, or the first rows of one."""
        r = self.rng
        q = Query()
        self.owner = {id(c): t for t in self.tables for c in t.columns}
        arms, args, first = [], [], None
        for _ in range(r.choice([1, 2, 2])):
            n = r.randrange(len(self.tables))
            self.used = [self.tables[n]]
            usable = [c for c in self.tables[n].columns if not c.kind.collation and (first is None or c.kind.declared == first.kind.declared)]
            if not usable:
                break
            inner = r.choice(usable)
            first = first or inner
            part = self.condition(1) if r.random() < 0.6 else Part('1')
            arms.append('SELECT %s.%s AS x FROM {%d} AS %s WHERE %s' % (self.alias(0), inner.name, n, self.alias(0), part.sql))
            args += part.args
        if not arms:
            return self.make_simple()
        sql = r.choice([' UNION ALL ', ' UNION ALL ', ' UNION ', ' EXCEPT ', ' INTERSECT ']).join(arms)
        if r.random() < 0.5:
            sql += ' ORDER BY 1%s LIMIT %d' % (r.choice(['', ' DESC']), r.choice([0, 1, 3, 20]))
            if r.random() < 0.3:
                sql += ' OFFSET %d' % r.choice([1, 5])
        q.source = Part('(%s) AS z' % sql, args)
        q.columns = Part(r.choice(['z.x', 'z.x', 'count(*)', 'max(z.x)', 'z.x, count(*)']))
        if q.columns.sql == 'z.x, count(*)':
            q.group = 'z.x'
        if q.columns.sql == 'z.x' and r.random() < 0.5:
            q.order, q.total = [Order('z.x', first, r.choice(['', ' DESC']))], True
            self.add_limit(q)
        return q

    def make(self):
        r = self.rng
        shape = r.random()
        q = self.make_simple() if shape < 0.25 else self.make_compound() if shape < 0.32 else self.make_general()
        q.local = [t for t in self.tables if r.random() < 0.25] if r.random() < 0.3 else []
        return q

    def make_general(self):
        r = self.rng
        q = Query()
        self.make_source(q)
        for _ in range(r.choices([0, 1, 2, 3], [2, 6, 4, 1])[0]):
            q.where.append(self.condition())
        every = self.all_columns()
        plain = self.plain_columns()
        shape = r.random()
        if shape < 0.12:
            q.columns = Part('count(*)')
            return q
        if shape < 0.2:
            q.columns = self.extremes([n for n, c in plain]) if plain and r.random() < 0.7 else Part(
                'count(%s)' % (r.choice(plain)[0] if plain else '1'))
            return q
        if shape < 0.3 and plain:
            group = r.sample(plain, min(len(plain), r.choice([1, 1, 2])))
            q.group = ', '.join(n for n, c in group)
            q.columns = Part(q.group + ', count(*)')
            if r.random() < 0.5:
                q.order, q.total = [Order(n, c, r.choice(['', ' DESC'])) for n, c in group], True
            return q
        if shape < 0.42 and plain:
            chosen = r.sample(plain, min(len(plain), r.choice([1, 1, 2, 3])))
            q.columns, q.distinct = Part(', '.join(n for n, c in chosen)), True
            if r.random() < 0.4:
                q.order, q.total = [Order(n, c, r.choice(['', ' DESC'])) for n, c in chosen], True
                self.add_limit(q)
            return q
        names = [n for n, c in every]
        if shape < 0.46 and plain:
            some = [r.choice(plain)[0] for _ in range(3)]
            q.columns = Part('%s, count(*) OVER (PARTITION BY %s ORDER BY %s%s)' % (*some, r.choice(['', ' DESC'])))
            return q
        q.columns = Part('*' if r.random() < 0.3 else ', '.join(r.sample(names, min(len(names), r.randint(1, 4)))))
        if r.random() < 0.5:
            q.order = self.random_order()
            if r.random() < 0.5:
                q.order += [Order(n, c) for n, c in every]
                q.total = True
            self.add_limit(q)
        elif r.random() < 0.15:
            self.add_limit(q)
        return q

    def add_limit(self, q):
        r = self.rng
        if r.random() < 0.5:
            n = r.choice([0, 1, 1, 2, 3, 5, 10, 50, -1])
            q.limit = Part('?', [n]) if r.random() < 0.4 else Part(str(n))
            if r.random() < 0.4:
                n = r.choice([0, 1, 2, 5, 20])
                q.offset = Part('?', [n]) if r.random() < 0.4 else Part(str(n))
