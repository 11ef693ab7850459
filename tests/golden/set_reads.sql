-- native: same
-- A subquery in SET that reads the table itself finds the rows that the statement has changed before.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, g INTEGER, n INTEGER, m INTEGER, name VARCHAR(20));
CREATE VIRTUAL TABLE same USING bind(table='t', id INTEGER PRIMARY KEY, n INTEGER); -- remote
CREATE VIRTUAL TABLE pair USING bind(a INTEGER, b VARCHAR(10), n INTEGER, PRIMARY KEY (a, b));
CREATE VIRTUAL TABLE child USING bind(id INTEGER PRIMARY KEY, up INTEGER REFERENCES pad(id) ON UPDATE CASCADE);
CREATE VIRTUAL TABLE pad USING bind(id INTEGER PRIMARY KEY, n INTEGER);
SELECT 1 WHERE create_all() <> 4; -- remote
CREATE TEMP VIEW seen AS SELECT g, n FROM t;
INSERT INTO t VALUES (1, 1, 0, 10, 'a'), (2, 1, 0, 20, 'b'), (3, 2, 0, 30, 'c'), (4, 1, 0, 40, 'd'), (5, 2, 5, 50, 'e');
INSERT INTO pair VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3), (2, 'b', NULL);
-- counting on
UPDATE t SET n = (SELECT max(n) + 1 FROM t AS o WHERE o.g = t.g);
SELECT id, n FROM t ORDER BY id;
UPDATE t AS u SET n = n + 1, m = (SELECT count(*) FROM t WHERE n > u.n) WHERE id > 1;
SELECT id, n, m FROM t ORDER BY id;
WITH s(g, total) AS (SELECT g, sum(n) FROM t GROUP BY g) UPDATE t SET n = (SELECT total FROM s WHERE s.g = t.g) + 1 WHERE m >= 0;
SELECT id, n FROM t ORDER BY id;
UPDATE t SET n = (SELECT sum(n) FROM seen WHERE seen.g = t.g) % 7, name = 'x' || id;
SELECT id, n, name FROM t ORDER BY id;
UPDATE t SET m = 100 - id, n = CASE WHEN id IN (SELECT o.n FROM t AS o WHERE o.g = t.g) THEN -1 ELSE n + id END;
SELECT id, n, m FROM t ORDER BY id;
UPDATE pair SET n = coalesce((SELECT max(n) FROM pair AS o WHERE o.a <= pair.a), 0) + 1;
SELECT * FROM pair ORDER BY a, b;
UPDATE pair AS p SET b = b || (SELECT count(*) FROM pair WHERE b > p.b);
SELECT * FROM pair ORDER BY a, b;
-- what is read is not what is changed
UPDATE t SET m = (SELECT count(*) FROM t AS o WHERE o.id <= t.id), name = (SELECT min(g) FROM t AS o WHERE o.g > t.g);
SELECT id, m, name FROM t ORDER BY id;
-- once for the statement
UPDATE t SET n = (SELECT sum(n) FROM t) + id;
SELECT id, n FROM t ORDER BY id;
UPDATE t SET n = n % 10 WHERE n > (SELECT avg(n) FROM t) OR EXISTS (SELECT 1 FROM t AS o WHERE o.n = t.n + 2);
SELECT id, n FROM t ORDER BY id;
UPDATE t SET n = q.s FROM (SELECT g, sum(n) AS s FROM t GROUP BY g) AS q WHERE q.g = t.g;
SELECT id, n FROM t ORDER BY id;
-- rows that are taken away
UPDATE OR REPLACE pair SET b = 'z' || (SELECT count(*) FROM pair AS o WHERE o.a = pair.a) WHERE a = 1;
SELECT * FROM pair ORDER BY a, b;
-- in a transaction, with parameters
BEGIN;
.parameter set ?1 3
.parameter set $up 'w'
UPDATE t SET n = (SELECT count(*) FROM t AS o WHERE o.n > ?1 AND o.g >= t.g) WHERE name <> $up OR name IS NULL;
SELECT id, n FROM t ORDER BY id;
ROLLBACK;
SELECT id, n FROM t ORDER BY id;
-- parameters whose values are not what SQLite writes in their place: behind a minus a comment, behind BY a column
.parameter set ?1 -5
BEGIN;
UPDATE t SET name = 'n', n = (SELECT sum(n) FROM t AS o WHERE o.id <= t.id)-?1 WHERE id < 4;
SELECT id, n, name FROM t ORDER BY id;
.parameter set ?2 "'w'"
UPDATE t SET name = ?2, n = (SELECT sum(n) FROM t AS o WHERE o.id <= t.id) - ?1 WHERE id < 4;
SELECT id, n, name FROM t ORDER BY id;
WITH q(v) AS (SELECT 4 -?1
  + 1) UPDATE t SET n = (SELECT sum(n) + v FROM t AS o, q WHERE o.id <= t.id) WHERE id < 4;
SELECT id, n FROM t ORDER BY id;
.parameter set ?1 1
UPDATE t SET n = (SELECT n FROM t AS o WHERE o.id <= t.id ORDER BY ?1, id DESC LIMIT 1) + 1 WHERE id < 4;
SELECT id, n FROM t ORDER BY id;
UPDATE t SET n = n + (SELECT count(*) FROM (SELECT id FROM t AS o WHERE o.id <> t.id GROUP BY ?1, n > 3)) WHERE id < 4;
SELECT id, n FROM t ORDER BY id;
UPDATE t SET g = ?1, n = (SELECT total(n) OVER (ORDER BY id ROWS ?1 PRECEDING) FROM t AS o WHERE o.id <= t.id ORDER BY id DESC LIMIT ?1) WHERE id < 4;
SELECT id, g, n FROM t ORDER BY id;
ROLLBACK;
-- what refers to the table
INSERT INTO pad VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO child VALUES (1, 1), (2, 3), (3, 3);
PRAGMA foreign_keys = ON;
UPDATE pad SET id = id + 10, n = (SELECT count(*) FROM child WHERE up > pad.id);
SELECT * FROM pad ORDER BY id;
SELECT * FROM child ORDER BY id;
