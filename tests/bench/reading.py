"""W1 to W9 and W12: one SELECT, everywhere."""

SUMS = 'SELECT sum(l_orderkey), sum(l_partkey), sum(l_linenumber), sum(l_weight) FROM {0}lineitem'
SUMS_OF = 'SELECT l_orderkey, l_partkey, l_linenumber, l_weight FROM lineitem'
DECIMALS = 'SELECT sum(l_quantity), sum(l_price), sum(l_discount), sum(l_tax) FROM {0}lineitem'
DECIMALS_OF = 'SELECT l_quantity, l_price, l_discount, l_tax FROM lineitem'
TEXTS = 'SELECT l_flag, l_mode, l_comment FROM {0}lineitem'
BIG = 'SELECT b_id, b_a, b_price, b_weight, b_text FROM {0}big'
BIG_FIRST = 'SELECT b_id, b_text FROM {0}big'

# name, SQL (a table is {0}NAME), what the wire alone would carry (None: the server answers the statement itself)
ANSWERS = (
    ('W1', SUMS, SUMS_OF),
    ('W1n', DECIMALS, DECIMALS_OF),
    ('W2', 'SELECT sum(length(l_comment)), min(l_mode), max(l_comment) FROM {0}lineitem', None),
    ('W3', 'SELECT count(*) FROM {0}lineitem', None),
    ('W7a', 'SELECT o_key, o_total FROM {0}orders ORDER BY o_total DESC, o_key LIMIT 10', None),
    ('W7b', 'SELECT o_key, o_total FROM {0}orders ORDER BY o_key LIMIT 10 OFFSET {1}', None),
    ('W8', 'SELECT l_flag, l_mode, sum(l_quantity), sum(l_price), avg(l_weight), count(*) FROM {0}lineitem '
           'GROUP BY l_flag, l_mode ORDER BY l_flag, l_mode', None),
    ('W9', 'SELECT min(l_orderkey), max(l_orderkey) FROM {0}lineitem', None),
    ('W9m', 'SELECT min(l_orderkey) FROM {0}lineitem', None),
    ('W6p', 'SELECT count(*), sum(l_price) FROM {0}orders JOIN {0}lineitem ON l_orderkey = o_key '
            "WHERE o_date BETWEEN '1995-03-01' AND '1995-03-31'", None),
)
# Whose rows are many, and all sides read every one of them.
ROWS = (('W2d', TEXTS), ('W4', 'SELECT l_orderkey, l_price FROM {0}lineitem WHERE l_orderkey BETWEEN {2} AND {3}'))
# A scan of the table for each key; gigabytes of memory.
NOT_BY = {w: {'virtualpg'} for w in ('W5a', 'W5b', 'W12', 'W12m')}


# How its rows are read: by a bare client (an answer of few rows comes as text), and through SQLite.
FEW, ALL, FIRST = ('exec', 'scan'), ('scan', 'scan'), ('first', 'first')


