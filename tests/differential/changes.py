#!/usr/bin/env python3
"""Bind tables against native tables: the same random changes must leave the same rows.

  changes.py --extension build/binds.so --bind URL [--bind URL …] [--seed N] [--statements N] [--pushdown 0|1]

Every round makes a few tables with keys and constraints, spread over the binds, then runs scripts of INSERTs,
UPDATEs, DELETEs and transactions in two databases, one with bind tables and one with native ones.  After each
statement are compared: success or the class of the error, changes(), last_insert_rowid() of integer keys, whether a
transaction is open, and (in half of the scripts only where a transaction ends, so that nothing is
sent because it is read) all rows with their storage classes; after a commit also as another connection sees them.
A script that ends in a difference is made small before it is printed.

What need not agree, and why:
  - the words of an error
  - the numbers that a server gives to rows: the native table takes them over (World.take_numbers)
  - rows of a table without a key cannot be found again by columns that the server compares loosely (README, Writes)
  - a value that the server's type cannot hold: it must be refused and nothing changed
  - a foreign key may be refused row by row where SQLite looks at the end of the statement (README, Writes)
"""
import argparse
import copy
import os
import random
import re
import sqlite3
import sys
import tempfile
import time

from constraints import local_table, random_table
from fuzz import normal
from query import quote, spelled
from remote import Server
from triggers import random_triggers
from ways import Ways, view_triggers

SCRIPTS = 12         # per set of tables
LENGTH = 30          # statements of a script
FAR = -2**40         # numbers below it are nobody's
CONSTRAINT, MISMATCH = sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH
FOREIGN_KEY = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE: 'unique', sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: 'unique',
          sqlite3.SQLITE_CONSTRAINT_ROWID: 'unique'}
HOST = tuple(map(int, sqlite3.sqlite_version.split('.')))
# What only a bind may refuse, in a statement whose triggers write bind tables.
TRIGGER_NAME = re.compile(r'fuzz_t\d+')
REFUSED = re.compile('does not fit|cannot identify a row|and another leaves it out|foreign key', re.I)


def classed(value):
    """A value with its class: 1 is not 1.0."""
    value = normal(value)
    return (type(value).__name__, value)


class Outcome:
    """error: None or the extended code."""

    def __init__(self, db, statement, names):
        self.error, self.text, self.rows, self.changes, self.last = None, '', [], None, None
        sql, args = filled(statement.sql, names), statement.args
        if statement.style is not None:
            sql, args = spelled(sql, args, statement.style)
        try:
            self.rows = [tuple(map(classed, row)) for row in db.execute(sql, args)]
            self.changes, self.last = db.execute('SELECT changes(), last_insert_rowid()').fetchone()
        except sqlite3.Error as e:
            self.error, self.text = getattr(e, 'sqlite_errorcode', 1), str(e)
        self.open = db.in_transaction

    def constraint(self):
        return self.error is not None and self.error & 0xff == CONSTRAINT

    def kind(self):
        return UNIQUE.get(self.error, self.error)

    def __str__(self):
        return 'OK' if self.error is None else '%s (%d)' % (self.text, self.error)


def filled(sql, names):
    for i, name in enumerate(names):
        sql = sql.replace('{%d}' % i, name)
    return sql


