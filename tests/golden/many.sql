-- native: same
-- errors: code
-- UPDATEs and DELETEs of many rows travel many at a time: the same rows change, and no others.
INSERT INTO binds(key, url) VALUES ('x', '@URL@'), ('lite', '@sqlite@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, i INTEGER, d DOUBLE, s VARCHAR(40), n NUMERIC(12,2));
CREATE VIRTUAL TABLE g USING bind(bind_key='lite', table='gaps', k INT NOT NULL PRIMARY KEY, v INTEGER);
CREATE VIRTUAL TABLE w USING bind(bind_key='x', k VARCHAR(20) PRIMARY KEY, v INTEGER CHECK (v <> 999));
CREATE TEMP TABLE made AS SELECT create_all(); -- remote
CREATE TABLE src AS WITH RECURSIVE k(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM k WHERE x < 1100)
  SELECT x AS id, x * 3 AS i, x / 8.0 AS d, 't' || x AS s, x * 1.25 AS n FROM k;
INSERT INTO t SELECT * FROM src;
INSERT INTO w SELECT s, i FROM src WHERE i <> 999;
-- Values of all lengths, signs and NULLs in one column.
UPDATE t SET i = CASE WHEN id % 3 = 0 THEN NULL WHEN id > 900 THEN 2147483647 - id ELSE -i END,
  d = CASE WHEN id % 7 = 0 THEN NULL ELSE d * 1e10 + 0.5 END, s = s || substr('€ä€ä€ä€ä€ä€ä€ä€ä€ä€ä', 1, id % 17) || ' '
  WHERE id <= 1060;
SELECT count(*), sum(i), sum(d), sum(length(s)), min(s), max(s), sum(s = rtrim(s)), count(i), count(d) FROM t;
SELECT * FROM t WHERE id IN (1, 2, 3, 250, 251, 252, 899, 901, 1060, 1061) ORDER BY id;
UPDATE t SET i = NULL;
UPDATE t SET s = CASE WHEN id > 400 THEN printf('%040d', id) ELSE '' END, i = id WHERE id > 10;
SELECT count(*), sum(i), sum(length(s)), count(i) FROM t;
UPDATE t SET n = CASE WHEN id % 2 THEN 1 ELSE 2.5 END WHERE id < 800;
SELECT count(*), sum(n) FROM t;
UPDATE w SET v = -v;
-- Fails as a whole.
UPDATE w SET v = CASE WHEN k = 't700' THEN 999 ELSE 1 END;
SELECT count(*), sum(v) FROM w;
-- Runs of keys, up and down, with gaps, and none.
DELETE FROM t WHERE id BETWEEN 101 AND 400;
SELECT changes(), count(*), sum(id) FROM t;
DELETE FROM t WHERE id BETWEEN 401 AND 600 AND id % 10 <> 0;
SELECT changes(), count(*), sum(id) FROM t;
DELETE FROM t WHERE id BETWEEN 601 AND 700 AND id % 2 = 0;
SELECT changes(), count(*), sum(id) FROM t;
DELETE FROM t WHERE id > 1000 OR id < 5 OR id = 50;
SELECT changes(), count(*), sum(id) FROM t;
DELETE FROM w WHERE v < -1500;
SELECT changes(), count(*), sum(v) FROM w;
-- What lies between two whole numbers is not of their run.
INSERT INTO g SELECT id, i FROM src WHERE id <= 30;
INSERT INTO g VALUES (2.5, 0), (7.25, 0);
DELETE FROM g WHERE v <> 0 AND k <> 12;
SELECT changes(), group_concat(k) FROM g;
-- Integers for runs of keys: of all sizes, NULL, several columns, the key itself; of one run, and of several.
CREATE VIRTUAL TABLE r USING bind(bind_key='x', id INTEGER PRIMARY KEY, i INTEGER, b BIGINT, s SMALLINT NOT NULL);
CREATE TEMP TABLE made2 AS SELECT create_all(); -- remote
INSERT INTO r SELECT id - 300, i, id * 1000000007, 1 FROM src;
INSERT INTO r SELECT id + 5000, i, -id, 2 FROM src WHERE id <= 700;
UPDATE r SET i = -id, b = CASE WHEN id % 5 THEN 9223372036854775807 - abs(id) END, s = id % 32000;
SELECT changes(), count(*), sum(i), sum(b / 1000000), count(b), sum(s), min(b), max(b) FROM r;
UPDATE r SET b = -9223372036854775807 - 1, i = s WHERE id BETWEEN -100 AND 1000;
SELECT changes(), sum(i), sum(b / 1000000), min(b), sum(id * i) FROM r;
UPDATE r SET i = id * 3 WHERE id IN (SELECT id FROM r ORDER BY id DESC LIMIT 600);
SELECT changes(), sum(i), sum(id * i) FROM r;
UPDATE r SET id = id + 20000, i = 7 WHERE id > 5100;
SELECT changes(), sum(i), sum(id), max(id) FROM r;
UPDATE r SET s = CASE WHEN id <> 300 THEN 5 END;
SELECT sum(s), sum(id * s) FROM r;
UPDATE r SET i = id % 9 WHERE id BETWEEN 1 AND 31;
UPDATE r SET i = id % 9 WHERE id BETWEEN 41 AND 72;
SELECT sum(i), sum(id * i) FROM r WHERE id BETWEEN 0 AND 80;
BEGIN;
DELETE FROM t WHERE id BETWEEN 600 AND 900;
UPDATE t SET i = i + 1 WHERE id < 100;
SELECT count(*), sum(i) FROM t;
ROLLBACK;
SELECT count(*), sum(i) FROM t;
