#!/usr/bin/python3
"""The workloads of the bench, measured side by side; run.sh starts it.

A round runs each side once, in another order each time, so that whatever else the machine does meets all of them; what
counts is the ratio of medians within one run.  Each answer is compared with native SQLite's (else with the limit's): a
binds that differs fails the bench, a peer that differs is marked.  Peers whose rounds take seconds run fewer of them."""
import argparse
import itertools
import os
import random
import statistics
import sys
import time

import chart
import data
import mix
import opening
import peers
import reading
import report
import writing
from sides import ENGINES, WAYS, Servers, Side, TooSlow

LONG = 1000             # ms in a round, after which a peer runs once more, or, three times that, not again
SHORT = 10              # ms: a peer that takes no longer runs in all rounds
BUDGET, MOST = 2, 50    # seconds of the own sides per round asked for over the first: so long rounds follow, up to MOST
# The ways in which a virtual table over a server reads (wire.c), of which the faster one is the floor.
WIRE = {**{w: {'postgresql': WAYS[:1], 'mariadb': WAYS[:1]} for w in ('W1', 'W1n', 'W2', 'W2d')},
        **{w: {'postgresql': WAYS[:1], 'mariadb': WAYS[:1]} for w in ('W11u', 'W11d')}, 'W8': {'postgresql': WAYS, 'mariadb': WAYS}}
CLOSE = 1e-6            # relative difference of two sums that are the same


