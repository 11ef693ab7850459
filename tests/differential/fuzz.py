#!/usr/bin/env python3
"""Bind tables against native tables: the same random query must give the same rows, classes and order.

  fuzz.py --extension build/binds.so --bind URL [--bind URL …] [--seed N] [--queries N] [--pushdown 0|1]

Every round makes a few random tables with nasty data, spread over the binds, and as many native tables; then
runs random queries (joins over binds, OR, IN, LIKE, subqueries, GROUP BY, DISTINCT, ORDER BY, LIMIT) over both.
Rows are compared with their storage classes; with ORDER BY in order, as far as the order is determined.  A
difference is made small, and asked of the same tables without pushdown as third opinion, before it is printed.
"""
import argparse
import copy
import random
import sqlite3
import sys
import time

from query import Maker, Part
from remote import Server, random_table

ROUND = 250          # queries per set of tables
STATEMENT_ROWS = 20000


def connect(options, pushdown, servers):
    db = sqlite3.connect(':memory:', isolation_level=None, cached_statements=0)
    db.enable_load_extension(True)
    db.load_extension(options.extension)
    # SQLite's own: a Bloom filter over RTRIM texts loses rows of native tables (seen in 3.40).
    db.execute('PRAGMA automatic_index = off')
    for s in servers:
        mark = '&' if '?' in s.url else '?'
        url = s.url + ('' if pushdown else mark + 'pushdown=0')
        db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (s.key, url))
    return db


def normal(value):
    if isinstance(value, float) and value == 0:
        return ('float', '0.0')
    if isinstance(value, float):
        return ('float', repr(value))
    return (type(value).__name__, value)


def rows_of(db, sql, args):
    try:
        return [tuple(normal(v) for v in row) for row in db.execute(sql, args).fetchmany(STATEMENT_ROWS)]
    except sqlite3.Error as e:
        return '%s: %s' % (type(e).__name__, e)


def sortable(row):
    return tuple((k, v.hex() if isinstance(v, bytes) else v.encode('utf-8', 'surrogatepass').hex() if isinstance(v, str) else repr(v))
                 for k, v in row)


class Case:
    """One query over one set of tables."""

    def __init__(self, db, query, tables):
        self.db, self.query, self.tables = db, query, tables
        self.bound = [t.bound for t in tables]
        self.native = [t.native for t in tables]

    def run(self, names, query=None):
        sql, args = (query or self.query).text(names)
        return rows_of(self.db, sql, args)

    def order_key(self, names, query):
        """The same query, giving only what it is ordered by: as determined as the order itself."""
        q = copy.copy(query)
        q.columns = Part(', '.join(o.replace(' ASC NULLS LAST', '').replace(' DESC', '') for o in q.order))
        return self.run(names, q)

    def differs(self, query):
        """None, or what is wrong."""
        bound, native = self.run(self.bound, query), self.run(self.native, query)
        if isinstance(bound, str) or isinstance(native, str):
            return None if isinstance(bound, str) and isinstance(native, str) else 'error: %s' % (
                bound if isinstance(bound, str) else native)
        if len(bound) != len(native):
            return 'number of rows'
        if len(native) >= STATEMENT_ROWS:
            return None
        if query.limit is not None and not query.total:
            if not query.order:
                return None
            folded = self.order_key(self.bound, query), self.order_key(self.native, query)
            return self.differ_in_order(query, *folded)
        if sorted(map(sortable, bound)) != sorted(map(sortable, native)):
            return 'rows'
        if query.total and not query.distinct:
            return self.differ_in_order(query, bound, native) if self.is_binary(query) else None
        if query.order and not query.distinct and not query.group:
            return self.differ_in_order(query, self.order_key(self.bound, query), self.order_key(self.native, query))
        if query.order and query.distinct and query.total and bound != native:
            return 'order'
        return None

    def is_binary(self, query):
        return not any(c.kind.collation for t in self.tables for c in t.columns)

    def differ_in_order(self, query, bound, native):
        if isinstance(bound, str) or isinstance(native, str):
            return 'error' if bound != native else None
        if self.is_binary(query):
            return 'order' if bound != native else None

        def fold(rows):
            return [tuple((k, v.lower().rstrip(' ') if isinstance(v, str) else v) for k, v in row) for row in rows]
        return 'order' if fold(bound) != fold(native) else None


