#!/usr/bin/python3
"""A Galera cluster of one node: it refuses XA, so it has no vote.  Alone it commits in one phase; with another bind it is
refused before anything is written, or, with two_phase=off, commits last: when everybody else has voted, so that its answer
decides as long as the connection holds."""
import socket
import sqlite3
import sys

import commit_lib as lib

WHY = 'a Galera cluster does not take part in two-phase commits'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def node(options, command):
    """Starts or stops the node, a server of this test's own."""
    port = free_port()
    options_text = ('--binlog-format=ROW --wsrep-on=ON --wsrep-provider=/usr/lib/galera/libgalera_smm.so '
                    f'--wsrep-cluster-address=gcomm:// --wsrep-node-address=127.0.0.1 '
                    f'--wsrep-provider-options=base_port={port};gmcast.listen_addr=tcp://127.0.0.1:{port}')
    return lib.own_server(options, 'mariadb', 'galera', command, MARIADB_OPTIONS=options_text)


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'galera', {'mariadb': node(options, 'start')})
        assert world.made.sql('my', 'SELECT @@wsrep_on') == '1'
    w = world.made
    w.empty()
    return w


def off(w):
    return {'my': w.urls['my'] + '&two_phase=off'}


def alone(w):
    db = w.open('main')
    db.execute('CREATE TABLE local(x)')
    db.execute('INSERT INTO my(id, n) VALUES (1, 1)')
    db.execute('BEGIN')
    db.execute('UPDATE my SET n = 2')
    db.execute('SAVEPOINT s')
    db.execute('INSERT INTO my(id, n) VALUES (2, 2)')
    db.execute('ROLLBACK TO s')
    db.execute('INSERT INTO my(id, n) VALUES (3, 3)')
    assert db.execute('SELECT count(*) FROM pg').fetchone() == (0,)      # reading others is no matter
    db.execute('COMMIT')
    db.execute('BEGIN')
    db.execute('INSERT INTO my(id, n) VALUES (4, 4)')
    db.execute('INSERT INTO local VALUES (4)')
    db.execute('COMMIT')
    db.execute('BEGIN')
    db.execute('INSERT INTO my(id, n) VALUES (5, 5)')
    db.execute('ROLLBACK')
    log = [sql for sql, in db.execute('SELECT sql FROM bind_log')]
    assert not [sql for sql in log if sql.startswith('XA ') and sql != 'XA RECOVER'], log
    two, error = db.execute("SELECT two_phase, error FROM binds WHERE key = 'my'").fetchone()
    assert two.startswith('no: ') and WHY in two and error is None, (two, error)
    return db.execute('SELECT id, n FROM my ORDER BY id').fetchall() + db.execute('SELECT x FROM local').fetchall()


def test_one_phase(options):
    assert lib.run(alone, world(options)) == [[1, 2], [3, 3], [4, 4], [4]]


def two_writers(w, first, second, row):
    """The second one is refused at its first write; what the first has written stands and is committed."""
    db = w.open('main')
    db.execute('BEGIN')
    db.execute(f'INSERT INTO {first}(id, n) VALUES ({row}, 1)')
    for sql in (f'INSERT INTO {second}(id, n) VALUES ({row}, 1)', f'UPDATE {second} SET n = 5', f'DELETE FROM {second}'):
        name, text = lib.error_of(db, sql)
        assert WHY in text and 'two_phase=off' in text and f'binds: [{second}]' in text and '\n' not in text, text
        assert second == 'my' or 'bind my cannot prepare' in text, text
    assert db.in_transaction
    db.execute('COMMIT')
    return True


def test_two_writers(options):
    w = world(options)
    for row, (first, second) in enumerate((('pg', 'my'), ('my', 'pg'), ('lite', 'my'), ('my', 'lite'))):
        w.sql(second, 'INSERT INTO t(id, n) VALUES (99, 1)')
        lib.run(two_writers, w, first, second, row)
        assert w.have(row) == [first], (first, second, w.have(row))
        assert w.sql(second, 'SELECT n FROM t WHERE id = 99') == '1'
        w.sql(second, 'DELETE FROM t WHERE id = 99')
        yield f'ok - two writers, {first} before {second}'


