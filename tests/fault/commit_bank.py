#!/usr/bin/python3
"""The bank: accounts over Postgres, MariaDB, a SQLite file and a local table, transfers by many processes on one
database file, which are killed at every point of the protocol; servers are killed and come back.  At the end the
total is what it was, every acknowledged transfer is there, no refused one is, and nothing is in doubt.

usage: as the other commit tests; 100 kills, with --long 2,000.

A transfer that involves both the SQLite file and the local table loses its local part when the process dies between
the two files' commits (README, "Commits over several binds").  Named points leave that window out; a kill at random
may hit it.  Then recovery must tell of exactly those transfers, none of which was acknowledged."""
import os
import random
import signal
import sys
import time

import commit_lib as lib

PLACES = ('pg', 'my', 'lite', 'local')
POINTS = ['before_record', 'after_record', 'after_end', 'after_vote', 'after_vote:2', 'after_votes', 'before_witness',
          'after_witness', 'before_decision', 'after_local_commit', 'after_durable', 'after_settle', 'after_settle:2',
          'after_settled', 'before_one_phase', 'after_one_phase', 'recover_listed', 'recover_decided',
          'recover_settled']
WINDOW = ('after_witness', 'before_decision')


def prepare(world):
    db = world.open('bank', journal='wal' if world.name.endswith('wal') else 'delete')
    db.execute('CREATE TABLE local (id INTEGER PRIMARY KEY, n BIGINT NOT NULL, u)')
    for place in PLACES:
        for i in range(lib.ACCOUNTS):
            db.execute(f'INSERT INTO {place}(id, n) VALUES (?, ?)', (i, lib.START))
        # What was moved, where it was moved: rows that belong to a transfer are there on both sides, or on none.
    return True


def choose(rng):
    return rng.sample(PLACES, rng.choice((1, 2, 2, 2, 3, 4)))


def client(world, seed, first, at):
    return lib.bank_client(world, 'bank', seed, first, at, 1.5, choose,
                           lambda places: at in WINDOW and {'lite', 'local'} <= set(places))


def settle(world):
    """A new process recovers; then nothing is in doubt."""
    db = world.open('bank')
    db.execute('SELECT bind_recover()')
    error = db.execute("SELECT error FROM binds WHERE key = 'lite'").fetchone()[0] or ''
    told = int(error.split('recovery: ')[1].split()[0]) if 'local tables were lost' in error else 0
    db.close()
    db = world.open('bank')
    db.execute('SELECT bind_recover()')
    left = db.execute("SELECT key, state, error FROM binds WHERE state <> 'connected'").fetchall()
    assert not left, left
    return db.execute('SELECT count(*) FROM _binds_txn').fetchone()[0], told


def audit(world, told):
    db = world.open('bank')
    total = sum(db.execute(f'SELECT sum(n) FROM {place}').fetchone()[0] for place in PLACES)
    there = {place: {row[0] - 1000 for row in db.execute(f'SELECT id FROM {place} WHERE id > 1000')}
             for place in PLACES}
    acknowledged, unknown, tried = lib.bank_books(world)
    lost = 0
    for number in acknowledged:
        for place in tried[number]:
            assert number in there[place], f'transfer {number} was acknowledged, but is not in {place}'
    for number, places in tried.items():
        have = [place for place in places if number in there[place]]
        if 'lite' in have and 'local' in places and set(places) - set(have) == {'local'}:
            lost += 1
            total += int(places['local'])
            continue
        assert have in ([], list(places)), f'transfer {number} over {places} is only in {have}'
    assert lost == told, f'{lost} transfers lost their local part, recovery told of {told}'
    assert total == len(PLACES) * lib.ACCOUNTS * lib.START, f'the total is {total}'
    assert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)
    return len(acknowledged), len(tried), len(unknown)


def bank(options, journal):
    kills_wanted = (2000 if options.long else 100) // 2
    world = lib.World(options, f'bank_{journal}')
    rng = random.Random(int(time.time()))
    lib.run(prepare, world)
    kills = restarts = rounds = number = 0
    reached = {}
    begin = time.monotonic()
    while kills < kills_wanted:
        rounds += 1
        children = {}
        for i in range(rng.randrange(4, 9)):
            at = POINTS[(rounds * 7 + i) % len(POINTS)]
            number += 100000
            children[lib.fork(client, world, rng.random(), number, at)] = at
        if rounds % 6 == 0:
            time.sleep(rng.random())
            for engine in rng.choice((['postgresql'], [lib.MY], ['postgresql', lib.MY])):
                world.server(engine, 'kill')
                time.sleep(rng.random() / 2)
                world.server(engine, 'start')
                restarts += 1
        if rounds % 3 == 0:
            victim = rng.choice(list(children))
            time.sleep(rng.random())
            try:
                os.kill(victim[0], signal.SIGKILL)  # at no named point
            except ProcessLookupError:
                pass
        for child, at in children.items():
            killed, _ = lib.wait(child)
            kills += killed
            reached[at] = reached.get(at, 0) + killed
    rows, told = lib.run(settle, world)
    left = world.prepared()
    assert not left, f'still prepared: {left}'
    kept, tried, unknown = lib.run(audit, world, told)
    assert rows == 0, f'{rows} rows of the record are left'
    assert world.idle() == 0
    took = time.monotonic() - begin
    yield (f'## bank, journal {journal}: {kills} kills, {restarts} server crashes, {tried} commits tried, {kept} '
           f'acknowledged, {unknown} of unknown outcome, {told} that lost '
           f'their local part, {took:.0f} s')
    yield f'## killed at: {", ".join(f"{k} {v}" for k, v in sorted(reached.items()) if v)}'


def test_bank_delete(options):
    return bank(options, 'delete')


def test_bank_wal(options):
    return bank(options, 'wal')


if __name__ == '__main__':
    sys.exit(lib.main([test_bank_delete, test_bank_wal], __doc__))
