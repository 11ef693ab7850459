-- Changes of several rows inside BEGIN: their rows are kept back until the last one.  A row that fails undoes its statement
-- and nothing else, whichever way the rows are found and whatever the statement looks like.
-- errors: code
-- native: same
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
PRAGMA foreign_keys = on;
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, g INTEGER NOT NULL, n VARCHAR(20) NOT NULL, CHECK (g < 90));
CREATE VIRTUAL TABLE u USING bind(k VARCHAR(20), j INTEGER NOT NULL, g INTEGER CHECK (g < 90), PRIMARY KEY (k, j));
CREATE VIRTUAL TABLE child USING bind(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id));
CREATE TABLE local (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE made AS SELECT create_all(); -- remote
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 40) INSERT INTO t SELECT i, i % 4, 'n' || i FROM r;
INSERT INTO u SELECT n, id, g FROM t;
INSERT INTO child VALUES (1, 30), (2, 31);
CREATE VIEW sums AS SELECT (SELECT sum(id * g) || ' ' || count(*) || ' ' || min(n) || ' ' || max(n) FROM t) || ' ' || (SELECT sum(g * j) || ' ' || count(*) FROM u) AS sums;
BEGIN;
INSERT INTO t VALUES (100, 5, 'first');
UPDATE t SET g = g + 1;
SELECT changes(), sums FROM sums;
UPDATE t SET g = g + CASE id WHEN 39 THEN 100 ELSE 1 END WHERE g = 4;
SELECT changes(), sums FROM sums;
-- The key is tested as well, by SQLite alone.
UPDATE t SET g = g + CASE id WHEN 39 THEN 100 ELSE 1 END WHERE id % 3 = 0;
SELECT sums FROM sums;
UPDATE t SET g = g + 1, n = n || id WHERE id % 3 = 0 AND length(n) = 3;
SELECT changes(), sums FROM sums;
-- Every column is set, the key too.
UPDATE t SET id = id + 1000, g = g + CASE id WHEN 39 THEN 100 ELSE 1 END, n = n || '.' WHERE id BETWEEN 32 AND 50;
SELECT sums FROM sums;
UPDATE t SET id = id + 1000, g = g + 1, n = n || '.' WHERE id BETWEEN 32 AND 50;
SELECT changes(), sums FROM sums;
-- By a part of the key, by one of two conditions, by a list, by a subquery; by a key that is hidden.
UPDATE t SET g = CASE WHEN g > 2 THEN 99 ELSE 1 END WHERE id < 10 OR n = 'n22';
SELECT sums FROM sums;
UPDATE t SET g = g + 1 WHERE id < 10 OR n = 'n22';
SELECT changes(), sums FROM sums;
UPDATE t SET g = CASE WHEN id > 7 THEN 99 ELSE 1 END WHERE id IN (1, 3, 5, 8, 9999);
UPDATE t SET g = g + 1 WHERE id IN (SELECT id + 1 FROM t WHERE g = 3);
SELECT changes(), sums FROM sums;
UPDATE t SET g = g + (SELECT count(*) FROM t AS o WHERE o.id < t.id AND o.id < 5) WHERE id < 10;
SELECT changes(), sums FROM sums;
UPDATE u SET g = g + CASE j WHEN 39 THEN 100 ELSE 1 END WHERE k > 'n2';
SELECT sums FROM sums;
UPDATE u SET g = g + 1 WHERE k > 'n2' AND j % 2 = 1;
SELECT changes(), sums FROM sums;
UPDATE u SET g = NULL WHERE g = 2 AND j % 2 = 0;
SELECT changes(), sums FROM sums;
-- From a local table, inside or outside of the scan.
INSERT INTO local SELECT id FROM t WHERE id BETWEEN 14 AND 24;
UPDATE t SET g = t.g + CASE l.id WHEN 23 THEN 100 ELSE 1 END FROM local AS l WHERE l.id = t.id;
SELECT sums FROM sums;
UPDATE t SET g = t.g + 1 FROM local AS l WHERE l.id = t.id AND t.id % 2 = 0;
SELECT changes(), sums FROM sums;
UPDATE t SET g = t.g + 1 FROM local AS l WHERE l.id = t.id + 1;
SELECT changes(), sums FROM sums;
UPDATE u SET g = u.g + 1 FROM (SELECT 20 AS low UNION ALL SELECT 30) AS l WHERE u.j > l.low AND u.g < 50;
SELECT changes() > 0, (SELECT count(*) FROM u) FROM sums;
-- Each row is found more than once: by which one it is changed last, SQLite leaves open.
SAVEPOINT found;
UPDATE t SET g = t.g + 1 FROM local AS l WHERE l.id > t.id AND t.id < 10;
SELECT sums FROM sums;
UPDATE t SET g = CASE t.id WHEN 11 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id > t.id;
SELECT sums FROM sums;
UPDATE t SET g = 100 FROM local AS l;
UPDATE t SET g = t.g + 1 FROM local AS l JOIN local AS m ON m.id < l.id WHERE l.id > t.id AND t.id < 10;
SELECT sums FROM sums;
SAVEPOINT further;
UPDATE t SET g = CASE t.id WHEN 11 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id > t.id;
SELECT sums FROM sums;
ROLLBACK TO further;
UPDATE t SET g = t.g + 1 FROM local AS l WHERE l.id = t.id;
RELEASE further;
UPDATE t SET g = CASE t.id WHEN 11 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id > t.id;
SELECT sums FROM sums;
UPDATE OR REPLACE t SET g = CASE t.id WHEN 18 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id = t.id;
UPDATE OR REPLACE t SET n = CASE t.id WHEN 18 THEN NULL ELSE t.n || 'r' END FROM local AS l WHERE l.id = t.id;
SELECT sums FROM sums;
UPDATE OR IGNORE t SET g = CASE t.id WHEN 18 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id = t.id;
SELECT sums FROM sums;
UPDATE OR FAIL t SET g = CASE t.id WHEN 18 THEN 100 ELSE t.g + 1 END FROM local AS l WHERE l.id = t.id;
SELECT sums FROM sums;
ROLLBACK TO found;
RELEASE found;
SELECT sums FROM sums;
-- INSERTs of a join, from the outer table on.
INSERT INTO t SELECT u.j + 500, u.g + CASE j WHEN 24 THEN 100 ELSE 1 END, u.k FROM u CROSS JOIN local AS l WHERE l.id = u.j;
SELECT sums FROM sums;
INSERT INTO t SELECT u.j + 500, 1, u.k FROM u LEFT JOIN local AS l ON l.id = u.j WHERE u.j BETWEEN 13 AND 15;
SELECT changes(), sums FROM sums;
INSERT INTO t SELECT u.j + 600, l.g, l.n FROM u CROSS JOIN t AS l ON l.id = u.j WHERE u.j BETWEEN 16 AND 18;
SELECT changes(), sums FROM sums;
INSERT INTO u SELECT t.n, l.id + 700, 95 - l.id FROM t CROSS JOIN local AS l WHERE t.id < 3;
INSERT INTO u SELECT t.n, l.id + 700, l.id FROM t CROSS JOIN local AS l WHERE t.id < 3 LIMIT 5;
SELECT changes(), sums FROM sums;
INSERT INTO u SELECT t.n, l.id + 700, l.id + CASE l.id WHEN 16 THEN 100 ELSE 0 END FROM t CROSS JOIN local AS l WHERE t.id < 3 ORDER BY t.id, l.id LIMIT 5;
INSERT INTO u SELECT t.n, t.id + 900, t.g + CASE t.id WHEN 7 THEN 100 ELSE 0 END FROM t WHERE t.id < 9 LIMIT 8;
INSERT INTO t SELECT id + 800, g + CASE id WHEN 11 THEN 100 ELSE 0 END, n FROM t WHERE id < 45;
INSERT INTO t SELECT q.id + 800, q.g + CASE q.id WHEN 11 THEN 100 ELSE 0 END, q.n FROM t AS q CROSS JOIN local AS l ON l.id = q.g + 20;
SELECT sums FROM sums;
INSERT INTO u SELECT DISTINCT t.n, 800, (SELECT max(id) FROM local) FROM t WHERE t.id < 6;
SELECT changes(), sums FROM sums;
DELETE FROM t WHERE id > 500 AND id < 700;
DELETE FROM u WHERE j > 500;
DELETE FROM local;
-- Some rows stay as they are, some do not fit together.
UPDATE t SET g = CASE WHEN id % 2 = 1 THEN g ELSE 7 END WHERE id < 20;
SELECT changes(), sums FROM sums;
UPDATE t SET id = 30 WHERE id IN (11, 12, 13);
UPDATE t SET id = id + 1 WHERE id BETWEEN 11 AND 13 AND n <> '';
SELECT sums FROM sums;
DELETE FROM t WHERE id BETWEEN 25 AND 31;
SELECT sums FROM sums;
DELETE FROM t WHERE id % 3 = 0 AND id < 40;
SELECT sums FROM sums;
DELETE FROM t WHERE g = 7;
SELECT changes(), sums FROM sums;
DELETE FROM u WHERE k > 'n3' OR j = 5;
SELECT changes(), sums FROM sums;
UPDATE OR IGNORE t SET g = g + CASE WHEN id > 20 THEN 100 ELSE 1 END WHERE id < 25;
SELECT changes(), sums FROM sums;
CREATE TRIGGER moved AFTER INSERT ON local BEGIN UPDATE t SET g = g + 1 WHERE id < new.id; DELETE FROM u WHERE j < new.id; END;
INSERT INTO local VALUES (4), (8);
SELECT sums FROM sums;
SAVEPOINT s;
UPDATE t SET g = g + 1;
ROLLBACK TO s;
UPDATE t SET g = g + 2 WHERE g < 5;
COMMIT;
SELECT sums FROM sums;
BEGIN;
UPDATE t SET n = n || '+' WHERE id < 10;
DELETE FROM u;
ROLLBACK;
SELECT sums FROM sums;
