"""W10 (bulk load), W11 (changes by key) and W13 (200 tables).  What was written is read back and compared."""
import os
import sqlite3
import sys

from sides import HERE, Side

TABLES = 200
WRITTEN = 'exec SELECT count(*), sum(a), sum(x) FROM bulk'


def bulk(bench):
    for engine in bench.wanted_engines('W10'):
        raw = bench.raw[engine]
        insert = 'exec INSERT INTO {}bulk SELECT * FROM {}source'

        def load(run, target=raw):
            target('exec DELETE FROM bulk' if target is bench.raw['sqlite'] else 'exec TRUNCATE TABLE bulk')
            took = run()[0]
            return (took, *target(WRITTEN)[1:])
        sides = {}
        if engine != 'sqlite':
            sides['limit'] = lambda r=raw, go=load: go(lambda: r(f'bulk bulk {bench.bulk_rows}'))
        sides['native'] = lambda go=load: go(lambda: bench.raw['sqlite'](insert.format('', 'temp.')), bench.raw['sqlite'])
        bench.add_floor(sides, 'W10', engine, lambda side, e=engine, go=load: go(lambda: side(insert.format(f'at_{e}_', 'temp.'))))
        sides['binds'] = lambda e=engine, go=load: go(lambda: bench.binds(insert.format(f'at_{e}_', 'temp.')))
        for name, peer in bench.peers_of(engine).items():
            sides[name] = lambda p=peer, go=load: go(lambda: p(insert.format('', '')))
        bench.measure('W10', engine, sides)
    for engine in bench.engines:
        if bench.wants('W10'):
            bench.raw[engine]('exec DELETE FROM bulk')
        bench.measure_memory('W10', engine, f'exec INSERT INTO at_{engine}_bulk SELECT * FROM temp.source',
                             (f'source {bench.bulk_rows}',))


class Changes:
    """Each side changes the same rows, which are put back before; another range in each round of a verb."""

    def __init__(self, bench, verb):
        self.bench = bench
        self.what = 'UPDATE {}bulk SET a = a + 1' if verb == 'W11u' else 'DELETE FROM {}bulk'
        self.rows = min(10000, bench.bulk_rows // 4)
        self.round = {}

    def __call__(self, name, run, target, prefix=''):
        n = self.round[name] = self.round.get(name, -1) + 1
        low = 1 + n * self.rows % (self.bench.bulk_rows - self.rows)
        where = f'id BETWEEN {low} AND {low + self.rows - 1}'
        target(f'exec DELETE FROM bulk WHERE {where}')
        target(f'exec INSERT INTO bulk SELECT * FROM source WHERE {where}')
        took = run(f'exec {self.what.format(prefix)} WHERE {where}')[0]
        return (took, *target(f'exec SELECT count(*), sum(a) FROM bulk WHERE {where}')[1:])


def changes(bench):
    full = set()
    for verb in ('W11u', 'W11d'):
        for engine in bench.wanted_engines(verb):
            for e in {engine, 'sqlite'} - full:     # SQLite's own are the native ones
                raw = bench.raw[e]
                raw('exec DELETE FROM bulk')
                raw('exec INSERT INTO bulk SELECT * FROM source')
                full.add(e)
            change = Changes(bench, verb)
            target = bench.raw[engine]
            sides = {}
            if engine != 'sqlite':
                sides['limit'] = lambda go=change, t=target: go('limit', t, t)
            sides['native'] = lambda go=change: go('native', bench.raw['sqlite'], bench.raw['sqlite'])
            bench.add_floor(sides, verb, engine, lambda side, go=change, t=target, e=engine: go('floor', side, t, f'at_{e}_'))
            sides['binds'] = lambda go=change, t=target, e=engine: go('binds', bench.binds, t, f'at_{e}_')
            for name, peer in bench.peers_of(engine).items():
                sides[name] = lambda go=change, t=target, n=name, p=peer: go(n, p, t)
            bench.measure(verb, engine, sides, tolerance=0)


# ---- W13 --------------------------------------------------------------------------------------------------

def names():
    return [f't{n:03d}' for n in range(TABLES)]


def declarations(engine):
    for name in names():
        yield (f"CREATE VIRTUAL TABLE {name} USING bind(bind_key = '{engine}', id INTEGER PRIMARY KEY, "
               'name VARCHAR(80) NOT NULL, price NUMERIC(12,2), made DATETIME, UNIQUE (name), '
               f'INDEX {name}_made (made))')


def ddl(bench, engine):
    """What create_all would send, as one line."""
    db = sqlite3.connect(':memory:')
    db.enable_load_extension(True)
    db.load_extension(bench.args.extension)
    db.execute('INSERT INTO binds(key, url) VALUES (?, ?)', (engine, bench.servers.url(engine, 'bench')))
    for text in declarations(engine):
        db.execute(text)
    text = db.execute('SELECT bind_ddl(?)', (engine,)).fetchone()[0]
    db.close()
    return ' '.join(line for line in text.splitlines() if not line.startswith('--'))


def create(bench):
    for engine in bench.wanted_engines('W13'):
        raw = bench.raw[engine]
        text = ddl(bench, engine)
        drop = 'exec ' + (''.join(f'DROP TABLE IF EXISTS {n}; ' for n in names()) if engine == 'sqlite'
                          else f'DROP TABLE IF EXISTS {", ".join(names())}')
        maker = bench.servers.binds(bench.servers.bind(engine, 'bench'), *(f'exec {d}' for d in declarations(engine)))
        there = {'postgresql': "exec SELECT count(*) FROM pg_indexes WHERE tablename ~ '^t[0-9]{3}$'",
                 'mariadb': 'exec SELECT count(DISTINCT table_name, index_name) FROM information_schema.statistics '
                            "WHERE table_schema = 'bench' AND table_name REGEXP '^t[0-9]{3}$'",
                 'sqlite': "exec SELECT count(*) FROM sqlite_schema WHERE tbl_name GLOB 't[0-9][0-9][0-9]'"}[engine]

        def make(run, clear=drop, count=there, target=raw):
            target(clear)
            took = run()[0]
            return (took, *target(count)[1:])
        whole = text if engine != 'sqlite' else f'BEGIN; {text} COMMIT'
        sides = {'limit' if engine != 'sqlite' else 'native': lambda go=make, r=raw, t=whole: go(lambda: r(f'exec {t}')),
                 'binds': lambda go=make, m=maker, e=engine: go(lambda: m(f"exec SELECT create_all('{e}')"))}
        alchemy = Side(sys.executable, os.path.join(HERE, 'alchemy.py'), bench.servers.url(engine, 'bench'))
        if not bench.args.no_peers:
            sides['sqlalchemy'] = lambda go=make, a=alchemy: go(lambda: a('create'))
        bench.measure('W13', engine, sides, rounds=min(9, bench.args.rounds))
        raw(drop)
        maker.close()
        alchemy.close()


def run(bench):
    bulk(bench)
    changes(bench)
    create(bench)
