-- native: same
-- errors: code
-- Inside BEGIN the rows of an INSERT … SELECT and of VALUES may travel together: what the statement did and reports is
-- the same, and one that fails undoes itself only.
.open @DIR@/main.db
.load @EXT@
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'), ('two', '@URL2@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, g INTEGER, n VARCHAR(40));
CREATE VIRTUAL TABLE o USING bind(bind_key = 'two', id INTEGER PRIMARY KEY, g INTEGER, n VARCHAR(40));
SELECT 1 WHERE create_all() <> 2; -- remote
CREATE TABLE local AS WITH RECURSIVE c(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM c LIMIT 300) SELECT v AS id FROM c;
CREATE VIEW state AS SELECT count(*), min(id), max(id), sum(g) FROM t;
BEGIN;
INSERT INTO t VALUES (1000, 1, 'before');
INSERT INTO t SELECT id, id % 10, 'n' || id FROM local;
SELECT changes(), last_insert_rowid(), * FROM state;
-- a row that is there already, among the first, in the middle and as the last one
INSERT INTO t SELECT id + 299, 1, 'x' FROM local;
SELECT changes(), * FROM state;
INSERT INTO t SELECT id + 850, 1, 'x' FROM local;
SELECT changes(), * FROM state;
INSERT INTO t SELECT id + 700, 1, 'x' FROM local;
SELECT changes(), * FROM state;
INSERT INTO t SELECT id + 900, 1, 'x' FROM local WHERE id <= 100 ORDER BY id;
SELECT changes(), * FROM state;
-- numbers of the server
DELETE FROM t WHERE id = 1000;
INSERT INTO t(id, g, n) VALUES (2000, 1, 'a'), (2001, 2, 'b'), (2002, 3, 'c');
SELECT changes(), last_insert_rowid(), * FROM state;
INSERT INTO t(id, g, n) VALUES (2003, 1, 'a'), (2001, 2, 'b'), (2004, 3, 'c');
SELECT changes(), * FROM state;
-- sources: a WITH, an order, a limit, a table function, a bind table, the table itself, the other bind
WITH q AS (SELECT id FROM local WHERE id < 100) INSERT INTO t(n, id) SELECT 'w', id + 3000 FROM q;
INSERT INTO t SELECT id + 4000, 1, 'x' FROM local ORDER BY id % 7, id;
INSERT INTO t SELECT id + 5000, 1, 'x' FROM local ORDER BY id DESC LIMIT 5 OFFSET 2;
INSERT INTO t SELECT value + 6000, 1, 'x' FROM json_each('[3, 1, 2]');
INSERT INTO t SELECT value + 6100, 1, 'x' FROM generate_series(1) LIMIT 5;
INSERT INTO t SELECT id % 10 + 7000, count(*), max(id) FROM local GROUP BY id % 10 HAVING count(*) > 1;
INSERT INTO o SELECT id, g, n FROM t WHERE id < 200;
INSERT INTO o SELECT id + 100, g, n FROM t WHERE id < 200;
INSERT INTO o SELECT id + 1000, g, n FROM t WHERE id < 200 LIMIT 70;
INSERT INTO t SELECT id + 8000, g, n FROM t WHERE id < 150;
INSERT INTO t SELECT id + 9000, g, n FROM o WHERE id < 150 UNION ALL SELECT id + 9500, 1, 'u' FROM local WHERE id < 80;
INSERT INTO t SELECT id + 9000, g, n FROM o WHERE id > 140 UNION ALL SELECT id + 9500, 1, 'u' FROM local WHERE id < 80;
SELECT (SELECT count(*) FROM o), * FROM state;
-- no column of the source is read
INSERT INTO t(id, g) SELECT 9999, 1 FROM o WHERE id < 3;
INSERT INTO t(id, g) SELECT 1, 1 FROM o WHERE id < 30;
SELECT (SELECT count(*) FROM o), * FROM state;
-- clauses decide row by row
INSERT OR IGNORE INTO t SELECT id + 7950, 1, 'i' FROM local;
SELECT changes(), * FROM state;
INSERT OR FAIL INTO t SELECT 13001 - id, 1, 'f' FROM local UNION ALL SELECT 1, 1, 'f' UNION ALL SELECT 14000, 1, 'f';
SELECT * FROM state;
INSERT OR REPLACE INTO t SELECT id, 100, 'r' FROM local WHERE id <= 90;
SELECT changes(), * FROM state;
-- savepoints
SAVEPOINT a;
INSERT INTO t SELECT id + 20000, 1, 's' FROM local;
SAVEPOINT b;
INSERT INTO t SELECT id + 20100, 1, 's' FROM local;
INSERT INTO t SELECT id + 21000, 1, 's' FROM local;
ROLLBACK TO b;
INSERT INTO t VALUES (30000, 1, 's'), (30001, 1, 's');
RELEASE a;
SELECT * FROM state;
SAVEPOINT a;
INSERT INTO t SELECT id + 40000, 1, 's' FROM local;
ROLLBACK TO a;
RELEASE a;
COMMIT;
SELECT * FROM state;
-- a transaction that begins so, and is undone or kept
BEGIN;
INSERT INTO t SELECT id + 50000, 1, 'k' FROM local;
ROLLBACK;
SELECT * FROM state;
BEGIN;
INSERT INTO t SELECT id + 50000, 1, 'k' FROM local;
INSERT INTO o SELECT id + 50000, 1, 'k' FROM local;
INSERT INTO local SELECT id + 50000 FROM local;
COMMIT;
SELECT (SELECT count(*) FROM o), (SELECT count(*) FROM local), * FROM state;
-- what SQLite plans otherwise once it knows the value of a parameter
.parameter set ?1 "'zzz%'"
BEGIN;
INSERT INTO o SELECT -7, 1, 'x' FROM t WHERE g IS NULL OR id BETWEEN 1 AND 3 OR n LIKE ?1 ORDER BY id, g, n;
SELECT count(*) FROM o WHERE id = -7;
INSERT INTO o SELECT -id, 1, 'x' FROM t WHERE g IS NULL OR id BETWEEN 1 AND 3 OR n LIKE ?1 ORDER BY id, g, n;
ROLLBACK;
SELECT count(*) FROM o WHERE id < 0;
-- values of parameters that their texts do not tell: a NUL within, a number that is no column's, what a minus makes a comment
CREATE TABLE named AS SELECT id, CASE WHEN id > 8 THEN 'a' WHEN id > 4 THEN char(97, 0, 98) END AS n FROM local WHERE id <= 20;
BEGIN;
INSERT INTO t VALUES (80000, 1, 'before'), (80008, 1, 'there');
.parameter set ?1 "char(97, 0, 98)"
INSERT INTO t SELECT id + 80000, 1, 'x' FROM named WHERE n = ?1;
SELECT changes(), * FROM state;
.parameter set ?1 1
INSERT INTO t SELECT max(id) + 79988, 1, 'x' FROM named GROUP BY ?1, id > 10;
SELECT changes(), * FROM state;
.parameter set ?1 -8
INSERT INTO t SELECT id + 80002, 1, 'x' FROM named WHERE id-?1 < 15;
SELECT changes(), * FROM state;
-- and those that count for no row
.parameter set ?1 0.1
.parameter set ?2 "'w'"
INSERT INTO t(id, n, g) SELECT id + 81000, ?2, ?1 * 10 FROM named WHERE id > 8;
INSERT INTO t(id, n, g) SELECT id + 81012, ?2, ?1 * 10 FROM named;
SELECT changes(), * FROM state;
ROLLBACK;
.parameter clear
-- a trigger on a local table writes the bind
CREATE TEMP TRIGGER copy AFTER INSERT ON local BEGIN
  INSERT INTO t SELECT new.id + value, 1, 'trigger' FROM json_each('[100000, 200000, 300000]');
END;
BEGIN;
INSERT INTO local SELECT id + 60000 FROM local WHERE id < 4;
SELECT * FROM state;
INSERT INTO local VALUES (70000), (60001);
SELECT * FROM state;
COMMIT;
SELECT * FROM state;
