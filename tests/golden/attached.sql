-- What is known of a statement's scans goes with the views that it reads, those of attached databases too: several scans
-- of a bind see one snapshot from the first one on.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
ATTACH ':memory:' AS x;
CREATE VIRTUAL TABLE x.t USING bind(id INTEGER PRIMARY KEY, n INTEGER);
SELECT create_all();
INSERT INTO x.t VALUES (1, 10), (2, 20);
CREATE TEMP TABLE mark AS SELECT max(seq) AS seq FROM bind_log;
CREATE VIEW x.v AS SELECT n FROM t WHERE id = 2;
SELECT * FROM v;
SELECT substr(sql, 1, 5) IN ('BEGIN', 'START', 'SET T') FROM bind_log WHERE seq > (SELECT seq FROM mark) ORDER BY seq LIMIT 1;
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log);
DROP VIEW x.v;
CREATE VIEW x.v AS SELECT n + (SELECT max(n) FROM t) AS n FROM t WHERE id = 2;
SELECT * FROM v;
SELECT substr(sql, 1, 5) IN ('BEGIN', 'START', 'SET T') FROM bind_log WHERE seq > (SELECT seq FROM mark) ORDER BY seq LIMIT 1;
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log);
-- another database of that name
DETACH x;
ATTACH ':memory:' AS x;
CREATE VIRTUAL TABLE x.t USING bind(id INTEGER PRIMARY KEY, n INTEGER);
CREATE VIEW x.v AS SELECT n FROM t WHERE id = 1;
SELECT * FROM v;
SELECT substr(sql, 1, 5) IN ('BEGIN', 'START', 'SET T') FROM bind_log WHERE seq > (SELECT seq FROM mark) ORDER BY seq LIMIT 1;
