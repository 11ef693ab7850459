#!/usr/bin/python3
"""SQLAlchemy's side of W13: alchemy.py URL answers `create` with the microseconds that create_all() took."""
import sys
import time

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Numeric, String, Table, create_engine

import writing

url = sys.argv[1].replace('mysql://', 'mysql+pymysql://').split('?mode=')[0]
engine = create_engine(url)
metadata = MetaData()
for name in writing.names():
    Table(name, metadata, Column('id', Integer, primary_key=True), Column('name', String(80), nullable=False, unique=True),
          Column('price', Numeric(12, 2)), Column('made', DateTime), Index(f'{name}_made', 'made'))
for line in sys.stdin:
    begin = time.perf_counter()
    try:
        metadata.create_all(engine)
        print(f'{(time.perf_counter() - begin) * 1e6:.1f} {len(metadata.tables)} 0', flush=True)
    except Exception as error:      # whatever it is, the bench must hear it
        print('error', str(error).replace('\n', ' '), flush=True)
