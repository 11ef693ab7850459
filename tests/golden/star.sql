-- engines: once
-- plans: SQL
-- The order of a join over three binds: from the few rows of a small table by the indexes of the others, wherever the
-- small one is and however the statement is written.
INSERT INTO binds(key, url) VALUES ('p', '@postgresql@'), ('m', '@mariadb@'), ('s', '@sqlite@');
CREATE VIRTUAL TABLE region USING bind(bind_key='s', id INTEGER PRIMARY KEY, name VARCHAR(40));
CREATE VIRTUAL TABLE kind USING bind(bind_key='m', id INTEGER PRIMARY KEY, name VARCHAR(40));
CREATE VIRTUAL TABLE customer USING bind(bind_key='p', id INTEGER PRIMARY KEY, region INTEGER, name VARCHAR(40), INDEX customer_region (region));
CREATE VIRTUAL TABLE sale USING bind(bind_key='m', id INTEGER PRIMARY KEY, customer INTEGER, kind INTEGER, INDEX sale_customer (customer));
CREATE TABLE ten (id INTEGER PRIMARY KEY, n INTEGER);
SELECT create_all();
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 25) INSERT INTO region SELECT n, 'region ' || n FROM i;
INSERT INTO kind SELECT id, 'kind ' || id FROM region WHERE id <= 5;
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 10000) INSERT INTO customer SELECT n, n % 25 + 1, 'customer ' || n FROM i;
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 20000) INSERT INTO sale SELECT n, n % 10000 + 1, n % 5 + 1 FROM i;
INSERT INTO ten SELECT id, id * 100 FROM region WHERE id <= 10;
ANALYZE ten;
.shell env -u LD_PRELOAD psql -X -q "'@postgresql@'" -c ANALYZE
.shell u='@mariadb@'; d=${u#*://*/}; env -u LD_PRELOAD mariadb --no-defaults -u app -S "${d#*unix_socket=}" "${d%%[?]*}" -e 'ANALYZE TABLE sale' >/dev/null
-- what was found out about the tables is read anew
UPDATE binds SET url = url;
.print == one row of the small table
EXPLAIN QUERY PLAN SELECT count(*) FROM region r JOIN customer c ON c.region = r.id JOIN sale s ON s.customer = c.id WHERE r.name = 'region 7';
EXPLAIN QUERY PLAN SELECT count(*) FROM sale s, customer c, region r WHERE s.customer = c.id AND r.name = 'region 7' AND c.region = r.id;
SELECT count(*) FROM sale s, customer c, region r WHERE s.customer = c.id AND r.name = 'region 7' AND c.region = r.id;
.print == one row of the large one, and what it refers to
EXPLAIN QUERY PLAN SELECT r.name, k.name FROM kind k, region r, sale s, customer c WHERE s.kind = k.id AND s.customer = c.id AND c.region = r.id AND s.id = 77;
.print == few local rows
EXPLAIN QUERY PLAN SELECT count(*) FROM sale s, customer c, ten WHERE s.customer = c.id AND ten.n = c.id;
SELECT count(*) FROM sale s, customer c, ten WHERE s.customer = c.id AND ten.n = c.id;
-- the connections and their threads end before the process
DELETE FROM binds;
