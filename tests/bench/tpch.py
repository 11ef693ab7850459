#!/usr/bin/env python3
"""Data like TPC-H's, the same on every run: tpch.py DIR [SCALE] writes one CSV file per table and the DDL.

Scale 0.1 (the default) is 600,000 lineitems, 150,000 orders, 15,000 customers.  DDL: schema.sql (the types are
understood by SQLite, Postgres and MariaDB alike) and indexes.sql, to be run after loading.  Key distributions and
value ranges follow the standard's; texts are shorter.
"""
import csv
import datetime
import os
import random
import sys

TABLES = {
    'region': 'r_regionkey INTEGER PRIMARY KEY, r_name VARCHAR(25) NOT NULL',
    'nation': 'n_nationkey INTEGER PRIMARY KEY, n_name VARCHAR(25) NOT NULL, n_regionkey INTEGER NOT NULL',
    'supplier': 's_suppkey INTEGER PRIMARY KEY, s_name VARCHAR(25) NOT NULL, s_nationkey INTEGER NOT NULL, '
                's_acctbal DECIMAL(15,2) NOT NULL',
    'part': 'p_partkey INTEGER PRIMARY KEY, p_name VARCHAR(55) NOT NULL, p_type VARCHAR(25) NOT NULL, '
            'p_size INTEGER NOT NULL, p_retailprice DECIMAL(15,2) NOT NULL',
    'customer': 'c_custkey INTEGER PRIMARY KEY, c_name VARCHAR(25) NOT NULL, c_address VARCHAR(40) NOT NULL, '
                'c_nationkey INTEGER NOT NULL, c_phone VARCHAR(15) NOT NULL, c_acctbal DECIMAL(15,2) NOT NULL, '
                'c_mktsegment VARCHAR(10) NOT NULL, c_comment VARCHAR(117) NOT NULL',
    'orders': 'o_orderkey INTEGER PRIMARY KEY, o_custkey INTEGER NOT NULL, o_orderstatus VARCHAR(1) NOT NULL, '
              'o_totalprice DECIMAL(15,2) NOT NULL, o_orderdate DATE NOT NULL, o_orderpriority VARCHAR(15) NOT NULL, '
              'o_shippriority INTEGER NOT NULL, o_comment VARCHAR(79) NOT NULL',
    'lineitem': 'l_orderkey INTEGER NOT NULL, l_partkey INTEGER NOT NULL, l_suppkey INTEGER NOT NULL, '
                'l_linenumber INTEGER NOT NULL, l_quantity DECIMAL(15,2) NOT NULL, '
                'l_extendedprice DECIMAL(15,2) NOT NULL, l_discount DECIMAL(15,2) NOT NULL, '
                'l_tax DECIMAL(15,2) NOT NULL, l_returnflag VARCHAR(1) NOT NULL, l_linestatus VARCHAR(1) NOT NULL, '
                'l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL, '
                'l_shipmode VARCHAR(10) NOT NULL, l_comment VARCHAR(44) NOT NULL, '
                'PRIMARY KEY (l_orderkey, l_linenumber)',
}
INDEXES = (('orders', 'o_custkey'), ('orders', 'o_orderdate'), ('lineitem', 'l_shipdate'), ('customer', 'c_nationkey'))
WORDS = 'furiously quick deposits sleep carefully among the ironic pending requests after blithely final packages'.split()
REGIONS = 'AFRICA AMERICA ASIA EUROPE MIDDLE_EAST'.split()
SEGMENTS = 'AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD'.split()
PRIORITIES = ('1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW')
MODES = ('REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB')
TYPES = [f'{a} {b} {c}' for a in ('STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO')
         for b in ('ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED')
         for c in ('TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER')]
FIRST, LAST = datetime.date(1992, 1, 1), datetime.date(1998, 8, 2)
TODAY = datetime.date(1995, 6, 17)


def text(rng, most):
    words = ' '.join(rng.choice(WORDS) for _ in range(rng.randint(2, 8)))
    return words[:most]


