-- What an UPDATE only leaves as it is does not travel, of many rows or where it can be long; whatever the row is found by,
-- and the same text of a plan serves statements that read it.
-- native: same
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a INTEGER NOT NULL, d DATE, s TEXT, b BLOB, u VARCHAR(20) UNIQUE);
CREATE VIRTUAL TABLE k USING bind(bind_key='x', i INTEGER NOT NULL, j VARCHAR(10) NOT NULL, v INTEGER, s TEXT, PRIMARY KEY (i, j));
CREATE VIRTUAL TABLE bag USING bind(bind_key='x', i INTEGER, s TEXT, v INTEGER);
CREATE VIRTUAL TABLE wide USING bind(bind_key='x', id INTEGER PRIMARY KEY, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER, c5 INTEGER, c6 INTEGER, c7 INTEGER, c8 INTEGER, c9 INTEGER, c10 INTEGER, c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, c16 INTEGER, c17 INTEGER, c18 INTEGER, c19 INTEGER, c20 INTEGER, c21 INTEGER, c22 INTEGER, c23 INTEGER, c24 INTEGER, c25 INTEGER, c26 INTEGER, c27 INTEGER, c28 INTEGER, c29 INTEGER, c30 INTEGER, c31 INTEGER, c32 INTEGER, c33 INTEGER, c34 INTEGER, c35 INTEGER, c36 INTEGER, c37 INTEGER, c38 INTEGER, c39 INTEGER, c40 INTEGER, c41 INTEGER, c42 INTEGER, c43 INTEGER, c44 INTEGER, c45 INTEGER, c46 INTEGER, c47 INTEGER, c48 INTEGER, c49 INTEGER, c50 INTEGER, c51 INTEGER, c52 INTEGER, c53 INTEGER, c54 INTEGER, c55 INTEGER, c56 INTEGER, c57 INTEGER, c58 INTEGER, c59 INTEGER, c60 INTEGER, c61 INTEGER, c62 INTEGER, c63 INTEGER, c64 INTEGER, c65 INTEGER, c66 INTEGER, c67 INTEGER, c68 INTEGER, c69 INTEGER, c70 INTEGER, s TEXT);
CREATE TEMP TABLE made AS SELECT create_all(); -- remote
INSERT INTO t WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  SELECT n, n % 100, date('2000-01-01', (n % 5000) || ' days'), 'text ' || n, CAST('blob ' || n AS BLOB), 'u' || n FROM i;
INSERT INTO k SELECT id / 100, 'j' || (id % 100), a, s FROM t;
INSERT INTO bag SELECT a % 7, 'same', a % 5 FROM t WHERE id <= 700;
INSERT INTO wide WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 200) SELECT n, n * 1, n * 2, n * 3, n * 4, n * 5, n * 6, n * 7, n * 8, n * 9, n * 10, n * 11, n * 12, n * 13, n * 14, n * 15, n * 16, n * 17, n * 18, n * 19, n * 20, n * 21, n * 22, n * 23, n * 24, n * 25, n * 26, n * 27, n * 28, n * 29, n * 30, n * 31, n * 32, n * 33, n * 34, n * 35, n * 36, n * 37, n * 38, n * 39, n * 40, n * 41, n * 42, n * 43, n * 44, n * 45, n * 46, n * 47, n * 48, n * 49, n * 50, n * 51, n * 52, n * 53, n * 54, n * 55, n * 56, n * 57, n * 58, n * 59, n * 60, n * 61, n * 62, n * 63, n * 64, n * 65, n * 66, n * 67, n * 68, n * 69, n * 70, 's' || n FROM i;
UPDATE binds SET url = url; -- remote
CREATE TABLE l(x INTEGER, s TEXT);
CREATE VIEW sums AS SELECT (SELECT sum(id * a) || ' ' || sum(length(s) * id) || ' ' || sum(length(b)) || ' ' || max(u) || ' ' || max(d) FROM t) || ' ' ||
  (SELECT sum(i * v) || ' ' || sum(length(s)) || ' ' || max(j) FROM k) || ' ' || (SELECT sum(i * v) || ' ' || sum(length(s)) FROM bag) AS sums;
