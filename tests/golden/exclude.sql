-- engines: postgresql
-- native: same
-- errors: code
-- kind: plain
-- EXCLUDE constraints that only the server knows of: a row stands in another's way as under UNIQUE, row by row.
.shell env -u LD_PRELOAD sh -c "psql -X -q '@postgresql@' -c 'CREATE TABLE s (id int8 PRIMARY KEY, u int8 NOT NULL, n int8, EXCLUDE (u WITH =))'"; true -- remote
INSERT INTO binds(key, url) VALUES (NULL, '@postgresql@'); -- remote
CREATE VIRTUAL TABLE s USING bind(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, n INTEGER);
SELECT 1 WHERE create_all() <> 0; -- remote
INSERT INTO s VALUES (3, 3, 0), (1, 1, 0), (2, 2, 0);
INSERT INTO s VALUES (4, 2, 0);
INSERT INTO s VALUES (5, 5, 0), (6, 1, 0), (7, 7, 0);
SELECT * FROM s ORDER BY id;
-- rows are met in the order of their key
UPDATE s SET u = u + 1;
SELECT * FROM s ORDER BY id;
UPDATE s SET u = u - 1;
SELECT * FROM s ORDER BY id;
UPDATE s SET u = u + 1, n = 1 WHERE id > 1;
UPDATE s SET n = 2;
SELECT * FROM s ORDER BY id;
-- what is refused is left out, or ends the statement
INSERT OR IGNORE INTO s VALUES (8, 1, 8), (9, 9, 9), (10, 0, 10);
SELECT changes();
UPDATE OR IGNORE s SET u = u + 1 WHERE id < 9;
SELECT * FROM s ORDER BY id;
UPDATE OR FAIL s SET u = u - 2, n = 3;
SELECT * FROM s ORDER BY id;
UPDATE OR IGNORE s SET u = 50;
SELECT * FROM s ORDER BY id;
BEGIN;
INSERT OR FAIL INTO s VALUES (20, 20, 0), (21, 20, 0);
INSERT INTO s VALUES (22, 22, 0), (23, 22, 0);
DELETE FROM s WHERE u = 20;
COMMIT;
SELECT * FROM s ORDER BY id;
