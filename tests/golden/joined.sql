-- UPDATE … FROM: the rows that it changes are looked up key by key at first, then those of many keys together, in
-- autocommit and inside BEGIN, whatever it is that tells the keys.
-- native: same
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, g INTEGER, n VARCHAR(20) COLLATE NOCASE, r REAL, c VARCHAR(20) UNIQUE);
CREATE VIRTUAL TABLE p USING bind(k VARCHAR(20), j INTEGER NOT NULL, v INTEGER, PRIMARY KEY (k, j));
CREATE VIRTUAL TABLE s USING bind(id INTEGER PRIMARY KEY, ref INTEGER, v INTEGER);
CREATE TEMP TABLE made AS SELECT create_all(); -- remote
CREATE TABLE l(id INTEGER PRIMARY KEY, ref INTEGER, x, v INTEGER);
CREATE TABLE m(ref INTEGER, w INTEGER);
INSERT INTO t WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 4000)
  SELECT k, k % 50, CASE WHEN k % 2 THEN 'Name' ELSE 'nAME' END || k, k / 4.0, 'c' || k FROM i;
INSERT INTO p SELECT 'k' || (id % 100), id, 0 FROM t WHERE id <= 1500;
INSERT INTO l WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 600)
  SELECT k, CASE WHEN k % 9 THEN k * 7 % 4400 END, CASE k % 4 WHEN 0 THEN k WHEN 1 THEN k || '' WHEN 2 THEN k * 1.0 END, k FROM i;
INSERT INTO s SELECT id, ref, v FROM l;
INSERT INTO m SELECT ref, count(*) FROM l WHERE ref % 3 GROUP BY ref;
CREATE VIEW sums AS SELECT (SELECT sum(id * g) || ' ' || sum(id * r) || ' ' || sum(length(n) * id) || ' ' || max(c) FROM t) || ' ' || (SELECT sum(j * v) FROM p) AS sums;
UPDATE t SET g = g + l.v FROM l WHERE l.id + 0 = t.id; SELECT 'key', changes(), sums FROM sums;
UPDATE t SET g = g + l.v FROM l WHERE l.ref = t.id AND l.ref % 7 <> 1; SELECT 'NULLs, and keys that are missing', changes(), sums FROM sums;
UPDATE t SET g = g + l.v, n = n || l.id FROM l WHERE l.x = t.id AND t.g > 20; SELECT 'of any class', changes(), sums FROM sums;
UPDATE t SET r = t.r + l.v FROM l CROSS JOIN m WHERE m.ref = l.ref AND t.id = m.ref; SELECT 'two tables', changes(), sums FROM sums;
UPDATE t SET r = t.r + ifnull(m.w, 5) FROM l LEFT JOIN m ON m.ref = l.ref WHERE t.id = l.ref; SELECT 'an outer join', changes(), sums FROM sums;
UPDATE t SET r = t.r + q.v FROM (SELECT ref, max(v) AS v FROM l GROUP BY ref) AS q WHERE t.id = q.ref; SELECT 'a subquery', changes(), sums FROM sums;
WITH q(ref, v) AS (SELECT ref + 1, v FROM l WHERE ref < 4000) UPDATE main.t AS o SET g = o.g + q.v FROM q WHERE q.ref = o.id; SELECT 'WITH', changes(), sums FROM sums;
UPDATE t SET n = t.n || '.' FROM l WHERE t.n = 'name' || (l.id + 3000); SELECT 'NOCASE', changes(), sums FROM sums;
UPDATE t SET r = 0.5 FROM l WHERE t.r = l.id / 4.0 AND t.id < 2000; SELECT 'reals', changes(), sums FROM sums;
UPDATE p SET v = p.v + l.id FROM l WHERE p.k = 'k' || l.id AND l.id < 90; SELECT 'a part of the key', changes(), sums FROM sums;
UPDATE p SET v = p.v + 1 FROM l WHERE p.k = 'k' || (l.id % 100) AND p.j = l.id; SELECT 'all of it', changes(), sums FROM sums;
UPDATE t SET g = g + s.v FROM s WHERE s.id = t.id; SELECT 'rows of the same bind', changes(), sums FROM sums;
UPDATE t SET g = g + s.v FROM s WHERE s.ref = t.id AND s.v % 5; SELECT 'a column that seems to be another at first', changes(), sums FROM sums;
UPDATE t SET g = o.g + 1 FROM t AS o WHERE t.id = o.id + 1 AND o.id % 10 = 3 AND o.id < 900; SELECT 'the table itself', changes(), sums FROM sums;
UPDATE t SET id = t.id + 10000, g = 1 FROM l WHERE l.ref = t.id AND l.id < 300; SELECT 'the key itself', changes(), sums FROM sums;
UPDATE OR IGNORE t SET c = 'c' || (t.id + 1) FROM l WHERE l.id + 500 = t.id AND l.id % 3; SELECT 'OR IGNORE', changes(), sums FROM sums;
UPDATE t SET c = 'd' || l.id FROM l WHERE l.id + 1500 = t.id; SELECT 'a unique column', changes(), sums FROM sums;
BEGIN;
UPDATE t SET g = g + l.v FROM l WHERE l.id + 0 = t.id; SELECT 'in BEGIN', changes(), sums FROM sums;
UPDATE t SET g = g - l.v FROM l WHERE l.id + 0 = t.id; SELECT 'back again', changes(), sums FROM sums;
SAVEPOINT a;
UPDATE t SET n = 'z' || l.id FROM l WHERE l.ref = t.id; SELECT 'after a savepoint', changes(), sums FROM sums;
UPDATE t SET n = t.n || l.id FROM l WHERE l.ref = t.id; SELECT 'again', changes(), sums FROM sums;
ROLLBACK TO a;
SELECT 'gone', sums FROM sums;
DELETE FROM t WHERE id IN (SELECT ref FROM l WHERE id BETWEEN 300 AND 400); SELECT 'DELETE', changes(), sums FROM sums;
UPDATE t SET g = 0 WHERE id IN (SELECT ref FROM l WHERE id > 500); SELECT 'IN', changes(), sums FROM sums;
DELETE FROM t WHERE EXISTS (SELECT 1 FROM l WHERE l.id + 2000 = t.id); SELECT 'EXISTS', changes(), sums FROM sums;
COMMIT;
SELECT 'at last', sums FROM sums;
