-- native: same
-- Inner tables of joins: asked key by key, and from the rows that were kept once that has become dear.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name TEXT COLLATE NOCASE, code VARCHAR(20), price NUMERIC(10,2), r REAL, d DATE);
CREATE VIRTUAL TABLE bag USING bind(bind_key='x', k INTEGER, t TEXT);
SELECT 1 WHERE create_all() <> 2; -- remote
CREATE TABLE probe(n INTEGER PRIMARY KEY, k INTEGER, r REAL, t TEXT, c TEXT COLLATE NOCASE, x, d);
INSERT INTO far WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 5000)
  SELECT n, CASE WHEN n % 17 THEN n % 1000 END, CASE WHEN n % 2 THEN 'Name' ELSE 'nAME' END || (n % 700), printf('%03d', n % 200), n / 4.0, n / 8.0,
    date('2020-01-01', (n % 300) || ' days') FROM i;
INSERT INTO bag SELECT k % 40, CASE WHEN id % 3 THEN 'same' ELSE name END FROM far WHERE id <= 600;
INSERT INTO probe WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  SELECT n, CASE WHEN n % 13 THEN n * 7 % 1300 END, n % 800 / 8.0, 'name' || (n % 800), 'NAME' || (n % 900),
    CASE n % 6 WHEN 0 THEN n % 200 WHEN 1 THEN printf('%03d', n % 200) WHEN 2 THEN n % 90 / 2.0 WHEN 3 THEN NULL WHEN 4 THEN CAST(n AS BLOB) ELSE ' ' || n END,
    date('2020-01-01', (n % 400) || ' days') FROM i;
-- many keys: of every kind
SELECT 'key', count(*), sum(far.price), min(far.name), max(far.d) FROM probe CROSS JOIN far ON far.id = probe.n;
SELECT 'duplicates, NULL', count(*), sum(far.id), sum(probe.n) FROM probe CROSS JOIN far ON far.k = probe.k;
SELECT 'IS', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k IS probe.k WHERE probe.n <= 300;
SELECT 'real to integer', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.r;
SELECT 'any to integer', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.id = probe.x;
SELECT 'any to real', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.r = probe.x;
SELECT 'decimal', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.price = probe.r;
SELECT 'date', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.d = probe.d WHERE probe.n <= 700;
SELECT 'text', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.name = probe.t;
SELECT 'text, BINARY', count(*), sum(far.id) FROM probe CROSS JOIN far ON probe.t = far.name;
SELECT 'text, NOCASE', count(*), sum(far.id) FROM probe CROSS JOIN far ON probe.c = far.name;
SELECT 'any to text', count(*), sum(far.id) FROM (SELECT * FROM probe LIMIT 40) AS p CROSS JOIN far ON far.code = p.x;
SELECT 'integer to text', count(*), sum(far.id) FROM (SELECT * FROM probe LIMIT 30) AS p CROSS JOIN far ON far.code = p.n;
SELECT 'two keys', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.k AND far.name = 'name' || (probe.n % 700);
SELECT 'and filters', count(*), sum(far.id) FROM probe CROSS JOIN far ON far.k = probe.k AND far.price > 100 AND far.name LIKE 'n%' AND far.d IN ('2020-03-01', '2020-05-05', '2020-07-08');
-- outer joins
SELECT 'LEFT', count(*), count(far.id), sum(far.id) FROM probe LEFT JOIN far ON far.k = probe.k;
SELECT 'LEFT, filtered', count(*), count(far.id) FROM probe LEFT JOIN far ON far.k = probe.k AND far.id > 2500 WHERE far.d IS NULL OR far.d > '2020-05-01';
SELECT 'RIGHT', count(*), count(probe.n), sum(far.id) FROM probe RIGHT JOIN far ON far.id = probe.n + 1000;
SELECT 'FULL', count(*), count(probe.n), count(far.id) FROM probe FULL JOIN far ON far.id = probe.n + 4000;
-- subqueries
SELECT 'scalar', sum((SELECT max(far.price) FROM far WHERE far.k = probe.k)) FROM probe;
SELECT 'first of each', count(o), sum(length(o)) FROM (SELECT (SELECT far.name FROM far WHERE far.k = probe.k ORDER BY far.id DESC LIMIT 1) AS o FROM probe);
SELECT 'second of each', count(o), sum(o) FROM (SELECT (SELECT far.id FROM far WHERE far.k = probe.k ORDER BY far.id LIMIT 1 OFFSET 1) AS o FROM probe);
SELECT 'EXISTS', count(*) FROM probe WHERE EXISTS (SELECT 1 FROM far WHERE far.id = probe.n * 3);
SELECT 'NOT EXISTS', count(*) FROM probe WHERE NOT EXISTS (SELECT 1 FROM far WHERE far.name = probe.t);
SELECT 'two of them', sum((SELECT count(*) FROM far WHERE far.k = probe.k)), sum((SELECT sum(id) FROM far WHERE far.id = probe.n)) FROM probe;
-- the whole table again and again
SELECT 'CROSS', count(*), sum(p.n), sum(far.id) FROM (SELECT * FROM probe LIMIT 6) AS p CROSS JOIN far;
SELECT 'counted', count(*) FROM (SELECT * FROM probe LIMIT 6) AS p CROSS JOIN far;
SELECT 'range', count(*), sum(far.id) FROM (SELECT * FROM probe LIMIT 10) AS p CROSS JOIN far ON far.id > p.n * 100 AND far.id < p.n * 400;
-- without a key: equal rows stay apart
SELECT 'bag', count(*), sum(length(b.t)) FROM probe CROSS JOIN bag AS b ON b.k = probe.k;
SELECT 'bag, OR', count(*), sum(length(b.t)) FROM probe CROSS JOIN bag AS b WHERE probe.n < 400 AND (b.k = probe.k OR b.t = probe.t);
SELECT 'bag, FULL', count(*), count(probe.n) FROM probe FULL JOIN bag AS b ON b.k = probe.k;
-- both tables in the bind
SELECT 'same bind', count(*), sum(b.id) FROM far AS a CROSS JOIN far AS b ON b.id = a.k;
SELECT 'same bind, text', count(*), sum(b.id) FROM (SELECT * FROM far WHERE id <= 900) AS a CROSS JOIN far AS b ON b.name = a.name;
SELECT 'three', count(*), sum(c.id) FROM probe CROSS JOIN far AS b ON b.id = probe.k CROSS JOIN far AS c ON c.id = b.k + probe.n % 2;
-- writes in between
BEGIN;
SELECT 'before', sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
UPDATE far SET price = price + 1 WHERE id <= 1000;
SELECT 'after', sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
SAVEPOINT s;
DELETE FROM far WHERE id BETWEEN 500 AND 600;
SELECT 'deleted', count(*), sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
ROLLBACK TO s;
SELECT 'undone', count(*), sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
ROLLBACK;
SELECT 'rolled back', sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
UPDATE far SET price = (SELECT max(probe.n) FROM probe WHERE probe.n = far.k) WHERE id <= 400;
UPDATE bag SET k = (SELECT max(far.id) FROM far WHERE far.k = bag.k);
INSERT INTO bag SELECT far.k, far.name FROM probe CROSS JOIN far ON far.id = probe.n WHERE far.k IN (SELECT k FROM bag);
SELECT 'written', count(*), sum(price), (SELECT count(*) FROM bag), (SELECT sum(k) FROM bag) FROM far;
