#!/usr/bin/python3
"""A server that cannot vote, with witness=table: it commits last, and a row of its own tells whether it has.  Clients are
killed at every point, the server dies or its answer is lost; afterwards all binds have the row, or none, and the witnesses
are gone."""
import socket
import sys
import time

import commit_lib as lib
from relay import Relay, nowhere

POINTS = ['before_record', 'after_record', 'after_end', 'after_vote:1', 'after_votes', 'before_witness', 'after_witness',
          'before_decision', 'after_local_commit', 'after_durable', 'after_settle:1', 'after_settled']
AROUND = ('after_votes', 'before_witness', 'after_witness', 'before_decision', 'after_local_commit')
BINDS = ('pg', 'my')
WHY = 'max_prepared_transactions is 0'


def mute_server(options, command):
    """PostgreSQL as it comes: prepared transactions are off."""
    def run(*words):
        return lib.own_server(options, 'postgresql', 'mute', *words)
    if command == 'start':
        run('start')
        run('sql', 'postgres', 'ALTER SYSTEM SET max_prepared_transactions = 0')
        run('stop')
    return run(command)


def world(options):
    if not hasattr(world, 'made'):
        w = world.made = lib.World(options, 'witness', {'postgresql': mute_server(options, 'start')})
        w.plain = dict(w.urls)
        w.urls['pg'] += '&witness=table'
        w.row = 0
    w = world.made
    w.empty()
    return w


def witnesses(w):
    return w.sql('pg', 'SELECT count(*) FROM _binds_done WHERE parts IS NOT NULL')


def commit(w, row, journal='delete', urls=None, order=BINDS):
    db = w.open('main', journal=journal, urls=urls)
    db.execute('BEGIN')
    for bind in order:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, 1)', (row,))
    try:
        db.execute('COMMIT')
    except Exception as e:
        assert not db.in_transaction, e
        return str(e)
    return 'ok'


def recover(w, ask=True, urls=None):
    db = w.open('main', urls=urls)
    if ask:
        db.execute('SELECT bind_recover()').fetchone()
    for bind in BINDS:
        db.execute(f'SELECT count(*) FROM {bind}').fetchone()
    rows = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = '_binds_txn'").fetchone()[0]
    rows = rows and db.execute('SELECT count(*) FROM _binds_txn').fetchone()[0]
    return rows, dict(db.execute('SELECT key, state FROM binds').fetchall())


# ---- what is refused ------------------------------------------------------------------------------------------------

def refusals(w):
    plain = w.open('main', urls=w.plain)
    plain.execute('BEGIN')
    plain.execute('INSERT INTO my(id, n) VALUES (1, 1)')
    _, text = lib.error_of(plain, 'INSERT INTO pg(id, n) VALUES (1, 1)')
    assert WHY in text and 'witness=table' in text and 'two_phase=off' in text and '\n' not in text, text
    plain.execute('ROLLBACK')
    db = w.open('main')
    for first, second in (('lite', 'pg'), ('pg', 'lite')):      # a file is one that commits last already
        db.execute('BEGIN')
        db.execute(f'INSERT INTO {first}(id, n) VALUES (1, 1)')
        _, text = lib.error_of(db, f'INSERT INTO {second}(id, n) VALUES (1, 1)')
        assert WHY in text and 'witness=table' not in text and 'two_phase=off' in text, text
        db.execute('ROLLBACK')
    memory = w.open(':memory:')
    memory.execute('BEGIN')
    memory.execute('INSERT INTO my(id, n) VALUES (1, 1)')
    lib.error_of(memory, 'INSERT INTO pg(id, n) VALUES (1, 1)')
    memory.execute('ROLLBACK')
    # What it decides, local tables would not follow.
    db.execute('CREATE TABLE local(x)')
    db.execute('BEGIN')
    db.execute('INSERT INTO local VALUES (1)')
    for bind in BINDS:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (1, 1)')
    _, text = lib.error_of(db, 'COMMIT')
    assert text.startswith('binds: [pg] ') and 'local tables' in text and 'two_phase=off' in text, text
    assert not db.in_transaction and db.execute('SELECT count(*) FROM local').fetchone() == (0,)
    _, text = lib.error_of(db, "INSERT INTO binds(key, url) VALUES ('x', 'postgresql:///x?witness=yes')")
    assert 'witness must be table' in text, text
    return True


