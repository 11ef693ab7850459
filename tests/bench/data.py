"""The data of the bench: every value a function of the row's number, so that all engines make the same rows
themselves.  Four orders' worth of lines per order, ten orders per customer, as in TPC-H."""
import re

COLUMNS = {
    'lineitem': [('l_id', 'INTEGER PRIMARY KEY', '{n}'), ('l_orderkey', 'INTEGER NOT NULL', '({n} + 3) / 4'),
                 ('l_partkey', 'INTEGER NOT NULL', '{n} * 31 % 20000'), ('l_linenumber', 'INTEGER NOT NULL', '{n} % 7'),
                 ('l_weight', 'DOUBLE PRECISION NOT NULL', '{n} / 8.0'),
                 ('l_quantity', 'NUMERIC(12,2) NOT NULL', '{n} % 50'),
                 ('l_price', 'NUMERIC(12,2) NOT NULL', '({n} * 7919 % 10000000) / 100.0'),
                 ('l_discount', 'NUMERIC(12,2) NOT NULL', '({n} % 11) / 100.0'),
                 ('l_tax', 'NUMERIC(12,2) NOT NULL', '({n} % 9) / 100.0'),
                 ('l_flag', 'VARCHAR(10) NOT NULL', ('R', '{n} % 3')),
                 ('l_mode', 'VARCHAR(20) NOT NULL', ('SHIP MODE ', '{n} % 7')),
                 ('l_comment', 'VARCHAR(44) NOT NULL', ('comment on the line number ', '{n}'))],
    'orders': [('o_key', 'INTEGER PRIMARY KEY', '{n}'), ('o_custkey', 'INTEGER NOT NULL', '{n} * 7 % {customers} + 1'),
               ('o_total', 'DOUBLE PRECISION NOT NULL', '({n} * 7919 % 1000000) / 4.0'),
               ('o_date', 'VARCHAR(10) NOT NULL', None), ('o_status', 'VARCHAR(2) NOT NULL', ('S', '{n} % 3'))],
    'customer': [('c_key', 'INTEGER PRIMARY KEY', '{n}'), ('c_name', 'VARCHAR(30) NOT NULL', ('Customer number ', '{n}')),
                 ('c_segment', 'VARCHAR(20) NOT NULL', None)],
    'bulk': [('id', 'INTEGER PRIMARY KEY', None), ('a', 'INTEGER', None), ('b', 'BIGINT', None),
             ('x', 'DOUBLE PRECISION', None), ('t', 'VARCHAR(40)', None)],
    'big': [('b_id', 'INTEGER PRIMARY KEY', '{n}'), ('b_a', 'INTEGER NOT NULL', '{n} % 1000'),
            ('b_price', 'NUMERIC(12,2) NOT NULL', '({n} % 10000000) / 100.0'),
            ('b_weight', 'DOUBLE PRECISION NOT NULL', '{n} / 8.0'),
            ('b_text', 'VARCHAR(40) NOT NULL', ('row number ', '{n}'))],
}
INDEXES = {'lineitem': 'l_orderkey', 'orders': 'o_custkey, o_date'}


def declarations():
    return {table: ', '.join(f'{name} {kind}' for name, kind, _ in columns) for table, columns in COLUMNS.items()}


def value(engine, name, form, n, customers):
    def joined(text, number):
        return f"CONCAT('{text}', {number})" if engine == 'mariadb' else f"'{text}' || ({number})"

    def two(number):
        return (f"LPAD({number}, 2, '0')" if engine == 'mariadb' else f"lpad(({number})::text, 2, '0')"
                if engine == 'postgresql' else f"printf('%02d', {number})")
    if engine == 'mariadb' and isinstance(form, str):
        form = form.replace('/ 4', 'DIV 4') if name == 'l_orderkey' else form
    if name == 'o_date':
        parts = [f'1992 + {n} % 7', two(f'{n} % 12 + 1'), two(f'{n} % 28 + 1')]
        return (f"CONCAT({parts[0]}, '-', {parts[1]}, '-', {parts[2]})" if engine == 'mariadb'
                else f"({parts[0]}) || '-' || {parts[1]} || '-' || {parts[2]}")
    if name == 'c_segment':
        return f"CASE WHEN {n} % 5 = 0 THEN 'BUILDING' ELSE 'OTHER' END"
    if isinstance(form, tuple):
        return joined(form[0], form[1].format(n=n))
    return form.format(n=n, customers=customers)


def text_type(engine, columns):
    """Text columns as create_all() would make them: compared byte by byte."""
    more = {'postgresql': ' COLLATE "C"', 'sqlite': '', 'mariadb': ' CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin'}
    return re.sub(r'VARCHAR\(\d+\)', lambda found: found.group(0) + more[engine], columns)


def definitions(engine, table, indexes=False):
    columns = [f'{name} {text_type(engine, kind)}' for name, kind, _ in COLUMNS[table]]
    if indexes:
        columns += [f'INDEX ({key})' for key in INDEXES.get(table, '').split(', ') if key]
    return columns


def fill(engine, side, table, count, customers):
    n = {'postgresql': 'n::bigint', 'mariadb': 'seq', 'sqlite': 'n'}[engine]
    source = {'postgresql': f'generate_series(1, {count}) AS n', 'sqlite': 'i', 'mariadb': f'seq_1_to_{count}'}[engine]
    head = (f'WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {count}) '
            if engine == 'sqlite' else '')
    values = ', '.join(value(engine, name, form, n, customers) for name, _, form in COLUMNS[table])
    side(f'exec {head}INSERT INTO {table} SELECT {values} FROM {source}')
    for i, key in enumerate(INDEXES.get(table, '').split(', ')):
        if key:
            side(f'exec CREATE INDEX {table}_{i} ON {table} ({key})')
    side({'postgresql': f'exec VACUUM ANALYZE {table}', 'mariadb': f'exec ANALYZE TABLE {table}',
          'sqlite': 'exec ANALYZE'}[engine])


def load(raw, rows, bulk_rows, big_rows):
    """All tables in all engines; `source` is what bulk loads read, in SQLite a temp table of the process."""
    counts = {'lineitem': rows, 'orders': rows // 4, 'customer': rows // 40, 'big': big_rows}
    for engine, side in raw.items():
        for table in COLUMNS:
            side(f"exec CREATE TABLE {table} ({', '.join(definitions(engine, table))})")
            if counts.get(table):
                fill(engine, side, table, counts[table], counts['customer'])
        if engine == 'sqlite':
            side.setup(f'source {bulk_rows}')
        else:
            side(f"exec CREATE TABLE source ({', '.join(definitions(engine, 'bulk'))})")
            side(f'bulk source {bulk_rows}')
            side(f"exec {'VACUUM ANALYZE' if engine == 'postgresql' else 'ANALYZE TABLE'} source")
