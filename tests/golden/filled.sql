-- What the server fills in and SQLite cannot be told of is an error, not a NULL: in RETURNING, and where triggers leave
-- open whether a NULL means a column's default.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n INTEGER, d INTEGER DEFAULT 7, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);
SELECT create_all();
INSERT INTO t(n) VALUES (1) RETURNING id;
INSERT INTO t(id, n) VALUES (1, 1) RETURNING n, abs(d);
INSERT INTO t(id, n) VALUES (1, 1) RETURNING *;
INSERT INTO t(id, n, d) VALUES (1, 1, 1) RETURNING twice;
INSERT INTO t(n) VALUES (5) RETURNING n;
INSERT INTO t(id, n, d) VALUES (50, 50, NULL) RETURNING id, n * 2, d;
INSERT OR IGNORE INTO t(id, n, d) VALUES (50, 51, NULL) RETURNING n;
INSERT OR IGNORE INTO t(id, n, d) VALUES (51, 51, NULL), (50, 52, NULL) RETURNING n;
INSERT OR IGNORE INTO t(id, n, d) VALUES (51, 51, NULL), (52, 52, NULL) RETURNING n;
SELECT n, d, twice FROM t ORDER BY n;
CREATE TABLE l(id INTEGER PRIMARY KEY, n INTEGER);
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN INSERT INTO t(id, n) VALUES (new.id, new.n); END;
CREATE TRIGGER l_set AFTER UPDATE ON l BEGIN INSERT INTO t(id, n, d) VALUES (new.id, new.n, new.n); END;
INSERT INTO l VALUES (100, 1);
INSERT INTO l(id) VALUES (100);
DROP TRIGGER l_set;
INSERT INTO l(id) VALUES (100);
SELECT * FROM t WHERE id = 100;
-- a generated column is nobody's to set
UPDATE t SET twice = 3 WHERE id = 50;
UPDATE t SET n = 60, twice = 120 WHERE id = 50;
UPDATE t SET twice = twice, d = 8 WHERE id = 50;
UPDATE t SET n = 61, d = 9 WHERE id = 50;
UPDATE t SET n = v.column2 FROM (VALUES (50, 62)) AS v WHERE id = v.column1;
SELECT * FROM t WHERE id = 50;
