#!/usr/bin/env python3
"""Bind tables against native tables: the same random query must give the same rows, classes and order.

  fuzz.py --extension build/binds.so --bind URL [--bind URL …] [--seed N] [--queries N] [--pushdown both|on|off]

Every round makes a few random tables with nasty data, spread over the binds, and as many native tables; then
runs random queries (query.py, shapes.py) over the binds, over the same binds with pushdown=0, and over the native
tables; some of them again with other values for their parameters, in a transaction, or while another statement's rows
are half read.  Rows are compared with their storage classes; with ORDER BY in order, as far as the order is determined:
SQLite leaves the order of equal rows open, and which of them a LIMIT keeps.  A difference is made small before it is
printed.
"""
import argparse
import copy
import random
import re
import sqlite3
import sys
import time

from query import Part
from remote import Server, random_table
from shapes import Shapes, views_of

ROUND = 250          # queries per set of tables
STATEMENT_ROWS = 4000
SIDES = {'both': ('bound', 'unpushed'), 'on': ('bound',), 'off': ('unpushed',)}


def connect(options, tables, servers, rng):
    """All sides on one connection: binds, binds without pushdown, native tables."""
    db = sqlite3.connect(':memory:', isolation_level=None, cached_statements=60)
    db.text_factory = lambda text: text.decode(errors='surrogateescape')
    db.enable_load_extension(True)
    db.load_extension(options.extension)
    # With RTRIM never: see Case.run.
    if any(c.kind.collation == 'RTRIM' for t in tables for c in t.columns) or rng.random() < 0.5:
        db.execute('PRAGMA automatic_index = off')
    like = rng.random()
    if like < 0.06:
        db.execute('PRAGMA case_sensitive_like = on')
    elif like < 0.12:
        db.create_function('like', 2, lambda pattern, text: str(pattern) <= str(text), deterministic=True)
        db.create_function('glob', 2, lambda pattern, text: str(pattern) <= str(text), deterministic=True)
    for s in servers:
        # One that may be written is alone with its file.
        url = s.url.replace('mode=rwc', 'mode=ro')
        off = url + ('&' if '?' in url else '?') + 'pushdown=0'
        db.executemany('INSERT INTO binds(key, url) VALUES (?, ?)', [(s.key, url), (s.key + 'off', off)])
    for t in tables:
        t.make_local(db)
        for name in (t.bound, t.unpushed, t.native):
            for view in views_of(name, t):
                db.execute(view)
    return db


def normal(value):
    """-0.0 is 0.0."""
    return 0.0 if isinstance(value, float) and value == 0 else value


def rows_of(db, sql, args):
    try:
        return db.execute(sql, args).fetchmany(STATEMENT_ROWS)
    except sqlite3.Error as e:
        return '%s: %s' % (type(e).__name__, e)


def texts(rows):
    """What tells classes apart, as well as values."""
    return [repr(tuple(map(normal, row))) for row in rows]


def ordered(query):
    """The same with the tables read in the order of the text."""
    q = copy.copy(query)
    inner = r'(?<!LEFT)(?<!RIGHT)(?<!FULL)(?<!CROSS) JOIN \{|, \{'
    q.source = Part(re.sub(inner, ' CROSS JOIN {', query.source.sql), query.source.args)
    return q


