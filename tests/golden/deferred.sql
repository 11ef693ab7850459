-- engines: postgresql sqlite
-- errors: code
-- Deferred foreign keys: what is in order at the end is taken.  What is not ends its transaction, since SQLite undoes
-- everything when a virtual table cannot commit; a RELEASE that should have committed leaves it open, and nothing goes
-- on there before ROLLBACK.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'), ('other', '@URL2@');
CREATE VIRTUAL TABLE p USING bind(id INTEGER PRIMARY KEY, n INTEGER);
CREATE VIRTUAL TABLE c USING bind(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED);
CREATE VIRTUAL TABLE o USING bind(bind_key='other', id INTEGER PRIMARY KEY);
SELECT create_all();
INSERT INTO c VALUES (1, 9);
BEGIN;
INSERT INTO c VALUES (1, 1);
INSERT INTO p VALUES (1, 1);
COMMIT;
BEGIN;
INSERT INTO c VALUES (2, 2);
COMMIT;
ROLLBACK;
SELECT * FROM c;
SAVEPOINT a;
INSERT INTO c VALUES (3, 3);
RELEASE a;
SELECT count(*) FROM c;
INSERT INTO p VALUES (3, 3);
INSERT INTO o VALUES (3);
RELEASE a;
ROLLBACK TO a;
SELECT count(*) FROM p;
RELEASE a;
ROLLBACK;
SELECT (SELECT count(*) FROM c), (SELECT count(*) FROM p), (SELECT count(*) FROM o);
SAVEPOINT a;
INSERT INTO c VALUES (4, 4);
RELEASE a;
COMMIT;
BEGIN;
INSERT INTO p VALUES (4, 4);
COMMIT;
SELECT * FROM p ORDER BY id;
