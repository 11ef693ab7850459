-- native: same
-- How often inner tables of joins are asked.  These are the counts of the build that is delivered: one with BINDS_KEEP_AT_ONCE or
-- BINDS_AHEAD_AT_ONCE has others, and only the answers of inner.sql to give.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name TEXT COLLATE NOCASE, code VARCHAR(20), price NUMERIC(10,2), r REAL, d DATE);
SELECT 1 WHERE create_all() <> 1; -- remote
CREATE TABLE probe(n INTEGER PRIMARY KEY, k INTEGER, r REAL, t TEXT, c TEXT COLLATE NOCASE, x, d);
INSERT INTO far WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 5000)
  SELECT n, CASE WHEN n % 17 THEN n % 1000 END, CASE WHEN n % 2 THEN 'Name' ELSE 'nAME' END || (n % 700), printf('%03d', n % 200), n / 4.0, n / 8.0,
    date('2020-01-01', (n % 300) || ' days') FROM i;
INSERT INTO probe WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 3000)
  SELECT n, CASE WHEN n % 13 THEN n * 7 % 1300 END, n % 800 / 8.0, 'name' || (n % 800), 'NAME' || (n % 900),
    CASE n % 6 WHEN 0 THEN n % 200 WHEN 1 THEN printf('%03d', n % 200) WHEN 2 THEN n % 90 / 2.0 WHEN 3 THEN NULL WHEN 4 THEN CAST(n AS BLOB) ELSE ' ' || n END,
    date('2020-01-01', (n % 400) || ' days') FROM i;
-- few keys are at most so many statements (fewer when a look-up is slow enough to fetch all), many keys are not; the whole table is read once or twice,
-- on hosts from 3.47 on perhaps after a look at its first rows
SELECT count(*), max(name) FROM far;
CREATE TABLE mark(seq); -- remote
INSERT INTO mark SELECT max(seq) FROM bind_log; -- remote
SELECT count(*), sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n WHERE probe.n <= 5;
SELECT 1 WHERE (SELECT count(*) FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE '%WHERE _id_ = %') > 5; -- remote
SELECT 1 WHERE (SELECT sum(round_trips) FROM bind_log WHERE seq > (SELECT max(seq) FROM mark)) > 12; -- remote
INSERT INTO mark SELECT max(seq) FROM bind_log; -- remote
SELECT count(*), sum(far.price) FROM probe CROSS JOIN far ON far.id = probe.n;
SELECT 2 WHERE (SELECT max(seq) FROM bind_log) - (SELECT max(seq) FROM mark) > 2000; -- remote
INSERT INTO mark SELECT max(seq) FROM bind_log; -- remote
SELECT count(*), sum(far.id) FROM (SELECT * FROM probe LIMIT 40) AS p CROSS JOIN far;
SELECT 3 WHERE (SELECT count(*) FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE 'SELECT%' AND sql NOT LIKE '% LIMIT %') > 3; -- remote
-- a chain of three: the keys of the third are known from the rows of the first that were read on
INSERT INTO mark SELECT max(seq) FROM bind_log; -- remote
SELECT count(*), sum(b.id), sum(c.price) FROM far AS a CROSS JOIN far AS b ON b.k = a.id CROSS JOIN far AS c ON c.id = b.id WHERE a.id <= 400;
SELECT 4 WHERE (SELECT count(*) FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE 'SELECT%') > 1000; -- remote
