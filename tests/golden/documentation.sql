-- engines: once
-- errors: code
-- The example of the original documentation, on three live engines: the default bind on Postgres, users on
-- MySQL, appmeta read-only on SQLite.
-- a commit over several binds is recorded in the local database, so that is a file
.open @DIR@/main.db
.load @EXT@
INSERT INTO binds(key, url) VALUES
  (NULL,      '@postgresql@'),
  ('users',   '@mariadb@'),
  ('appmeta', '@sqlite@');
-- what the application provides internally
CREATE VIRTUAL TABLE setting USING bind(bind_key='appmeta', name VARCHAR(40) NOT NULL PRIMARY KEY, value TEXT);
SELECT 'prepared', create_all('appmeta');
INSERT INTO setting VALUES ('title', 'Binds'), ('colour', 'blue');
UPDATE binds SET url = '@sqlite@&read_only=1' WHERE key = 'appmeta';
-- the models
CREATE VIRTUAL TABLE user USING bind(
  bind_key = 'users',
  id       INTEGER PRIMARY KEY,
  username VARCHAR(80) UNIQUE);
CREATE VIRTUAL TABLE message USING bind(
  bind_key = 'users',
  id       INTEGER PRIMARY KEY,
  author   INTEGER REFERENCES user(id),
  body     TEXT);
CREATE VIRTUAL TABLE user_favorites USING bind(
  user_id    INTEGER REFERENCES user(id),
  message_id INTEGER REFERENCES message(id),
  info = '{"bind_key": "users"}');
CREATE VIRTUAL TABLE visit USING bind(
  id   INTEGER PRIMARY KEY,
  who  INTEGER,
  at   DATETIME);
-- create_all in each form of its argument
SELECT 'create_all()', create_all();
SELECT 'create_all([users])', create_all('["users"]');
SELECT 'create_all(appmeta)', create_all('appmeta');
SELECT 'drop_all(NULL)', drop_all(NULL);
SELECT 'create_all(__all__)', create_all('__all__');
-- work
BEGIN;
INSERT INTO user(username) VALUES ('ann'), ('bob'), ('çelik');
INSERT INTO message(author, body) VALUES (1, 'hello'), (2, 'good morning'), (1, 'テスト');
INSERT INTO user_favorites SELECT u.id, m.id FROM user u JOIN message m ON m.author <> u.id WHERE u.username < 'c';
INSERT INTO visit(who, at) SELECT id, '2024-05-0' || id || ' 12:00:00' FROM user;
COMMIT;
SELECT u.username, m.body FROM user u JOIN user_favorites f ON f.user_id = u.id JOIN message m ON m.id = f.message_id
  ORDER BY u.username, m.id;
SELECT v.at, u.username, s.value FROM visit v JOIN user u ON u.id = v.who JOIN setting s ON s.name = 'title' ORDER BY v.at;
INSERT INTO user(username) VALUES ('ann');
INSERT INTO setting VALUES ('no', 'no');
BEGIN;
DELETE FROM user_favorites WHERE user_id = 1;
UPDATE visit SET who = NULL;
ROLLBACK;
SELECT (SELECT count(*) FROM user_favorites), (SELECT count(who) FROM visit);
-- done
SELECT 'drop_all(NULL)', drop_all(NULL);
SELECT 'drop_all(users)', drop_all('users');
SELECT * FROM setting ORDER BY name;
