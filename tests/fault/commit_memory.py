#!/usr/bin/python3
"""Commits over several binds whose main database is in memory: a Postgres server decides.

What decides is a mark (a prepared transaction), who may set it holds a lock.  The cases: mark set or not × branches
prepared, committed, gone × coordinator alive, dead, or living without its session × recovery at the same time.  Last,
a bank of processes in memory that are killed at random."""
import os
import random
import signal
import sqlite3
import sys
import time

import commit_lib as lib


def world(options):
    if not hasattr(world, 'made'):
        world.made = lib.World(options, 'memory')
    w = world.made
    w.empty()
    return w


def insert(db, binds, row):
    db.execute('BEGIN')
    for bind in binds:
        db.execute(f'INSERT INTO {bind}(id, n) VALUES (?, ?)', (row, row))


def commit(w, binds, row, main=':memory:', urls=None):
    db = w.open(main, urls=urls)
    insert(db, binds, row)
    try:
        db.execute('COMMIT')
        return 'ok'
    except sqlite3.Error as e:
        return str(e)


def recover(w, binds=('pg', 'my', 'lite', 'lite2'), urls=None, main=':memory:'):
    db = w.open(main, binds, urls=urls)
    n = db.execute('SELECT bind_recover()').fetchone()[0]
    return n, {key: (state, error) for key, state, error in db.execute('SELECT key, state, error FROM binds')}


def states(seen):
    return {key: state for key, (state, _) in seen[1].items()}


def backend(w):
    """Sessions of binds on Postgres."""
    return w.sql('pg', "SELECT pid FROM pg_stat_activity WHERE application_name = 'binds' AND datname = current_database()").split()


# ---- while the coordinator lives --------------------------------------------------------------------------------

def test_a_living_coordinator_is_left_alone(options):
    w = world(options)
    row = 0
    for point in ('after_vote:1', 'after_votes', 'after_mark', 'after_local_commit', 'after_settle:1'):
        row += 1
        child = lib.stopped(commit, w, ('pg', 'my'), row, at=point)
        before = w.prepared()
        seen = lib.run(recover, w)
        now = w.prepared()
        if point == 'after_settle:1':   # the other server was told as well, and may have done it only now
            before = [line for line in before if line in now or lib.is_mark(line)]
        assert now == before and seen[0] == 0, (point, seen, before, now)
        assert set(states(seen).values()) == {'connected'}, (point, seen)
        killed, said = lib.go(child)
        assert not killed and said == 'ok', (point, said)
        assert w.have(row) == ['pg', 'my'] and not w.prepared(), point
        yield f'ok - alive at {point}'


def stays(w, gate):
    """A connection that has met the transaction while its coordinator lived, and stays."""
    db = w.open(':memory:', ('pg', 'my'))
    for bind in ('pg', 'my'):
        db.execute(f'SELECT count(*) FROM {bind}').fetchall()
    found = w.prepared()
    open(gate, 'w', encoding='ascii').close()
    until = time.monotonic() + 30
    while w.prepared() and time.monotonic() < until:
        time.sleep(0.3)
        for bind in ('pg', 'my'):
            db.execute(f'SELECT count(*) FROM {bind}').fetchall()
    return len(found), w.prepared()


def test_a_coordinator_that_dies_later(options):
    """No new connection is needed to settle what was alive when an old one looked."""
    for row, (point, want) in enumerate((('after_votes', []), ('after_local_commit', ['pg', 'my']))):
        w = world(options)
        gate = f'{w.dir}/gate{row}'
        child = lib.stopped(commit, w, ('pg', 'my'), 50 + row, at=point)
        other = lib.fork(stays, w, gate)
        while not os.path.exists(gate) and os.waitid(os.P_PID, other[0], os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.05)
        lib.kill(child)
        _, (found, left) = lib.wait(other)
        assert found >= 2 and not left and w.have(50 + row) == want, (point, found, left, w.have(50 + row))
        yield f'ok - found alive, killed {point} afterwards'


# ---- half dead: it lives, its session on the deciding server does not ------------------------------------------------

def lose_session(w):
    for pid in backend(w):
        w.sql('pg', f'SELECT pg_terminate_backend({pid})')
    for _ in range(100):
        if not backend(w):
            return
        time.sleep(0.02)
    raise AssertionError('the session does not end')


