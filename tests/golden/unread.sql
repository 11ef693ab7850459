-- native: same
-- A column of a WHERE or ORDER BY that nobody reads does not travel; the same text of a plan serves statements that do
-- read it.
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a INTEGER NOT NULL, d DATE, s VARCHAR(20), r DOUBLE);
CREATE VIRTUAL TABLE k USING bind(bind_key='x', i INTEGER NOT NULL, j INTEGER NOT NULL, v INTEGER, PRIMARY KEY (i, j));
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO t WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 6000)
  SELECT n, n % 100, CASE WHEN n % 50 THEN date('2000-01-01', (n % 5000) || ' days') END, 's' || (n % 10), n / 4.0 FROM i;
INSERT INTO k SELECT id / 100, id % 100, a FROM t;
UPDATE binds SET url = url; -- remote
CREATE TABLE l(x INTEGER);
INSERT INTO l VALUES (1), (2);
.print == of a WHERE
SELECT sum(a) FROM t WHERE d > '2001-01-01' AND d < '2012-01-01';
SELECT sum(a), max(d) FROM t WHERE d > '2001-01-01' AND d < '2012-01-01';
SELECT sum(a) FROM t WHERE d > '2001-01-01' AND d < '2012-01-01';
SELECT sum(a), count(id) FROM t WHERE d > '2001-01-01' AND d < '2012-01-01';
SELECT sum(a), sum(id) FROM t WHERE id > 100 AND id < 5900;
SELECT sum(a) FROM t WHERE id > 100 AND id < 5900;
SELECT sum(a), sum(id) FROM t WHERE id > 100 AND id < 5900;
SELECT sum(a) FROM t WHERE id > '100' AND id < 5900.5;
SELECT sum(v) FROM k WHERE i > 5 AND i < 55;
SELECT sum(v), sum(i) FROM k WHERE i > 5 AND i < 55;
SELECT sum(v), sum(j) FROM k WHERE i > 5 AND i < 55;
SELECT count(*) FROM t WHERE d > '2001-01-01';
SELECT sum(a) FROM t WHERE s > 's3' AND s || 'x' < 's8';
SELECT sum(a) FROM t WHERE s > 3;
SELECT sum(a) FROM t WHERE d > 3 AND r > '7';
SELECT sum(a) FROM t WHERE d IS NOT NULL AND s <> 's1' AND s LIKE 's%';
SELECT sum(a) FROM t WHERE a IN (1, 2, 3) OR d > '2001-01-01';
SELECT sum(a) FROM t WHERE a > 10 AND a < 90;
SELECT sum(r) FROM t WHERE a > 10 AND a < 90;
SELECT 'none' FROM t WHERE a > 98 AND id > 5000 LIMIT 2;
.print == of an ORDER BY or GROUP BY
SELECT sum(r) FROM (SELECT r FROM t ORDER BY d, id);
SELECT group_concat(x) FROM (SELECT r AS x FROM t WHERE a < 40 ORDER BY id DESC LIMIT 3);
SELECT s, sum(r) FROM t WHERE d > '2001-01-01' GROUP BY s ORDER BY s LIMIT 3;
SELECT sum(r) FROM t WHERE d > '2001-01-01' GROUP BY s ORDER BY s LIMIT 3;
SELECT DISTINCT s FROM t WHERE a > 5 ORDER BY s LIMIT 2;
SELECT a FROM t WHERE a > 5 ORDER BY id LIMIT 2 OFFSET 2000;
.print == with parameters, other scans, and changes
CREATE TABLE p(low, high);
INSERT INTO p VALUES ('2001-01-01', '2012-01-01');
SELECT sum(a) FROM t WHERE d > (SELECT low FROM p) AND d < (SELECT high FROM p);
SELECT sum(t.a) FROM l JOIN t ON t.d > '2001-01-01' AND t.id > l.x;
SELECT sum(x.a), sum(y.a) FROM t AS x JOIN t AS y ON x.id = y.id WHERE x.d > '2001-01-01' AND y.r > 5;
SELECT x, (SELECT sum(a) FROM t WHERE id > x) FROM l;
SELECT sum(a) FROM t WHERE d > '2001-01-01' UNION ALL SELECT max(d) FROM t WHERE d > '2001-01-01';
SELECT a FROM t WHERE d > '2013-09-01' AND a > 95 AND id < (SELECT max(id) FROM t) ORDER BY d, id LIMIT 2;
UPDATE t SET a = a + 1 WHERE d > '2001-01-01' AND d < '2012-01-01';
DELETE FROM t WHERE id > 100 AND id < 1200;
SELECT count(*), sum(a) FROM t WHERE d > '2001-01-01';
SELECT 1 WHERE drop_all() <> 2; -- remote
