-- native: same
-- (a, b) IN (SELECT …) is compared column by column, each under its own collation and under the affinity that it has
-- together with the subquery's.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), n VARCHAR(20) COLLATE NOCASE, r VARCHAR(20) COLLATE RTRIM, i INTEGER, d DATE);
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO t VALUES (1, 'x', '05', 'abc', 'q', 5, '2024-01-01'), (2, 'x', '5', 'ABC', 'q  ', 6, NULL), (3, 'x', '5.0', 'Abc', 'Q', 7, NULL),
  (4, 'x', 'abc', 'abd', 'q', 5, NULL), (5, 'X', '5', 'abc', 'q', 5, NULL), (6, 'x ', '5', 'abc', 'q', 5, NULL), (7, '5', 'x', '05', '5 ', 5, '2024-01-01'),
  (8, '05', '05', '5', '5', 5, NULL), (9, 'x', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE l (x TEXT, y INTEGER, z, u REAL, c TEXT);
INSERT INTO l VALUES ('x', 5, 5, 5.0, '5'), ('x', 'abc', 'abc', 'abc', 'abc'), ('5', 7, 7, 7, 'ABC'), ('x', NULL, NULL, NULL, NULL);
.print == the subquery's column is one of numbers, has no affinity, is an expression, a text
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, u FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, z FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, +y FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, y + 0 FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, CAST(z AS INTEGER) FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, c FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (VALUES ('x', 5), ('x', 'abc')) ORDER BY id;
SELECT id, a, b, typeof(b) FROM t WHERE (b, a) IN (SELECT y, x FROM l) ORDER BY id;
SELECT id FROM t WHERE (b, b) IN (SELECT y, u FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT y, y FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) NOT IN (SELECT x, y FROM l WHERE y IS NOT NULL) ORDER BY id;
SELECT id FROM t WHERE (id, b) IN (SELECT 1, y FROM l) ORDER BY id;
SELECT id FROM t WHERE (d, b) IN (SELECT '2024-01-01', y FROM l) ORDER BY id;
SELECT id FROM t WHERE (b, d) IN (SELECT y, y FROM l) ORDER BY id;
.print == columns with a collation of their own
SELECT id FROM t WHERE (a, n) IN (SELECT 'x', 'ABC') ORDER BY id;
SELECT id FROM t WHERE (n, a) IN (SELECT 'ABC', 'x') ORDER BY id;
SELECT id FROM t WHERE (n, a) IN (SELECT 'ABC', 'X') ORDER BY id;
SELECT id FROM t WHERE (a, r) IN (SELECT 'x', 'q') ORDER BY id;
SELECT id FROM t WHERE (r, a) IN (SELECT 'q   ', 'x') ORDER BY id;
SELECT id FROM t WHERE (n, r) IN (SELECT 'ABC', 'q ') ORDER BY id;
SELECT id FROM t WHERE (r, n) IN (SELECT 'q ', 'ABC') ORDER BY id;
SELECT id FROM t WHERE (n, a) IN (SELECT y, x FROM l) ORDER BY id;
SELECT id FROM t WHERE (n, r) IN (SELECT y, y FROM l) ORDER BY id;
SELECT id FROM t WHERE (r, n) IN (SELECT c, c FROM l) ORDER BY id;
SELECT id FROM t WHERE (a COLLATE NOCASE, b) IN (SELECT 'X', y FROM l) ORDER BY id;
.print == correlated, in a join, in a view, beside other equalities, below OR
SELECT l.rowid, t.id FROM l, t WHERE (t.a, t.b) IN (SELECT m.x, m.y FROM l m WHERE m.rowid = l.rowid) ORDER BY 1, 2;
SELECT l.rowid, (SELECT group_concat(id) FROM (SELECT id FROM t WHERE (a, b) IN (SELECT l.x, m.y FROM l m) ORDER BY id)) FROM l;
CREATE TEMP VIEW w AS SELECT id, a, b FROM t WHERE (a, b) IN (SELECT x, y FROM l);
SELECT id, b FROM w ORDER BY id;
SELECT l.rowid, t.id FROM l, t WHERE t.a = l.x AND t.b = l.y ORDER BY 1, 2;
SELECT l.rowid, t.id FROM l, t WHERE t.b = l.y AND (t.a, t.i) IN (SELECT x, y FROM l) ORDER BY 1, 2;
SELECT id FROM t WHERE b = 5 AND (a, i) IN (SELECT x, y + 1 FROM l) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) OR id = 9 ORDER BY id;
SELECT count(*) FROM t p, t q WHERE (p.a, q.b) IN (SELECT x, y FROM l) AND p.id = q.id;
SELECT p.id, q.id FROM t p JOIN t q ON p.b = q.i WHERE (q.a, q.b) IN (SELECT x, y FROM l) ORDER BY 1, 2;
SELECT l.rowid, q.id FROM l LEFT JOIN t q ON (q.a, q.b) IN (SELECT l.x, l.y) ORDER BY 1, 2;
.print == rows in order, some of them, and written
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) ORDER BY id DESC LIMIT 1;
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) ORDER BY b, id LIMIT 2 OFFSET 1;
UPDATE t SET i = i + 100 WHERE (a, b) IN (SELECT x, y FROM l);
DELETE FROM t WHERE (a, b) IN (SELECT x, y FROM l WHERE y = 5);
SELECT id, i FROM t ORDER BY id;
.print == an index of the subquery's table serves as it is
CREATE TABLE k (x TEXT NOT NULL, y INTEGER NOT NULL, z NOT NULL, PRIMARY KEY (x, y));
CREATE UNIQUE INDEX kz ON k (z, x);
CREATE TABLE v (y REAL NOT NULL, x TEXT NOT NULL, PRIMARY KEY (y, x)) WITHOUT ROWID;
INSERT INTO k VALUES ('x', 5, 5), ('y', 6, 6), ('5', 5, '5');
INSERT INTO v VALUES (5, 'x'), (6, 'y');
INSERT INTO t VALUES (10, 'x', '05', NULL, NULL, 5, NULL), (11, 'x', '5', NULL, NULL, 5, NULL), (12, '5', '5.0', NULL, NULL, 5, NULL);
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM k) ORDER BY id;
SELECT id FROM t WHERE (a, b) IN (SELECT x, z FROM k) ORDER BY id;
SELECT id FROM t WHERE (b, a) IN (SELECT z, x FROM k) ORDER BY id;
SELECT id FROM t WHERE (b, a) IN (SELECT y, x FROM v) ORDER BY id;
.print == the two scans of the right table of a FULL JOIN send the same, and only one of them is for the row value
CREATE TABLE o (x NUMERIC, y TEXT);
CREATE TABLE h (x TEXT, y INTEGER, z);
INSERT INTO h SELECT x, y, z FROM k;
INSERT INTO o VALUES (5, 'x'), (7, '5'), (0.3, NULL);
SELECT o.x, t.id FROM o FULL JOIN t ON t.b = o.x WHERE (t.b, t.i) IN (SELECT y, z FROM h) ORDER BY 1, 2;
SELECT o.x, t.id FROM o FULL JOIN t ON t.b = o.x AND t.i = o.x WHERE (t.i, t.b) IN (SELECT z, y FROM h) ORDER BY 1, 2;
SELECT o.x, t.id FROM o RIGHT JOIN t ON t.b = o.x AND t.a = o.y WHERE (t.a, t.a) IN (SELECT x, x FROM h) ORDER BY 1, 2;
.parameter init
INSERT INTO temp.sqlite_parameters VALUES ('?1', '0%'), ('?2', '5'), ('?3', 0.3), ('?4', 5);
SELECT p.id, q.id FROM t p FULL JOIN t q ON q.b = p.b AND q.b = ?3 WHERE (q.b, q.b) IN (SELECT x.b, x.i FROM t x) ORDER BY 1, 2;
SELECT p.id, q.id FROM t p FULL JOIN t q ON q.b = p.b AND q.b = ?4 WHERE (q.b, q.b) IN (SELECT x.b, x.i FROM t x) ORDER BY 1, 2;
SELECT o.x, q.id FROM o FULL JOIN t q ON q.b = o.x AND q.b = ?4 WHERE (q.b, q.b) IN (SELECT x.i, x.b FROM t x) ORDER BY 1, 2;
.print == a pattern that is a parameter is known to the plan of the running statement only
SELECT id, b FROM t WHERE b LIKE ?1 AND (a, b) IN (SELECT x, y FROM h) ORDER BY id;
SELECT id, b FROM t WHERE (a, b) IN (SELECT x, y FROM h) AND b LIKE ?1 AND b <= ?2 ORDER BY id;
SELECT o.x, t.id FROM o CROSS JOIN t ON t.b = o.x WHERE t.a LIKE ?2 AND (t.b, t.a) IN (SELECT y, x FROM h) ORDER BY 1, 2;
SELECT o.x, t.id FROM t CROSS JOIN o ON t.b = o.x WHERE t.b LIKE ?1 AND (t.b, t.a) IN (SELECT y, x FROM h) ORDER BY 1, 2;
