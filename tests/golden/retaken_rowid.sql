-- errors: code
-- UPDATE OR REPLACE moves a row to an INTEGER PRIMARY KEY that the statement has yet to change: SQLite then works out SET
-- anew for the row that has it.  A virtual table is handed what was worked out for the old one: that is refused.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE i USING bind(id INTEGER PRIMARY KEY, n INTEGER);
SELECT create_all();
INSERT INTO i VALUES (1, 1), (2, 2), (3, 3);
UPDATE OR REPLACE i SET id = id + 1, n = n + 10;
UPDATE OR REPLACE i SET id = 3, n = n + 10 WHERE id <> 2;
SELECT * FROM i ORDER BY id;
-- the same key again, or one that is not met later
UPDATE OR REPLACE i SET id = 3, n = n + 10 WHERE id = 3;
UPDATE OR REPLACE i SET id = 2, n = n + 10 WHERE id = 1;
UPDATE OR REPLACE i SET id = id - 1, n = n + 10;
SELECT * FROM i ORDER BY id;
