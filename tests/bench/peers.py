"""What Debian packages for the same work, set up on the same servers:
    fdw        postgres_fdw and mysql_fdw in a Postgres (the `bench` database itself, which reaches itself as a stranger)
    virtualpg  mod_virtualpg in a SQLite host
    connect    MariaDB's CONNECT engine over its TABLE_TYPE=MYSQL
    spider     MariaDB's Spider engine
Each is a side with tables of the same names.  One that cannot be had is left out, and why is said."""
import sys

import data
from sides import PATIENCE, Side

GIVES_UP = 30       # seconds; Python's patience is a little longer


def fdw_servers(servers, side, database):
    """Both wrappers, as far as they are installed, in a database of Postgres; the names of those that are."""
    pg = dict(word.split('=') for word in servers.conninfo(database).split())
    have = []
    try:
        side('exec CREATE EXTENSION postgres_fdw')
        side(f"exec CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{pg['host']}', port '{pg['port']}', "
             f"dbname '{database}', fetch_size '10000', batch_size '1000', use_remote_estimate 'true')")
        side("exec CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'app')")
        have.append('postgresql')
        side('exec CREATE EXTENSION mysql_fdw')
        side("exec CREATE SERVER far_my FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', "
             f"port '{servers.port('mariadb')}', fetch_size '10000')")
        side("exec CREATE USER MAPPING FOR CURRENT_USER SERVER far_my OPTIONS (username 'app', password '')")
        have.append('mariadb')
    except RuntimeError as error:
        print(f'# fdw: {error}', file=sys.stderr)
    return have


def fdw_import(side, schema, engine, database, *tables):
    """Foreign tables of one engine in a schema of their own."""
    source = 'public FROM SERVER far' if engine == 'postgresql' else f'{database} FROM SERVER far_my'
    remote, rest = source.split(' ', 1)
    side(f'exec CREATE SCHEMA IF NOT EXISTS {schema}')
    side(f"exec IMPORT FOREIGN SCHEMA {remote} LIMIT TO ({', '.join(tables)}) {rest} INTO {schema}")
    for table in tables if engine == 'postgresql' else ():     # mysql_fdw cannot
        side(f'exec ANALYZE {schema}.{table}')


def fdw_side(servers, database, schema):
    program, conninfo = servers.argv('postgresql', database)
    options = f"options='-c search_path={schema},public -c statement_timeout={GIVES_UP}s'"
    return Side(program, f'{conninfo} {options}', patience=PATIENCE)


def fdw(servers, tables):
    """Engine → side, and under `all three` the one for joins of customer in MariaDB and orders in Postgres."""
    database = 'bench'
    side = Side(*servers.argv('postgresql', database))
    made = {}
    have = fdw_servers(servers, side, database)
    try:
        for engine in have:
            fdw_import(side, f'far_{engine}', engine, database, *tables)
            made[engine] = fdw_side(servers, database, f'far_{engine}')
        if len(have) == 2:
            fdw_import(side, 'far_both', 'postgresql', database, 'orders')
            fdw_import(side, 'far_both', 'mariadb', database, 'customer')
            made['all three'] = fdw_side(servers, database, 'far_both')
    except RuntimeError as error:
        print(f'# fdw: {error}', file=sys.stderr)
    side.close()
    return made


VIRTUALPG = 'mod_virtualpg'


def virtualpg_table(servers, table, database='bench'):
    return f"CREATE VIRTUAL TABLE {table} USING VirtualPostgres('{servers.conninfo(database)}', public, {table}, W)"


def virtualpg(servers, bulk_rows):
    try:
        side = Side(servers.host, ':memory:', VIRTUALPG, patience=PATIENCE)
        return side.setup(*(f'exec {virtualpg_table(servers, table)}' for table in ('lineitem', 'orders', 'bulk')),
                          f'source {bulk_rows}')
    except RuntimeError as error:
        print(f'# VirtualPG: {error}', file=sys.stderr)
        return None


def mariadb_engine(servers, name, tables):
    """CONNECT or Spider: tables of a database of their own that lead to the real ones by TCP."""
    port = servers.port('mariadb')
    database = f'far_{name}'

    def sql(text):
        return servers.ask('mariadb', 'sql', 'bench', text)
    try:
        sql(f"INSTALL SONAME 'ha_{name}'")
        sql(f'CREATE DATABASE {database}; CREATE TABLE {database}.source ENGINE=InnoDB AS SELECT * FROM bench.source; '
            f'ALTER TABLE {database}.source ADD PRIMARY KEY (id)')
        for table in tables:
            if name == 'connect':
                sql(f"CREATE TABLE {database}.{table} ENGINE=CONNECT TABLE_TYPE=MYSQL "
                    f"CONNECTION='mysql://app@127.0.0.1:{port}/bench/{table}'")
            else:
                sql('SET GLOBAL spider_same_server_link = 1')
                sql(f"CREATE TABLE {database}.{table} ({', '.join(data.definitions('mariadb', table, indexes=True))}) "
                    f"ENGINE=SPIDER COMMENT='wrapper \"mysql\", host \"127.0.0.1\", port \"{port}\", user \"app\", "
                    f"database \"bench\", table \"{table}\"'")
        side = Side(*servers.argv('mariadb', database), patience=PATIENCE)
        return side.setup(f'exec SET max_statement_time = {GIVES_UP}')
    except RuntimeError as error:
        print(f'# {name}: {error}', file=sys.stderr)
        return None


def all_of(servers, bulk_rows, big):
    """Engine → name → side."""
    tables = ('lineitem', 'orders', 'customer', 'bulk') + (('big',) if big else ())
    peers = {engine: {} for engine in ('postgresql', 'mariadb', 'sqlite', 'all three')}
    for engine, side in fdw(servers, tables).items():
        peers[engine]['fdw'] = side
    peers['postgresql']['virtualpg'] = virtualpg(servers, bulk_rows)
    for name in ('connect', 'spider'):
        peers['mariadb'][name] = mariadb_engine(servers, name, tables)
    return {engine: {n: s for n, s in named.items() if s is not None} for engine, named in peers.items()}