def one(bench, workload, sql, how, wire=None, compare=True, rounds=None):
    orders = bench.rows // 4
    values = (min(100000, orders * 2 // 3), orders // 5, orders // 5 + 468)
    bare, sqlite = how
    for engine in bench.wanted_engines(workload):
        sides = {}
        plain = sql.format('', *values)
        if engine != 'sqlite':
            limit = f'scan {wire}' if wire else f'{bare} {plain}'
            sides['limit'] = lambda e=engine, c=limit: bench.raw[e](c)
        sides['native'] = lambda c=f'{sqlite} {plain}': bench.raw['sqlite'](c)
        command = f'{sqlite} {sql.format(f"at_{engine}_", *values)}'
        bench.add_floor(sides, workload, engine, lambda side, c=command: side(c))
        sides['binds'] = lambda c=command: bench.binds(c)
        for name, peer in bench.peers_of(engine).items():
            if name not in NOT_BY.get(workload, ()):
                sides[name] = lambda p=peer, c=f'{sqlite if name == "virtualpg" else bare} {plain}': p(c)
        bench.measure(workload, engine, sides, compare=compare, rounds=rounds)


def keys(bench):
    """W5a: the keys are a local table's; the limit sends them as one array.  W5b: one by one, prepared."""
    local = 'SELECT sum(o_total) FROM source JOIN {0}orders ON o_key = source.a + 1 WHERE source.id <= {1}'
    n = min(10000, bench.bulk_rows)
    at_once = {'postgresql': 'SELECT o_total FROM orders WHERE o_key = ANY($1)',
               'mariadb': 'SELECT o_total FROM orders WHERE o_key IN (%s)'}
    for engine in bench.wanted_engines('W5a'):
        sides = {}
        if engine != 'sqlite':
            sides['limit'] = lambda e=engine: bench.raw[e](f'keys {n} {at_once[e]}')
        sides['native'] = lambda: bench.raw['sqlite']('scan ' + local.format('', n))
        bench.add_floor(sides, 'W5a', engine, lambda side, e=engine: side('scan ' + local.format(f'at_{e}_', n)))
        sides['binds'] = lambda e=engine: bench.binds('scan ' + local.format(f'at_{e}_', n))
        for name, peer in bench.peers_of(engine).items():
            if name not in NOT_BY['W5a']:
                sides[name] = lambda p=peer: p('exec ' + local.format('', n))
        bench.measure('W5a', engine, sides)
    lookup = f'lookups {n} {{}} SELECT o_total FROM {{}}orders WHERE o_key = {{}}'
    step = max(1, bench.rows // 4 // n - 2)
    for engine in bench.wanted_engines('W5b'):
        mark = '$1' if engine == 'postgresql' else '?'
        sides = {}
        if engine != 'sqlite':
            sides['limit'] = lambda e=engine, m=mark: bench.raw[e](lookup.format(step, '', m))
        sides['native'] = lambda: bench.raw['sqlite'](lookup.format(step, '', '?'))
        bench.add_floor(sides, 'W5b', engine, lambda side, e=engine: side(lookup.format(step, f'at_{e}_', '?')))
        sides['binds'] = lambda e=engine: bench.binds(lookup.format(step, f'at_{e}_', '?'))
        for name, peer in bench.peers_of(engine).items():
            if name not in NOT_BY['W5b']:
                sides[name] = lambda p=peer, m='$1' if name == 'fdw' else mark: p(lookup.format(step, '', m))
        bench.measure('W5b', engine, sides)


def joins(bench):
    """W6, W6s: customer in MariaDB, orders in Postgres.  The limit is a join by hand (raw_join.c)."""
    low = bench.rows // 40 // 30
    where = {'W6': "c_segment = 'BUILDING'", 'W6s': f'c_key BETWEEN {low} AND {low + 24}'}
    orders = 'SELECT o_custkey, o_total FROM orders'
    by_hand = {'W6': f'both SELECT c_key FROM customer WHERE {where["W6"]} | {orders}',
               'W6s': f'keys SELECT c_key FROM customer WHERE {where["W6s"]} | {orders} WHERE o_custkey = ANY($1)'}
    for workload, condition in where.items():
        if not bench.wants(workload) or len(bench.engines) < 3:
            continue
        sql = f'SELECT count(*), sum(o_total) FROM {{}}customer JOIN {{}}orders ON o_custkey = c_key WHERE {condition}'
        sides = {
            'limit': lambda w=workload: bench.both(by_hand[w]),
            'native': lambda q=sql: bench.raw['sqlite']('scan ' + q.format('', '')),
            'binds': lambda q=sql: bench.binds('scan ' + q.format('at_mariadb_', 'at_postgresql_'))}
        for name, peer in bench.peers_of('all three').items():
            sides[name] = lambda p=peer, q=sql: p('exec ' + q.format('', ''))
        bench.measure(workload, 'all three', sides)


def memory(bench):
    for engine in bench.engines:
        for workload, sql in (('W1', SUMS), ('W2d', TEXTS), ('W12m', BIG)):
            if workload != 'W12m' or bench.args.big:
                bench.measure_memory(workload, engine, 'scan ' + sql.format(f'at_{engine}_'))


def run(bench):
    for workload, sql, wire in ANSWERS:
        one(bench, workload, sql, FEW, wire)
    for workload, sql in ROWS:
        one(bench, workload, sql, ALL)
    # Without an order any row may be the first.
    first = BIG_FIRST if bench.args.big else 'SELECT l_orderkey, l_comment FROM {0}lineitem'
    one(bench, 'W12', first, FIRST, compare=False)
    if bench.args.big:
        one(bench, 'W12m', BIG, ALL, rounds=min(3, bench.args.rounds))
    keys(bench)
    joins(bench)
    memory(bench)
