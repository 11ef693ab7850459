-- own output: postgresql: SQL of that engine
-- own output: mariadb: SQL of that engine
-- own output: sqlite: SQL of that engine
-- own output: newest: it names a key wherever nothing is read, so the rows of a small table are not counted
-- kind: plain
-- bind_log: every remote statement with its round trips, and no values.
INSERT INTO binds(key, url) VALUES ('x', '@URL@');
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, n TEXT);
SELECT create_all();
SELECT count(*) > 0 FROM bind_log;
CREATE TABLE mark AS SELECT max(seq) AS seq FROM bind_log;
INSERT INTO t VALUES (1, 'secret one');
INSERT INTO t VALUES (2, 'two'), (3, 'three');
SELECT * FROM t WHERE id = 2;
SELECT n FROM t WHERE id > 1 ORDER BY id;
UPDATE t SET n = 'TWO' WHERE id = 2;
DELETE FROM t WHERE id = 3;
BEGIN;
SELECT count(*) FROM t;
INSERT INTO t VALUES (4, 'four');
INSERT INTO t VALUES (4, 'again');
COMMIT;
-- (without what is read from the catalogs once; the name of an XA branch is a random one)
SELECT bind_key, CASE WHEN sql LIKE 'XA %' THEN substr(sql, 1, 10) || '…' ELSE sql END AS sql, rows, round_trips, error
  FROM bind_log WHERE seq > (SELECT seq FROM mark) AND length(sql) < 500;
SELECT count(*) FROM bind_log WHERE sql LIKE '%secret%' OR error LIKE '%secret%';
SELECT count(*) FROM bind_log WHERE ms IS NULL OR at IS NULL OR bytes IS NULL;
