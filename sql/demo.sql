.print
.print == binds: several databases as one =================================================
.print
.print This is the ordinary sqlite3 shell with one extension loaded (.load build/binds).
.print Each database you work with is a *bind* and has a short key; the default bind is
.print named NULL.  The configuration is a table.  Here all three binds are SQLite files;
.print a URL such as postgresql://app@localhost/main or mysql://app@localhost/users is all
.print it takes to put one of them on a server.
.print
INSERT INTO binds(key, url) VALUES
  (NULL,      'sqlite:///main.db?mode=rwc'),
  ('users',   'sqlite:///users.db?mode=rwc'),
  ('archive', 'sqlite:///archive.db?mode=rwc');
.mode box --wrap 60
.nullvalue NULL
SELECT key, url, engine, state FROM binds;

.print
.print -- 1. Declare tables: ordinary column definitions, and the key of the bind ---------------
.print Nothing is contacted by this; a database file that holds such tables is a set of models.
.print
CREATE VIRTUAL TABLE user USING bind(
  bind_key = 'users',
  id       INTEGER PRIMARY KEY,
  username VARCHAR(80) NOT NULL UNIQUE);
CREATE VIRTUAL TABLE post USING bind(
  id       INTEGER PRIMARY KEY,
  author   INTEGER NOT NULL,
  title    VARCHAR(120) NOT NULL,
  created  DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK (length(title) > 0));
CREATE VIRTUAL TABLE visit USING bind(
  bind_key = 'archive',
  post     INTEGER NOT NULL,
  day      DATE NOT NULL,
  readers  INTEGER NOT NULL,
  PRIMARY KEY (post, day));
.schema user

.print
.print -- 2. create_all() makes them on every bind -----------------------------------------------
.print The DDL for the default bind, as bind_ddl(NULL) shows it without contacting anyone:
.print
.mode list
SELECT bind_ddl(NULL);
.print
.mode box --wrap 60
SELECT create_all() AS "tables created", create_all('["users", null]') AS "and once more";

.print
.print -- 3. Write: INSERT, with keys and defaults made by the server ----------------------------
.print
INSERT INTO user(username) VALUES ('ann'), ('bob'), ('cid');
INSERT INTO post(author, title, created) VALUES
  (1, 'Hello', '2024-05-01 09:00:00'), (1, 'Again', '2024-05-02 10:30:00'), (2, 'Bob was here', '2024-05-03 08:15:00');
INSERT INTO visit VALUES (1, '2024-05-01', 12), (1, '2024-05-02', 30), (2, '2024-05-02', 7), (3, '2024-05-03', 1);
SELECT * FROM user;

.print
.print -- 4. Join across three binds and a local table -------------------------------------------
.print country is an ordinary table of the local database; the others live on their binds.
.print
CREATE TABLE country(user INTEGER PRIMARY KEY, name TEXT);
INSERT INTO country VALUES (1, 'Italy'), (2, 'Norway');
SELECT u.username, c.name AS country, p.title, sum(v.readers) AS readers
  FROM user u JOIN post p ON p.author = u.id JOIN visit v ON v.post = p.id LEFT JOIN country c ON c.user = u.id
  GROUP BY p.id ORDER BY readers DESC;

.print
.print What the binds are asked is in the query plan:
.print
.mode list
EXPLAIN QUERY PLAN SELECT u.username, p.title FROM post p JOIN user u ON u.id = p.author WHERE p.created >= '2024-05-02';
.mode box --wrap 60

.print
.print -- 5. UPDATE, DELETE, and transactions over all binds -------------------------------------
.print
UPDATE user SET username = 'robert' WHERE username = 'bob';
BEGIN;
DELETE FROM visit;
UPDATE post SET title = upper(title);
UPDATE country SET name = '?';
SELECT (SELECT count(*) FROM visit) AS "visits inside BEGIN", (SELECT max(title) FROM post) AS "a title";
ROLLBACK;
SELECT (SELECT count(*) FROM visit) AS "visits after ROLLBACK", (SELECT max(title) FROM post) AS "a title";

.print
.print -- 6. See what goes on: the last remote statements ----------------------------------------
.print
SELECT coalesce(bind_key, '(default)') AS bind, sql, rows, round_trips AS trips FROM (SELECT * FROM bind_log ORDER BY seq DESC LIMIT 8) ORDER BY seq;

.print
.print -- 7. drop_all() removes what create_all() made -------------------------------------------
.print
SELECT drop_all() AS "tables dropped";
