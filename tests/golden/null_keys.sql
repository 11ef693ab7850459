-- errors: code
-- A key of the declaration that someone else's table lets be NULL, as PRIMARY KEY alone does in SQLite.  Each line: what the
-- bind has, what a native table of the same declaration and rows has.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE made USING bind(table='t', k VARCHAR(20) UNIQUE, j INTEGER, n INTEGER);
CREATE VIRTUAL TABLE made2 USING bind(table='u', k VARCHAR(20), j INTEGER, n INTEGER, UNIQUE (k, j));
CREATE VIRTUAL TABLE made3 USING bind(table='v', k INTEGER UNIQUE, n INTEGER);
SELECT create_all();
INSERT INTO made VALUES (NULL, 1, 1), ('a', 2, 2), ('b', NULL, 3), ('c', 5, 5);
INSERT INTO made2 SELECT * FROM made;
INSERT INTO made3 VALUES (NULL, 1), (2, 2);
CREATE VIRTUAL TABLE t USING bind(k VARCHAR(20) PRIMARY KEY, j INTEGER, n INTEGER);
CREATE VIRTUAL TABLE u USING bind(k VARCHAR(20), j INTEGER, n INTEGER, PRIMARY KEY (k, j));
CREATE VIRTUAL TABLE v USING bind(k INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE nt (k VARCHAR(20) PRIMARY KEY, j INTEGER, n INTEGER);
CREATE TABLE nu (k VARCHAR(20), j INTEGER, n INTEGER, PRIMARY KEY (k, j));
INSERT INTO nt SELECT * FROM made;
INSERT INTO nu SELECT * FROM made;
SELECT 'k', (SELECT group_concat(n) FROM t WHERE k IS NULL), (SELECT group_concat(n) FROM nt WHERE k IS NULL);
SELECT 'not k', (SELECT sum(n) FROM t WHERE k IS NOT NULL), (SELECT sum(n) FROM nt WHERE k IS NOT NULL);
SELECT 'count', (SELECT count(k) FROM t), (SELECT count(k) FROM nt);
SELECT 'j', (SELECT group_concat(n) FROM u WHERE j IS NULL), (SELECT group_concat(n) FROM nu WHERE j IS NULL);
SELECT 'count', (SELECT count(j) || ' ' || count(k) FROM u), (SELECT count(j) || ' ' || count(k) FROM nu);
UPDATE t SET n = n + 10;
UPDATE nt SET n = n + 10;
UPDATE t SET n = n + 100 WHERE k IS NULL;
UPDATE nt SET n = n + 100 WHERE k IS NULL;
SELECT 'update', (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM t ORDER BY n)), (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM nt ORDER BY n));
UPDATE u SET n = n + 100 WHERE k IS NULL OR j IS NULL;
UPDATE nu SET n = n + 100 WHERE k IS NULL OR j IS NULL;
SELECT 'update', (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM u ORDER BY n)), (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM nu ORDER BY n));
UPDATE t SET k = 'z' WHERE k IS NULL;
UPDATE nt SET k = 'z' WHERE k IS NULL;
UPDATE t SET k = NULL WHERE k = 'a';
UPDATE nt SET k = NULL WHERE k = 'a';
SELECT 'key', (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM t ORDER BY n)), (SELECT group_concat(ifnull(k, '-') || n) FROM (SELECT k, n FROM nt ORDER BY n));
DELETE FROM t WHERE k IS NULL;
DELETE FROM nt WHERE k IS NULL;
DELETE FROM u WHERE k IS NULL;
DELETE FROM nu WHERE k IS NULL;
SELECT 'delete', (SELECT group_concat(n) FROM (SELECT n FROM t ORDER BY n)), (SELECT group_concat(n) FROM (SELECT n FROM nt ORDER BY n));
SELECT 'delete', (SELECT group_concat(n) FROM (SELECT n FROM u ORDER BY n)), (SELECT group_concat(n) FROM (SELECT n FROM nu ORDER BY n));
INSERT INTO made VALUES (NULL, 8, 8);
DELETE FROM t;
DELETE FROM u;
SELECT 'all', (SELECT count(*) FROM t), (SELECT count(*) FROM u);
-- two rows that the key does not tell apart are not both changed where one was meant
INSERT INTO made VALUES (NULL, 1, 1), (NULL, 2, 2);
UPDATE t SET n = 7 WHERE j = 1;
UPDATE t SET n = n + 1;
DELETE FROM t WHERE j = 1;
BEGIN;
UPDATE t SET n = 7 WHERE j = 1;
DELETE FROM t WHERE j = 1;
COMMIT;
SELECT group_concat(n) FROM (SELECT n FROM made ORDER BY n);
-- INTEGER PRIMARY KEY is never NULL in SQLite
UPDATE v SET n = n + 1;
DELETE FROM v WHERE n = 1;
UPDATE v SET n = n + 1 WHERE k = 2;
SELECT k, n FROM made3 ORDER BY k;