class Bench:
    def __init__(self, args):
        self.args = args
        self.rows = args.rows
        self.bulk_rows = max(2000, min(200000, args.rows // 3))
        self.servers = Servers(args.servers, args.out, args.extension)
        self.engines = [e for e in ENGINES if not args.engine or e in args.engine.split(',')]
        self.raw = {e: self.servers.raw(e, 'bench') for e in ENGINES}
        self.both = self.servers.both('bench')
        self.binds = self.servers.binds()
        self.floor = Side(self.servers.host, ':memory:', os.path.join(args.out, 'floor.so'))
        self.wires = {way: self.servers.wire() for way in WAYS}
        self.peers = {}
        self.results = []
        self.memory = []        # (workload, engine, MiB over a bare process)

    def wants(self, workload):
        return not self.args.only or any(workload == w or workload.startswith(w + 'Q') for w in self.args.only.split(','))

    def wanted_engines(self, workload):
        return self.engines if self.wants(workload) else []

    # ---- what stands where ------------------------------------------------------------------------------

    def configuration(self):
        """Commands after which a host knows all binds, and each table of each as at_ENGINE_TABLE."""
        for engine in ENGINES:
            yield self.servers.bind(engine, 'bench')
            for table, columns in data.declarations().items():
                yield (f"exec CREATE VIRTUAL TABLE at_{engine}_{table} USING bind(bind_key = '{engine}', "
                       f"table = '{table}', {columns})")

    def prepare(self):
        data.load(self.raw, self.args.rows, self.bulk_rows, self.args.big)
        self.binds.setup(*self.configuration(), f'source {self.bulk_rows}')
        for engine in ENGINES:
            self.binds(f'exec SELECT count(*) FROM at_{engine}_orders')
        self.floor.setup(f'source {self.bulk_rows}', *(
            f"exec CREATE VIRTUAL TABLE at_sqlite_{table} USING floor('{self.servers.file('bench')}', {table}, {columns})"
            for table, columns in data.declarations().items()))
        for way, side in self.wires.items():
            side.setup(*(self.servers.wire_table(engine, way, 'bench', table, columns, f'at_{engine}_{table}')
                         for engine in ('postgresql', 'mariadb') for table, columns in data.declarations().items()))
        self.peers = peers.all_of(self.servers, self.bulk_rows, self.args.big) if not self.args.no_peers else {}

    def peers_of(self, engine):
        return self.peers.get(engine, {})

    def add_floor(self, sides, workload, engine, run):
        """The least that a virtual table costs, over a file (floor.c) or a server (wire.c), where it can answer as binds
        does."""
        if engine == 'sqlite':
            sides['floor'] = lambda: run(self.floor)
        ways = WIRE.get(workload, {}).get(engine)
        if ways:
            sides['floor'] = lambda: min(run(self.wires[way]) for way in ways)

    # ---- measuring --------------------------------------------------------------------------------------

    def measure(self, workload, engine, sides, rounds=None, compare=True, tolerance=CLOSE):
        """sides: name → function that runs once and returns (ms, rows, checksum).  rounds: so many and no more."""
        own = report.OWN
        times = {name: [] for name in sides}
        sums = {name: {} for name in sides}     # of each round: in another one other rows may be changed
        notes = {}
        least, most = (rounds, rounds) if rounds else (self.args.rounds, MOST)
        spent_on_own = 0

        def enough(name, n):
            spent = max(times[name], default=0)
            return name not in own and ((n > 0 and spent > 3 * LONG) or (n > 1 and spent > LONG) or
                                        (n >= least and spent > SHORT))

        def more(n):
            return n < least or (n < most and spent_on_own < BUDGET * (least - 1))

        for n in itertools.takewhile(more, itertools.count()):
            # In any order: what ran before leaves the caches, and the server awake or not.
            for name, run in random.Random(n).sample(list(sides.items()), len(sides)):
                if name in notes or enough(name, n):
                    continue
                begin = time.monotonic()
                try:
                    ms, _, sums[name][n] = run()
                    times[name].append(ms)
                except RuntimeError as error:
                    notes[name] = '> 30 s' if isinstance(error, TooSlow) else 'fails'
                    print(f'# {workload} {engine} {name}: {error}', file=sys.stderr)
                spent_on_own += time.monotonic() - begin if name in own else 0
        expected = sums.get('native', sums.get('limit', {}))
        for name, values in times.items():
            wrong = [(found, expected[n]) for n, found in sums[name].items()
                     if compare and n in expected and abs(found - expected[n]) > tolerance * max(1.0, abs(expected[n]))]
            self.results.append(report.Result(workload, engine, name, values, bool(wrong), notes.get(name)))
            if wrong:
                print(f'# {workload} {engine}: {name} answers {wrong[0][0]}, not {wrong[0][1]}', file=sys.stderr)
        line = ' '.join(f'{n} {notes[n] if n in notes else round(statistics.median(v), 2)}' for n, v in times.items())
        print(f'{workload:6} {engine:11} {line}', flush=True)

    def measure_memory(self, workload, engine, command, before=()):
        """The peak of a process of its own, over that of a host without binds; `before` is what both do first."""
        if not self.wants(workload):
            return
        peaks = []
        for host, work in ((Side(self.servers.host, ':memory:'), before),
                           (self.servers.binds(*self.configuration()), (*before, command))):
            host.setup(*work)
            peaks.append(host('peak')[1] / 1024)
            host.close()
        self.memory.append((workload, engine, peaks[1] - peaks[0]))

    def write(self):
        text = report.markdown(self.results, self.memory, self.rows, self.args.big)
        with open(os.path.join(self.args.out, 'results.md'), 'w', encoding='utf-8') as file:
            file.write(text)
        picture = chart.svg(self.results)
        with open(os.path.join(self.args.out, 'chart.svg'), 'w', encoding='utf-8') as file:
            file.write(picture)
        if self.args.readme:
            with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'chart.svg'), 'w', encoding='utf-8') as file:
                file.write(picture)
            report.into_readme(self.args.readme_file, text)
        print(text)


def arguments():
    parser = argparse.ArgumentParser(prog='sh tests/bench/run.sh')
    for given_by_run in ('--servers', '--out', '--extension', '--readme-file'):
        parser.add_argument(given_by_run, required=True, help=argparse.SUPPRESS)
    parser.add_argument('--readme', action='store_true', help='put the table into README.md, the chart beside the bench')
    parser.add_argument('--engine', help='only these, comma-separated')
    parser.add_argument('--only', help='only these workloads, comma-separated')
    parser.add_argument('--rows', type=int, default=600000, help='of lineitem')
    parser.add_argument('--rounds', type=int, default=3, help='at the least; 1 is a trial')
    parser.add_argument('--big', type=int, nargs='?', const=6000000, default=0,
                        help='W12 and W12m on a table of so many rows (6 million), which takes minutes to load')
    parser.add_argument('--no-peers', action='store_true')
    return parser.parse_args()


def main():
    args = arguments()
    bench = Bench(args)
    bench.prepare()
    for part in (reading, writing, opening, mix):
        part.run(bench)
    bench.write()
    return 1 if any(r.side == 'binds' and (r.wrong or r.note) for r in bench.results) else 0


if __name__ == '__main__':
    sys.exit(main())
