-- native: same
-- More columns than a row can tell by bits which are decoded, in a scan that is long enough to come as the servers copy
-- rows in bulk.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER, c5 INTEGER, c6 INTEGER, c7 INTEGER, c8 INTEGER, c9 INTEGER, c10 INTEGER, c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, c16 INTEGER, c17 INTEGER, c18 INTEGER, c19 INTEGER, c20 INTEGER, c21 INTEGER, c22 INTEGER, c23 INTEGER, c24 INTEGER, c25 INTEGER, c26 INTEGER, c27 INTEGER, c28 INTEGER, c29 INTEGER, c30 INTEGER, c31 INTEGER, c32 INTEGER, c33 INTEGER, c34 INTEGER, c35 INTEGER, c36 INTEGER, c37 INTEGER, c38 INTEGER, c39 INTEGER, c40 INTEGER, c41 INTEGER, c42 INTEGER, c43 INTEGER, c44 INTEGER, c45 INTEGER, c46 INTEGER, c47 INTEGER, c48 INTEGER, c49 INTEGER, c50 INTEGER, c51 INTEGER, c52 INTEGER, c53 INTEGER, c54 INTEGER, c55 INTEGER, c56 INTEGER, c57 INTEGER, c58 INTEGER, c59 INTEGER, c60 INTEGER, c61 INTEGER, c62 INTEGER, c63 INTEGER, c64 INTEGER, c65 INTEGER, b BIGINT, n NUMERIC(30,10), s VARCHAR(20), r DOUBLE, d DATE);
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO t(id, c1, c64, c65, b, n, s, r, d) WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 6000)
  SELECT n, n % 7, n % 11, CASE WHEN n % 5 THEN n % 13 END, n * 4294967296, CASE n % 9 WHEN 0 THEN 0 WHEN 1 THEN NULL WHEN 2 THEN n * 10000 WHEN 3 THEN -n / 4.0
    WHEN 4 THEN n / 1024.0 WHEN 5 THEN n + 0.5 WHEN 6 THEN n * 1000000000000 WHEN 7 THEN -n ELSE n / 1000000.0 END, 's' || (n % 17), n / 8.0, date('2000-01-01', (n % 900) || ' days') FROM i;
UPDATE binds SET url = url; -- remote
SELECT count(*) FROM t;
SELECT sum(id), sum(c1), sum(c2), sum(c63), sum(c64), sum(c65), sum(b), min(s), max(s), sum(r), min(d), max(d) FROM t WHERE +id > 0;
SELECT count(n), min(+n), max(+n), sum(n < 0), sum(n = 0), sum(typeof(n) = 'integer'), sum(CAST(n AS INTEGER)) FROM t WHERE +id > 0;
SELECT c65, count(*), sum(n = CAST(n AS INTEGER)), min(b), max(n), max(d) FROM t GROUP BY +c65;
SELECT * FROM t WHERE +id % 1999 = 0;
-- SQLite tells no virtual table of an order of 64 columns and more, but of the LIMIT.
SELECT id, c1 FROM t ORDER BY c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, c53, c54, c55, c56, c57, c58, c59, c60, c61, c62, c63, c1, c64, c65, id LIMIT 3;
SELECT id, c1 FROM t ORDER BY c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, c53, c54, c55, c56, c57, c58, c59, c60, c61, c62, c63, c1, c64, c65, id LIMIT 2 OFFSET 2000;
SELECT id FROM t WHERE id < 4000 ORDER BY c1 DESC, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, c53, c54, c55, c56, c57, c58, c59, c60, c61, c62, c63, c64, c65, id DESC LIMIT 1 OFFSET 1;
