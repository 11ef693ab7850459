#!/usr/bin/env python3
"""Runs sqllogictest files over bind tables and over native ones.

  logictest.py --extension build/binds.so --bind URL FILE…

Every statement goes to two connections: one makes its tables in SQLite, the other on the bind, by create_all().
The queries' rows are compared with each other (in order where the file says nosort), not with the hashes in the
file, so that any file will do.  CREATE INDEX and what else SQLite refuses for virtual tables runs natively only; what
the bind refuses because the server's type does not hold it, or SQLite for every virtual table, on neither side.
Public corpus: https://www.sqlite.org/sqllogictest/ (test/**/*.test).
"""
import argparse
import os
import re
import sqlite3
import sys
import time


def records(path):
    """(kind, sort mode, SQL) of each record that is meant for SQLite."""
    with open(path, encoding='utf-8', errors='replace') as f:
        blocks = re.split(r'\n\s*\n', f.read())
    for block in blocks:
        lines = [line for line in block.split('\n') if line.strip() and not line.startswith('#')]
        wanted = True
        while lines and lines[0].split()[0].endswith('if'):
            verb, name = lines[0].split()[:2]
            wanted = wanted and ((name == 'sqlite') == (verb == 'onlyif'))
            lines = lines[1:]
        if not lines or not wanted:
            continue
        words = lines[0].split()
        if words[0] == 'halt':
            return
        if words[0] == 'statement':
            yield 'statement', words[1], '\n'.join(lines[1:])
        elif words[0] == 'query':
            body = []
            for line in lines[1:]:
                if line.strip() == '----':
                    break
                body.append(line)
            yield 'query', words[2] if len(words) > 2 else 'nosort', '\n'.join(body)


# A value that the server's type does not hold; triggers, which no virtual table has.
REFUSED = re.compile(r'does not fit|cannot create triggers on virtual tables|no such trigger')


class Sides:
    """The same statements, natively and over a bind."""

    made = 0 # tables so far: DROP TABLE leaves the server's, so each gets a new one

    def __init__(self, extension, url):
        self.native = sqlite3.connect(':memory:', isolation_level=None)
        self.bound = sqlite3.connect(':memory:', isolation_level=None)
        self.bound.enable_load_extension(True)
        self.bound.load_extension(extension)
        self.bound.execute('INSERT INTO binds(key, url) VALUES (?, ?)', ('l', url))
        self.open, self.refused = False, 0

    def finish_load(self):
        if self.open:
            self.bound.execute('COMMIT')
            self.open = False

    def create(self, sql):
        name, body = re.match(r'\s*CREATE\s+TABLE\s+(\w+)\s*\((.*)\)\s*;?\s*$', sql, re.I | re.S).groups()
        Sides.made += 1
        self.bound.execute("CREATE VIRTUAL TABLE %s USING bind(bind_key='l', table='logic_%d_%d', %s)" % (
            name, os.getpid(), Sides.made, body))
        self.bound.execute("SELECT create_all('l')")

    def over_bind(self, sql):
        """Like Connection.execute; the text of the error, or None."""
        try:
            if re.match(r'\s*CREATE\s+TABLE\b', sql, re.I):
                self.finish_load()
                self.create(sql)
                return None
            if re.match(r'\s*INSERT\b', sql, re.I) and not self.open:
                self.bound.execute('BEGIN')
                self.open = True
            self.bound.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as e:
            return str(e)
        return None

    def statement(self, sql):
        """None, or what differs."""
        native_only = re.match(r'\s*(CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX|REINDEX)\b', sql, re.I)
        error = None if native_only else self.over_bind(sql)
        if error and REFUSED.search(error):
            self.refused += 1
            return None
        try:
            self.native.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as e:
            return None if error or native_only else 'error natively only: %s' % e
        return error and 'error over the bind only: %s' % error

    def query(self, sql, sort):
        self.finish_load()
        results = []
        for db in (self.native, self.bound):
            try:
                rows = [tuple((type(v).__name__, v) for v in row) for row in db.execute(sql)]
            except sqlite3.Error as e:
                rows = 'error' if db is self.native else 'error: %s' % e
            if sort != 'nosort' and not isinstance(rows, str):
                rows.sort(key=repr)
            results.append(rows)
        if isinstance(results[0], str):
            return None if isinstance(results[1], str) else 'error natively only'
        if results[0] == results[1]:
            return None
        return 'native %s, bind %s' % (str(results[0])[:200], str(results[1])[:200])

    def close(self):
        self.finish_load()
        self.bound.execute("SELECT drop_all('l')")
        self.bound.close()
        self.native.close()


def run_file(options, path):
    sides = Sides(options.extension, options.bind)
    statements = queries = differences = 0
    for kind, mode, sql in records(path):
        if kind == 'statement':
            statements += 1
            what = sides.statement(sql)
        else:
            queries += 1
            what = sides.query(sql, mode)
        if what:
            differences += 1
            print('-- %s: %s\n   %s' % (path, sql, what))
            if differences >= options.stop:
                break
        if options.queries and queries >= options.queries:
            break
    sides.close()
    return statements, queries, differences, sides.refused


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', required=True)
    p.add_argument('--queries', type=int, default=0, help='at most so many of each file')
    p.add_argument('--stop', type=int, default=5)
    p.add_argument('files', nargs='+')
    options = p.parse_args()
    total = [0, 0, 0, 0]
    began = time.time()
    for path in options.files:
        total = [a + b for a, b in zip(total, run_file(options, path))]
    print('%d files, %d statements, %d queries, %d differences, %d refused, %.0f s' % (
        len(options.files), *total, time.time() - began))
    return 1 if total[2] else 0


if __name__ == '__main__':
    sys.exit(main())
