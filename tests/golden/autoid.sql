-- engines: mariadb
-- The last id of several rows, on a server that numbers in steps (as the nodes of a cluster do).
.output @DIR@/step.cnf
.print '[client]'
.print 'init-command="SET SESSION auto_increment_increment = 5, auto_increment_offset = 3"'
.output
INSERT INTO binds(key, url) VALUES (NULL, '@URL@&read_default_file=@DIR@/step.cnf');
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, n INTEGER);
SELECT create_all();
INSERT INTO t(n) VALUES (1), (2), (3);
SELECT last_insert_rowid(), (SELECT group_concat(id) FROM t);
BEGIN;
INSERT INTO t(n) VALUES (4), (5);
SELECT last_insert_rowid();
COMMIT;
