-- native: same
-- Look-ups that are made again and again, each differing from the one before by its values only, in a table that is too
-- large for its rows to be kept for so few of them.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(20), price REAL, INDEX far_k (k), INDEX far_name (name)); -- remote
CREATE TABLE IF NOT EXISTS far(id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(20), price REAL);
SELECT 1 WHERE create_all() <> 1; -- remote
CREATE TABLE probe(n INTEGER PRIMARY KEY, k INTEGER, x, t TEXT, found);
INSERT INTO far WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 20000)
  SELECT n, CASE WHEN n % 17 THEN n % 5000 END, CASE WHEN n % 3 THEN 'Name' ELSE 'nAME' END || (n % 7000), n / 4.0 FROM i;
INSERT INTO probe WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 300)
  SELECT n, CASE WHEN n % 13 THEN n * 31 % 6000 END,
    CASE WHEN n < 200 THEN n WHEN n % 8 = 0 THEN n WHEN n % 8 = 1 THEN printf('%03d', n) WHEN n % 8 = 2 THEN n / 2.0 WHEN n % 8 = 3 THEN NULL
      WHEN n % 8 = 4 THEN CAST(n AS BLOB) WHEN n % 8 = 5 THEN ' ' || n WHEN n % 8 = 6 THEN n * 1e300 ELSE -n END,
    CASE WHEN n % 5 THEN 'Name' || (n * 7) ELSE 'a text that is longer than thirty-two bytes are, ' || n END, NULL FROM i;
SELECT 'key', count(*), sum(far.price), min(far.name) FROM probe CROSS JOIN far ON far.id = probe.n;
SELECT 'any', count(*), sum(far.id), group_concat(far.id) FROM probe CROSS JOIN far ON far.id = probe.x WHERE probe.n > 150;
SELECT 'some rows each', count(*), sum(far.id), sum(probe.n) FROM probe CROSS JOIN far ON far.k = probe.k;
SELECT 'text', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.name = probe.t;
SELECT 'IS', count(*), sum(far.id) FROM (SELECT * FROM probe WHERE k IS NOT NULL) AS p CROSS JOIN far ON far.k IS p.k;
SELECT 'a range in it', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.k AND far.id > 100 * (probe.n % 90);
SELECT 'another value late', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.k AND far.price > CASE WHEN probe.n < 250 THEN 10 ELSE 3000.5 END;
SELECT 'another class late', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.k AND far.price > CASE WHEN probe.n < 250 THEN 10 ELSE 'x' END;
SELECT 'LEFT', count(*), count(far.id), sum(far.id) FROM probe LEFT JOIN far ON far.k = probe.k;
SELECT 'first row alone', count(*) FROM probe WHERE EXISTS (SELECT 1 FROM far WHERE far.k = probe.k);
SELECT 'scalar', sum((SELECT max(far.price) FROM far WHERE far.k = probe.k)) FROM probe;
SELECT 'two of one plan', sum((SELECT far.price FROM far WHERE far.id = probe.n)), sum((SELECT far.price FROM far WHERE far.id = probe.n + 7000)) FROM probe;
SELECT 'inner of inner', count(*), sum(b.id) FROM probe CROSS JOIN far AS a ON a.id = probe.n CROSS JOIN far AS b ON b.k = a.k;
-- statements that write local tables
UPDATE probe SET found = (SELECT price FROM far WHERE id = probe.n * 3);
SELECT 'updated', count(found), sum(found) FROM probe;
CREATE TABLE copied AS SELECT probe.n, far.price FROM probe CROSS JOIN far ON far.id = probe.n;
SELECT 'copied', count(*), sum(price) FROM copied;
-- what is written comes between
BEGIN;
SELECT 'before', sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
UPDATE far SET price = price + 1000 WHERE id <= 100;
SELECT 'changed', sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
DELETE FROM far WHERE id BETWEEN 50 AND 60;
INSERT INTO far VALUES (55, 1, 'new', -1e6);
SELECT 'and again', sum(far.price), count(*) FROM probe CROSS JOIN far ON far.id = probe.n;
ROLLBACK;
SELECT 'as before', sum(far.price), count(*) FROM probe CROSS JOIN far ON far.id = probe.n;
UPDATE far SET price = (SELECT 2 * o.price FROM far AS o WHERE o.id = far.id + 1) WHERE id <= 300;
SELECT 'from itself', sum(far.price), count(*) FROM probe CROSS JOIN far ON far.id = probe.n;
