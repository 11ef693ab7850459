"""W14: queries of TPC-H with lineitem and part in Postgres, orders and customer in MariaDB, supplier, nation and region
in a SQLite file.  The limit: all tables in one Postgres.  Native: all in one SQLite file."""
import csv
import os
import sqlite3
import subprocess
import sys

import data
import peers
import tpch
from sides import HERE, WAYS, Side

PLACES = {'postgresql': ('lineitem', 'part'), 'mariadb': ('orders', 'customer'), 'sqlite': ('supplier', 'nation', 'region')}
ALONE = ('Q1', 'Q6')    # queries of lineitem alone
PRICE = 'l_extendedprice * (1 - l_discount)'
QUERIES = {
    'Q1': f'SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), sum({PRICE}), '
          f'sum({PRICE} * (1 + l_tax)), avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*) FROM lineitem '
          "WHERE l_shipdate <= '1998-09-02' GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus",
    'Q3': f'SELECT l_orderkey, sum({PRICE}) AS revenue, o_orderdate, o_shippriority FROM customer, orders, lineitem '
          "WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey "
          "AND o_orderdate < '1995-03-15' AND l_shipdate > '1995-03-15' "
          'GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10',
    'Q5': f'SELECT n_name, sum({PRICE}) AS revenue FROM customer, orders, lineitem, supplier, nation, region '
          'WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey '
          'AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey '
          "AND r_name = 'ASIA' AND o_orderdate >= '1994-01-01' AND o_orderdate < '1995-01-01' "
          'GROUP BY n_name ORDER BY revenue DESC',
    'Q6': "SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= '1994-01-01' "
          "AND l_shipdate < '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24",
    'Q10': f'SELECT c_custkey, c_name, sum({PRICE}) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment '
           'FROM customer, orders, lineitem, nation WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey '
           "AND o_orderdate >= '1993-10-01' AND o_orderdate < '1994-01-01' AND l_returnflag = 'R' "
           'AND c_nationkey = n_nationkey GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment '
           'ORDER BY revenue DESC LIMIT 20',
    'Q12': "SELECT l_shipmode, sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END), "
           "sum(CASE WHEN o_orderpriority NOT IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) FROM orders, lineitem "
           "WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate "
           "AND l_shipdate < l_commitdate AND l_receiptdate >= '1994-01-01' AND l_receiptdate < '1995-01-01' "
           'GROUP BY l_shipmode ORDER BY l_shipmode',
    'Q14': f"SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN {PRICE} ELSE 0 END) / sum({PRICE}) "
           "FROM lineitem, part WHERE l_partkey = p_partkey AND l_shipdate >= '1995-09-01' AND l_shipdate < '1995-10-01'",
}


def make(bench):
    """The directory with the tables as CSV; made once for each size."""
    scale = bench.rows / 6000000
    directory = os.path.join(bench.args.out, f'tpch-{bench.rows}')
    if not os.path.exists(os.path.join(directory, 'indexes.sql')):
        subprocess.run([sys.executable, os.path.join(HERE, 'tpch.py'), directory, str(scale)], check=True)
    return directory


def load(bench, directory):
    """Postgres and the SQLite file hold all tables, MariaDB its own."""
    bench.servers.fresh('tpch')
    for engine in ('postgresql', 'mariadb'):
        side = bench.servers.raw(engine, 'tpch')
        for table, columns in tpch.TABLES.items():
            if engine == 'mariadb' and table not in PLACES[engine]:
                continue
            side(f'exec CREATE TABLE {table} ({data.text_type(engine, columns)})')
            side(f'load {table} {os.path.join(directory, table)}.csv')
            for of, column in tpch.INDEXES:
                if of == table:
                    side(f'exec CREATE INDEX {table}_{column} ON {table} ({column})')
            side(f"exec {'VACUUM ANALYZE' if engine == 'postgresql' else 'ANALYZE TABLE'} {table}")
        side.close()
    with sqlite3.connect(bench.servers.file('tpch')) as db:
        for table, columns in tpch.TABLES.items():
            db.execute(f'CREATE TABLE {table} ({columns})')
            with open(os.path.join(directory, f'{table}.csv'), newline='', encoding='ascii') as file:
                rows = csv.reader(file)
                first = next(rows)
                insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(first))})"
                db.execute(insert, first)
                db.executemany(insert, rows)
        for table, column in tpch.INDEXES:
            db.execute(f'CREATE INDEX {table}_{column} ON {table} ({column})')
        db.execute('ANALYZE')
    db.close()


def binds_side(bench):
    side = bench.servers.binds(*(bench.servers.bind(engine, 'tpch') for engine in PLACES))
    return side.setup(*(f"exec CREATE VIRTUAL TABLE {table} USING bind(bind_key = '{engine}', {tpch.TABLES[table]})"
                        for engine, tables in PLACES.items() for table in tables))


def wire_sides(bench):
    """Of queries of lineitem alone.  A key of one column is all that SQLite lets such a table have, and none is used."""
    columns = tpch.TABLES['lineitem'].split(', PRIMARY KEY')[0].replace('INTEGER NOT NULL', 'INTEGER PRIMARY KEY', 1)
    return [bench.servers.wire().setup(bench.servers.wire_table('postgresql', way, 'tpch', 'lineitem', columns, 'lineitem'))
            for way in WAYS]


def fdw_side(bench):
    """lineitem and part as a stranger's, orders and customer by mysql_fdw, the small ones local; None: not installed."""
    side = Side(*bench.servers.argv('postgresql', 'tpch'))
    try:
        if len(peers.fdw_servers(bench.servers, side, 'tpch')) < 2:
            return None
        for engine in ('postgresql', 'mariadb'):
            peers.fdw_import(side, 'far', engine, 'tpch', *PLACES[engine])
        return peers.fdw_side(bench.servers, 'tpch', 'far')
    except RuntimeError as error:
        print(f'# fdw: {error}', file=sys.stderr)
        return None
    finally:
        side.close()


def run(bench):
    wanted = [q for q in QUERIES if bench.wants(f'W14{q}')]
    if not wanted or len(bench.engines) < 3:
        return
    load(bench, make(bench))
    limit, native, binds = bench.servers.raw('postgresql', 'tpch'), bench.servers.raw('sqlite', 'tpch'), binds_side(bench)
    wires = wire_sides(bench)
    fdw = None if bench.args.no_peers else fdw_side(bench)
    for query in wanted:
        sql = QUERIES[query]
        sides = {'limit': lambda q=sql: limit(f'exec {q}'), 'native': lambda q=sql: native(f'scan {q}')}
        if query in ALONE:
            sides['floor'] = lambda q=sql: min(wire(f'scan {q}') for wire in wires)
        sides['binds'] = lambda q=sql: binds(f'scan {q}')
        if fdw is not None:
            sides['fdw'] = lambda q=sql: fdw(f'exec {q}')
        bench.measure(f'W14{query}', 'all three', sides)