def money(cents):
    return f'{"-" if cents < 0 else ""}{abs(cents) // 100}.{abs(cents) % 100:02d}'


def day(date, days):
    return date + datetime.timedelta(days)


def small_tables(rng, suppliers, parts):
    yield 'region', [(i, REGIONS[i]) for i in range(5)]
    yield 'nation', [(i, f'NATION{i:02d}', i % 5) for i in range(25)]
    yield 'supplier', [(i, f'Supplier#{i:09d}', rng.randrange(25), money(rng.randint(-99999, 999999)))
                       for i in range(1, suppliers + 1)]
    yield 'part', [(i, text(rng, 55), rng.choice(TYPES), rng.randint(1, 50), money(price(i)))
                   for i in range(1, parts + 1)]


def price(part):
    return 90000 + part // 10 % 20001 + 100 * (part % 1000)


def customers(rng, n):
    for i in range(1, n + 1):
        yield (i, f'Customer#{i:09d}', text(rng, 40), rng.randrange(25), f'{rng.randint(10, 34)}-{rng.randint(100, 999)}-{i:07d}',
               money(rng.randint(-99999, 999999)), rng.choice(SEGMENTS), text(rng, 117))


def lines(rng, order, date, parts, suppliers):
    for number in range(1, rng.randint(1, 7) + 1):
        part = rng.randint(1, parts)
        quantity = rng.randint(1, 50)
        ship = day(date, rng.randint(1, 121))
        receipt = day(ship, rng.randint(1, 30))
        returned = rng.choice('RA') if receipt <= TODAY else 'N'
        yield (order, part, rng.randint(1, suppliers), number, quantity, money(quantity * price(part)),
               f'0.{rng.randint(0, 10):02d}', f'0.{rng.randint(0, 8):02d}', returned, 'O' if ship > TODAY else 'F', ship,
               day(date, rng.randint(30, 90)), receipt, rng.choice(MODES), text(rng, 44))


def orders(rng, n, customer_count, parts, suppliers, write_lines):
    span = (LAST - FIRST).days
    for i in range(n):
        key = i // 8 * 32 + i % 8 + 1        # sparse keys, as the standard has them
        customer = rng.randint(1, customer_count)
        customer -= customer % 3 == 0        # a third of the customers never ordered
        date = day(FIRST, rng.randint(0, span))
        mine = list(lines(rng, key, date, parts, suppliers))
        write_lines(mine)
        status = 'F' if all(l[9] == 'F' for l in mine) else 'O' if all(l[9] == 'O' for l in mine) else 'P'
        total = sum(int(l[5].replace('.', '')) for l in mine)
        yield (key, customer, status, money(total), date, rng.choice(PRIORITIES), 0, text(rng, 79))


def main():
    directory = sys.argv[1]
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    rng = random.Random(19920101)
    suppliers, parts, people, n = (max(10, int(x * scale)) for x in (10000, 200000, 150000, 1500000))
    os.makedirs(directory, exist_ok=True)

    def writer(name):
        f = open(os.path.join(directory, name + '.csv'), 'w', newline='', encoding='ascii')
        return f, csv.writer(f, lineterminator='\n')

    for name, rows in small_tables(rng, suppliers, parts):
        f, out = writer(name)
        out.writerows(rows)
        f.close()
    f, out = writer('customer')
    out.writerows(customers(rng, people))
    f.close()
    f, out = writer('orders')
    g, out_lines = writer('lineitem')
    out.writerows(orders(rng, n, people, parts, suppliers, out_lines.writerows))
    f.close()
    g.close()
    with open(os.path.join(directory, 'schema.sql'), 'w', encoding='ascii') as f:
        f.writelines(f'CREATE TABLE {name} ({columns});\n' for name, columns in TABLES.items())
    with open(os.path.join(directory, 'indexes.sql'), 'w', encoding='ascii') as f:
        f.writelines(f'CREATE INDEX {table}_{column} ON {table} ({column});\n' for table, column in INDEXES)


if __name__ == '__main__':
    main()
