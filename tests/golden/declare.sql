-- engines: once
-- errors: code
-- Declarations need no bind and no server.
CREATE VIRTUAL TABLE user USING bind(
  bind_key = 'users',
  id       INTEGER PRIMARY KEY,
  username VARCHAR(80) UNIQUE);
SELECT name FROM sqlite_schema;
.schema user
SELECT name, type, pk FROM pragma_table_info('user');
-- everything that a definition can hold
CREATE VIRTUAL TABLE everything USING bind(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  "odd name" TEXT NOT NULL DEFAULT 'it''s' COLLATE NOCASE,
  price NUMERIC(10, 2) DEFAULT 0 CHECK (price >= 0),
  mood ENUM('sad', 'ok', 'happy') NOT NULL DEFAULT 'ok',
  made DATETIME DEFAULT CURRENT_TIMESTAMP, -- with a comment, and a comma
  place GEOMETRY(Point,4326),
  stamp TIMESTAMP WITH TIME ZONE,
  twice INTEGER GENERATED ALWAYS AS (id * 2) STORED,
  owner INTEGER CONSTRAINT owner_fk REFERENCES user(id) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
  a INTEGER, b INTEGER,
  bind_key = 'users', table = 'all_things', schema = 'shop', info = '{"bind_key": "users", "team": ["x", 1]}',
  CONSTRAINT pair UNIQUE (a, b),
  CHECK (a < b),
  FOREIGN KEY (a) REFERENCES user(id),
  INDEX by_made (made),
  UNIQUE INDEX by_price (price, mood));
SELECT name, type FROM pragma_table_info('everything');
CREATE VIRTUAL TABLE pairs USING bind(a INTEGER, b TEXT, PRIMARY KEY (a, b));
CREATE VIRTUAL TABLE [key less] USING bind(a, b TEXT);
SELECT name FROM pragma_table_info('pairs');
SELECT name FROM pragma_table_info('key less');
-- errors leave nothing behind
CREATE TABLE before AS SELECT count(*) AS n FROM sqlite_schema;
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, nonsense = 'x');
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, bind_key = 'a', bind_key = 'b');
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, bind_key = 'a', info = '{"bind_key": "b"}');
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, info = 'not json');
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, info = '[1]');
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, id TEXT);
CREATE VIRTUAL TABLE bad USING bind(id INTEGER PRIMARY KEY, other INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, PRIMARY KEY (nowhere));
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, FOREIGN KEY (id, nowhere) REFERENCES user(id));
CREATE VIRTUAL TABLE bad USING bind(id INTEGER, INDEX broken (nowhere));
CREATE VIRTUAL TABLE bad USING bind(id INTEGER NOT);
CREATE VIRTUAL TABLE bad USING bind(id INTEGER CHECK (id > ));
CREATE VIRTUAL TABLE bad USING bind(id ENUM());
CREATE VIRTUAL TABLE bad USING bind(id INTEGER DEFAULT);
SELECT count(*) - (SELECT n FROM before) AS left_behind FROM sqlite_schema;
-- a rename is local, a drop forgets
ALTER TABLE user RENAME TO people;
.schema people
DROP TABLE everything;
DROP TABLE pairs;
DROP TABLE "key less";
DROP TABLE before;
SELECT name FROM sqlite_schema;
-- a database file is a set of models: it opens, shows, checks, renames and drops without any bind
.open @DIR@/models.db
.load @EXT@
CREATE VIRTUAL TABLE note USING bind(bind_key='users', id INTEGER PRIMARY KEY, body TEXT);
.open @DIR@/models.db
.load @EXT@
.schema note
PRAGMA integrity_check;
VACUUM;
ALTER TABLE note RENAME TO remark;
SELECT name FROM pragma_table_info('remark');
DROP TABLE remark;
SELECT count(*) FROM sqlite_schema;
