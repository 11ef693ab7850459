-- native: same
-- errors: code
-- Writing: every form of INSERT, UPDATE, DELETE, every conflict clause, keys of every kind.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, n TEXT NOT NULL DEFAULT 'none', x INTEGER DEFAULT 7 CHECK (x < 1000));
CREATE VIRTUAL TABLE textkey USING bind(k VARCHAR(40) NOT NULL PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE blobkey USING bind(k VARBINARY(40) NOT NULL PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE pair USING bind(a INTEGER NOT NULL, b VARCHAR(10) NOT NULL, n INTEGER, PRIMARY KEY (a, b));
CREATE VIRTUAL TABLE uniq USING bind(a INTEGER NOT NULL UNIQUE, n INTEGER);
CREATE VIRTUAL TABLE keyless USING bind(a INTEGER, b TEXT);
SELECT 1 WHERE create_all() <> 6; -- remote
-- generated keys, defaults, NULL
INSERT INTO t(n) VALUES ('first');
SELECT last_insert_rowid(), changes();
INSERT INTO t DEFAULT VALUES;
SELECT last_insert_rowid();
INSERT INTO t(id, u) VALUES (NULL, 3);
SELECT last_insert_rowid();
INSERT INTO t(x, n) VALUES (NULL, 'explicit null'), (8, 'eight');
SELECT last_insert_rowid(), changes();
SELECT * FROM t ORDER BY id;
INSERT INTO t VALUES (100, 100, 'hundred', 100);
SELECT last_insert_rowid();
INSERT INTO t(id, n) SELECT id + 200, n || '!' FROM t WHERE id < 3;
INSERT INTO t(id, u, n) SELECT 300, NULL, 'three' UNION ALL SELECT 301, 301, 'more';
SELECT id, u, n, x FROM t WHERE id >= 100 ORDER BY id;
-- what is refused undoes its statement
INSERT INTO t(id) VALUES (100);
INSERT INTO t(id) VALUES (400), (401), (100), (402);
INSERT INTO t(u, n) VALUES (100, 'same u');
INSERT INTO t(id, n) VALUES (400, NULL);
INSERT INTO t(id, x) VALUES (400, 1000);
UPDATE t SET id = 100 WHERE id = 1;
UPDATE t SET u = 100 WHERE id < 3;
UPDATE t SET n = NULL WHERE id = 1;
SELECT count(*) FROM t WHERE id >= 400 OR n IS NULL;
-- conflict clauses
INSERT OR IGNORE INTO t(id, n) VALUES (100, 'ignored'), (410, 'kept');
SELECT changes();
INSERT OR FAIL INTO t(id, n) VALUES (411, 'before'), (100, 'fails'), (412, 'after');
INSERT OR ABORT INTO t(id, n) VALUES (413, 'before'), (100, 'aborts');
INSERT OR REPLACE INTO t(id, u, n) VALUES (410, 100, 'took the place of two');
SELECT id, u, n, x FROM t WHERE id BETWEEN 100 AND 150 OR id >= 400 ORDER BY id;
REPLACE INTO t(id, n) VALUES (411, 'replaced'), (414, 'new');
SELECT id, n FROM t WHERE id > 410 ORDER BY id;
UPDATE OR IGNORE t SET u = 100 WHERE id IN (411, 414);
SELECT id, u FROM t WHERE id > 409 ORDER BY id;
UPDATE OR REPLACE t SET u = 100 WHERE id = 414;
SELECT id, u FROM t WHERE id > 409 ORDER BY id;
BEGIN;
INSERT INTO t(id) VALUES (500);
INSERT OR ROLLBACK INTO t(id) VALUES (411);
COMMIT;
SELECT count(*) FROM t WHERE id = 500;
-- updates and deletes
UPDATE t SET x = x + 1, n = upper(n) WHERE id <= 2;
SELECT changes();
UPDATE t SET x = id WHERE x IS NULL;
UPDATE t SET id = id + 1000 WHERE id >= 300;
UPDATE t SET n = 'never' WHERE id = 99999;
SELECT changes();
SELECT id, u, n, x FROM t ORDER BY id;
CREATE TABLE source(id INTEGER, n TEXT);
INSERT INTO source VALUES (1, 'one'), (2, 'two');
UPDATE t SET n = source.n FROM source WHERE source.id = t.id;
UPDATE t SET n = (SELECT n || '?' FROM source WHERE source.id = 1) WHERE id = 3;
DELETE FROM t WHERE id IN (SELECT id + 200 FROM source);
SELECT changes();
SELECT id, n FROM t ORDER BY id LIMIT 3;
-- keys that are not integers
INSERT INTO textkey VALUES ('a', 1), ('A', 2), ('a ', 3), ('ä', 4), ('', 5), ('it''s', 6);
INSERT INTO textkey VALUES ('a', 9);
UPDATE textkey SET n = n * 10 WHERE k = 'a';
UPDATE textkey SET k = 'renamed' WHERE k = 'it''s';
DELETE FROM textkey WHERE k = 'A';
SELECT quote(k), n FROM textkey ORDER BY k;
INSERT INTO blobkey VALUES (x'00', 1), (x'0000', 2), (x'', 3), (x'ff00', 4);
UPDATE blobkey SET n = 22 WHERE k = x'0000';
DELETE FROM blobkey WHERE k = x'00';
SELECT hex(k), n FROM blobkey ORDER BY k;
INSERT INTO pair VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
INSERT INTO pair VALUES (1, 'x', 9);
REPLACE INTO pair VALUES (1, 'y', 22);
UPDATE pair SET b = 'z' WHERE a = 2;
UPDATE pair SET n = n + 1 WHERE a = 1 AND b = 'x';
DELETE FROM pair WHERE (a, b) = (1, 'y');
SELECT * FROM pair ORDER BY a, b;
INSERT INTO uniq VALUES (1, 1), (2, 2), (3, 3);
UPDATE uniq SET a = 20 WHERE a = 2;
DELETE FROM uniq WHERE a = 3;
SELECT * FROM uniq ORDER BY a;
INSERT INTO keyless VALUES (1, 'x'), (2, 'y'), (2, 'y'), (NULL, NULL);
UPDATE keyless SET b = 'changed' WHERE a = 1;
UPDATE keyless SET a = 3 WHERE a IS NULL;
DELETE FROM keyless WHERE b = 'changed';
SELECT * FROM keyless ORDER BY a;
DELETE FROM keyless WHERE a = 2;
SELECT changes(), count(*) FROM keyless;
-- from one scan into the same table, from and into local tables, while another scan is open
INSERT INTO pair SELECT a + 10, b, n FROM pair;
CREATE TABLE local AS SELECT * FROM pair;
INSERT INTO pair SELECT a + 100, b, n FROM local;
SELECT count(*), sum(a) FROM pair;
UPDATE pair SET n = (SELECT max(n) FROM local WHERE local.a < pair.a);
SELECT a, n FROM pair ORDER BY a;
DELETE FROM t;
SELECT changes() > 5, (SELECT count(*) FROM t);
CREATE TABLE audit(what TEXT);
CREATE TEMP TRIGGER noted AFTER INSERT ON local BEGIN INSERT INTO uniq VALUES (new.a + 5000, 0); END;
INSERT INTO local VALUES (77, 'q', 0);
SELECT * FROM uniq ORDER BY a;
