-- native: same
-- errors: code
-- Transactions and savepoints reach the bind; a failed statement leaves the transaction usable.
.open @DIR@/main.db
.load @EXT@
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'), ('two', '@URL2@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n TEXT);
CREATE VIRTUAL TABLE o USING bind(bind_key = 'two', id INTEGER PRIMARY KEY, n TEXT);
SELECT 1 WHERE create_all() <> 2; -- remote
CREATE TABLE local(id INTEGER PRIMARY KEY, n TEXT);
BEGIN;
INSERT INTO t VALUES (1, 'kept');
SELECT count(*) FROM t;
COMMIT;
BEGIN;
INSERT INTO t VALUES (2, 'undone');
UPDATE t SET n = 'undone' WHERE id = 1;
SELECT * FROM t ORDER BY id;
ROLLBACK;
SELECT * FROM t ORDER BY id;
-- a statement that fails in a transaction
BEGIN;
INSERT INTO t VALUES (3, 'before');
INSERT INTO t VALUES (1, 'taken');
INSERT INTO t VALUES (4, 'x'), (5, 'y'), (3, 'taken');
SELECT count(*) FROM t;
INSERT INTO t VALUES (6, 'after');
COMMIT;
SELECT * FROM t ORDER BY id;
-- savepoints, nested, with and without an outer transaction
BEGIN;
INSERT INTO t VALUES (10, 'a');
SAVEPOINT s1;
INSERT INTO t VALUES (11, 'b');
SAVEPOINT s2;
INSERT INTO t VALUES (12, 'c');
DELETE FROM t WHERE id = 1;
ROLLBACK TO s2;
INSERT INTO t VALUES (13, 'd');
RELEASE s2;
SELECT id FROM t WHERE id = 1 OR id >= 10 ORDER BY id;
ROLLBACK TO s1;
SELECT id FROM t WHERE id >= 10 ORDER BY id;
INSERT INTO t VALUES (14, 'e');
COMMIT;
SELECT id FROM t WHERE id >= 10 ORDER BY id;
SAVEPOINT outer;
INSERT INTO t VALUES (20, 'x');
SAVEPOINT inner;
INSERT INTO t VALUES (21, 'y');
RELEASE inner;
ROLLBACK TO outer;
INSERT INTO t VALUES (22, 'z');
RELEASE outer;
SELECT id FROM t WHERE id >= 20 ORDER BY id;
SAVEPOINT gone;
INSERT INTO t VALUES (23, 'z');
ROLLBACK TO gone;
RELEASE gone;
SELECT id FROM t WHERE id >= 20 ORDER BY id;
-- a savepoint before the bind was first touched
BEGIN;
SAVEPOINT early;
INSERT INTO local VALUES (1, 'x');
SAVEPOINT later;
INSERT INTO t VALUES (30, 'x');
ROLLBACK TO early;
SELECT count(*) FROM t WHERE id = 30;
INSERT INTO t VALUES (31, 'y');
COMMIT;
SELECT id FROM t WHERE id >= 30;
SELECT count(*) FROM local;
-- two binds and the local database
BEGIN;
INSERT INTO t VALUES (40, 'both');
INSERT INTO o VALUES (40, 'both');
INSERT INTO local VALUES (40, 'both');
ROLLBACK;
SELECT count(*) FROM t WHERE id = 40;
SELECT count(*) FROM o;
SELECT count(*) FROM local;
BEGIN;
INSERT INTO local VALUES (41, 'both');
INSERT INTO t VALUES (41, 'both');
INSERT INTO o SELECT * FROM t WHERE id = 41;
COMMIT;
SELECT l.n, t.n, o.n FROM local l JOIN t USING (id) JOIN o USING (id);
-- a statement over both that fails undoes only itself
BEGIN;
INSERT INTO o VALUES (50, 'before');
INSERT INTO o SELECT id + 10, n FROM t WHERE id = 41 UNION ALL SELECT 50, 'taken';
COMMIT;
SELECT id FROM o ORDER BY id;
-- nothing happened in these
BEGIN;
COMMIT;
BEGIN;
SELECT count(*) FROM t;
ROLLBACK;
BEGIN;
UPDATE t SET n = 'x' WHERE 0;
COMMIT;
ROLLBACK;
COMMIT;
-- an open transaction sees its own writes in every kind of scan
BEGIN;
UPDATE t SET n = 'seen' WHERE id = 1;
DELETE FROM t WHERE id = 3;
INSERT INTO t VALUES (60, 'seen');
SELECT id FROM t WHERE n = 'seen' ORDER BY id;
SELECT count(*) FROM t a JOIN t b ON a.n = b.n WHERE a.n = 'seen';
INSERT INTO t SELECT id + 1, n FROM t WHERE id = 60;
SELECT max(id) FROM t;
ROLLBACK;
SELECT count(*), max(id) FROM t;
-- what a ROLLBACK takes out of temp keeps nothing open: the shell closes without a word
BEGIN;
CREATE TEMP TABLE gone(x);
UPDATE t SET n = 'undone' WHERE id = 1;
ROLLBACK;
INSERT INTO t VALUES (61, 'last'), (62, 'last');
SELECT n, count(*) FROM t WHERE id > 60 OR n = 'undone' GROUP BY n;
