-- native: same
-- min() and max() of several columns come from the ends of indexes, whatever the values are; where the rows are for
-- anything else as well, all of them come.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a INTEGER UNIQUE, r DOUBLE UNIQUE, s VARCHAR(40) UNIQUE, d DATE UNIQUE, n NUMERIC(10,2) UNIQUE, b VARBINARY(40) UNIQUE, m DATETIME UNIQUE, g INTEGER, h INTEGER, l VARCHAR(40) COLLATE NOCASE UNIQUE, w INTEGER UNIQUE, UNIQUE (g, h));
CREATE VIRTUAL TABLE p USING bind(bind_key='x', i INTEGER NOT NULL, j INTEGER NOT NULL, v INTEGER, PRIMARY KEY (i, j));
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO t WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  SELECT n, CASE WHEN n % 10 THEN n * 7919 % 30011 - 15000 END,
    CASE n WHEN 7 THEN NULL WHEN 8 THEN 1e300 WHEN 9 THEN -1e300 ELSE n * 0.25 - 300 END,
    CASE n WHEN 9 THEN '' WHEN 11 THEN 'é' WHEN 12 THEN 'Z' WHEN 13 THEN 'a!' WHEN 14 THEN 'a' WHEN 15 THEN NULL ELSE 'k' || n END,
    CASE n WHEN 3 THEN NULL ELSE date('1999-12-31', (n * 3) || ' days') END, CASE WHEN n % 3 THEN n / 4.0 - 90 END,
    CASE WHEN n % 2 THEN CAST(n AS BLOB) END, datetime('2001-02-03', n || ' minutes'), n % 3, n, CASE WHEN n % 2 THEN 'x' ELSE 'X' END || n, NULL FROM i;
