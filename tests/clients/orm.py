#!/usr/bin/python3
"""SQLAlchemy's ORM over a SQLite connection whose tables live on binds: orm.py EXTENSION ENGINE URL URL2.

The models are ordinary mapped classes; only the DDL is binds' own (CREATE VIRTUAL TABLE, create_all)."""
import os
import sys
import tempfile

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, create_engine, event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.pool import StaticPool

extension, engine_name, url, url2 = sys.argv[1:]
Base = declarative_base()


class User(Base):
    __tablename__ = 'user'
    id = Column(Integer, primary_key=True)
    username = Column(String(80), unique=True)
    messages = relationship('Message', back_populates='author', order_by='Message.id', cascade='all, delete-orphan')


class Message(Base):
    __tablename__ = 'message'
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer, ForeignKey('user.id'))
    body = Column(String(200))
    attachment = Column(LargeBinary)
    author = relationship('User', back_populates='messages')


folder = tempfile.TemporaryDirectory()  # a commit over two binds is recorded in the local database: a file
engine = create_engine('sqlite:///' + os.path.join(folder.name, 'main.db'), poolclass=StaticPool, connect_args={'check_same_thread': False})


@event.listens_for(engine, 'connect')
def on_connect(dbapi, _record):
    dbapi.isolation_level = None
    dbapi.enable_load_extension(True)
    dbapi.load_extension(extension)
    dbapi.execute('INSERT INTO binds(key, url) VALUES (NULL, ?), (?, ?)', (url, 'users', url2))
    dbapi.execute("CREATE VIRTUAL TABLE user USING bind(bind_key='users', id INTEGER PRIMARY KEY, username VARCHAR(80) UNIQUE)")
    dbapi.execute("CREATE VIRTUAL TABLE message USING bind(id INTEGER PRIMARY KEY, author_id INTEGER, body VARCHAR(200), attachment BLOB)")


@event.listens_for(engine, 'begin')
def on_begin(connection):
    connection.exec_driver_sql('BEGIN')


with engine.connect() as connection:
    assert connection.execute(text('SELECT create_all()')).scalar() == 2

with Session(engine) as session:
    ann = User(username='ann', messages=[Message(body='one'), Message(body='two', attachment=b'\x00\xff')])
    session.add_all([ann, User(username='bob')])
    session.commit()
    assert ann.id == 1 and [m.id for m in ann.messages] == [1, 2]
    assert ann.messages[1].attachment == b'\x00\xff'

with Session(engine) as session:
    ann = session.execute(select(User).where(User.username == 'ann')).scalar_one()
    ann.username = 'anna'
    ann.messages.append(Message(body='three'))
    del ann.messages[0]
    session.commit()
    rows = session.execute(select(User.username, func.count(Message.id)).outerjoin(Message).group_by(User.id).order_by(User.username)).all()
    assert rows == [('anna', 2), ('bob', 0)], rows
    assert session.execute(select(Message.body).join(User).where(User.username.like('ann%')).order_by(Message.id)).scalars().all() == ['two', 'three']

with Session(engine) as session:
    session.add(User(username='bob'))
    try:
        session.commit()
        raise AssertionError('a second bob')
    except IntegrityError:
        session.rollback()
    session.get(User, 1).username = 'undone'
    session.add(Message(body='undone'))
    session.flush()
    session.rollback()
    assert session.get(User, 1).username == 'anna'
    nested = session.begin_nested()
    session.add(Message(body='in a savepoint', author_id=2))
    session.flush()
    nested.rollback()
    session.delete(session.get(User, 1))
    session.commit()
    assert session.execute(select(func.count()).select_from(Message)).scalar() == 0
    assert session.execute(select(User.username)).scalars().all() == ['bob']
