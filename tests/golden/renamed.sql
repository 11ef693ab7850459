-- A connection closes whatever has become of its tables: the shell says at its end what is left open.
.open @DIR@/renamed.db
.load @EXT@
INSERT INTO binds(key, url) VALUES ('users', '@URL@');
CREATE VIRTUAL TABLE t USING bind(bind_key='users', id INTEGER PRIMARY KEY, n VARCHAR(20));
SELECT create_all();
ALTER TABLE t RENAME TO u;
INSERT INTO u VALUES (1, 'one');
SELECT * FROM u;
DROP TABLE u;
CREATE VIRTUAL TABLE t USING bind(bind_key='users', id INTEGER PRIMARY KEY, n VARCHAR(20));
ALTER TABLE t RENAME TO u;
BEGIN;
SELECT * FROM u;
UPDATE u SET n = 'two';
DROP TABLE u;
COMMIT;
CREATE VIRTUAL TABLE t USING bind(bind_key='users', id INTEGER PRIMARY KEY, n VARCHAR(20));
ALTER TABLE t RENAME TO u;
BEGIN;
UPDATE u SET n = 'three';
DROP TABLE u;
ROLLBACK;
SELECT * FROM u;
ALTER TABLE u RENAME TO v;
SELECT * FROM v;
DROP TABLE v;
