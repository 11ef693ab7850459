#!/usr/bin/python3
"""The kill matrix: a client dies at every point of the commit protocol; a new process finds all or nothing.

Every participant set × journal mode of main, or main in memory × point.  What must be there afterwards is written down here, not
derived from what happened."""
import sys

import commit_lib as lib

# What each set passes through, in order.  A point that a set does not pass is an error in the table.
TWO_PHASE = ['before_record', 'after_record', '{votes}', 'after_votes', '{witness}', 'before_decision',
             'after_local_commit', 'after_durable', '{settles}', 'after_settled']
ONE_PHASE = ['before_one_phase', 'after_one_phase', 'after_local_commit', 'after_settled']

SETS = {
    # name: participants, path
    'pg my': TWO_PHASE,
    'pg lite': TWO_PHASE,
    'pg my lite': TWO_PHASE,
    'my local': TWO_PHASE,
    'pg local': TWO_PHASE,
    'pg my local': TWO_PHASE,
    'lite local': TWO_PHASE,
    'pg my lite local': TWO_PHASE,
    'pg': ONE_PHASE,
    'my': ONE_PHASE,
    'lite': ONE_PHASE,
    'lite lite2': ONE_PHASE,
}
# Main in memory, no coordinator=/path: Postgres decides, whether it was written or not.
BY_SERVER = ['before_record', 'after_record', '{votes}', 'after_votes', 'after_mark', 'before_decision',
             'after_local_commit', 'after_durable', '{settles}', 'after_settled', 'after_unmark']
IN_MEMORY = {'pg my': BY_SERVER, 'my my2': BY_SERVER, 'pg my my2': BY_SERVER, 'my': ONE_PHASE}
# In normal runs the set that passes all points passes them; the others are killed on either side of the decision.
AROUND = ('after_votes', 'after_mark', 'before_one_phase', 'after_one_phase')
VOTERS = ('pg', 'my', 'my2')
FILES = ('lite', 'lite2')


def points(members, path):
    votes = [m for m in members if m in VOTERS]
    for point in path:
        if point == '{votes}':
            yield from (['after_end'] if 'my' in members else [])
            yield from (f'after_vote:{i + 1}' for i in range(len(votes)))
        elif point == '{settles}':
            yield from (f'after_settle:{i + 1}' for i in range(len(votes)))
        elif point == '{witness}':
            yield from ('before_witness', 'after_witness') if 'lite' in members else ()
        else:
            yield point


def expected(members, path, point):
    """'none', 'all', or 'lost' (everything but the local rows: the window that the README admits)."""
    order = list(points(members, path))
    decision = 'after_one_phase' if path is ONE_PHASE else 'after_local_commit'
    if path is BY_SERVER:
        decision = 'after_mark'
    if path is not ONE_PHASE and 'lite' in members:
        decision = 'after_witness'
    if order.index(point) < order.index(decision):
        return 'none'
    if 'local' in members and order.index(point) < order.index('after_local_commit'):
        return 'lost'
    return 'all'


def open_main(world, name, journal=None):
    if name != ':memory:':
        return world.open(name, journal=journal)
    return world.open(name, ('pg', 'my', 'my2', 'lite', 'lite2'), urls={'my2': world.urls['my2']})


def transfer(world, name, journal, members, row):
    """The client that is killed."""
    db = open_main(world, name, journal)
    db.execute('CREATE TABLE IF NOT EXISTS local (id INTEGER PRIMARY KEY, n)')
    db.execute('BEGIN')
    for member in members:
        db.execute(f'INSERT INTO {member}(id, n) VALUES (?, ?)', (row, row))
    db.execute('COMMIT')
    return 'committed'