def test_half_dead(options):
    """Recovery comes between, or not; the coordinator goes on afterwards.  What it says must be what happened."""
    w = world(options)
    row = 100
    for point, decided in (('after_record', False), ('after_vote:1', False), ('after_votes', False), ('after_mark', True),
                           ('after_local_commit', True), ('after_settle:1', True)):
        for binds in (('pg', 'my'),):
            # Recovery waits for sessions that hold a branch: some seconds, in normal runs on either side of the decision.
            waits = options.long or point in ('after_votes', 'after_mark')
            for between in (False, True) if waits else (False,):
                row += 1
                child = lib.stopped(commit, w, binds, row, at=point)
                lose_session(w)
                if between:
                    lib.run(recover, w)
                killed, said = lib.go(child)
                lib.run(recover, w)
                case = f'half dead at {point} with {" ".join(binds)}, {"recovered" if between else "not recovered"} meanwhile'
                now = w.have(row)
                assert not killed and not w.prepared(), (case, w.prepared())
                assert now in ([], list(binds)), (case, now, said)
                if said == 'ok':
                    assert now, (case, 'said ok')
                elif 'outcome unknown' not in said:
                    assert not now, (case, said)
                if decided:
                    assert now and said == 'ok', (case, now, said)
                yield f'ok - {case}: {"all" if now else "none"}'


def test_mark_whose_answer_is_lost(options):
    """The server dies while the mark is on its way.  Either way the coordinator finds out, or says that it cannot know."""
    w = world(options)
    row = 200
    for again in (True, False):
        row += 1
        child = lib.stopped(commit, w, ('pg', 'my'), row, at='after_votes')
        w.server('postgresql', 'freeze')
        os.kill(child[0], signal.SIGCONT)
        time.sleep(0.5)                     # the mark is sent, nobody answers
        w.server('postgresql', 'kill')
        if again:
            w.server('postgresql', 'start')
            killed, said = lib.wait(child)
        else:
            killed, said = lib.wait(child)
            w.server('postgresql', 'start')
            assert 'outcome unknown' in said, said
        seen = lib.run(recover, w)
        assert not killed and not w.prepared(), (seen, w.prepared())
        now = w.have(row)
        assert now in ([], ['pg', 'my']), now
        assert 'outcome unknown' in said or bool(now) == (said == 'ok'), (said, now)
        yield f'ok - the answer to the mark is lost, server {"back at once" if again else "away"}: {said[:60]}'


# ---- dead: recovery by others, all at once ------------------------------------------------------------------------

def test_several_recover_at_once(options):
    w = world(options)
    for row, (point, want) in enumerate((('after_votes', []), ('after_mark', ['pg', 'my']), ('after_settle:1', ['pg', 'my']))):
        assert lib.crash(commit, w, ('pg', 'my'), 300 + row, at=point), point
        stood = len([g for g in w.prepared() if not lib.is_mark(g)])
        children = [lib.fork(recover, w) for _ in range(6)]
        seen = [lib.wait(c)[1] for c in children]
        lib.run(recover, w)
        assert not w.prepared(), (point, w.prepared(), seen)
        assert w.have(300 + row) == want, point
        assert sum(n for n, _ in seen) == stood, (point, seen)


def test_recovery_dies_too(options):
    w = world(options)
    row = 320
    for at in ('after_votes', 'after_mark'):
        for point in ('recover_listed', 'recover_decided', 'recover_settled', 'recover_settled:2', 'recover_mark'):
            row += 1
            assert lib.crash(commit, w, ('pg', 'my'), row, at=at), at
            lib.wait(lib.fork(recover, w, env={'BINDS_CRASH_AT': point}))
            lib.run(recover, w)
            assert not w.prepared(), (at, point, w.prepared())
            assert w.have(row) == (['pg', 'my'] if at == 'after_mark' else []), (at, point)
            yield f'ok - killed {at}, recovery killed {point}'


def test_settled_by_a_file_main(options):
    """Whoever has the same binds may recover, whatever his main database is."""
    w = world(options)
    w.remove('main')
    for row, (point, want) in enumerate((('after_votes', []), ('after_mark', ['pg', 'my']))):
        assert lib.crash(commit, w, ('pg', 'my'), 340 + row, at=point), point
        seen = lib.run(recover, w, ('pg', 'my', 'lite', 'lite2'), None, 'main')
        assert seen[0] == 2 and w.have(340 + row) == want and not w.prepared(), (point, seen, w.prepared())


