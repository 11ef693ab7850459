-- native: same
-- errors: code
-- Conflict clauses to the last corner: what REPLACE replaces, rows in each other's way, rows that undo nothing but themselves.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE d USING bind(id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 5, u INTEGER DEFAULT 7 UNIQUE, m VARCHAR(10) NOT NULL);
CREATE VIRTUAL TABLE pair USING bind(a INTEGER NOT NULL, b INTEGER NOT NULL, n INTEGER, UNIQUE (b, n), PRIMARY KEY (a, b));
CREATE VIRTUAL TABLE s USING bind(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE);
CREATE VIRTUAL TABLE k USING bind(k VARCHAR(10) NOT NULL PRIMARY KEY, n INTEGER CHECK (n < 10));
SELECT 1 WHERE create_all() <> 4; -- remote
-- REPLACE puts the default where no NULL may be, and makes room for a default too
INSERT OR REPLACE INTO d(id, n, u, m) VALUES (1, NULL, 1, 'a');
INSERT OR REPLACE INTO d(id, m) VALUES (2, 'b');
INSERT OR REPLACE INTO d(id, m) VALUES (3, 'c');
INSERT OR REPLACE INTO d(id, n, u, m) VALUES (1, 1, 1, NULL);
SELECT * FROM d ORDER BY id;
UPDATE d SET n = 9;
UPDATE OR REPLACE d SET n = NULL, u = u + 1 WHERE id = 1;
UPDATE OR REPLACE d SET m = NULL WHERE id = 1;
UPDATE OR REPLACE d SET u = NULL WHERE id = 3;
SELECT * FROM d ORDER BY id;
-- keys of which an UPDATE sets a part
INSERT INTO pair VALUES (1, 1, 10), (2, 1, 20), (3, 2, 10), (4, 4, NULL), (5, 4, NULL);
UPDATE OR REPLACE pair SET a = 1 WHERE a = 2;
UPDATE OR REPLACE pair SET b = 2, n = 10 WHERE a = 1;
UPDATE OR REPLACE pair SET b = 4 WHERE a = 5;
SELECT * FROM pair ORDER BY a, b;
-- a row that an earlier one of the statement has taken away takes nothing away any more
INSERT INTO s VALUES (1, 10), (2, 20);
UPDATE OR REPLACE s SET u = 20;
SELECT * FROM s;
-- a REPLACE that fails inside BEGIN leaves what it made room in
BEGIN;
INSERT INTO k VALUES ('a', 1), ('b', 2);
REPLACE INTO k VALUES ('a', 10);
INSERT OR REPLACE INTO k VALUES ('b', 10);
UPDATE OR REPLACE k SET k = 'b', n = 10 WHERE k = 'a';
REPLACE INTO k VALUES ('c', 3);
COMMIT;
SELECT * FROM k ORDER BY k;
-- rows are met in the order of their key, however they came there
DELETE FROM s;
INSERT INTO s VALUES (3, 3), (1, 1), (2, 2);
UPDATE s SET id = id + 1;
SELECT * FROM s ORDER BY id;
UPDATE s SET id = id - 1;
UPDATE s SET u = u + 1;
UPDATE s SET u = u - 1;
SELECT * FROM s ORDER BY id;
UPDATE OR IGNORE s SET u = 9;
UPDATE OR FAIL s SET u = 8 WHERE id > 0;
SELECT * FROM s ORDER BY id;
DELETE FROM s;
INSERT INTO s VALUES (3, 3), (1, 1), (2, 2);
UPDATE OR REPLACE s SET u = 4;
SELECT * FROM s ORDER BY id;
-- an INTEGER PRIMARY KEY takes no NULL, which no clause ignores
UPDATE s SET id = NULL;
UPDATE OR IGNORE s SET id = NULL;
SELECT count(*) FROM s;