class Case:
    """One query over one set of tables.  sides: names of the tables by side, the native ones last."""

    def __init__(self, db, query, tables, sides):
        self.db, self.query, self.tables, self.refused = db, query, tables, None
        self.native = [t.native for t in tables]
        # Some tables are local ones on every side.
        self.sides = {side: [t.native if t in query.local else getattr(t, side) for t in tables] for side in sides}

    def run(self, names, query, columns=None):
        sql, args = query.text(names, columns)
        if names is not self.native or 'RTRIM' not in sql:
            return rows_of(self.db, sql, args)
        # SQLite's own: a Bloom filter over RTRIM texts loses rows of native tables (seen in 3.40).
        automatic = self.db.execute('PRAGMA automatic_index').fetchone()[0]
        self.db.execute('PRAGMA automatic_index = off')
        rows = rows_of(self.db, sql, args)
        self.db.execute('PRAGMA automatic_index = %d' % automatic)
        return rows

    def differs(self, query, only=None):
        """None, or (side, what is wrong)."""
        found = self.differs_in(query, only)
        if found and sqlite3.sqlite_version_info < (3, 50) and any(
                c.kind.collation for t in self.tables for c in t.columns):
            # SQLite's own: from a = b, compared by bytes, and b = 'x', compared without case, it takes a = 'x' by bytes
            # to follow, where a's table comes first (seen in 3.40).  So all sides take the tables in one order.
            found = self.differs_in(ordered(query), only) and found
        return found

    def differs_in(self, query, only=None):
        native = self.run(self.native, query)
        if isinstance(native, str) and 'malformed' in native:
            # SQLite's own: an index over RTRIM texts and IN (SELECT …) of a file that integrity_check finds in order
            # (seen in 3.40).
            self.native = ['(SELECT * FROM %s NOT INDEXED)' % n for n in self.native]
            native = self.run(self.native, query)
        if isinstance(native, str):
            self.refused = native
        for side, names in self.sides.items():
            if only in (None, side):
                what = self.compare(query, names, native)
                if what:
                    return side, what
        return None

    def compare(self, query, names, native):
        bound = self.run(names, query)
        if isinstance(bound, str) or isinstance(native, str):
            return None if isinstance(bound, str) and isinstance(native, str) else 'error: %s' % (
                bound if isinstance(bound, str) else native)
        if len(bound) != len(native):
            return 'number of rows'
        if repr(bound) == repr(native) or len(native) >= STATEMENT_ROWS:
            return None
        bound, native = texts(bound), texts(native)
        if bound == native:
            return None
        if query.strict() or query.limit is None:
            if sorted(bound) == sorted(native):
                return 'order' if query.strict() else self.compare_order(query, names)
            return None if query.strict() and bound == self.cut(query) else 'rows'
        return self.compare_order(query, names)

    def compare_order(self, query, names):
        if not query.order:
            return None
        keys = [self.run(n, query, query.order_key()) for n in (names, self.native)]
        if isinstance(keys[0], str) or isinstance(keys[1], str):
            return 'order'
        keys = [texts(k) for k in keys]
        return None if keys[0] == keys[1] or keys[0] == self.cut(query, query.order_key()) else 'order'

    def cut(self, query, columns=None):
        """The native rows with LIMIT and OFFSET taken by hand: for ORDER BY b with a = b in a join, where b is
        converted to be compared, SQLite 3.40 stops before it has seen the first ones of native tables."""
        if query.limit is None:
            return None
        whole = copy.copy(query)
        whole.limit = whole.offset = None
        first = 0 if query.offset is None else query.offset.number()
        rows = texts(self.run(self.native, whole, columns))[max(first, 0):]
        return rows if query.limit.number() < 0 else rows[:query.limit.number()]


class Around:
    """What else the connection is at while queries run: a transaction, a statement whose rows are half read."""

    def __init__(self, db, tables):
        self.db, self.tables, self.open = db, tables, None

    def change(self, rng):
        if rng.random() < 0.04:
            self.db.execute('COMMIT' if self.db.in_transaction else 'BEGIN')
        if rng.random() < 0.04:
            if self.open is None:
                t = rng.choice(self.tables)
                self.open = self.db.execute('SELECT * FROM %s' % rng.choice([t.bound, t.unpushed]))
                self.open.fetchone()
            else:
                self.open.close()
                self.open = None


def again(query, maker):
    """The same text with other values for its parameters: SQLite runs the statement that it has kept."""
    r = maker.rng
    every = query.text(['t'] * len(maker.tables))[1]
    every = list(every.values()) if isinstance(every, dict) else every

    def other(part): # a text that is no JSON is an error only where somebody looks
        return Part(part.sql, [a if str(a).startswith('[') else r.choice([a, r.choice(every), maker.odd_value()]) for a in part.args])
    q = copy.copy(query)
    for name, part in vars(query).items():
        if isinstance(part, Part) and name not in ('limit', 'offset'):
            setattr(q, name, other(part))
    q.where = [other(p) for p in query.where]
    return q