def smaller(query):
    """Queries with one part less."""
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
    if len(query.order) > 1 and not query.total:
        for i in range(len(query.order)):
            q = copy.copy(query)
            q.order = query.order[:i] + query.order[i + 1:]
            yield q
    if query.distinct:
        q = copy.copy(query)
        q.distinct = False
        yield q


def minimise(case):
    query = case.query
    progress = True
    while progress:
        progress = False
        for q in smaller(query):
            if case.differs(q):
                query, progress = q, True
                break
    return query


def show(case, query, what, seed, plain):
    sql, args = query.text(case.bound)
    bound, native = case.run(case.bound, query), case.run(case.native, query)
    print('-- seed %s: difference in %s' % (seed, what))
    for t in case.tables:
        if t.bound in sql:
            print('--   %s on [%s] %s: %s' % (t.bound, t.server.key, t.server.engine, t.declaration(lambda k: k.declared)))
            print('--      remote: %s' % t.declaration(t.server.type))
    print('%s;  -- %r' % (sql, args))
    for row in case.db.execute('EXPLAIN QUERY PLAN ' + sql, args):
        print('--   plan: ' + row[3])
    if isinstance(bound, str) or isinstance(native, str):
        print('--   bind: %s\n--   native: %s' % (bound if isinstance(bound, str) else len(bound), native if isinstance(native, str) else len(native)))
    else:
        extra, missing = list(bound), []
        for row in native:
            extra.remove(row) if row in extra else missing.append(row)
        print('--   too many: %s\n--   missing: %s' % (extra[:5], missing[:5]))
        if not extra and not missing:
            print('--   bind order: %s\n--   native order: %s' % (case.order_key(case.bound, query)[:12] if query.order else bound[:12],
                                                               case.order_key(case.native, query)[:12] if query.order else native[:12]))
    print('--   without pushdown: %s' % plain)
    sys.stdout.flush()


def third_opinion(options, servers, tables, query):
    db = connect(options, False, servers)
    for t in tables:
        t.make_local(db)
    what = Case(db, query, tables).differs(query)
    db.close()
    return 'differs, too (%s)' % what if what else 'as native'


def run_round(options, servers, seed, count, pushdown):
    rng = random.Random(seed)
    tables = [random_table(rng, i, rng.choice(servers)) for i in range(3)]
    for t in tables:
        t.server.prepare()
        t.make_remote()
    db = connect(options, pushdown, servers)
    host = tuple(map(int, db.execute('SELECT sqlite_version()').fetchone()[0].split('.')))
    for t in tables:
        t.make_local(db)
    failures = 0
    for i in range(count):
        query = Maker(random.Random('%s/%s' % (seed, i)), tables, host).make()
        case = Case(db, query, tables)
        what = case.differs(query)
        if what:
            failures += 1
            least = minimise(case)
            show(case, least, what, '%s/%s' % (seed, i), third_opinion(options, servers, tables, least))
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
    p.add_argument('--pushdown', type=int, choices=(0, 1), default=1)
    p.add_argument('--failures', type=int, default=3, help='stop a round after so many')
    p.add_argument('--stop', type=int, default=10, help='stop after so many failures')
    options = p.parse_args()
    servers = [Server('s%d' % i, url) for i, url in enumerate(options.bind)]
    done = failures = round_number = 0
    began = time.time()
    while done < options.queries and failures < options.stop:
        count = min(ROUND, options.queries - done)
        failures += run_round(options, servers, '%d.%d' % (options.seed, round_number), count, options.pushdown)
        done += count
        round_number += 1
    print('%d queries, %d differences, %.0f s, seed %d, pushdown %d, SQLite %s' % (
        done, failures, time.time() - began, options.seed, options.pushdown, sqlite3.sqlite_version))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