# ---- who must be asked -----------------------------------------------------------------------------------------

def test_without_the_one_that_decides(options):
    """No answer, or one of another database, settles nothing; the mark waits for all who took part."""
    w = world(options)
    w.server('postgresql', 'fresh', 'memory_other')
    w.sql('pg', 'SELECT 1')
    other = {'pg': w.server('postgresql', 'url', 'memory_other')}
    for row, (point, want) in enumerate((('after_votes', []), ('after_mark', ['pg', 'my']))):
        assert lib.crash(commit, w, ('pg', 'my'), 350 + row, at=point), point
        n = len(w.prepared())
        for binds, urls in ((('my', 'lite'), None), (('pg', 'my'), other)):
            seen = lib.run(recover, w, binds, urls)
            assert len(w.prepared()) == n and seen[0] == 0, (point, binds, seen)
            if urls:    # a bind of Postgres: something of its kind may be there
                assert states(seen)['my'] == 'in doubt' and 'decides it' in seen[1]['my'][1], seen
        if point == 'after_mark':
            seen = lib.run(recover, w, ('pg', 'lite'))
            assert states(seen)['pg'] == 'in doubt' and 'not yet known' in seen[1]['pg'][1], seen
            assert [g for g in w.prepared() if lib.is_mark(g)], 'the mark went too early'
        seen = lib.run(recover, w)
        assert not w.prepared() and w.have(350 + row) == want, (point, seen, w.prepared())
        yield f'ok - without the one that decides, killed {point}'


def refused(w, binds, urls=None, options='', row=400):
    db = w.open(':memory:', binds, urls=urls, options=options)
    db.execute('BEGIN')
    db.execute(f'INSERT INTO {binds[0]}(id, n) VALUES ({row}, 1)')
    name, text = lib.error_of(db, f'INSERT INTO {binds[1]}(id, n) VALUES ({row}, 1)')
    db.execute('COMMIT')
    return text


def test_refused_without_postgres(options):
    w = world(options)
    text = lib.run(refused, w, ('my', 'lite'))
    assert 'coordinator=/path' in text and '\n' not in text, text
    text = lib.run(refused, w, ('my', 'lite', 'pg'), {'pg': w.urls['pg'] + '&two_phase=off'}, '', 401)
    assert 'coordinator=/path' in text, text
    assert w.have(400) == ['my']
    text = lib.run(refused, w, ('pg', 'lite'))     # a file's witness needs a local record
    assert 'coordinator=/path' in text, text


def file_after_a_read(w, read, row):
    """What was only read is no participant: a file may be written alone."""
    db = w.open(':memory:')
    for end in 'ROLLBACK', 'COMMIT':
        db.execute('BEGIN')
        db.execute(f'SELECT * FROM {read}').fetchall()
        db.execute('INSERT INTO lite(id, n) VALUES (?, 1)', (row,))
        name, text = lib.error_of(db, f'INSERT INTO {read}(id, n) VALUES (?, 1)', row)
        assert 'something local and durable' in text, (name, text)
        db.execute(end)
    db.execute('BEGIN')
    db.execute(f'SELECT * FROM {read}').fetchall()
    db.execute(f'INSERT INTO {read}(id, n) VALUES (?, 1)', (row,))
    name, text = lib.error_of(db, 'INSERT INTO lite(id, n) VALUES (?, 1)', row + 1)
    assert 'something local and durable' in text, (name, text)
    db.execute('COMMIT')
    return (db.execute('SELECT count(*) FROM lite WHERE id = ?', (row,)).fetchone()
            + db.execute(f'SELECT count(*) FROM {read} WHERE id = ?', (row,)).fetchone())


def test_a_file_is_written_after_a_read(options):
    w = world(options)
    for row, read in (410, 'my'), (411, 'pg'):
        seen = lib.run(file_after_a_read, w, read, row)
        assert list(seen) == [1, 1], (read, seen)
    assert not w.prepared(), w.prepared()


def volatile(w, pragma):
    db = w.open('volatile')
    db.execute(pragma)
    insert(db, ('pg',), 402)
    _, text = lib.error_of(db, 'INSERT INTO lite(id, n) VALUES (402, 1)')
    assert 'coordinator=/path' in text, (pragma, text)
    db.execute('ROLLBACK')
    insert(db, ('pg', 'my'), 402)
    db.execute('COMMIT')
    log = [sql for sql, in db.execute("SELECT sql FROM bind_log WHERE bind_key = 'pg' AND sql LIKE '%PREPARE%'")]
    assert any(lib.is_mark(sql) for sql in log), (pragma, log)
    return True