def trigger(w, row):
    """One statement in autocommit is a transaction like any other."""
    db = w.open('main', options='trust_schema=1')
    db.execute('CREATE TABLE l(id)')
    db.execute('CREATE TRIGGER copy AFTER INSERT ON l BEGIN INSERT INTO my(id, n) VALUES (new.id, 1); '
               'INSERT INTO pg(id, n) VALUES (new.id, 1); END')
    _, text = lib.error_of(db, f'INSERT INTO l VALUES ({row})')
    assert WHY in text, text
    return db.execute('SELECT count(*) FROM l').fetchone()[0]


def test_two_writers_by_a_trigger(options):
    w = world(options)
    assert lib.run(trigger, w, 30) == 0 and w.have(30) == []


def commit(w, row, main='main', urls=None):
    db = w.open(main, urls=urls or off(w))
    db.execute('BEGIN')
    for bind in ('my', 'pg'):
        db.execute(f'INSERT INTO {bind}(id, n) VALUES ({row}, 1)')
    try:
        db.execute('COMMIT')
    except sqlite3.Error as e:
        return str(e)
    return db.execute("SELECT two_phase FROM binds WHERE key = 'my'").fetchone()[0]


def recover(w, urls=None):
    db = w.open('main', urls=urls or off(w))
    return db.execute('SELECT bind_recover()').fetchone()[0]


def test_one_after_the_other(options):
    w = world(options)
    for row, main in ((1, 'main'), (2, ':memory:')):
        assert lib.run(commit, w, row, main) == 'no: two_phase=off in the URL'
        assert w.have(row) == ['pg', 'my'], (main, w.have(row))
    # It commits last: until the others have voted, nothing is kept anywhere.
    for row, point in ((3, 'after_vote'), (4, 'after_votes')):
        assert lib.crash(commit, w, row, at=point), point
        assert lib.run(recover, w) == 1 and w.have(row) == [] and not w.prepared(), point
    # The window that two_phase=off accepts: it has committed, and the process dies before the local decision.
    assert lib.crash(commit, w, 5, at='before_decision')
    assert lib.run(recover, w) == 1 and w.have(5) == ['my'] and not w.prepared()
    assert lib.crash(commit, w, 6, at='after_local_commit')
    assert lib.run(recover, w) == 1 and w.have(6) == ['pg', 'my'] and not w.prepared()


def test_with_a_witness(options):
    """witness=table: killed on either side of its COMMIT, all or none, and nobody has to be asked what happened."""
    w = world(options)
    told = {'my': w.urls['my'] + '&witness=table'}
    for row, (point, want) in enumerate((('after_votes', []), ('before_witness', []), ('after_witness', ['pg', 'my']),
                                         ('after_settled', ['pg', 'my'])), 40):
        assert lib.crash(commit, w, row, 'main', told, at=point), point
        lib.run(recover, w, told)
        assert w.have(row) == want and not w.prepared(), (point, w.have(row), w.prepared())
        assert w.sql('my', 'SELECT count(*) FROM _binds_done WHERE parts IS NOT NULL') == '0', point
        yield f'ok - killed {point}, Galera has the witness'


def test_it_fails_last(options):
    """Its COMMIT fails: the votes of the others are taken back."""
    w = world(options)
    child = lib.stopped(commit, w, 7, at='after_votes')
    mine = w.sql('my', "SELECT id FROM information_schema.processlist WHERE user = 'app'").split()
    assert mine
    for number in mine:
        w.sql('my', f'KILL {number}')
    killed, said = lib.go(child)
    assert not killed and 'binds: [my]' in said, said
    lib.run(recover, w)
    assert w.have(7) == [] and not w.prepared(), (said, w.have(7))


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__,
                      lambda: hasattr(world, 'made') and node(world.made.options, 'stop')))
