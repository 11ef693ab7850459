-- errors: code
-- Tables that come out of a database file: a set of models, and no way for the file to use anyone's binds.
.open @DIR@/models.db
.load @EXT@
INSERT INTO binds(key, url) VALUES ('users', '@URL@');
CREATE VIRTUAL TABLE user USING bind(bind_key='users', id INTEGER PRIMARY KEY, name TEXT);
SELECT create_all();
INSERT INTO user VALUES (1, 'ann');
-- declared on this connection: views and triggers may use it
CREATE VIEW names AS SELECT name FROM user;
CREATE TABLE inbox(n TEXT);
CREATE TRIGGER arrives AFTER INSERT ON inbox BEGIN INSERT INTO user VALUES (2, new.n); END;
SELECT * FROM names;
INSERT INTO inbox VALUES ('bob');
SELECT * FROM user ORDER BY id;
-- nothing of the binds is in the file
SELECT name FROM sqlite_schema WHERE sql LIKE '%@DIR@%' OR sql LIKE '%://%';
-- the same file on a new connection: the table works, the file's own view and trigger do not
.open @DIR@/models.db
.load @EXT@
SELECT * FROM user;
SELECT count(*) FROM binds;
INSERT INTO binds(key, url) VALUES ('users', '@URL@');
SELECT * FROM user ORDER BY id;
SELECT * FROM names;
INSERT INTO inbox VALUES ('cid');
CREATE TEMP VIEW mine AS SELECT count(*) FROM user;
SELECT * FROM mine;
-- unless the bind's URL trusts it
.open @DIR@/models.db
.load @EXT@
INSERT INTO binds(key, url) VALUES ('users', '@URL@&trust_schema=1');
SELECT * FROM names ORDER BY name;
DELETE FROM user WHERE id = 2;
INSERT INTO inbox VALUES ('dee');
SELECT * FROM user ORDER BY id;
-- no view and no trigger reaches the configuration or the functions
CREATE VIEW peek AS SELECT * FROM binds;
SELECT * FROM peek;
CREATE VIEW make AS SELECT create_all();
SELECT * FROM make;
CREATE TRIGGER redirect AFTER DELETE ON inbox BEGIN UPDATE binds SET url = 'sqlite://'; END;
DELETE FROM inbox;
SELECT url IS '@URL@&trust_schema=1' FROM binds;
-- a read-only main database is no obstacle
.open --readonly @DIR@/models.db
.load @EXT@
INSERT INTO binds(key, url) VALUES ('users', '@URL@');
SELECT * FROM user ORDER BY id;
UPDATE binds SET url = '@URL@&read_only=1';
SELECT read_only FROM binds;
SELECT * FROM user ORDER BY id;
