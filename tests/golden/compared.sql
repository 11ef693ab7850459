-- native: same
-- Two columns of one table compared with each other: the server may leave rows away that SQLite would only pass over.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, i INTEGER, j BIGINT, k SMALLINT, s VARCHAR(40), u TEXT, c CHAR(10), d DATE, e DATE, m DATETIME, o DATETIME, h TIME, l TIME, n NUMERIC(10,2), p NUMERIC(12,4), w NUMERIC(30,4), f DOUBLE, g DOUBLE, y VARCHAR(40) COLLATE NOCASE, b BOOLEAN);
CREATE VIRTUAL TABLE q USING bind(bind_key='x', id INTEGER PRIMARY KEY, t INTEGER, z VARCHAR(10));
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1500)
  SELECT n, n * 37 % 101, CASE n % 50 WHEN 0 THEN 9223372036854775807 WHEN 1 THEN NULL WHEN 2 THEN -9223372036854775807 ELSE n * 17 % 103 END, n * 7 % 90 - 20,
    CASE n % 40 WHEN 0 THEN '' WHEN 1 THEN 'é' WHEN 2 THEN 'Z' WHEN 3 THEN 'a ' WHEN 4 THEN NULL WHEN 5 THEN 'a' WHEN 6 THEN 'ä' WHEN 7 THEN char(0x1F600) ELSE 'k' || (n * 13 % 97) END,
    CASE n % 41 WHEN 0 THEN 'a' WHEN 1 THEN 'É' WHEN 2 THEN 'z' WHEN 3 THEN 'A' WHEN 4 THEN 'a  ' WHEN 5 THEN char(0xFF5E) WHEN 6 THEN NULL ELSE 'K' || (n * 11 % 89) END,
    'c' || (n * 3 % 70), date('1998-01-01', (n * 31 % 400) || ' days'), CASE n % 60 WHEN 0 THEN '9999-12-31' WHEN 1 THEN '0001-01-01' WHEN 2 THEN NULL ELSE date('1998-06-01', (n * 17 % 300 - 150) || ' days') END,
    datetime('2001-02-03', (n * 7 % 50) || ' minutes'), CASE n % 3 WHEN 0 THEN datetime('2001-02-03', (n * 11 % 50) || ' minutes') WHEN 1 THEN datetime('2001-02-03', (n * 11 % 50) || ' minutes') || '.000001' END,
    time('00:00:00', (n * 7 % 1440) || ' minutes'), time('00:00:00', (n * 13 % 1440) || ' minutes'),
    n * 7 % 50 / 4.0, n * 9 % 60 / 4.0, n * 9 % 60 / 4.0, n * 7 % 40 / 8.0, CASE n % 30 WHEN 0 THEN 0.0 WHEN 1 THEN NULL WHEN 2 THEN 1e300 ELSE n * 9 % 45 / 8.0 END,
    CASE WHEN n % 2 THEN 'k' ELSE 'K' END || n * 5 % 97, n % 2 FROM r;
