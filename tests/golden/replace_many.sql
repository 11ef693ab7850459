-- native: same
-- errors: code
-- INSERT OR REPLACE of many rows, which make room together: as if each came alone.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, v VARCHAR(20), CHECK (v <> 'bad'));
CREATE VIRTUAL TABLE p USING bind(a INTEGER NOT NULL, b VARCHAR(10) NOT NULL, n INTEGER, PRIMARY KEY (a, b), UNIQUE (b, n));
CREATE VIRTUAL TABLE d USING bind(id INTEGER PRIMARY KEY, u INTEGER DEFAULT 7 UNIQUE, n INTEGER NOT NULL DEFAULT 5);
CREATE VIRTUAL TABLE tree USING bind(id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree(id) ON DELETE CASCADE);
CREATE VIRTUAL TABLE parent USING bind(id INTEGER PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE child USING bind(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) ON DELETE CASCADE);
CREATE VIRTUAL TABLE w USING bind(word VARCHAR(10) COLLATE NOCASE NOT NULL PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE a USING bind(id INTEGER PRIMARY KEY AUTOINCREMENT, u INTEGER UNIQUE, n INTEGER);
SELECT 1 WHERE create_all() <> 8; -- remote
PRAGMA foreign_keys = ON;
CREATE TEMP TABLE s(id INTEGER PRIMARY KEY, u INTEGER, v TEXT);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO s SELECT i, i + 10000, 'v' || i FROM c;
-- into nothing, over all, over a part, over every other
INSERT OR REPLACE INTO t SELECT id, u, v FROM s WHERE id <= 300;
SELECT changes(), last_insert_rowid(), count(*), sum(id), sum(u) FROM t;
INSERT OR REPLACE INTO t SELECT id, u + 1000, 'w' || id FROM s WHERE id <= 300;
SELECT changes(), count(*), sum(id), sum(u), max(v) FROM t;
REPLACE INTO t SELECT id * 2, u + 2000, 'x' || id FROM s WHERE id BETWEEN 100 AND 2600;
SELECT changes(), last_insert_rowid(), count(*), sum(id), sum(u), max(v) FROM t;
-- rows in whose way a row stands by the other key, some by both
REPLACE INTO t SELECT id + 50000, u + 2000, 'y' FROM s WHERE id BETWEEN 200 AND 240;
SELECT changes(), count(*), sum(id), sum(u) FROM t;
REPLACE INTO t SELECT id + 50000, u + 2100, 'z' FROM s WHERE id BETWEEN 200 AND 320;
SELECT changes(), count(*), sum(id), sum(u) FROM t;
-- rows in each other's way: the later one stays
REPLACE INTO t SELECT id % 10, u, 'm' || id FROM s WHERE id <= 95 ORDER BY id;
SELECT changes(), count(*), sum(id), sum(u) FROM t WHERE v LIKE 'm%';
REPLACE INTO t SELECT id, u % 7, 'k' || id FROM s WHERE id <= 95 ORDER BY id;
SELECT changes(), count(*), sum(id), sum(u) FROM t WHERE v LIKE 'k%';
REPLACE INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (1, 2, 'c'), (3, 1, 'd');
SELECT * FROM t WHERE id < 4 OR u < 3 ORDER BY id;
-- NULL stands in nobody's way
REPLACE INTO t VALUES (1, NULL, 'a'), (2, NULL, 'b'), (3, NULL, 'c'), (4, 4, 'd');
REPLACE INTO t VALUES (5, NULL, NULL), (4, NULL, NULL), (6, 4, 'e');
SELECT * FROM t WHERE id < 7 ORDER BY id;
-- a row that fails undoes all of them, and what they made room in
SELECT count(*), sum(id), sum(u), max(v) FROM t;
REPLACE INTO t SELECT id, u, CASE id WHEN 77 THEN 'bad' ELSE 'n' END FROM s WHERE id <= 100;
REPLACE INTO t SELECT id, u, CASE id WHEN 4900 THEN 'bad' ELSE 'n' END FROM s;
SELECT count(*), sum(id), sum(u), max(v) FROM t;
BEGIN;
REPLACE INTO t VALUES (1, 1, 'one'), (2, 2, 'two');
REPLACE INTO t VALUES (2, 3, 'three'), (1, 4, 'bad');
SELECT * FROM t WHERE id < 3 ORDER BY id;
REPLACE INTO t SELECT id, u, CASE id WHEN 77 THEN 'bad' ELSE 'n' END FROM s WHERE id <= 100;
SELECT * FROM t WHERE id < 3 ORDER BY id;
REPLACE INTO t SELECT id, u, v FROM s WHERE id <= 4500;
SELECT changes(), count(*), sum(id), sum(u), max(v) FROM t;
SAVEPOINT a;
REPLACE INTO t SELECT id, u + 1, v FROM s WHERE id <= 100;
SELECT changes(), count(*), sum(id), sum(u), max(v) FROM t;
ROLLBACK TO a;
SELECT count(*), sum(id), sum(u), max(v) FROM t;
REPLACE INTO t(id, v) SELECT id, 'no u' FROM s WHERE id <= 50;
SELECT count(*), count(u), sum(u) FROM t;
ROLLBACK;
SELECT count(*), sum(id), sum(u), max(v) FROM t;
-- from bind tables, the same one too
REPLACE INTO t SELECT id + 1, u + 1, v || '+' FROM t WHERE id < 50;
SELECT changes(), count(*), sum(id), sum(u) FROM t;
INSERT INTO p SELECT id % 50, 'b' || (id / 50), id FROM s WHERE id < 500;
REPLACE INTO p SELECT a + 1, b, n + 1 FROM p WHERE a < 49;
SELECT changes(), count(*), sum(a), sum(n), max(b) FROM p;
REPLACE INTO p SELECT id, v, u FROM t WHERE id BETWEEN 1000 AND 1400;
SELECT changes(), count(*), sum(a), sum(n), max(b) FROM p;
-- defaults in keys, and for NULLs
INSERT OR REPLACE INTO d(id, u, n) SELECT id, id, CASE id % 3 WHEN 0 THEN NULL ELSE id END FROM s WHERE id <= 20;
SELECT count(*), sum(u), sum(n) FROM d;
INSERT OR REPLACE INTO d(id, n) SELECT id, id FROM s WHERE id BETWEEN 10 AND 30;
SELECT * FROM d ORDER BY id;
REPLACE INTO d VALUES (1, 1, 1), (2, 2, NULL), (3, 1, 2), (7, NULL, NULL), (8, 2, 8);
SELECT * FROM d ORDER BY id;
BEGIN;
REPLACE INTO d VALUES (1, 1, 1), (2, 2, NULL), (3, 1, 2), (7, NULL, NULL), (8, 2, 8);
REPLACE INTO d(id, n) VALUES (1, 1), (2, NULL), (3, 2);
SELECT * FROM d ORDER BY id;
COMMIT;
-- what refers to a row that has gone, goes; in the same table too, and there the order counts
INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, NULL);
REPLACE INTO tree VALUES (5, 1), (6, 4), (1, NULL);
SELECT * FROM tree ORDER BY id;
INSERT INTO parent SELECT id, id FROM s WHERE id <= 100;
INSERT INTO child SELECT id, id FROM s WHERE id <= 100;
REPLACE INTO parent SELECT id, -id FROM s WHERE id <= 60;
SELECT count(*), min(id) FROM child;
SELECT count(*), sum(n) FROM parent;
REPLACE INTO child SELECT id, id + 50 FROM s WHERE id BETWEEN 1 AND 51;
SELECT count(*), sum(parent) FROM child;
REPLACE INTO child SELECT id, id + 49 FROM s WHERE id BETWEEN 1 AND 51;
SELECT count(*), sum(parent) FROM child;
-- texts that are the same to the table
INSERT INTO w VALUES ('One', 1), ('Two', 2), ('Three', 3);
REPLACE INTO w VALUES ('ONE', 10), ('two', 20), ('four', 4);
SELECT * FROM w ORDER BY n;
REPLACE INTO w VALUES ('five', 5), ('FIVE', 6), ('oNE', 7);
SELECT * FROM w ORDER BY n;
-- numbers by the server
INSERT INTO a(u, n) SELECT id, 1 FROM s WHERE id <= 100;
REPLACE INTO a(u, n) SELECT id, 2 FROM s WHERE id BETWEEN 51 AND 150;
SELECT changes(), last_insert_rowid() = (SELECT max(id) FROM a), count(*), sum(u), sum(n) FROM a;
REPLACE INTO a(u, n) VALUES (1, 3), (2, 3);
SELECT last_insert_rowid() = (SELECT id FROM a WHERE u = 2), count(*), sum(n) FROM a;
BEGIN;
REPLACE INTO a(u, n) VALUES (1, 4), (2, 4), (500, 4);
SELECT last_insert_rowid() = (SELECT id FROM a WHERE u = 500), count(*), sum(n) FROM a;
COMMIT;
-- RETURNING, which shows the rows before they are committed
REPLACE INTO t VALUES (1, 100, 'r'), (2, 200, 's') RETURNING id, u;
REPLACE INTO t VALUES (1, 100, 'r'), (2, 200, 'bad') RETURNING id, u;
SELECT * FROM t WHERE id < 3 ORDER BY id;
SELECT drop_all() > 0 WHERE 0; -- remote