def smaller(query):
    """Queries with one part less."""
    for name, plain in (('style', None), ('views', [])):
        if getattr(query, name):
            q = copy.copy(query)
            setattr(q, name, plain)
            yield q
    for i in range(len(query.where)):
        q = copy.copy(query)
        q.where = query.where[:i] + query.where[i + 1:]
        yield q
    if query.offset is not None:
        q = copy.copy(query)
        q.offset = None
        yield q
    elif query.limit is not None:
        q = copy.copy(query)
        q.limit = None
        yield q
    if query.order and query.limit is None:
        q = copy.copy(query)
        q.order, q.total = [], False
        yield q
    if len(query.order) > 1:
        for i in range(len(query.order)):
            q = copy.copy(query)
            q.order, q.total = query.order[:i] + query.order[i + 1:], False
            yield q
    if query.distinct:
        q = copy.copy(query)
        q.distinct = False
        yield q


def minimise(case, side):
    query = case.query
    progress = True
    while progress:
        progress = False
        for q in smaller(query):
            if case.differs(q, side):
                query, progress = q, True
                break
    return query


def show(case, query, side, what, seed):
    names = case.sides[side]
    sql, args = query.text(names)
    bound, native = case.run(names, query), case.run(case.native, query)
    print('-- seed %s: difference in %s' % (seed, what))
    for t, name in zip(case.tables, names):
        if name in sql:
            print('--   %s on [%s] %s: %s' % (name, t.server.key, t.server.engine, t.declaration(lambda k: k.declared)))
            print('--      remote: %s' % t.declaration(t.server.type))
    print('%s;  -- %r' % (sql, args))
    for row in case.db.execute('EXPLAIN QUERY PLAN ' + sql, args):
        print('--   plan: ' + row[3])
    if isinstance(bound, str) or isinstance(native, str):
        print('--   bind: %s\n--   native: %s' % (bound if isinstance(bound, str) else len(bound), native if isinstance(native, str) else len(native)))
    else:
        extra, missing = texts(bound), []
        for row in texts(native):
            extra.remove(row) if row in extra else missing.append(row)
        print('--   too many: %s\n--   missing: %s' % (extra[:5], missing[:5]))
        if not extra and not missing:
            key = query.order_key() if query.order else None
            print('--   bind order: %s\n--   native order: %s' % (case.run(names, query, key)[:12], case.run(case.native, query, key)[:12]))
    for other in case.sides:
        if other != side:
            print('--   %s: %s' % (other, (case.differs(query, other) or (other, 'as native'))[1]))
    sys.stdout.flush()


def run_round(options, servers, seed, count):
    rng = random.Random(seed)
    tables = [random_table(rng, i, rng.choice(servers)) for i in range(3)]
    for s in servers:
        statements = sum((t.remote_statements() for t in tables if t.server is s), [])
        if statements:
            s.run(statements)
    db = connect(options, tables, servers, rng)
    failures, around = 0, Around(db, tables)
    for i in range(count):
        maker = Shapes(random.Random('%s/%s' % (seed, i)), tables, sqlite3.sqlite_version_info)
        query = maker.make()
        around.change(maker.rng)
        case = Case(db, query, tables, SIDES[options.pushdown])
        found = case.differs(query)
        while not found and maker.rng.random() < 0.2:
            case.query = query = again(query, maker)
            found = case.differs(query)
        if found:
            failures += 1
            side = found[0]
            least = minimise(case, side)
            show(case, least, side, found[1], '%s/%s' % (seed, i))
            if failures >= options.failures:
                break
    db.close()
    return failures


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', action='append', required=True)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--queries', type=int, default=2000)
    p.add_argument('--pushdown', choices=SIDES, default='both')
    p.add_argument('--failures', type=int, default=3, help='stop a round after so many')
    p.add_argument('--stop', type=int, default=10, help='stop after so many failures')
    options = p.parse_args()
    servers = [Server('s%d' % i, url) for i, url in enumerate(options.bind)]
    done = failures = round_number = 0
    began = time.time()
    while done < options.queries and failures < options.stop:
        count = min(ROUND, options.queries - done)
        failures += run_round(options, servers, '%d.%d' % (options.seed, round_number), count)
        done += count
        round_number += 1
    print('%d queries, %d differences, %.0f s, seed %d, pushdown %s, SQLite %s' % (
        done, failures, time.time() - began, options.seed, options.pushdown, sqlite3.sqlite_version))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