class World:
    """A set of tables, in both databases."""

    def __init__(self, options, servers, seed, folder):
        rng = random.Random(seed)
        self.options, self.servers, self.seed = options, servers, seed
        self.tables = []
        for i in range(rng.choice([1, 2, 3, 3])):
            self.tables.append(random_table(rng, i, rng.choice(servers), self.tables, rng.random() < 0.4))
        self.bind_tables = list(self.tables)
        self.tables.append(local_table(rng, len(self.tables), self.tables))
        self.names = [t.bound for t in self.tables]
        self.triggers = random_triggers(rng, self.tables, HOST)
        self.counts = {'OK': 0, 'refused': 0, 'failed': 0}
        self.bound = self.connect(os.path.join(folder, 'main.db'))
        self.native = sqlite3.connect(':memory:', isolation_level=None)
        for db in (self.bound, self.native):
            db.execute('PRAGMA foreign_keys = ON')
            db.execute('PRAGMA automatic_index = off')
        self.watcher = self.connect(':memory:')
        self.held = []
        self.make_tables()

    def connect(self, path):
        if os.path.exists(path):
            os.remove(path)
        db = sqlite3.connect(path, isolation_level=None)
        db.enable_load_extension(True)
        db.load_extension(self.options.extension)
        for s in self.servers:
            url = s.url + ('' if self.options.pushdown else ('&' if '?' in s.url else '?') + 'pushdown=0')
            db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (s.key, url))
        return db

    def declare(self, t):
        return "CREATE VIRTUAL TABLE %s USING bind(bind_key='%s', table='%s', %s)" % (
            t.bound, t.server.key, t.remote, t.declaration(lambda k: k.declared, rest=t.told))

    def declare_native(self, t):
        """Without rowid where the key is no integer: then a scan of the table is in the order of its key."""
        types = t.declaration(lambda k: 'TEXT' if k.declared.startswith('ENUM') else k.declared)
        rowless = ' WITHOUT ROWID' if t.key in ('text', 'blob', 'pair') else ''
        return 'CREATE TABLE %s (%s)%s' % (t.native, types, rowless)

    def make_tables(self):
        for s in self.servers:
            s.prepare()
            s.run(['DROP TABLE IF EXISTS fuzz%d' % i for i in (2, 1, 0)])
        for t in self.bind_tables:
            if not t.made_by_binds:
                t.server.run(t.remote_statements())
            self.bound.execute(self.declare(t))
            self.watcher.execute(self.declare(t))
            self.native.execute(self.declare_native(t))
        self.bound.execute("SELECT create_all()").fetchall()
        for db in (self.bound, self.native):
            db.execute(self.declare_native(self.tables[-1]))
            for view in view_triggers(self.tables):
                db.execute(filled(view, self.names))

    def close(self):
        self.empty()
        self.bound.execute('SELECT drop_all()').fetchall()
        for db in (self.bound, self.native, self.watcher):
            db.close()

    def empty(self):
        """The servers' own shells do it: what is tested has no part in it."""
        self.let_go()
        for db in (self.bound, self.native):
            if db.in_transaction:
                db.execute('ROLLBACK')
            for trigger in self.triggers:
                db.execute('DROP TRIGGER IF EXISTS ' + TRIGGER_NAME.search(trigger).group())
            db.execute('DELETE FROM ' + self.names[-1])
        for t in reversed(self.bind_tables):
            self.native.execute('DELETE FROM ' + t.native)
        for s in self.servers:
            mine = [t for t in reversed(self.bind_tables) if t.server is s]
            if mine:
                s.run(s.unchecked + ['DELETE FROM ' + t.remote for t in mine])
        for db in (self.bound, self.native):
            for trigger in self.triggers:
                db.execute(filled(trigger, self.names))

    def let_go(self):
        for rows in self.held:
            rows.close()
        self.held = []

    def hold(self, s):
        """Its first row; the others are those of no certain moment."""
        self.let_go()
        if s.hold == 'open':
            self.held = [db.execute(filled(s.sql, self.names)) for db in (self.bound, self.native)]
            for rows in self.held:
                rows.fetchone()

    # ---- what is compared

    def rows(self, db, table):
        try:
            return sorted(repr([classed(v) for v in row]) for row in db.execute('SELECT * FROM ' + table))
        except sqlite3.Error as e:
            return str(e)

    def compare_rows(self):
        for t in self.tables:
            there, here = self.rows(self.bound, t.bound), self.rows(self.native, t.native)
            if there != here:
                return 'rows of %s' % t.bound
        return None

    def compare_watched(self):
        for t in self.bind_tables:
            if self.rows(self.watcher, t.bound) != self.rows(self.native, t.native):
                return 'rows of %s, seen by another connection' % t.bound
        return None

    def take_numbers(self, t, before):
        """The native table takes over the numbers that the server gave.  None, or what is wrong."""
        def new(db):
            rows = db.execute('SELECT * FROM %s ORDER BY id' % t.bound)
            return [tuple(map(classed, r)) for r in rows if r[0] not in before]
        there, here = new(self.bound), new(self.native)
        if [r[1:] for r in there] != [r[1:] for r in here]:
            return 'rows that the server numbered'
        for a, b in zip(there, here): # out of the way first
            self.native.execute('UPDATE %s SET id = ? WHERE id = ?' % t.native, (FAR - b[0][1], b[0][1]))
        for a, b in zip(there, here):
            self.native.execute('UPDATE %s SET id = ? WHERE id = ?' % t.native, (a[0][1], FAR - b[0][1]))
        return there

    # ---- running

    def step(self, s, look):
        """None, or what is different after this statement."""
        if s.hold:
            return self.hold(s)
        t = s.table
        before = None
        if s.generated:
            before = {r[0] for r in self.bound.execute('SELECT id FROM ' + t.bound).fetchall()}
        bound = Outcome(self.watcher if s.elsewhere else self.bound, s, self.names)
        native = self.run_native(s, bound)
        self.bound_outcome, self.native_outcome = bound, native
        what = self.compare(s, bound, native)
        if what is None and s.generated:
            new = self.take_numbers(t, before)
            if isinstance(new, str):
                return new
            if new and native.error is None and native.changes == len(new) and new[-1][0][1] != bound.last:
                what = 'last_insert_rowid(): %s of %s' % (bound.last, new[-1][0][1])
        if what is None and (look or not self.native.in_transaction):
            what = self.compare_rows()
        if what is None and not self.native.in_transaction and s.verb in ('', 'INSERT', 'UPDATE', 'DELETE'):
            what = self.compare_watched()
        return what

    def may_refuse(self, s, bound):
        if bound.error is None or s.table is None:
            return False
        if s.table.server is None:
            return self.triggers and REFUSED.search(bound.text)
        if s.view and REFUSED.search(bound.text):
            return True
        kind = bound.error & 0xff
        if s.table.key is None and kind in (CONSTRAINT, MISMATCH) and 'cannot identify a row' in bound.text:
            return True
        if s.rereads and 'a subquery in SET reads rows' in bound.text:
            return True
        if 'RETURNING would show' in bound.text or 'has moved to the key of this one' in bound.text:
            return True
        if s.odd and kind in (CONSTRAINT, MISMATCH, sqlite3.SQLITE_TOOBIG):
            return True
        return self.foreign(s, bound)

    def foreign(self, s, outcome, deferred=False):
        """A violated foreign key; under a clause that would carry out its code it has another one (README, Errors)."""
        other = s.clause in (' OR IGNORE', ' OR FAIL', ' OR ROLLBACK') and outcome.error == MISMATCH
        return self.related(s.table, deferred) and (outcome.error == FOREIGN_KEY or other)

    def related(self, t, deferred=False):
        """By foreign keys, deferred ones counted or not: those are looked at when SQLite looks at them."""
        return any(o.parent is not None and t in (o, o.parent) and (deferred or not o.deferred)
                   for o in self.bind_tables)

    def ended_by_deferred(self, s, bound, native):
        """A COMMIT that violates a deferred foreign key ends the transaction, where SQLite leaves it open; after such a
        RELEASE nothing goes on before ROLLBACK (README, Errors)."""
        if s.verb or native.error != FOREIGN_KEY or bound.error is None:
            return False
        for db in (self.bound, self.native):
            if db.in_transaction:
                db.execute('ROLLBACK')
        return True

    def run_native(self, s, bound):
        """A statement that was refused as it may be must have changed nothing: the native one is undone."""
        refusal = self.may_refuse(s, bound)
        if refusal and s.table.server is None:
            return self.not_run(bound)
        if refusal:
            self.native.execute('SAVEPOINT refusal')
        native = Outcome(self.native, s, self.names)
        if refusal and self.native.in_transaction:
            # Also what failed: without a savepoint of its own SQLite's datatype mismatch leaves the rows before it.
            self.native.execute('ROLLBACK TO refusal')
            if native.error is None:
                self.counts['refused'] += 1
                native.refused = True
            self.native.execute('RELEASE refusal')
        native.open = self.native.in_transaction
        self.counts['OK' if native.error is None else 'failed'] += 1
        return native

    def not_run(self, bound):
        """Nor is a statement whose triggers wrote what a bind refuses: it, or the transaction, may end elsewhere."""
        native = copy.copy(bound)
        native.refused, native.open = True, self.native.in_transaction
        self.counts['refused'] += 1
        return native

    def compare(self, s, bound, native):
        if self.ended_by_deferred(s, bound, native):
            return None
        if bound.open != native.open:
            return 'transaction: open %s, native %s' % (bound.open, native.open)
        if getattr(native, 'refused', False):
            native.error = bound.error
            return None
        if (bound.error is None) != (native.error is None):
            return 'outcome'
        if bound.error is not None:
            return self.compare_errors(s, bound, native)
        if sorted(map(repr, bound.rows)) != sorted(map(repr, native.rows)):
            return 'result'
        # A row that REPLACE or a cascade has taken away before its turn came is counted all the same.
        surplus = bound.changes > native.changes and (
            (s.verb == 'UPDATE' and s.clause == ' OR REPLACE') or (s.verb == 'DELETE' and s.table.parent is s.table))
        if s.verb and bound.changes != native.changes and not surplus:
            return 'changes(): %d, native %d' % (bound.changes, native.changes)
        ordered = self.ordered(s)
        # An upsert that only updates leaves the one of before, which a failed statement may have set on either side.
        numbered = s.verb == 'INSERT' and s.table.key in ('int', 'auto') and not s.generated
        if numbered and ordered and native.changes and ' ON CONFLICT ' not in s.sql and bound.last != native.last:
            return 'last_insert_rowid(): %d, native %d' % (bound.last, native.last)
        return None

    def ordered(self, s):
        """Is it determined which row comes first?"""
        return ' FROM ' not in s.sql or ' ORDER BY ' in s.sql

    def compare_errors(self, s, bound, native):
        # Of rows in an order that is nobody's promise the first that violates something is any.
        if s.verb == 'INSERT' and not self.ordered(s) and bound.constraint() and native.constraint():
            return None
        # What a trigger has for a bind may wait there, and fails as a whole; another violation may then be found first.
        local = s.table is not None and s.table.server is None
        if self.triggers and local and native.constraint() and (bound.constraint() or bound.error == MISMATCH):
            return None
        # A foreign key that a row violates is found there before what a later row violates.
        if s.odd or self.may_refuse(s, bound) or bound.kind() == native.kind() or self.foreign(s, bound, True):
            return None
        return 'error code'

    def run(self, statements, look):
        """The place and kind of the first difference, or None."""
        self.empty()
        for i, s in enumerate(statements):
            what = self.step(s, look)
            if what:
                return i, what
        return None


