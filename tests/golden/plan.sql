-- own output: postgresql: SQL of that engine
-- own output: mariadb: SQL of that engine
-- own output: sqlite: SQL of that engine
-- own output: newest: a small table is not counted there (its key is always asked for); Bloom filters
-- plans: SQL
-- EXPLAIN QUERY PLAN shows the remote SQL of every scan.
INSERT INTO binds(key, url) VALUES ('x', '@URL@');
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, n INTEGER, s VARCHAR(40), r REAL);
CREATE VIRTUAL TABLE pair USING bind(bind_key='x', a INTEGER, b INTEGER, c TEXT, PRIMARY KEY (a, b));
CREATE TABLE local(id INTEGER PRIMARY KEY, n INTEGER);
SELECT create_all();
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  INSERT INTO t SELECT n, n % 100, 'text number ' || n, n / 4.0 FROM i;
INSERT INTO pair SELECT id % 50, id / 50, s FROM t;
INSERT INTO local SELECT id, id * 10 FROM t WHERE id <= 5;
EXPLAIN QUERY PLAN SELECT * FROM t;
EXPLAIN QUERY PLAN SELECT s FROM t;
EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 5;
EXPLAIN QUERY PLAN SELECT s FROM t WHERE n > 5 AND n <= 10;
EXPLAIN QUERY PLAN SELECT s FROM t WHERE n BETWEEN 1 AND 3 AND r >= 0.5;
EXPLAIN QUERY PLAN SELECT id FROM t WHERE s = 'x';
EXPLAIN QUERY PLAN SELECT id FROM t WHERE n IS NULL;
EXPLAIN QUERY PLAN SELECT t.s FROM local JOIN t ON t.id = local.n;
EXPLAIN QUERY PLAN SELECT a.s, b.s FROM t a JOIN t b ON b.id = a.n;
EXPLAIN QUERY PLAN SELECT c FROM pair WHERE a = 1 AND b = 2;
EXPLAIN QUERY PLAN SELECT count(*) FROM pair;
EXPLAIN QUERY PLAN UPDATE t SET n = n + 1 WHERE id = 3;
EXPLAIN QUERY PLAN DELETE FROM t WHERE n > 3;
