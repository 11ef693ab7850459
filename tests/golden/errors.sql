-- own output: postgresql: the words and SQLSTATEs are the server's
-- own output: mariadb: the words and SQLSTATEs are the server's
-- own output: sqlite: the words are SQLite's
-- kind: plain
-- Every kind of error: code, bind, action, the server's words; and the connection goes on afterwards.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'), ('users', '@URL2@');
CREATE VIRTUAL TABLE t USING bind(bind_key='users', id INTEGER PRIMARY KEY, u INTEGER, n VARCHAR(5) NOT NULL, x SMALLINT,
  p NUMERIC(5,2), d DATE, CONSTRAINT t_u UNIQUE (u), CONSTRAINT x_small CHECK (x < 1000));
CREATE VIRTUAL TABLE child USING bind(bind_key='users', id INTEGER PRIMARY KEY, t_id INTEGER,
  CONSTRAINT child_t FOREIGN KEY (t_id) REFERENCES t(id));
CREATE VIRTUAL TABLE missing USING bind(bind_key='users', id INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE nowhere USING bind(bind_key='nowhere', id INTEGER PRIMARY KEY);
SELECT create_all('users');
DROP TABLE missing;
SELECT * FROM nowhere;
INSERT INTO t VALUES (1, 1, 'one', 1, 1.5, '2024-01-01');
INSERT INTO t VALUES (1, 2, 'two', 1, 1.5, NULL);
INSERT INTO t VALUES (2, 1, 'two', 1, 1.5, NULL);
INSERT INTO t(id) VALUES (2);
INSERT INTO t VALUES (3, 3, 'two', 1000, 1.5, NULL);
INSERT INTO t VALUES (20, 20, 'too long', 1, 1.5, NULL);
INSERT INTO t VALUES (21, 21, 'two', 40000, 1.5, NULL);
INSERT INTO t VALUES (22, 22, 'two', 1.5, 1.5, NULL);
INSERT INTO t VALUES (23, 23, 'two', 'abc', 1.5, NULL);
INSERT INTO t VALUES (24, 24, 'two', 1, 1.505, NULL);
INSERT INTO t VALUES (25, 25, 'two', 1, 12345, NULL);
INSERT INTO t VALUES (26, 26, 'two', 1, 1, '2024-02-30');
INSERT INTO t VALUES (27, 27, 'two', 1, 1, 'tomorrow');
INSERT INTO child VALUES (1, 99);
INSERT INTO child VALUES (1, 1);
DELETE FROM t WHERE id = 1;
UPDATE t SET u = NULL, n = NULL;
-- what no conflict clause resolves
INSERT OR IGNORE INTO t VALUES (28, 28, 'two', 40000, 1, NULL);
INSERT OR IGNORE INTO child VALUES (5, 1), (6, 99);
INSERT OR FAIL INTO child VALUES (5, 1), (6, 99);
SELECT count(*) FROM child;
DELETE FROM t WHERE id > 20;
SELECT * FROM t ORDER BY id;
-- a value that cannot travel, as the first of a transaction: it is one all the same
BEGIN;
INSERT INTO t VALUES (28, 28, 'a' || char(0), 1, 1, NULL);
INSERT INTO t VALUES (29, 29, 'two', 1, 1, NULL);
ROLLBACK;
SELECT count(*) FROM t;
-- the server has something else than what was declared
CREATE VIRTUAL TABLE wrong USING bind(bind_key='users', table='t', id INTEGER PRIMARY KEY, no_such_column TEXT);
SELECT id FROM wrong;
SELECT no_such_column FROM wrong;
CREATE VIRTUAL TABLE absent USING bind(bind_key='users', id INTEGER PRIMARY KEY);
SELECT * FROM absent;
INSERT INTO absent VALUES (1);
DELETE FROM absent;
SELECT key, state, error FROM binds;
SELECT count(*) FROM t;