def test_files_that_promise_nothing(options):
    """A main file whose commits a crash may lose decides as little as one in memory."""
    for pragma in ('PRAGMA journal_mode = off', 'PRAGMA journal_mode = memory', 'PRAGMA synchronous = off'):
        w = world(options)
        w.remove('volatile')
        lib.run(volatile, w, pragma)
        assert w.have(402) == ['pg', 'my'] and not w.prepared(), pragma


def test_foreign_names_are_left_alone(options):
    """What merely looks like ours is no mark and no branch of ours."""
    w = world(options)
    assert lib.crash(commit, w, ('pg', 'my'), 410, at='after_votes')
    gid = [g for g in w.prepared() if not lib.is_mark(g)][0].split('\t')[-1].rsplit(':', 1)[0]
    foreign = [gid + ':c', gid + ':cxyz', gid + ':c1234567', gid + ":c'1234567", gid[:30] + ':c12345678']
    for name in foreign:
        quoted = name.replace("'", "''")
        w.sql('pg', f"BEGIN; PREPARE TRANSACTION '{quoted}'")
    try:
        lib.run(recover, w)
        assert w.have(410) == [], 'a name that is no mark decided'
        assert sorted(w.sql('pg', 'SELECT gid FROM pg_prepared_xacts').splitlines()) == sorted(foreign)
    finally:
        for name in w.sql('pg', 'SELECT gid FROM pg_prepared_xacts').splitlines():
            w.sql('pg', "ROLLBACK PREPARED '{}'".format(name.replace("'", "''")))


# ---- the deciding server dies while recovery is at work --------------------------------------------------------------

def use(w, bind):
    db = w.open(':memory:')
    try:
        return db.execute(f'SELECT count(*) FROM {bind}').fetchone()[0]
    except sqlite3.Error as e:
        return str(e)


# In the normal run: one case with the server away, and the one in which a plan once used a connection that was gone.
DEADLY = (('pg', 'recover_listed', False), ('pg', 'recover_mark', True))


def test_server_dies_under_recovery(options):
    """A server dies while recovery, which comes with a read, is at work: the reader gets rows or an error of binds, and the
    transaction ends the same everywhere."""
    w = world(options)
    row = 500
    for bind in ('pg', 'my'):
        for point in ('recover_listed', 'recover_decided', 'recover_mark'):
            for again in (False, True):
                if not options.long and (bind, point, again) not in DEADLY:
                    continue
                row += 1
                assert lib.crash(commit, w, ('pg', 'my'), row, at='after_mark' if point == 'recover_mark' else 'after_votes')
                child = lib.stopped(use, w, bind, at=point)
                w.server('postgresql', 'kill')
                if again:
                    w.server('postgresql', 'start')
                killed, said = lib.go(child)
                if not again:
                    w.server('postgresql', 'start')
                lib.run(recover, w)
                assert not killed and not w.prepared(), (bind, point, said, w.prepared())
                assert w.have(row) == (['pg', 'my'] if point == 'recover_mark' else []), (bind, point)
                yield f'ok - {bind} is read, server {"back" if again else "away"} at {point}: {str(said)[:60]}'


def begin(w):
    """Connects one bind, waits for what others leave, and begins a transaction on it: that connects the bind that would
    decide, whose recovery comes back to the first one."""
    db = w.open(':memory:', ('pg', 'my'))
    assert db.execute('SELECT count(*) FROM my').fetchone() == (0,)
    os.kill(os.getpid(), signal.SIGSTOP)
    db.execute('BEGIN')
    name, text = lib.error_of(db, 'SELECT count(*) FROM my')
    lib.error_of(db, 'INSERT INTO my(id, n) VALUES (1, 1)')
    db.execute('ROLLBACK')
    assert db.execute('SELECT count(*) FROM pg').fetchone() == (2,)
    return name, text