def minimise(world, statements, look):
    """The fewest statements that still end in a difference: ever smaller pieces are left out."""
    size = len(statements) // 2
    while size > 0:
        at = 0
        while at < len(statements):
            fewer = statements[:at] + statements[at + size:]
            found = world.run(fewer, look)
            if found:
                statements = fewer[:found[0] + 1]
            else:
                at += size
        size //= 2
    return statements


def as_text(statement, names):
    sql = filled(statement.sql, names)
    for a in statement.args:
        sql = sql.replace('?', quote(a), 1)
    return sql + ';'


def show(world, statements, look, seed):
    found = world.run(statements, look)
    print('-- seed %s: difference in %s' % (seed, found[1] if found else 'something that did not come again'))
    text = '\n'.join(as_text(s, world.names) for s in statements)
    used = [t for t in world.tables if re.search(r'\b%s\b' % t.bound, text)]
    used += [t.parent for t in used if t.parent and t.parent not in used]
    for t in [t for t in world.bind_tables if t in used]:
        maker = 'create_all()' if t.made_by_binds else 'its own DDL'
        print('%s;  -- %s, made by %s' % (world.declare(t), t.server.engine, maker))
        if not t.made_by_binds:
            print('--   remote: %s' % t.declaration(t.server.type))
    if world.tables[-1] in used:
        print('%s;' % world.declare_native(world.tables[-1]))
        print(''.join('%s;\n' % filled(t, world.names) for t in world.triggers), end='')
    print(text)
    print('--   bind: %s\n--   native: %s' % (world.bound_outcome, world.native_outcome))
    for t in world.tables:
        there, here = world.rows(world.bound, t.bound), world.rows(world.native, t.native)
        for row in [r for r in there if r not in here][:6]:
            print('--   only in bind %s: %s' % (t.bound, row))
        for row in [r for r in here if r not in there][:6]:
            print('--   only in native %s: %s' % (t.bound, row))