def look(world, name, members, row, ask):
    """A new process: recovery by itself, or asked for; who has the row?"""
    db = open_main(world, name)
    recovered = db.execute('SELECT bind_recover()').fetchone()[0] if ask else None
    if name == ':memory:':
        db.execute('SELECT count(*) FROM pg').fetchone()    # first use of the bind that has the mark
    have = [m for m in members if db.execute(f'SELECT count(*) FROM {m} WHERE id = ?', (row,)).fetchone()[0]]
    state = dict(db.execute('SELECT key, state FROM binds').fetchall())
    rows = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = '_binds_txn'").fetchone()[0]
    rows = db.execute('SELECT count(*) FROM _binds_txn').fetchone()[0] if rows else 0
    check = db.execute('PRAGMA integrity_check').fetchone()[0]
    errors = db.execute('SELECT error FROM binds WHERE error IS NOT NULL').fetchall()
    return {'have': have, 'state': state, 'recovered': recovered, 'rows': rows, 'check': check, 'errors': errors}


def one_case(world, main, journal, members, path, point, row, ask):
    reached = lib.crash(transfer, world, main, journal, members, row, at=point)
    assert reached, 'the point was not reached'
    stood = len([gid for gid in world.prepared() if not lib.is_mark(gid)])   # not the mark
    seen = lib.run(look, world, main, members, row, ask)
    want = expected(members, path, point)
    have = {'none': [], 'all': list(members), 'lost': [m for m in members if m != 'local']}[want]
    assert seen['have'] == have, f"{seen['have']}, not {have}"
    left = world.prepared()
    assert not left, f'still prepared: {left}'
    assert seen['check'] == 'ok', seen['check']
    doubtful = [k for k, v in seen['state'].items() if v == 'in doubt']
    assert bool(doubtful) == (want == 'lost' and not ask), seen['state']
    if want == 'lost':
        assert any('local tables were lost' in e[0] for e in seen['errors']), seen['errors']
        lib.run(look, world, main, members, row, True)
        seen_again = lib.run(look, world, main, members, row, True)
        assert seen_again['state']['lite'] == 'connected', 'told twice'
    if ask and want != 'lost':
        assert seen['recovered'] == stood, f"resolved {seen['recovered']} of {stood}"
        assert seen['rows'] == 0, f"{seen['rows']} rows of the record are left"
    # Nothing hinders the next transaction.
    lib.run(transfer, world, main, journal, members, row + 1)
    seen = lib.run(look, world, main, members, row + 1, False)
    assert seen['have'] == list(members), seen


def matrix(options, journal, sets=None):
    world = lib.World(options, f'kill_{journal}')
    second = world.name + '_2'
    world.server(lib.MY, 'fresh', second)
    world.urls['my2'] = world.server(lib.MY, 'url', second)
    world.sql('my', f'CREATE TABLE {second}.t LIKE t')
    row = 0
    for number, (name, path) in enumerate((sets or SETS).items()):
        members = name.split()
        for i, point in enumerate(points(members, path)):
            if sets and not options.long and name != 'pg my my2' and point not in AROUND:
                continue
            row += 10
            main = f'main{number}' if i % 2 else f'main{number}_{i}'    # used before, or new
            if sets:
                main = ':memory:'
            case = f'killed {point} with {name}, journal {journal}'
            try:
                one_case(world, main, journal, members, path, point, row, ask=(i + number) % 3 == 0)
                yield f'ok - {case}'
            except Exception as e:
                yield from (f'# {line}' for line in str(e).splitlines()[-12:])
                yield f'not ok - {case}'
                for main_file in (main,):
                    lib.run(look, world, main_file, members, row, True)


def test_kill_matrix_delete(options):
    return matrix(options, 'delete')


def test_kill_matrix_wal(options):
    return matrix(options, 'wal')


def test_kill_matrix_in_memory(options):
    return matrix(options, 'memory', IN_MEMORY)


if __name__ == '__main__':
    sys.exit(lib.main([test_kill_matrix_delete, test_kill_matrix_wal, test_kill_matrix_in_memory], __doc__))
