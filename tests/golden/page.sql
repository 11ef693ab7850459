-- native: same
-- Pages far behind the start: their rows alone travel, and those before them when a column of one is read after all.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, a INTEGER NOT NULL, name VARCHAR(20));
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO far WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  SELECT n, CASE WHEN n % 11 THEN n / 10 END, n % 7, 'name ' || (n % 50) FROM i;
CREATE TABLE near(x INTEGER);
INSERT INTO near VALUES (5), (10), (2995), (NULL), (9999);
SELECT id, name FROM far ORDER BY id LIMIT 3 OFFSET 1000;
SELECT id, name FROM far ORDER BY id DESC LIMIT 3 OFFSET 1000;
SELECT 'all behind', count(*), sum(id) FROM (SELECT id FROM far ORDER BY id LIMIT -1 OFFSET 2500);
SELECT 'many', count(*), min(id), max(id) FROM (SELECT id FROM far ORDER BY id LIMIT 20000 OFFSET 700);
SELECT 'last', id FROM far ORDER BY id LIMIT 5 OFFSET 2999;
SELECT 'behind the end', id FROM far ORDER BY id LIMIT 5 OFFSET 3000;
SELECT 'far behind the end', id FROM far ORDER BY id LIMIT 5 OFFSET 9000000000000000000;
SELECT 'none', id FROM far ORDER BY id LIMIT 0 OFFSET 1000;
SELECT 'where', id FROM far WHERE a = 3 AND id > 100 ORDER BY id LIMIT 2 OFFSET 300;
SELECT 'recheck', id FROM far WHERE name LIKE 'name 4%' ORDER BY id LIMIT 2 OFFSET 300;
SELECT 'between columns', id, k FROM far WHERE k <= a * 40 ORDER BY id LIMIT 2 OFFSET 300;
SELECT 'without columns', id FROM far WHERE random() IS NOT NULL ORDER BY id LIMIT 2 OFFSET 300;
SELECT 'equal', count(DISTINCT id), min(k), max(k) FROM (SELECT id, k FROM far ORDER BY k LIMIT 30 OFFSET 400);
SELECT 'nobody reads', count(*) FROM (SELECT 1 FROM far LIMIT 40 OFFSET 2980);
SELECT 'distinct', k FROM (SELECT DISTINCT k FROM far ORDER BY k LIMIT 2 OFFSET 250);
SELECT 'grouped', k, n FROM (SELECT k, count(*) AS n FROM far GROUP BY k ORDER BY k LIMIT 2 OFFSET 250);
-- each arm is offered the whole OFFSET, of which the first has used up a part
SELECT 'arms', id FROM far WHERE id <= 400 UNION ALL SELECT 'arms', id + 10000 FROM far WHERE id <= 400 ORDER BY 2 LIMIT 3 OFFSET 300;
SELECT 'second arm', count(*), min(v > 10000) FROM (SELECT id AS v FROM far WHERE id <= 250 UNION ALL SELECT id + 10000 FROM far LIMIT 3 OFFSET 300);
SELECT 'both arms', count(*) FROM (SELECT id FROM far WHERE id <= 310 UNION ALL SELECT id + 10000 FROM far WHERE id <= 5 LIMIT 30 OFFSET 300);
-- inner tables
SELECT 'of each', x, (SELECT id FROM far WHERE id > near.x ORDER BY id LIMIT 1 OFFSET 1000) FROM near;
SELECT 'joined', count(*), sum(id) FROM near JOIN (SELECT id FROM far ORDER BY id LIMIT 4 OFFSET 1000) ON x < id;
SELECT 'IN', id FROM far WHERE id IN (SELECT k FROM far ORDER BY k DESC LIMIT 2 OFFSET 2000) ORDER BY id;
-- writing what is read
BEGIN;
INSERT INTO far(id, k, a) SELECT id + 100000, k, a FROM far ORDER BY id LIMIT 2 OFFSET 1000;
SELECT 'own rows', id, k, a, name FROM far ORDER BY id LIMIT 9 OFFSET 2999;
DELETE FROM far WHERE id IN (SELECT id FROM far ORDER BY id LIMIT 100 OFFSET 2902);
SELECT 'after it', count(*), max(id) FROM far;
ROLLBACK;
SELECT 'as before', count(*), max(id) FROM far;
