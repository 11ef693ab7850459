-- native: same
-- engines: postgresql
-- kind: plain
-- database: cyrillic
-- A database in another encoding than UTF-8 and Latin-1: its bytes have another order than SQLite's.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a TEXT UNIQUE, v VARCHAR(20), n TEXT COLLATE NOCASE, r TEXT COLLATE RTRIM, c CHAR(9), j JSON);
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO t VALUES (1, 'ё', 'ё', 'Ё', 'ё ', 'ё', '"ё"'), (2, 'я', 'я', 'я', 'я', 'я', '"я"'), (3, 'a', 'б', 'A', 'a', 'a', '"a"'), (4, 'Ђ', 'а', 'ђ', 'Ђ', 'Ђ', '"Ђ"'), (5, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT id, a FROM t WHERE a > 'я' ORDER BY a;
SELECT id, a FROM t WHERE a <= 'я' ORDER BY a DESC;
SELECT id FROM t WHERE v BETWEEN 'а' AND 'я' ORDER BY v;
SELECT id FROM t WHERE v < a ORDER BY id;
SELECT id FROM t WHERE a = v OR a > n ORDER BY id;
SELECT id FROM t WHERE n > 'я' ORDER BY n, id;
SELECT id FROM t WHERE r > 'я' ORDER BY r;
SELECT id FROM t WHERE c > 'я' ORDER BY c;
SELECT id FROM t WHERE j > '"я"' ORDER BY j;
SELECT id FROM t WHERE a GLOB 'ё*' OR v GLOB 'а*' ORDER BY id;
SELECT id FROM t WHERE a IN ('ё', 'Ђ') ORDER BY id;
SELECT id FROM t WHERE n = 'ђ';
SELECT id FROM t WHERE v <> 'я' ORDER BY id;
SELECT min(a), max(a) FROM t;
SELECT max(v) FROM t;
SELECT id FROM t ORDER BY a LIMIT 3;
SELECT x.id, y.id FROM t AS x JOIN t AS y ON x.a < y.a ORDER BY 1, 2;
UPDATE t SET v = 'z' WHERE a > 'я';
DELETE FROM t WHERE v < 'а';
SELECT id, v FROM t ORDER BY id;