def run_round(options, servers, seed, count, folder, counts):
    world = World(options, servers, seed, folder)
    done = failures = 0
    for i in range(SCRIPTS):
        if done >= count or failures >= options.failures:
            break
        rng = random.Random('%s/%s' % (seed, i))
        maker, look = Ways(rng, world.tables, HOST, bool(world.triggers)), rng.random() < 0.5
        statements, what = [], None
        world.empty()
        while len(statements) < LENGTH and what is None:
            statements.append(maker.make(world.native.in_transaction))
            what = world.step(statements[-1], look)
        done += len(statements)
        if what:
            failures += 1
            if world.run(statements, look):
                statements = minimise(world, statements, look)
            show(world, statements, look, '%s/%s' % (seed, i))
    for k, n in world.counts.items():
        counts[k] = counts.get(k, 0) + n
    world.close()
    return done, failures


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', action='append', required=True)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--statements', type=int, default=2000)
    p.add_argument('--pushdown', type=int, choices=(0, 1), default=1)
    p.add_argument('--failures', type=int, default=2, help='stop a round after so many')
    p.add_argument('--stop', type=int, default=10, help='stop after so many failures')
    p.add_argument('--round', type=int, default=0, help='begin with this one')
    options = p.parse_args()
    servers = [Server('s%d' % i, url) for i, url in enumerate(options.bind)]
    done = failures = 0
    number, counts, began = options.round, {}, time.time()
    with tempfile.TemporaryDirectory() as folder:
        while done < options.statements and failures < options.stop:
            seed = '%d.%d' % (options.seed, number)
            more, wrong = run_round(options, servers, seed, options.statements - done, folder, counts)
            done, failures, number = done + more, failures + wrong, number + 1
    print('%d statements (%s), %d differences, %.0f s, seed %d, pushdown %d, SQLite %s' % (
        done, ', '.join('%d %s' % (n, k) for k, n in counts.items()), failures, time.time() - began, options.seed,
        options.pushdown, sqlite3.sqlite_version))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