INSERT INTO q SELECT id, id * 3 % 1600, 'z' || (id % 7) FROM t;
UPDATE binds SET url = url; -- remote
CREATE TABLE a(x INTEGER);
INSERT INTO a VALUES (3), (7), (2000);
.print == each type
SELECT count(*), sum(id), min(id) FROM t WHERE i < j;
SELECT count(*), sum(id), min(id) FROM t WHERE i >= j;
SELECT count(*), sum(id), min(id) FROM t WHERE i = j OR 0;
SELECT count(*), sum(id), min(id) FROM t WHERE i <> j AND k <= i;
SELECT count(*), sum(id), min(id) FROM t WHERE i IS j;
SELECT count(*), sum(id), min(id) FROM t WHERE i IS NOT j;
SELECT count(*), sum(id), min(id) FROM t WHERE b < k;
SELECT count(*), sum(id), min(id) FROM t WHERE s < u;
SELECT count(*), sum(id), min(id) FROM t WHERE s > u;
SELECT count(*), sum(id), min(id) FROM t WHERE s = u;
SELECT count(*), sum(id), min(id) FROM t WHERE s <> c AND c < u;
SELECT count(*), sum(id), min(id) FROM t WHERE s < u COLLATE NOCASE;
SELECT count(*), sum(id), min(id) FROM t WHERE y < s;
SELECT count(*), sum(id), min(id) FROM t WHERE s < y;
SELECT count(*), sum(id), min(id) FROM t WHERE d < e;
SELECT count(*), sum(id), min(id) FROM t WHERE d >= e;
SELECT count(*), sum(id), min(id) FROM t WHERE d = e;
SELECT count(*), sum(id), min(id) FROM t WHERE m < o;
SELECT count(*), sum(id), min(id) FROM t WHERE m >= o;
SELECT count(*), sum(id), min(id) FROM t WHERE d < m;
SELECT count(*), sum(id), min(id) FROM t WHERE d > l;
SELECT count(*), sum(id), min(id) FROM t WHERE h < l;
SELECT count(*), sum(id), min(id) FROM t WHERE n < p;
SELECT count(*), sum(id), min(id) FROM t WHERE n = p;
SELECT count(*), sum(id), min(id) FROM t WHERE p = w;
SELECT count(*), sum(id), min(id) FROM t WHERE n <= w;
SELECT count(*), sum(id), min(id) FROM t WHERE f < g;
SELECT count(*), sum(id), min(id) FROM t WHERE f >= g;
SELECT count(*), sum(id), min(id) FROM t WHERE i < n;
SELECT count(*), sum(id), min(id) FROM t WHERE n < f;
SELECT count(*), sum(id), min(id) FROM t WHERE i < s;
SELECT count(*), sum(id), min(id) FROM t WHERE d < s;
SELECT 'not sent: ' || p FROM (SELECT value AS p FROM json_each(CASE (SELECT engine FROM binds WHERE key = 'x') WHEN 'sqlite' THEN '["_i_ COLLATE BINARY < _j_", "_d_ COLLATE BINARY < _e_", "_n_ COLLATE BINARY < _p_"]' WHEN 'postgresql' THEN '["_i_ < _j_", "_s_ COLLATE _C_ < _u_ COLLATE _C_", "(_d_ < _e_ OR ", "(_m_ < _o_ OR ", "_h_ < _l_", "_n_ < _p_", "_f_ < _g_"]' ELSE '["_i_ + 0 < _j_ + 0", "CAST(CONVERT(_s_ USING utf8mb4) AS BINARY) < CAST(CONVERT(_u_ USING utf8mb4) AS BINARY)", "_d_ < _e_", "_m_ < _o_", "_n_ < _p_"]' END)) WHERE NOT EXISTS (SELECT 1 FROM bind_log WHERE sql LIKE '% WHERE %' || p || '%'); -- remote
SELECT 'sent: ' || sql FROM bind_log, json_each(CASE (SELECT engine FROM binds WHERE key = 'x') WHEN 'sqlite' THEN '["f", "g", "s", "u", "c"]' WHEN 'postgresql' THEN '["w"]' ELSE '["w", "f", "g", "h", "l"]' END) WHERE sql GLOB '* FROM ?t? WHERE *[`"]' || value || '[`"]*'; -- remote
SELECT 'sent: ' || sql FROM bind_log WHERE sql GLOB '* WHERE *[`"]y[`"]*<*[`"]s[`"]*' OR (sql GLOB '* WHERE *[`"][dn][`"]*<*[`"][mf][`"]*' OR sql GLOB '* WHERE *[`"][id][`"]*<*[`"][ns][`"]*') AND (SELECT engine <> 'sqlite' FROM binds WHERE key = 'x'); -- remote
SELECT 'with other terms, functions, groups, orders';
SELECT count(*), sum(id) FROM t WHERE d < e AND e < '1998-09-01' AND s IN ('k1', 'k2', 'k3', 'é') AND i < 50;
SELECT id, i, j FROM t WHERE i > j AND abs(k) = 5 ORDER BY id LIMIT 7;
SELECT id, i, j FROM t WHERE i = j ORDER BY id DESC LIMIT 3 OFFSET 2;
SELECT b, count(*), max(id) FROM t WHERE f < g GROUP BY b ORDER BY b;
SELECT DISTINCT k FROM t WHERE d = e ORDER BY k;
SELECT count(*) FROM t WHERE NOT (d < e OR h < l);
SELECT count(*) FROM t WHERE (d < e) IS NOT TRUE;
SELECT count(*) FROM t WHERE d < e OR i > j;
SELECT count(*) FROM t WHERE i BETWEEN k AND j;
SELECT count(*) FROM t WHERE (i, d) < (j, e);
SELECT count(*) FROM t WHERE CASE WHEN i < j THEN d < e ELSE 1 END;
SELECT sum(d < e), count(*) FROM t;
SELECT max(id) FROM t WHERE i < j;
SELECT count(*) FROM (SELECT * FROM t LIMIT 1200) WHERE i < j AND id <= 0;
.print == joins
SELECT z, count(*), sum(t.id) FROM t, q WHERE q.id = t.id AND d < e AND i < j GROUP BY z ORDER BY z;
SELECT count(*), count(q.id), count(t.id) FROM q LEFT JOIN t ON t.id = q.t AND t.d < t.e;
SELECT count(*), count(q.id), count(t.id) FROM q LEFT JOIN t ON t.id = q.t WHERE coalesce(t.d < t.e, 1);
SELECT count(*), count(q.id), count(t.id) FROM t LEFT JOIN q ON q.t = t.id AND t.d < t.e;
SELECT count(*), count(t.id) FROM a LEFT JOIN t ON d < e AND i < x;
SELECT count(*) FROM a JOIN t ON d < e AND i < x;
SELECT count(*) FROM t AS r JOIN t AS v ON v.id = r.id + 1 WHERE r.i < r.j;
SELECT count(*) FROM t AS r JOIN t AS v ON v.id = r.id + 1 WHERE r.i < r.j AND v.i < v.j;
SELECT count(*) FROM t WHERE i < j AND id IN (SELECT t FROM q) AND k > (SELECT min(k) FROM t);
SELECT x, (SELECT count(*) FROM t WHERE i < j AND k < x) FROM a;
SELECT count(*) FROM a WHERE EXISTS (SELECT 1 FROM t WHERE d > e AND k > x);
SELECT sum(n) FROM (SELECT count(*) AS n FROM t WHERE i < j UNION ALL SELECT count(*) FROM t WHERE i >= j UNION ALL SELECT count(*) FROM t WHERE j IS NULL);
SELECT count(*) FROM t WHERE i < j EXCEPT SELECT count(*) FROM t;
WITH RECURSIVE r(n) AS (SELECT min(id) FROM t WHERE i < j UNION SELECT t.id FROM r JOIN t ON t.id = r.n + 1 AND t.id < 40) SELECT count(*), max(n) FROM r;
CREATE VIEW v AS SELECT * FROM t WHERE d < e;
SELECT count(*) FROM v WHERE i > j;
SELECT count(*) FROM v, a;
.print == the same rows wanted again, with and without
SELECT count(*) FROM t AS r, a WHERE r.i < r.j AND r.k < x;
SELECT (SELECT count(*) FROM t WHERE k > 5), (SELECT count(*) FROM t WHERE k > 5 AND i < j);
.print == changes
BEGIN;
UPDATE t SET i = 1000 WHERE d < e AND id <= 20;
SELECT count(*), sum(id) FROM t WHERE i > k AND i > 900;
DELETE FROM t WHERE d < e AND id > 1400;
SELECT count(*), sum(id) FROM t;
CREATE TABLE kept AS SELECT id FROM t WHERE d < e;
SELECT count(*), sum(id) FROM kept;
INSERT INTO q(id, t) SELECT id + 5000, id FROM t WHERE i < j AND id < 30;
SELECT count(*), sum(t) FROM q WHERE id > 5000;
ROLLBACK;
SELECT count(*), sum(id) FROM t WHERE d < e;
