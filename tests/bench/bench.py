#!/usr/bin/python3
"""The workloads of the bench, measured side by side; run.sh starts it.

Every side is a process that reads commands and answers with time, rows and a checksum (side.h).  A round runs each
side once, so that whatever else the machine does meets all of them; what counts is the ratio of medians within one
run.  An answer whose checksum differs from native SQLite's is an error of the bench."""
import argparse
import os
import statistics
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import data
import report

TABLES = ('lineitem', 'orders', 'customer')


class Side:
    """A process that takes commands.  An answer: milliseconds, rows, checksum."""

    def __init__(self, *argv):
        self.argv = argv
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, command):
        self.process.stdin.write(' '.join(command.split()) + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith('error'):
            raise RuntimeError(f'{command[:200]}: {answer}')
        us, rows, total = answer.split()
        return float(us) / 1000, int(rows), float(total)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, args):
        self.args = args
        out = args.out
        self.host = os.path.join(out, 'host')
        pg = urlsplit(args.postgresql)
        query = parse_qs(pg.query)
        self.conninfo = (f"host={query['host'][0]} port={query['port'][0]} user={pg.username} "
                         f"dbname={pg.path.strip('/')}")
        my = urlsplit(args.mariadb)
        socket = parse_qs(my.query)['unix_socket'][0]
        self.urls = {'postgresql': args.postgresql, 'mariadb': args.mariadb, 'sqlite': args.sqlite}
        self.file = urlsplit(args.sqlite).path[1:]
        self.raw_argv = {
            'postgresql': (os.path.join(out, 'raw_postgresql'), self.conninfo),
            'mariadb': (os.path.join(out, 'raw_mariadb'), socket, my.username, my.path.strip('/')),
            'sqlite': (self.host, self.file, ''),
        }
        self.engines = [e for e in self.urls if not args.engine or e in args.engine.split(',')]
        self.raw = {e: Side(*a) for e, a in self.raw_argv.items()}
        self.binds = Side(self.host, ':memory:', args.extension)
        self.results = []
        self.peers = {e: {} for e in self.urls}

    # ---- what stands where ------------------------------------------------------------------------------

    def prepare(self):
        data.load(self.raw, self.args.rows)
        for engine, url in self.urls.items():
            self.binds(f"exec INSERT INTO binds(key, url) VALUES ('{engine}', '{url}')")
            for table, columns in data.declarations().items():
                self.binds(f"exec CREATE VIRTUAL TABLE at_{engine}_{table} USING bind(bind_key = '{engine}', "
                           f"table = '{table}', {columns})")
            self.binds(f'exec SELECT count(*) FROM at_{engine}_orders')
        self.binds(f'source {data.BULK_ROWS}')
        self.raw['sqlite'](f'source {data.BULK_ROWS}')
        self.virtualpg()
        self.fdw()

    def virtualpg(self):
        """mod_virtualpg in a SQLite host of its own; left out where Debian's package is not installed."""
        try:
            side = Side(self.host, ':memory:', 'mod_virtualpg')
            for table in TABLES:
                side(f"exec CREATE VIRTUAL TABLE {table} USING VirtualPostgres('{self.conninfo}', public, {table})")
            self.peers['postgresql']['virtualpg'] = side
        except (RuntimeError, BrokenPipeError) as error:
            print(f'# VirtualPG: {error}', file=sys.stderr)

    def fdw(self):
        """postgres_fdw, and mysql_fdw where it is installed: foreign tables in schemas of the same server."""
        side = Side(*self.raw_argv['postgresql'])
        host, port = self.conninfo.split()[0][5:], self.conninfo.split()[1][5:]
        try:
            side('exec CREATE EXTENSION postgres_fdw')
            side(f"exec CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', "
                 f"dbname 'bench', fetch_size '10000', batch_size '1000')")
            side("exec CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'app')")
            side('exec CREATE SCHEMA far; IMPORT FOREIGN SCHEMA public FROM SERVER far INTO far; SET search_path = far')
            side("exec ALTER SERVER far OPTIONS (ADD use_remote_estimate 'true')")
            self.peers['postgresql']['postgres_fdw'] = side
        except RuntimeError as error:
            print(f'# postgres_fdw: {error}', file=sys.stderr)

    # ---- measuring --------------------------------------------------------------------------------------

    def measure(self, workload, engine, sides, rounds=None, compare=True):
        """sides: name → function that runs once and returns (ms, rows, checksum).  The first is the limit."""
        if self.args.only and workload not in self.args.only.split(','):
            return
        times = {name: [] for name in sides}
        sums = {}
        for _ in range(rounds or self.args.rounds):
            for name, run in sides.items():
                try:
                    ms, _, total = run()
                except RuntimeError as error:
                    print(f'# {workload} {engine} {name}: {error}', file=sys.stderr)
                    times.pop(name, None)
                    continue
                if name in times:
                    times[name].append(ms)
                sums[name] = total
            sides = {name: run for name, run in sides.items() if name in times}
        expected = sums.get('native', sums.get('limit'))
        for name, values in times.items():
            wrong = compare and abs(sums[name] - expected) > 1e-6 * max(1.0, abs(expected))
            self.results.append(report.Result(workload, engine, name, values, wrong))
            if wrong and name == 'binds':
                print(f'# {workload} {engine}: binds answers {sums[name]}, not {expected}', file=sys.stderr)
        line = ' '.join(f'{n} {statistics.median(v):.1f}' for n, v in times.items())
        print(f'{workload:6} {engine:11} {line}', flush=True)

    def sql(self, workload, sql, limit=None, command='scan', rounds=None):
        """One SELECT everywhere: at the limit as it is (or `limit`, what the wire alone costs), through binds."""
        native = lambda: self.raw['sqlite'](f'{command} ' + sql.format(''))
        for engine in self.engines:
            prefix = f'at_{engine}_'
            sides = {}
            if engine != 'sqlite':
                kind = command if limit else 'exec'
                text = (limit or sql).format('')
                sides['limit'] = lambda e=engine, k=kind, t=text: self.raw[e](f'{k} {t}')
            sides['native'] = native
            sides['binds'] = lambda p=prefix: self.binds(f'{command} ' + sql.format(p))
            for peer, side in self.peers[engine].items():
                if command == 'first' and peer.endswith('fdw'):
                    continue # its client would read the whole answer
                sides[peer] = lambda s=side, p=peer: s(
                    f"{'exec' if p.endswith('fdw') else command} " + sql.format(''))
            # Without an order any row may be the first.
            self.measure(workload, engine, sides, rounds, compare=command != 'first')

    def reading(self):
        one = 'SELECT sum(l_orderkey), sum(l_partkey), sum(l_linenumber), sum(l_weight) FROM {}lineitem'
        self.sql('W1', one, 'SELECT l_orderkey, l_partkey, l_linenumber, l_weight FROM lineitem')
        self.sql('W1n', 'SELECT sum(l_quantity), sum(l_price), sum(l_discount), sum(l_tax) FROM {}lineitem',
                 'SELECT l_quantity, l_price, l_discount, l_tax FROM lineitem')
        self.sql('W2d', 'SELECT l_flag, l_mode, l_comment FROM {}lineitem',
                 'SELECT l_flag, l_mode, l_comment FROM lineitem')
        self.sql('W3', 'SELECT count(*) FROM {}lineitem')
        self.sql('W4', "SELECT l_orderkey, l_price FROM {}lineitem WHERE l_orderkey BETWEEN 30000 AND 30468",
                 "SELECT l_orderkey, l_price FROM lineitem WHERE l_orderkey BETWEEN 30000 AND 30468")
        self.sql('W7a', 'SELECT o_key, o_total FROM {}orders ORDER BY o_total DESC, o_key LIMIT 10')
        self.sql('W7b', 'SELECT o_key, o_total FROM {}orders ORDER BY o_key LIMIT 10 OFFSET 100000')
        self.sql('W8', 'SELECT l_flag, l_mode, sum(l_quantity), sum(l_price), avg(l_weight), count(*) FROM {}lineitem '
                 'GROUP BY l_flag, l_mode ORDER BY l_flag, l_mode')
        self.sql('W9', 'SELECT min(l_orderkey) FROM {}lineitem')
        self.sql('W6p', 'SELECT count(*), sum(l_price) FROM {0}orders JOIN {0}lineitem ON l_orderkey = o_key '
                 "WHERE o_date BETWEEN '1995-03-01' AND '1995-03-31'")
        self.sql('W12', 'SELECT l_orderkey, l_comment FROM {}lineitem', 'SELECT l_orderkey, l_comment FROM lineitem',
                 command='first')
        lookup = '10000 13 SELECT o_total FROM {}orders WHERE o_key = {}'
        for engine in self.engines:
            mark = {'postgresql': '$1', 'mariadb': '?', 'sqlite': '?'}[engine]
            self.measure('W5b', engine, {
                ('limit' if engine != 'sqlite' else 'native'):
                    lambda e=engine, m=mark: self.raw[e]('lookups ' + lookup.format('', m)),
                'binds': lambda e=engine: self.binds('lookups ' + lookup.format(f'at_{e}_', '?'))})
            self.measure('W5a', engine, {
                'native': lambda: self.raw['sqlite']('scan SELECT sum(o_total) FROM source JOIN orders ON '
                                                     'o_key = source.a + 1 WHERE source.id <= 10000'),
                'binds': lambda e=engine: self.binds(f'scan SELECT sum(o_total) FROM source JOIN at_{e}_orders ON '
                                                     'o_key = source.a + 1 WHERE source.id <= 10000')})
        self.measure('W6s', 'all three', {
            'native': lambda: self.raw['sqlite']('scan SELECT count(*), sum(o_total) FROM customer JOIN orders ON '
                                                 'o_custkey = c_key WHERE c_key BETWEEN 500 AND 524'),
            'binds': lambda: self.binds('scan SELECT count(*), sum(o_total) FROM at_mariadb_customer JOIN '
                                        'at_postgresql_orders ON o_custkey = c_key WHERE c_key BETWEEN 500 AND 524')})
        self.measure('W6', 'all three', {
            'native': lambda: self.raw['sqlite']('scan SELECT count(*), sum(o_total) FROM customer JOIN orders ON '
                                                 "o_custkey = c_key WHERE c_segment = 'BUILDING'"),
            'binds': lambda: self.binds('scan SELECT count(*), sum(o_total) FROM at_mariadb_customer JOIN '
                                        "at_postgresql_orders ON o_custkey = c_key WHERE c_segment = 'BUILDING'")})

    def writing(self):
        for engine in self.engines:
            empty = 'exec DELETE FROM bulk' if engine == 'sqlite' else 'exec TRUNCATE TABLE bulk'

            def limit(e=engine, clear=empty):
                self.raw[e](clear)
                if e == 'sqlite':
                    return self.raw[e]('exec INSERT INTO bulk SELECT * FROM temp.source')
                return self.raw[e](f'bulk bulk {data.BULK_ROWS}')[0], 0, 0.0

            def binds(e=engine, clear=empty):
                self.raw[e](clear)
                return self.binds(f'exec INSERT INTO at_{e}_bulk SELECT * FROM temp.source')

            self.measure('W10', engine, {('limit' if engine != 'sqlite' else 'native'): limit, 'binds': binds},
                         compare=False)
            state = [1]

            def change(run, prefix, verb):
                low = state[0]
                state[0] = low + 10000 if low + 20000 <= data.BULK_ROWS else 1
                what = f'UPDATE {prefix}bulk SET a = a + 1' if verb == 'W11u' else f'DELETE FROM {prefix}bulk'
                return run(f'exec {what} WHERE id BETWEEN {low} AND {low + 9999}')

            for verb in ('W11u', 'W11d'):
                state[0] = 1
                self.measure(verb, engine, {
                    ('limit' if engine != 'sqlite' else 'native'):
                        lambda e=engine, v=verb: change(self.raw[e], '', v),
                    'binds': lambda e=engine, v=verb: change(self.binds, f'at_{e}_', v)},
                    rounds=min(self.args.rounds, 8), compare=False)

    def opening(self):
        def fresh(*argv):
            begin = time.perf_counter()
            done = subprocess.run(argv, capture_output=True, text=True)
            took = (time.perf_counter() - begin) * 1000
            if done.returncode != 0 or done.stdout.startswith('error'):
                raise RuntimeError(done.stdout + done.stderr)
            rows, total = done.stdout.split()
            return took, int(rows), float(total)
        sql = 'SELECT o_total FROM orders WHERE o_key = 77'
        for engine in self.engines:
            through = (f"INSERT INTO binds(key, url) VALUES (NULL, '{self.urls[engine]}'); CREATE VIRTUAL TABLE orders "
                       f"USING bind({data.declarations()['orders']}); {sql}")
            self.measure('W15', engine, {
                ('limit' if engine != 'sqlite' else 'native'): lambda e=engine: fresh(*self.raw_argv[e], sql),
                'binds': lambda t=through: fresh(self.host, ':memory:', self.args.extension, t)},
                rounds=max(15, self.args.rounds))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', required=True)
    parser.add_argument('--extension', required=True)
    parser.add_argument('--readme-file')
    parser.add_argument('--readme', action='store_true')
    for engine in ('postgresql', 'mariadb', 'sqlite'):
        parser.add_argument('--' + engine, required=True)
    parser.add_argument('--engine', help='only these')
    parser.add_argument('--only', help='only these workloads')
    parser.add_argument('--rows', type=int, default=600000, help='of lineitem')
    parser.add_argument('--rounds', type=int, default=5)
    args = parser.parse_args()
    bench = Bench(args)
    bench.prepare()
    baseline = Side(bench.host, ':memory:')
    before = baseline('peak')[1]
    bench.reading()
    bench.writing()
    bench.opening()
    peak = bench.binds('peak')[1]
    text = report.markdown(bench.results, args.rows, (peak - before) / 1024)
    with open(os.path.join(args.out, 'results.md'), 'w') as file:
        file.write(text)
    with open(os.path.join(args.out, 'chart.svg'), 'w') as file:
        file.write(report.chart(bench.results))
    if args.readme:
        report.into_readme(args.readme_file, text)
    print(text)
    return 1 if any(r.wrong and r.side == 'binds' for r in bench.results) else 0


if __name__ == '__main__':
    sys.exit(main())
