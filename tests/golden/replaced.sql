-- native: same
-- errors: code
-- own output: mariadb: its collations without case take É for é, which SQLite does not, and so refuse what it would store
-- UPDATE OR REPLACE over keys whose collation is not that of bytes.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(k VARCHAR(10) COLLATE NOCASE PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE u USING bind(id INTEGER PRIMARY KEY, k VARCHAR(10) COLLATE NOCASE UNIQUE, r VARCHAR(10) COLLATE RTRIM UNIQUE);
CREATE VIRTUAL TABLE p USING bind(a INTEGER, k VARCHAR(10) COLLATE NOCASE, r VARCHAR(10) COLLATE RTRIM, PRIMARY KEY (a, k), UNIQUE (k, r));
CREATE VIRTUAL TABLE rt USING bind(k VARCHAR(10) COLLATE RTRIM PRIMARY KEY, n INTEGER);
SELECT 1 WHERE create_all() <> 4; -- remote
INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3);
UPDATE OR REPLACE t SET k = 'B' WHERE k = 'a';
SELECT * FROM t ORDER BY n;
UPDATE OR REPLACE t SET k = 'C' WHERE k = 'c';
SELECT * FROM t ORDER BY n;
INSERT OR REPLACE INTO t VALUES ('c', 4), ('D', 5);
SELECT * FROM t ORDER BY n;
UPDATE OR REPLACE t SET k = 'x' WHERE n > 0;
SELECT * FROM t ORDER BY n;
INSERT INTO u VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');
UPDATE OR REPLACE u SET k = 'B' WHERE id = 1;
SELECT * FROM u ORDER BY id;
UPDATE OR REPLACE u SET r = 'z  ' WHERE id = 1;
SELECT id, k, r, length(r) FROM u ORDER BY id;
INSERT OR REPLACE INTO u VALUES (7, 'b', 'q'), (8, 'K', 'q ');
SELECT id, k, r, length(r) FROM u ORDER BY id;
INSERT INTO p VALUES (1, 'a', 'x'), (1, 'b', 'y'), (2, 'a', 'z'), (2, 'b', 'w');
UPDATE OR REPLACE p SET k = 'B' WHERE a = 1 AND k = 'a';
SELECT * FROM p ORDER BY a, k, r;
UPDATE OR REPLACE p SET a = 1 WHERE k = 'b';
SELECT * FROM p ORDER BY a, k, r;
UPDATE OR REPLACE p SET k = 'B', r = 'z ' WHERE a = 1;
SELECT *, length(r) FROM p ORDER BY a, k, r;
INSERT INTO rt VALUES ('a', 1), ('b', 2), ('c', 3);
UPDATE OR REPLACE rt SET k = 'b ' WHERE n = 1;
SELECT *, length(k) FROM rt ORDER BY n;
INSERT OR REPLACE INTO rt VALUES ('c   ', 4);
SELECT *, length(k) FROM rt ORDER BY n;
UPDATE OR IGNORE rt SET k = 'b' WHERE n > 0;
SELECT *, length(k) FROM rt ORDER BY n;
-- what the server alone takes for equal is not replaced
INSERT INTO t VALUES ('é', 10), ('e', 11), ('É', 12);
INSERT OR REPLACE INTO t VALUES ('E', 13);
SELECT * FROM t WHERE n >= 10 ORDER BY n;
UPDATE OR REPLACE t SET k = 'Ä' WHERE n = 13;
SELECT * FROM t WHERE n >= 10 ORDER BY n;