def test_refused(options):
    w = world(options)
    lib.run(refusals, w)
    assert w.have(1) == [] and not w.prepared()


def together(w):
    db = w.open('main')
    for row in range(2, 6):
        db.execute('BEGIN')
        for bind in (BINDS, BINDS[::-1])[row % 2]:
            db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, 1)', (row,))
        db.execute('COMMIT')
    db.execute('INSERT INTO pg(id, n) VALUES (6, 1)')   # alone it needs no witness
    return [sql for sql, in db.execute("SELECT sql FROM bind_log WHERE bind_key = 'pg'")]


def test_together(options):
    w = world(options)
    log = lib.run(together, w)
    assert all(w.have(row) == ['pg', 'my'] for row in range(2, 6)) and not w.prepared()
    assert len([sql for sql in log if sql.startswith('INSERT INTO _binds_done')]) == 4, log
    assert int(witnesses(w)) <= 1, witnesses(w)     # each takes the last one's away
    assert lib.run(recover, w)[0] == 0 and witnesses(w) == '0'


def when_it_is_made(w):
    db = w.open('main')
    there = lambda: w.sql('pg', "SELECT count(*) FROM pg_class WHERE relname = '_binds_done'")
    said = [there()]
    for sql in ('SELECT count(*) FROM pg', 'INSERT INTO pg(id, n) VALUES (7, 1)', 'SELECT bind_recover()', 'BEGIN',
                'INSERT INTO pg(id, n) VALUES (8, 1)', 'COMMIT'):
        db.execute(sql).fetchall()
        said.append(there())
    return said


def test_made_when_it_is_needed(options):
    """Who only reads, or writes single statements, makes no table."""
    w = world(options)
    w.sql('pg', 'DROP TABLE IF EXISTS _binds_done')
    assert lib.run(when_it_is_made, w) == ['0', '0', '0', '0', '0', '1', '1']
    assert w.have(8) == ['pg']


# ---- kills ----------------------------------------------------------------------------------------------------------

def killed(w, journal, point, ask, order=BINDS):
    w.row += 10
    assert lib.crash(commit, w, w.row, journal, None, order, at=point), 'the point was not reached'
    rows, state = lib.run(recover, w, ask)
    want = list(BINDS) if POINTS.index(point) >= POINTS.index('after_witness') else []
    assert w.have(w.row) == want, f'{w.have(w.row)}, not {want}'
    assert not w.prepared() and 'in doubt' not in state.values(), (w.prepared(), state)
    if ask:
        assert (rows, witnesses(w)) == (0, '0'), (rows, witnesses(w))
    assert lib.run(commit, w, w.row + 1) == 'ok' and w.have(w.row + 1) == list(BINDS)


def test_killed(options):
    w = world(options)
    for journal in ('delete', 'wal'):
        w.remove('main')
        w.sql('pg', 'DROP TABLE IF EXISTS _binds_done')  # what only the file that is gone could tell of
        for i, point in enumerate(POINTS):
            if journal == 'wal' and not options.long and point not in AROUND:
                continue
            try:
                killed(w, journal, point, i % 2 == 0, BINDS if i % 3 else BINDS[::-1])
                yield f'ok - killed {point}, journal {journal}'
            except Exception as e:
                yield from (f'# {line}' for line in str(e).splitlines()[-12:])
                yield f'not ok - killed {point}, journal {journal}'


def test_outrun(options):
    """Whoever rolls the others back has made sure first that the witness cannot come any more."""
    w = world(options)
    child = lib.stopped(commit, w, 900, at='after_votes')
    gid = w.prepared()[0].split('\t')[-1].rsplit(':', 1)[0]
    w.sql('pg', f"INSERT INTO _binds_done(gid) VALUES ('{gid}')")
    dead, said = lib.go(child)
    assert not dead and said.startswith('binds: [pg] COMMIT: ') and 'unknown' not in said, said
    lib.run(recover, w)
    assert w.have(900) == [] and not w.prepared()


