#!/usr/bin/env python3
"""like() and glob() of the application's own: a bind table answers as a native one.

  overrides.py --extension build/binds.so --bind URL [--bind URL …]

An application may put a function in the place of like() or glob(): of two arguments, as the operators have them, of
three (ESCAPE), of any number, or of one that no operator uses; before a statement is prepared or after that; and on one
connection only.  PRAGMA case_sensitive_like does so as well.  Each time the same statements are run again, as the
connection keeps them prepared, and must say of a bind table what they say of a native one.
"""
import argparse
import sqlite3
import sys

TEXTS = ['abc', 'ABC', 'Abd', 'b', '', 'a%', 'a_c', 'x*', None, '5']
CONDITIONS = ["x LIKE 'a%'", "x LIKE 'A%'", 'x LIKE ?', "x NOT LIKE 'a%'", "x LIKE 'a|%' ESCAPE '|'",
              "x GLOB 'a*'", 'x GLOB ?', "x GLOB '[xA]*'", "like('a%', x)", "glob('a*', x)",
              "x LIKE 'a%' AND x > 'AB'", "x LIKE 'abc' OR x GLOB 'b'"]
FORMS = ['SELECT id FROM %s WHERE %s ORDER BY id', 'SELECT id FROM %s WHERE %s ORDER BY id LIMIT 1 OFFSET 1',
         'SELECT count(*) FROM %s WHERE %s']
DECLARED = "CREATE VIRTUAL TABLE b USING bind(bind_key='x', table='overrides_t', id INTEGER PRIMARY KEY, x VARCHAR(20))"


def all_texts(*args):
    """True of what neither of SQLite's own finds."""
    return args[-1] is None or not str(args[-1]).lower().startswith('a')


def connect(options, url):
    db = sqlite3.connect(':memory:', isolation_level=None, cached_statements=500)
    db.enable_load_extension(True)
    db.load_extension(options.extension)
    db.execute("INSERT INTO binds(key, url) VALUES ('x', ?)", (url,))
    db.execute(DECLARED)
    db.execute('CREATE TABLE n (id INTEGER PRIMARY KEY, x VARCHAR(20))')
    db.executemany('INSERT INTO n(x) VALUES (?)', [(t,) for t in TEXTS])
    return db


def ask(db, sql):
    try:
        return db.execute(sql, ('a%',) * sql.count('?')).fetchall()
    except sqlite3.Error as e:
        return 'error: %d' % getattr(e, 'sqlite_errorcode', 1)


class Checks:
    def __init__(self):
        self.done = self.failed = 0

    def same(self, db, when):
        for condition in CONDITIONS:
            for form in FORMS:
                bound, native = (ask(db, form % (t, condition)) for t in 'bn')
                self.done += 1
                if bound != native:
                    self.failed += 1
                    print('-- %s: %s\n--   bind %s\n--   native %s' % (when, condition, bound, native))


def run(options, url):
    checks = Checks()
    plain = connect(options, url)
    plain.execute('SELECT create_all()').fetchall()
    plain.execute('DELETE FROM b')
    plain.execute('INSERT INTO b SELECT * FROM n')
    checks.same(plain, "SQLite's own")
    for name in ('like', 'glob'):
        for n in (2, 3, 1, -1):
            for prepared in (False, True):
                db = connect(options, url)
                if prepared:
                    checks.same(db, 'before %s/%d' % (name, n))
                db.create_function(name, n, all_texts)
                checks.same(db, '%s/%d, prepared %s' % (name, n, prepared))
                db.create_function(name, n, lambda *args: False)
                checks.same(db, '%s/%d once more' % (name, n))
                db.create_function(name, n, None)
                checks.same(db, '%s/%d taken away' % (name, n))
                db.close()
    for mode in ('on', 'off', 'on'):
        plain.execute('PRAGMA case_sensitive_like = ' + mode)
        checks.same(plain, 'case_sensitive_like ' + mode)
    other = connect(options, url)
    other.create_function('like', 2, all_texts)
    checks.same(other, 'another connection')
    checks.same(plain, 'beside another connection')
    plain.execute('SELECT drop_all()').fetchall()
    return checks


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--extension', default='build/binds.so')
    p.add_argument('--bind', action='append', required=True)
    options = p.parse_args()
    failed = done = 0
    for url in options.bind:
        checks = run(options, url)
        done, failed = done + checks.done, failed + checks.failed
    print('%sok - overrides: %d statements, %d differences, SQLite %s' % (
        'not ' if failed else '', done, failed, sqlite3.sqlite_version))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