INSERT INTO p SELECT id / 100, id % 100, -id FROM t;
UPDATE binds SET url = url; -- remote
CREATE TABLE l(x INTEGER);
INSERT INTO l VALUES (1), (2), (NULL);
.print == each type
SELECT min(id), max(id) FROM t;
SELECT max(id), min(id), typeof(min(id)) FROM t;
SELECT min(a), max(a) FROM t;
SELECT min(r), max(r), typeof(max(r)) FROM t;
SELECT quote(min(s)), quote(max(s)) FROM t;
SELECT min(d), max(d), min(m), max(m) FROM t;
SELECT min(n), max(n), typeof(min(n)), typeof(max(n)) FROM t;
SELECT quote(min(b)), quote(max(b)) FROM t;
SELECT min(w), max(w), min(id) FROM t;
SELECT min(w), max(w) FROM t;
SELECT min(l), max(l) FROM t;
SELECT min(l COLLATE BINARY), max(l COLLATE BINARY) FROM t;
SELECT min(g), max(g), min(h), max(h) FROM t;
SELECT min(i), max(i), min(j), max(j), min(v) FROM p;
SELECT min(i), max(i) FROM p;
.print == in expressions, beside other aggregates, with HAVING, ORDER BY, LIMIT
SELECT max(id) - min(id), coalesce(min(w), 'none') FROM t;
SELECT min(id), max(id), count(*) FROM t;
SELECT min(id), max(id), count(a), sum(id), avg(id) FROM t;
SELECT min(id), max(id), a FROM t WHERE id < 2900;
SELECT min(id + 0), max(id), max(id, 5) FROM t WHERE id = 7;
SELECT min(-id), max(-id) FROM t;
SELECT min(id), max(id) FROM t HAVING max(id) > 5;
SELECT min(id), max(id) FROM t HAVING max(id) < 5;
SELECT min(id), max(id) FROM t ORDER BY 1 LIMIT 1;
SELECT min(id), max(id) FROM t LIMIT 1 OFFSET 1;
SELECT min(id) FILTER (WHERE id > 5), max(id) FROM t;
SELECT min(DISTINCT a), max(DISTINCT a) FROM t;
SELECT g, min(id), max(id) FROM t GROUP BY g ORDER BY g;
SELECT min(id) OVER (), max(id) OVER () FROM t LIMIT 2;
SELECT * FROM (SELECT min(id), max(id) FROM t LIMIT 1);
SELECT min(x), max(x) FROM (SELECT id AS x FROM t ORDER BY id LIMIT 10 OFFSET 100);
SELECT min(x), max(x) FROM (SELECT id AS x FROM t UNION ALL SELECT a FROM t);
SELECT min(x), max(x) FROM (SELECT DISTINCT a AS x FROM t);
.print == WHERE
SELECT min(id), max(id) FROM t WHERE id > 100;
SELECT min(id), max(id) FROM t WHERE id > 100 AND id <= 2500;
SELECT min(id), max(id) FROM t WHERE id > 100.5 AND id < '2500';
SELECT min(id), max(id) FROM t WHERE id > 5000 OR id < -7;
SELECT min(id), max(id) FROM t WHERE id > 5000;
SELECT min(id), max(id) FROM t WHERE id > NULL;
SELECT min(id), max(id) FROM t WHERE id > 100 AND id % 7 = 0;
SELECT min(id), max(id) FROM t WHERE a > 0;
SELECT min(a), max(a), min(id), max(id) FROM t WHERE id > 100 AND a < 5000;
SELECT min(a), max(a) FROM t WHERE a IS NOT NULL;
SELECT min(s), max(s) FROM t WHERE s > 'a' AND s < 'k3';
SELECT min(s), max(s) FROM t WHERE s LIKE 'k29%';
SELECT min(l), max(l) FROM t WHERE l > 'X2';
SELECT min(h), max(h) FROM t WHERE g = 1;
SELECT min(h), max(h) FROM t WHERE g = 7;
SELECT min(j), max(j) FROM p WHERE i = 3;
SELECT min(j), max(j), min(i) FROM p WHERE i > 3;
SELECT min(d), max(d) FROM t WHERE d > '2005-01-01';
SELECT min(r), max(r) FROM t WHERE r < 1e10;
SELECT min(id), max(id) FROM t WHERE id IN (SELECT x FROM l);
SELECT min(id), max(id) FROM t WHERE 0;
SELECT min(id), max(id) FROM t WHERE (SELECT count(*) FROM l) = 3;
.print == more than one scan
SELECT x, (SELECT max(id) - min(id) FROM t WHERE id > x) FROM l;
SELECT x, (SELECT min(id) FROM t), (SELECT max(id) FROM t) FROM l;
SELECT min(id), max(id) FROM t UNION ALL SELECT min(a), max(a) FROM t UNION ALL SELECT min(i), max(i) FROM p;
SELECT min(id), max(id), min(x) FROM t, l;
SELECT min(id), max(id) FROM t, l WHERE x < id;
SELECT min(id), max(id), min(x) FROM l LEFT JOIN t ON id = x;
SELECT min(t.id), max(u.id) FROM t JOIN t AS u ON u.id = t.id + 1;
SELECT (SELECT min(id) + max(id) FROM t), (SELECT min(a) + max(a) FROM t), (SELECT max(id) - min(id) FROM t);
WITH c(lo, hi) AS (SELECT min(id), max(id) FROM t) SELECT lo, hi, x FROM c, l ORDER BY x;
CREATE VIEW v AS SELECT min(id) AS lo, max(id) AS hi FROM t;
SELECT * FROM v;
SELECT x, lo FROM l, v WHERE x < hi ORDER BY x;
.print == writes
CREATE TABLE kept(lo, hi);
INSERT INTO kept SELECT min(id), max(id) FROM t;
SELECT * FROM kept;
BEGIN;
INSERT INTO t(id, a, s) VALUES (5000, -40000, 'zz'), (-3, 40000, NULL);
SELECT min(id), max(id), min(a), max(a), max(s) FROM t;
DELETE FROM t WHERE id IN (1, 5000);
SELECT min(id), max(id), min(a), max(a) FROM t;
INSERT INTO t(id, a) SELECT max(id) + 1000, min(a) - 1 FROM t;
SELECT min(id), max(id), min(a), max(a) FROM t;
UPDATE t SET a = (SELECT max(a) - min(a) FROM t) WHERE id = 4000;
SELECT min(a), max(a) FROM t;
ROLLBACK;
SELECT min(id), max(id), min(a), max(a) FROM t;
DELETE FROM t;
SELECT min(id), max(id), min(s), max(d) FROM t;
