"""W15: a fresh process to its first row."""
import os
import subprocess
import time

import data
import peers

SQL = 'SELECT o_total FROM orders WHERE o_key = 77'


def fresh(*argv):
    begin = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    took = (time.perf_counter() - begin) * 1000
    if done.returncode != 0 or done.stdout.startswith('error'):
        raise RuntimeError(done.stdout + done.stderr)
    rows, total = done.stdout.split()
    return took, int(rows), float(total)


def of_peer(bench, name, peer):
    if name == 'virtualpg':
        table = peers.virtualpg_table(bench.servers, 'orders')
        return lambda: fresh(bench.servers.host, ':memory:', peers.VIRTUALPG, f'{table}; {SQL}')
    return lambda: fresh(*peer.argv, SQL)


def run(bench):
    host, servers = bench.servers.host, bench.servers
    for engine in bench.wanted_engines('W15'):
        through = (f"INSERT INTO binds(key, url) VALUES (NULL, '{servers.url(engine, 'bench')}'); CREATE VIRTUAL TABLE "
                   f"orders USING bind({data.declarations()['orders']}); {SQL}")
        sides = {}
        if engine != 'sqlite':
            sides['limit'] = lambda a=bench.raw[engine].argv: fresh(*a, SQL)
        sides['native'] = lambda: fresh(host, servers.file('bench'), '', SQL)
        sides['binds'] = lambda t=through: fresh(host, ':memory:', bench.args.extension, t)
        if engine == 'postgresql':
            least = servers.wire_table(engine, 'plain', 'bench', 'orders', data.declarations()['orders'], 'orders')
            alone = os.path.join(servers.out, 'postgresql', 'wire.so')
            sides['floor'] = lambda t=f"{least.removeprefix('exec ')}; {SQL}": fresh(host, ':memory:', alone, t)
        for name, peer in bench.peers_of(engine).items():
            sides[name] = of_peer(bench, name, peer)
        bench.measure('W15', engine, sides)
