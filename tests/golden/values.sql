-- native: same
-- What a CAST says of the affinity of a value, though the value alone comes to a virtual table; patterns with a NUL byte.
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, s TEXT, c TEXT COLLATE NOCASE, n INTEGER, r REAL, d DATE, b BLOB);
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO t VALUES (1, '5', '5', 5, 5.0, '2024-01-02', x'35'), (2, '5.0', '5.0', 6, 5.5, '2024-01-03', x''),
  (3, 'a', 'A', 7, 0.5, NULL, x'41'), (4, '-1', '-1', -1, -1.0, '1999-12-31', NULL), (5, '', 'İ', NULL, NULL, '2024-01-02', x'ff');
.mode list
SELECT 'text, number', (SELECT group_concat(id) FROM t WHERE s = 5), (SELECT group_concat(id) FROM t WHERE s = CAST(5 AS INTEGER)),
  (SELECT group_concat(id) FROM t WHERE s <= 5), (SELECT group_concat(id) FROM t WHERE s <= CAST('5' AS NUMERIC)),
  (SELECT group_concat(id) FROM t WHERE s IN (5)), (SELECT group_concat(id) FROM t WHERE s = CAST(5 AS REAL));
SELECT 'folded text', (SELECT group_concat(id) FROM t WHERE c <= CAST('İ' AS NUMERIC)), (SELECT group_concat(id) FROM t WHERE c <= 0),
  (SELECT group_concat(id) FROM t WHERE c = CAST('a' AS TEXT)), (SELECT group_concat(id) FROM t WHERE c > CAST(4 AS INTEGER));
SELECT 'integer', (SELECT group_concat(id) FROM t WHERE n = CAST('5' AS TEXT)), (SELECT group_concat(id) FROM t WHERE n = '5'),
  (SELECT group_concat(id) FROM t WHERE n < CAST('abc' AS TEXT)), (SELECT group_concat(id) FROM t WHERE n = CAST('5' AS BLOB));
SELECT 'real', (SELECT group_concat(id) FROM t WHERE r = CAST('5' AS TEXT)), (SELECT group_concat(id) FROM t WHERE r < CAST('5x' AS INTEGER));
SELECT 'date', (SELECT group_concat(id) FROM t WHERE d >= CAST('2024-01-02' AS TEXT)), (SELECT group_concat(id) FROM t WHERE d > CAST(2024 AS INTEGER)),
  (SELECT group_concat(id) FROM t WHERE d >= CAST('2024-01-02' AS INTEGER)), (SELECT group_concat(id) FROM t WHERE d > CAST(2024 AS TEXT));
SELECT 'blob', (SELECT group_concat(id) FROM t WHERE b = CAST('5' AS TEXT)), (SELECT group_concat(id) FROM t WHERE b = CAST('5' AS BLOB)),
  (SELECT group_concat(id) FROM t WHERE b > CAST(5 AS INTEGER)), (SELECT group_concat(id) FROM t WHERE b > '5');
SELECT 'pattern', (SELECT group_concat(id) FROM t WHERE s LIKE '%' || char(0) || 'b'), (SELECT group_concat(id) FROM t WHERE c LIKE 'a' || char(0)),
  (SELECT group_concat(id) FROM t WHERE s LIKE char(0)), (SELECT group_concat(id) FROM t WHERE s GLOB '5*' || char(0) || '0');
SELECT 1 WHERE drop_all() <> 1; -- remote
