-- A number that (a, b) IN (SELECT …) compares with a text column is taken for a number or not by the affinity of the subquery's
-- column.  Where a statement holds both, in scans that ask the same, nothing tells which of them runs: a row for which that
-- matters is an error, all others are answered, and so is the same by EXISTS or with a CAST.  n is native.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, a VARCHAR(20), b VARCHAR(20));
CREATE TABLE n (id INTEGER PRIMARY KEY, a VARCHAR(20), b VARCHAR(20));
SELECT 1 WHERE create_all() <> 1;
INSERT INTO n VALUES (1, 'x', '05'), (2, 'x', '5'), (3, 'x', 'abc'), (4, 'y', '5'), (5, 'x', '6');
INSERT INTO t SELECT * FROM n;
CREATE TABLE l (x TEXT, y INTEGER, z); -- y makes numbers of the texts, z does not
INSERT INTO l VALUES ('x', 5, 5), ('x', 'abc', 'abc');
CREATE TABLE o (x INTEGER);
INSERT INTO o VALUES (5);
.print == arms of an OR
SELECT id FROM n WHERE (a, b) IN (SELECT x, y FROM l) OR (a, b) IN (SELECT x, z FROM l);
SELECT id FROM n WHERE (a, b) IN (SELECT x, z FROM l) OR (a, b) IN (SELECT 'z', y FROM l);
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) OR (a, b) IN (SELECT x, z FROM l);
SELECT id FROM t WHERE (a, b) IN (SELECT x, z FROM l) OR (a, b) IN (SELECT 'z', y FROM l);
.print == the two scans of the right table of a FULL or RIGHT JOIN
SELECT o.x, n.id FROM o FULL JOIN n ON n.b = o.x AND n.b = o.x WHERE (n.b, n.b) IN (SELECT z, z FROM l);
SELECT o.x, n.id FROM o RIGHT JOIN n ON n.b = o.x AND n.a = 'x' WHERE (n.b, n.a) IN (SELECT z, x FROM l);
SELECT o.x, t.id FROM o FULL JOIN t ON t.b = o.x AND t.b = o.x WHERE (t.b, t.b) IN (SELECT z, z FROM l);
SELECT o.x, t.id FROM o RIGHT JOIN t ON t.b = o.x AND t.a = 'x' WHERE (t.b, t.a) IN (SELECT z, x FROM l);
.print == two scans of one table
SELECT p.id, q.id FROM n p CROSS JOIN n q WHERE (p.a, p.b) IN (SELECT x, y FROM l) AND (q.a, q.b) IN (SELECT x, z FROM l) ORDER BY 1, 2;
SELECT id FROM n WHERE (a, b) IN (SELECT x, y FROM l) UNION ALL SELECT id FROM n WHERE (a, b) IN (SELECT x, z FROM l);
SELECT p.id, q.id FROM t p CROSS JOIN t q WHERE (p.a, p.b) IN (SELECT x, y FROM l) AND (q.a, q.b) IN (SELECT x, z FROM l) ORDER BY 1, 2;
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) UNION ALL SELECT id FROM t WHERE (a, b) IN (SELECT x, z FROM l);
.print == no row for which it matters
DELETE FROM l WHERE y = 5;
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) OR (a, b) IN (SELECT x, z FROM l);
SELECT o.x, t.id FROM o RIGHT JOIN t ON t.b = o.x AND t.a = 'x' WHERE (t.b, t.a) IN (SELECT z, x FROM l);
SELECT p.id, q.id FROM t p CROSS JOIN t q WHERE (p.a, p.b) IN (SELECT x, y FROM l) AND (q.a, q.b) IN (SELECT x, z FROM l) ORDER BY 1, 2;
INSERT INTO l VALUES ('x', 5, 5);
.print == EXISTS says the same, and so does a CAST
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM l WHERE a = x AND b = y) OR EXISTS (SELECT 1 FROM l WHERE a = x AND b = z);
SELECT id FROM t WHERE (a, b) IN (SELECT x, y FROM l) OR (a, CAST(b AS TEXT)) IN (SELECT x, z FROM l);
SELECT o.x, t.id FROM o RIGHT JOIN t ON t.b = o.x AND t.a = 'x' WHERE EXISTS (SELECT 1 FROM l WHERE t.b = z AND t.a = x);
SELECT p.id, q.id FROM t p CROSS JOIN t q WHERE (p.a, p.b) IN (SELECT x, y FROM l) AND EXISTS (SELECT 1 FROM l WHERE q.a = x AND q.b = z) ORDER BY 1, 2;
