-- engines: mariadb postgresql
-- How many rows a table has is asked once; what this connection sees of it afterwards counts too.  A table that was empty
-- then is not taken for small when rows were inserted here, or a scan has met many; and where nobody could know, the
-- attempt to keep all of it ends early.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'), ('y', '@URL@');
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(40));
CREATE VIRTUAL TABLE met USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(40));
CREATE VIRTUAL TABLE unmet USING bind(bind_key='x', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(40));
CREATE VIRTUAL TABLE others_met USING bind(bind_key='y', table='met', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(40));
CREATE VIRTUAL TABLE others_unmet USING bind(bind_key='y', table='unmet', id INTEGER PRIMARY KEY, k INTEGER, name VARCHAR(40));
SELECT create_all('x');
CREATE TABLE probe(n INTEGER PRIMARY KEY);
INSERT INTO probe WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 400) SELECT n * 70 FROM i;
ANALYZE probe;
CREATE TABLE mark(seq);
SELECT count(*) FROM far, met, unmet;
INSERT INTO far WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 30000) SELECT n, n % 97, 'row ' || n FROM i;
INSERT INTO others_met WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 30000) SELECT n, n % 97, 'row ' || n FROM i;
INSERT INTO others_unmet WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 30000) SELECT n, n % 97, 'row ' || n FROM i;
-- inserted here: the keys come first, not the large table
INSERT INTO mark SELECT max(seq) FROM bind_log;
SELECT count(*), sum(k), max(name) FROM probe, far WHERE far.id = probe.n;
SELECT 'far: first', sql FROM (SELECT sql FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE 'SELECT%' ORDER BY seq LIMIT 1) WHERE sql NOT LIKE '%WHERE%';
-- met by a scan
SELECT count(*), count(name) FROM met;
INSERT INTO mark SELECT max(seq) FROM bind_log;
SELECT count(*), sum(k), max(name) FROM probe, met WHERE met.id = probe.n;
SELECT 'met: first', sql FROM (SELECT sql FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE 'SELECT%' ORDER BY seq LIMIT 1) WHERE sql NOT LIKE '%WHERE%';
-- not known: the first attempt is left
INSERT INTO mark SELECT max(seq) FROM bind_log;
SELECT count(*), sum(k), max(name) FROM probe CROSS JOIN unmet ON unmet.id = probe.n;
SELECT 'unmet: first', sql, rows FROM (
  SELECT sql, rows FROM bind_log WHERE seq > (SELECT max(seq) FROM mark) AND sql LIKE 'SELECT%' AND sql NOT LIKE '%WHERE%' ORDER BY seq LIMIT 1) WHERE rows > 20000;