# ---- the server dies ------------------------------------------------------------------------------------------------

def test_server_dies(options):
    w = world(options)
    for row, point, again in ((910, 'before_witness', True), (911, 'before_witness', False), (912, 'after_witness', False)):
        child = lib.stopped(commit, w, row, at=point)
        w.server('postgresql', 'kill')
        if again:
            w.server('postgresql', 'start')
        dead, said = lib.go(child)
        if not again:
            seen = lib.run(lambda: w.open('main').execute('SELECT count(*) FROM my').fetchone()[0])
            assert seen == (1 if point == 'after_witness' else 0), (point, seen)
            w.server('postgresql', 'start')
        assert not dead
        if point == 'after_witness':
            assert said == 'ok', said
        else:
            assert 'binds: [pg] COMMIT: ' in said and 'outcome unknown' not in said, said    # it has not been asked
        lib.run(recover, w)
        assert w.have(row) == (list(BINDS) if point == 'after_witness' else []) and not w.prepared(), (said, w.prepared())
        w.sql('my', 'DELETE FROM t')
        yield f'ok - server killed at {point}, {"back at once" if again else "away"}'


def local_socket(path):
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    return server


def test_lost_answer(options):
    """The server commits, and the connection breaks before it has said so: it is asked on another one, if it can be."""
    w = world(options)
    home = w.home('postgresql')
    with open(f'{home}/pg.port', encoding='ascii') as f:
        path = f'{home}/.s.PGSQL.{f.read().strip()}'
    away = []
    relay = Relay(lambda: nowhere() if away else local_socket(path))
    urls = {'pg': f'postgresql://app@127.0.0.1:{relay.port}/{w.name}?witness=table&sslmode=disable'}
    for row in (920, 921):
        child = lib.stopped(commit, w, row, 'delete', urls, at='before_witness')
        if row == 921:
            away.append(row)
        relay.mute = True
        dead, said = lib.go(child)
        assert not dead and not relay.mute
        if away:
            assert 'binds: [pg] COMMIT: ' in said and 'outcome unknown' in said, said
            away.clear()
            lib.run(recover, w, True, urls)
        else:
            assert said == 'ok', said
        assert w.have(row) == list(BINDS) and not w.prepared()


def test_living(options):
    """Recovery of another process leaves a commit alone that is under way."""
    w = world(options)
    points = ('before_witness', 'after_votes', 'after_witness') if options.long else ('before_witness',)
    for row, point in enumerate(points, 930):
        child = lib.stopped(commit, w, row, 'wal', at=point)
        begin = time.monotonic()
        lib.run(lambda: w.open('main').execute('SELECT count(*) FROM my').fetchone())
        assert time.monotonic() - begin < 20
        assert len(w.prepared()) == 1, (point, w.prepared())
        dead, said = lib.go(child)
        assert not dead and said == 'ok' and w.have(row) == list(BINDS) and not w.prepared(), said


def test_view(options):
    """What stands in place of the table, its parts being no text, harms nobody."""
    w = world(options)
    others = witnesses(w) if w.sql('pg', "SELECT to_regclass('_binds_done')") else '0'     # of main files that are gone
    assert lib.run(commit, w, 940) == 'ok'
    w.sql('pg', 'ALTER TABLE _binds_done RENAME TO done; CREATE VIEW _binds_done AS SELECT gid, 1 AS parts FROM done')
    assert w.sql('pg', 'SELECT count(*) FROM done') != '0'
    try:
        lib.run(recover, w)
        assert w.have(940) == list(BINDS) and not w.prepared()
    finally:
        w.sql('pg', 'DROP VIEW _binds_done; ALTER TABLE done RENAME TO _binds_done')
    lib.run(recover, w)
    assert witnesses(w) == others


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__,
                      lambda: hasattr(world, 'made') and mute_server(world.made.options, 'stop')))
