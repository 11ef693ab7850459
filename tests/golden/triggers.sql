-- native: same
-- errors: code
-- Triggers of local tables and views that write bind tables: what an INSERT there leaves out, the order in which rows
-- are met, conflict clauses, RAISE; and what RETURNING shows.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE note USING bind(id INTEGER PRIMARY KEY, n INTEGER, d INTEGER DEFAULT 7, e INTEGER NOT NULL DEFAULT 8);
CREATE VIRTUAL TABLE strict USING bind(id INTEGER PRIMARY KEY, e INTEGER NOT NULL DEFAULT 8);
CREATE VIRTUAL TABLE s USING bind(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, m INTEGER);
SELECT 1 WHERE create_all() <> 3; -- remote
CREATE TABLE l(id INTEGER PRIMARY KEY, n INTEGER);
-- a column that a trigger's INSERT leaves out takes its default, one that it names takes the NULL
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN INSERT INTO note(id, n) VALUES (new.id, new.n); END;
INSERT INTO l VALUES (1, 10), (2, NULL);
CREATE TEMP VIEW v AS SELECT * FROM l;
CREATE TEMP TRIGGER v_new INSTEAD OF INSERT ON v BEGIN INSERT INTO note(n, id) VALUES (new.n, new.id); END;
INSERT INTO v VALUES (3, NULL);
SELECT * FROM note ORDER BY id;
DROP TRIGGER l_new;
DROP TRIGGER v_new;
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN INSERT INTO note VALUES (new.id, new.n, NULL, new.id); END;
INSERT INTO l VALUES (4, NULL);
SELECT * FROM note ORDER BY id;
DROP TRIGGER l_new;
-- NULL for a column that takes none is refused there, too
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN INSERT INTO strict(id, e) VALUES (new.id, new.n); END;
INSERT INTO l VALUES (5, NULL);
INSERT INTO l VALUES (5, 50);
SELECT * FROM strict;
DROP TRIGGER l_new;
-- rows that stand in each other's way are met in the order of the key
INSERT INTO s VALUES (3, 3, 0), (1, 1, 0), (2, 2, 0);
CREATE TRIGGER l_gone AFTER DELETE ON l BEGIN UPDATE s SET m = (SELECT count(*) FROM l WHERE id > 0), u = u - 1; END;
DELETE FROM l WHERE id = 1;
SELECT * FROM s ORDER BY id;
DROP TRIGGER l_gone;
CREATE TRIGGER l_gone AFTER DELETE ON l BEGIN UPDATE s SET u = 7; END;
DELETE FROM l WHERE id = 2;
SELECT * FROM s ORDER BY id;
-- the clause of the statement is that of what its triggers run
CREATE TRIGGER l_new AFTER UPDATE ON l BEGIN UPDATE s SET u = 7 WHERE id > 1; INSERT INTO s VALUES (new.id, new.id, 1); END;
UPDATE OR IGNORE l SET n = 0;
SELECT * FROM s ORDER BY id;
UPDATE OR REPLACE l SET n = 1;
SELECT * FROM s ORDER BY id;
DROP TRIGGER l_new;
-- RAISE
CREATE TRIGGER l_new BEFORE INSERT ON l BEGIN
  INSERT INTO note(id, n) VALUES (new.id, -1);
  SELECT CASE new.n WHEN 1 THEN RAISE(ABORT, 'no') WHEN 2 THEN RAISE(FAIL, 'no') WHEN 3 THEN RAISE(IGNORE)
                    WHEN 4 THEN RAISE(ROLLBACK, 'no') END;
END;
INSERT INTO l VALUES (100, 0), (101, 1);
INSERT INTO l VALUES (102, 0), (103, 2), (104, 0);
INSERT INTO l VALUES (105, 0), (106, 3), (107, 0);
BEGIN;
INSERT INTO l VALUES (108, 0);
INSERT INTO l VALUES (109, 0), (110, 1);
INSERT INTO l VALUES (111, 0), (112, 2), (113, 0);
SELECT id FROM note WHERE id >= 100 ORDER BY id;
INSERT INTO l VALUES (114, 0), (115, 4);
SELECT id FROM note WHERE id >= 100 ORDER BY id;
SELECT id FROM l ORDER BY id;
-- RETURNING
INSERT INTO note(id, n, d, e) VALUES (201, 1, 2, 3), ('202', '1', NULL, 4) RETURNING *, n + 1;
INSERT INTO s(id, u) VALUES (203, 203) RETURNING id, m;
INSERT INTO note(id, n) VALUES (204, 1) RETURNING id, n;
-- UPDATE: a subquery before the column of the key
DELETE FROM s;
INSERT INTO s VALUES (3, 3, 0), (1, 1, 0), (2, 2, 0);
UPDATE s SET m = (SELECT max(n) FROM l WHERE id > 0), id = id - 1;
SELECT * FROM s ORDER BY id;
-- a table that nobody has used so far, while rows of another one are on their way
DELETE FROM note;
DROP TRIGGER l_new;
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN UPDATE s SET m = m + 10 WHERE id < new.n; INSERT INTO strict(id, e) SELECT id + 1000, m FROM (SELECT 1 AS id, 2 AS m); END;
UPDATE binds SET url = url; -- remote
INSERT INTO l VALUES (301, 2);
SELECT * FROM s ORDER BY id;
DROP TRIGGER l_new;
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN INSERT INTO note(id, n) WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 6000) SELECT i, new.n FROM r;
  INSERT INTO strict(id, e) VALUES (new.id, new.n); UPDATE s SET m = m + 100; END;
UPDATE binds SET url = url; -- remote
INSERT INTO l VALUES (302, 2);
SELECT count(*), sum(n) FROM note;
SELECT * FROM strict WHERE id > 100 ORDER BY id;
SELECT * FROM s ORDER BY id;
