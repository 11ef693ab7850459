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
.print == labels and texts without case
CREATE VIRTUAL TABLE l USING bind(bind_key='x', id INTEGER PRIMARY KEY, e ENUM('я','Ђ','a','ё','Б'), i CITEXT); -- remote
SELECT 1 WHERE create_all() <> 1; -- remote
CREATE TABLE IF NOT EXISTS l (id INTEGER PRIMARY KEY, e TEXT, i CITEXT);
INSERT INTO l VALUES (1, 'ё', 'ё'), (2, 'я', 'Я'), (3, 'a', 'A'), (4, 'Ђ', 'ђ'), (5, 'Б', 'я'), (6, NULL, NULL);
SELECT id, e FROM l ORDER BY e, id;
SELECT id, i FROM l ORDER BY i DESC, id;
SELECT id FROM l WHERE e = 'ё';
SELECT id FROM l WHERE e IN ('Ђ', 'Б', 'нет') ORDER BY id;
SELECT id FROM l WHERE e = 'Ё' OR e = 'нет';
SELECT id FROM l WHERE e > 'Я' AND e <= 'ё' ORDER BY id;
SELECT id FROM l WHERE e < 'ђ' AND e >= 'Б' ORDER BY e;
SELECT id FROM l WHERE e BETWEEN 'a' AND 'я' ORDER BY id;
SELECT id FROM l WHERE e <> 'я' ORDER BY id;
SELECT id FROM l WHERE e IS NOT 'Ђ' ORDER BY id;
SELECT id FROM l WHERE e = 'ё' COLLATE NOCASE OR e LIKE 'б' OR e GLOB '[Яя]*' ORDER BY id;
SELECT id FROM l WHERE i = 'я';
SELECT id FROM l WHERE i = 'a' OR i = 'ђ';
SELECT id FROM l WHERE i IN ('Я', 'Ё', 'A') ORDER BY id;
SELECT id FROM l WHERE i > 'Я' ORDER BY i;
SELECT id FROM l WHERE i <= 'ё' AND i <> 'я' ORDER BY id;
SELECT id FROM l WHERE i = 'a' COLLATE NOCASE OR i LIKE 'Ё' ORDER BY id;
SELECT min(e), max(e) FROM l;
SELECT max(i) FROM l;
SELECT id FROM l ORDER BY e LIMIT 2 OFFSET 1;
SELECT x.id, y.id FROM l AS x JOIN l AS y ON x.e = y.i ORDER BY 1, 2;
SELECT x.id, y.id FROM l AS x JOIN l AS y ON x.e < y.e AND x.i > y.i ORDER BY 1, 2;
SELECT id FROM l WHERE e IN (SELECT a FROM t) ORDER BY id;
SELECT id FROM l WHERE i IN (SELECT v FROM t) ORDER BY id;
UPDATE l SET i = 'Z' WHERE e > 'Я';
DELETE FROM l WHERE e = 'ё' OR i = 'a';
SELECT id, e, i FROM l ORDER BY id;