.print == many rows, one row
UPDATE t SET a = a + 1; SELECT changes(), sums FROM sums;
UPDATE t SET a = a + 1 WHERE id < 2500; SELECT changes(), sums FROM sums;
UPDATE t SET a = a + length(s) WHERE id < 2500; SELECT changes(), sums FROM sums;
UPDATE t SET a = a + 1 WHERE id = 5; SELECT changes(), * FROM t WHERE id = 5;
UPDATE t SET s = s || '.' WHERE id = 5; SELECT changes(), * FROM t WHERE id = 5;
UPDATE t SET a = 7; SELECT changes(), sums FROM sums;
UPDATE t SET a = id WHERE s > 'text 2' AND length(b) > 7; SELECT changes(), sums FROM sums;
UPDATE t SET s = s || a, d = NULL WHERE d > '2005-01-01'; SELECT changes(), sums FROM sums;
UPDATE t SET b = CAST(s || id AS BLOB), s = CAST(b AS TEXT) WHERE id % 2; SELECT changes(), sums FROM sums;
UPDATE t SET id = id + 5000 WHERE id > 2900; SELECT changes(), sums FROM sums;
UPDATE t SET u = 'v' || id; SELECT changes(), sums FROM sums;
UPDATE OR IGNORE t SET u = 'v10' WHERE id BETWEEN 8 AND 12; SELECT changes(), sums FROM sums;
UPDATE t SET a = (SELECT count(*) FROM l) + a, s = upper(s); SELECT changes(), sums FROM sums;
UPDATE t SET a = (SELECT max(length(o.s)) FROM t AS o WHERE o.id = t.id + 1) WHERE id < 50; SELECT changes(), sums FROM sums;
UPDATE t SET a = t.a + l.x FROM (SELECT 3 AS x) AS l WHERE t.id > l.x; SELECT changes(), sums FROM sums;
WITH q(x) AS (SELECT 5) UPDATE t SET a = a + (SELECT x FROM q); SELECT changes(), sums FROM sums;
.print == other keys, none, many columns
UPDATE k SET v = v + 1; SELECT changes(), sums FROM sums;
UPDATE k SET v = v + 1 WHERE i > 3; SELECT changes(), sums FROM sums;
UPDATE k SET s = j || s WHERE i > 3 AND v > 20; SELECT changes(), sums FROM sums;
UPDATE k SET v = 1 WHERE i = 3 AND j = 'j7'; SELECT changes(), sums FROM sums;
UPDATE k SET j = j || 'x' WHERE i = 4; SELECT changes(), sums FROM sums;
UPDATE bag SET v = v + 1; SELECT changes(), sums FROM sums;
UPDATE bag SET v = v + 1 WHERE i = 3; SELECT changes(), sums FROM sums;
UPDATE wide SET c3 = c3 + 1; SELECT changes(), sum(c3), sum(c70), sum(length(s)) FROM wide;
UPDATE wide SET c69 = c69 + 1; SELECT changes(), sum(c69), sum(c70), sum(length(s)) FROM wide;
UPDATE wide SET c2 = c70 + 1 WHERE id > 20; SELECT changes(), sum(c2), sum(c70), sum(length(s)) FROM wide;
UPDATE wide SET s = s || c1 WHERE id > 20; SELECT changes(), sum(c2), sum(c70), sum(length(s)) FROM wide;
.print == in BEGIN, by triggers, and what only reads beside a change
BEGIN;
UPDATE t SET a = a + 1; SELECT sums FROM sums;
UPDATE t SET a = a + 1 WHERE id = 6; SELECT sums FROM sums;
UPDATE k SET v = v + 1; SELECT sums FROM sums;
ROLLBACK;
SELECT sums FROM sums;
INSERT INTO l SELECT a, 'x' FROM t WHERE id > 10; SELECT changes(), sum(x), max(s) FROM l;
INSERT INTO l SELECT a, s FROM t WHERE d > '2001-01-01'; SELECT changes(), sum(x), max(s) FROM l;
INSERT INTO t(id, a, s) SELECT id + 20000, a, s FROM t WHERE id > 10; SELECT changes(), sums FROM sums;
INSERT INTO l VALUES (-5, 'q'), (-66, 'r');
CREATE TRIGGER many AFTER DELETE ON l BEGIN UPDATE t SET a = a + 1 WHERE id > 1000; UPDATE t SET s = s || old.x WHERE id = 3; END;
DELETE FROM l WHERE x IN (-5, -66); SELECT changes(), sums FROM sums;
DELETE FROM t WHERE length(s) % 2 AND id > 100; SELECT changes(), sums FROM sums;
