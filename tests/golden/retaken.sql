-- native: same
-- errors: code
-- UPDATE OR REPLACE whose rows take the keys of rows that the statement has yet to change.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE k USING bind(k VARCHAR(10) PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE p USING bind(a INTEGER NOT NULL, b VARCHAR(10) NOT NULL, n INTEGER, PRIMARY KEY (a, b));
CREATE VIRTUAL TABLE i USING bind(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, n INTEGER);
SELECT 1 WHERE create_all() <> 3; -- remote
-- a row that is gone is not met again, though another has its key
INSERT INTO k VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4);
UPDATE OR REPLACE k SET k = 'b', n = n + 10 WHERE k IN ('a', 'b');
SELECT * FROM k ORDER BY k;
UPDATE OR REPLACE k SET k = CASE k WHEN 'b' THEN 'c' WHEN 'c' THEN 'd' ELSE 'e' END, n = n + 100;
SELECT * FROM k ORDER BY k;
UPDATE OR REPLACE k SET n = n + 1;
SELECT * FROM k ORDER BY k;
INSERT INTO p VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3);
UPDATE OR REPLACE p SET b = 'y', n = n + 10 WHERE a = 1;
SELECT * FROM p ORDER BY a, b;
BEGIN;
INSERT INTO p VALUES (1, 'x', 5);
UPDATE OR REPLACE p SET b = 'y', n = n + 10 WHERE a = 1;
UPDATE OR REPLACE p SET b = 'z', n = n + 10 WHERE a = 1;
SELECT * FROM p ORDER BY a, b;
COMMIT;
-- keys move without one being in the way
INSERT INTO i VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
UPDATE OR REPLACE i SET id = id + 10, u = u + 1;
SELECT * FROM i ORDER BY id;
UPDATE OR REPLACE i SET id = 14 - id, n = n + 1 WHERE id = 13;
SELECT * FROM i ORDER BY id;
-- by an INTEGER PRIMARY KEY the row that has it is met instead: see the other topic