def test_a_connection_in_hand_is_not_replaced(options):
    """The server dies while recovery, on its way, is about to ask it for two decided transactions: with the first it is
    found lost, with the second it would be connected anew, under the feet of the statement that is about to use it."""
    w = world(options)
    child = lib.stopped(begin, w, at='recover_mark')
    left = [lib.stopped(commit, w, ('pg', 'my'), 600 + i, at='after_mark') for i in range(2)]
    for other in left:
        lib.kill(other)
    os.kill(child[0], signal.SIGCONT)
    _, status = os.waitpid(child[0], os.WUNTRACED)
    assert os.WIFSTOPPED(status), 'the marks were not looked at'
    w.server(lib.MY, 'kill')
    try:
        killed, (name, text) = lib.go(child)
        assert not killed and name in ('SQLITE_IOERR', 'SQLITE_CANTOPEN') and 'binds: [my]' in text, (name, text)
    finally:
        w.server(lib.MY, 'start')
    lib.run(recover, w)
    assert not w.prepared() and w.have(600) == w.have(601) == ['pg', 'my'], w.prepared()


# ---- the bank ---------------------------------------------------------------------------------------------------

PLACES = ('pg', 'my')
POINTS = ['before_record', 'after_record', 'after_end', 'after_vote', 'after_vote:2', 'after_votes', 'after_mark', 'before_decision', 'after_local_commit', 'after_durable', 'after_settle',
          'after_settle:2', 'after_settled', 'after_unmark', 'recover_listed', 'recover_decided', 'recover_settled',
          'recover_mark']


def client(w, seed, first, at):
    return lib.bank_client(w, ':memory:', seed, first, at, 1.5 if w.options.long else 0.7, lambda rng: rng.sample(PLACES, 2))


def audit(w):
    acknowledged, _, tried = lib.bank_books(w)
    there = {p: {int(n) - 1000 for n in w.sql(p, 'SELECT id FROM t WHERE id > 1000').split()} for p in PLACES}
    for number, places in tried.items():
        kept = [p for p in places if number in there[p]]
        assert kept in ([], list(places)), f'transfer {number} over {places} is only in {kept}'
        assert kept or number not in acknowledged, f'transfer {number} was acknowledged and is lost'
    total = sum(int(w.sql(p, 'SELECT sum(n) FROM t')) for p in PLACES)
    assert total == len(PLACES) * lib.ACCOUNTS * lib.START, f'the total is {total}'
    return len(tried), len(acknowledged)


def test_bank_in_memory(options):
    w = lib.World(options, 'bank_memory')
    for place in PLACES:
        w.sql(place, 'INSERT INTO t(id, n) VALUES ' + ', '.join(f'({i}, {lib.START})' for i in range(lib.ACCOUNTS)))
    rng = random.Random(int(time.time()))
    kills = restarts = rounds = number = 0
    reached = {}
    begin = time.monotonic()
    while kills < (1000 if options.long else 5) or not restarts:
        rounds += 1
        children = {}
        for i in range(rng.randrange(4, 9)):
            at = POINTS[(rounds * 7 + i) % len(POINTS)]
            number += 100000
            children[lib.fork(client, w, rng.random(), number, at)] = at
        if rounds % 6 == (0 if options.long else 2):
            time.sleep(rng.random())
            for engine in rng.choice((['postgresql'], [lib.MY], ['postgresql', lib.MY])):
                w.server(engine, 'kill')
                time.sleep(rng.random() / 2)
                w.server(engine, 'start')
                restarts += 1
        if rounds % 3 == 0:
            time.sleep(rng.random())
            try:
                os.kill(rng.choice(list(children))[0], signal.SIGKILL)     # at no named point
            except ProcessLookupError:
                pass
        for child, at in children.items():
            killed, _ = lib.wait(child)
            kills += killed
            reached[at] = reached.get(at, 0) + killed
    for _ in range(2):
        seen = lib.run(recover, w)
    assert set(states(seen).values()) == {'connected'}, seen
    assert not w.prepared(), f'still prepared: {w.prepared()}'
    tried, kept = audit(w)
    assert w.idle() == 0
    yield (f'## bank in memory: {kills} kills, {restarts} server crashes, {tried} commits tried, {kept} acknowledged, '
           f'{time.monotonic() - begin:.0f} s')
    yield f'## killed at: {", ".join(f"{k} {v}" for k, v in sorted(reached.items()) if v)}'


if __name__ == '__main__':
    sys.exit(lib.main([value for name, value in list(globals().items()) if name.startswith('test_')], __doc__))
