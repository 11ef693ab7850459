-- engines: once
-- errors: code
-- The table `binds`: nothing is contacted here, all hosts are inventions.
.nullvalue NULL
SELECT count(*) FROM binds;
INSERT INTO binds(key, url) VALUES
  ('users', 'mysql+pymysql://app:s%40cret@localhost/users'),
  ('appmeta', 'sqlite:///@DIR@/appmeta.db?mode=ro'),
  (NULL, 'postgresql://app:se:cret@db.invalid:5433/main?application_name=demo&sslmode=disable');
SELECT key, url, engine, server, state, error, read_only FROM binds;
-- every scheme, driver part and way to name a host
INSERT INTO binds(key, url) VALUES
  ('a', 'postgres://localhost/x'), ('b', 'PostgreSQL+psycopg2://[::1]:5432/x'),
  ('c', 'postgresql:///x?host=/run/postgresql'), ('d', 'postgresql://h1:5432,h2:5433/x?target_session_attrs=any'),
  ('e', 'mysqldb://localhost/x'), ('f', 'mariadb://u:p@h/x?charset=utf8mb4&compress=1'),
  ('g', 'mysql:///x?unix_socket=/run/my.sock'), ('h', 'sqlite://'), ('i', 'sqlite:///:memory:'),
  ('j', 'sqlite:///relative.db'), ('k', 'postgresql://u@h/x?read_only=1&connect_timeout=3&timeout=5&lock_timeout=7'),
  ('l', 'mysql://u@h/x?two_phase=off&trust_schema=1&collation=database&pushdown=0&log_args=1&pool=2');
SELECT key, engine, read_only FROM binds WHERE key BETWEEN 'a' AND 'm' AND length(key) = 1;
SELECT url FROM binds WHERE key = 'f';
DELETE FROM binds WHERE length(key) = 1;
-- one row of one key
INSERT INTO binds(key, url) VALUES ('users', 'sqlite://');
INSERT INTO binds(key, url) VALUES (NULL, 'sqlite://');
INSERT INTO binds(key, url) VALUES ('Users', 'sqlite://');
SELECT key FROM binds;
UPDATE binds SET key = 'users' WHERE key = 'Users';
UPDATE binds SET key = 'USERS' WHERE key = 'Users';
UPDATE binds SET url = 'sqlite:///@DIR@/b.db' WHERE key = 'USERS';
SELECT key, url FROM binds WHERE key = 'USERS';
-- the masked form written back, with another option
UPDATE binds SET url = url || '?read_only=1' WHERE key = 'users';
SELECT url, read_only FROM binds WHERE key = 'users';
DELETE FROM binds WHERE key = 'USERS';
-- what is not a URL, is not known, or makes no sense; none of it leaves a row
INSERT INTO binds(key, url) VALUES ('bad', NULL);
INSERT INTO binds(key, url) VALUES ('bad', '');
INSERT INTO binds(key, url) VALUES ('bad', 'localhost/x');
INSERT INTO binds(key, url) VALUES ('bad', 'oracle://localhost/x');
INSERT INTO binds(key, url) VALUES ('bad', 'postgresql:/localhost/x');
INSERT INTO binds(key, url) VALUES ('bad', 'mysql://localhost:port/x');
INSERT INTO binds(key, url) VALUES ('bad', 'mysql://localhost:99999/x');
INSERT INTO binds(key, url) VALUES ('bad', 'postgresql://h/x?nonsense=1');
INSERT INTO binds(key, url) VALUES ('bad', 'mysql://h/x?nonsense=1');
INSERT INTO binds(key, url) VALUES ('bad', 'sqlite:///x.db?nonsense=1');
INSERT INTO binds(key, url) VALUES ('bad', 'sqlite:///x.db?mode=sometimes');
INSERT INTO binds(key, url) VALUES ('bad', 'sqlite://host/x.db');
INSERT INTO binds(key, url) VALUES ('bad', 'postgresql://h/x?timeout=soon');
INSERT INTO binds(key, url) VALUES ('bad', 'postgresql://h/x?read_only=perhaps');
INSERT INTO binds(key, url) VALUES ('bad', 'postgresql://h/x%00y');
UPDATE binds SET url = 'oracle://x' WHERE key = 'users';
SELECT key, url FROM binds;
DELETE FROM binds;
SELECT count(*) FROM binds;
-- columns that only binds itself can write
INSERT INTO binds(key, url) VALUES ('x', 'sqlite://');
UPDATE binds SET state = 'connected' WHERE key = 'x';
SELECT state FROM binds;

-- a second row of one key, by the clause
INSERT INTO binds(key, url) VALUES ('x', 'sqlite:///second.db');
INSERT OR IGNORE INTO binds(key, url) VALUES ('x', 'sqlite:///second.db'), ('y', 'sqlite:///y.db');
SELECT key, url FROM binds;
REPLACE INTO binds(key, url) VALUES ('x', 'sqlite:///third.db'), (NULL, 'sqlite:///one.db'), (NULL, 'sqlite:///two.db');
REPLACE INTO binds(key, url) VALUES ('x', 'oracle://x');
REPLACE INTO binds(key, url, state) VALUES ('x', 'sqlite:///fourth.db', 'failed');
SELECT key, url FROM binds;
