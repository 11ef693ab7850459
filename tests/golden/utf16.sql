-- native: same
-- engines: sqlite
-- A file in UTF-16 sorts texts by other bytes than SQLite here does.
.open @DIR@/utf16.db
PRAGMA encoding = 'UTF-16le'; -- remote
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, n TEXT COLLATE NOCASE, r TEXT COLLATE RTRIM, d DATE, i INTEGER); -- remote
CREATE UNIQUE INDEX ta ON t(a); -- remote
CREATE INDEX ti ON t(i); -- remote
SELECT 'made';
.open @DIR@/local.db
.load @EXT@
INSERT INTO binds(key, url) VALUES ('x', 'sqlite:///@DIR@/utf16.db'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a TEXT UNIQUE, n TEXT COLLATE NOCASE, r TEXT COLLATE RTRIM, d DATE, i INTEGER);
INSERT INTO t VALUES (1, 'a', 'a', 'a ', 'a', 1), (2, char(256), char(256), char(256), char(256), char(256)), (3, 'c', 'C', 'c', 'c', 'c'),
  (4, char(0x1F600), char(0x1F600), char(0x1F600), char(0x1F600), 9), (5, char(0xFF5E), char(0xFF5E), char(0xFF5E), char(0xFF5E), char(0xFF5E)),
  (6, 'A', 'A', 'A', 'A', 10), (7, NULL, NULL, NULL, NULL, NULL);
.print == ranges
SELECT id, a FROM t WHERE a < 'b' ORDER BY a;
SELECT id, a FROM t WHERE a >= 'b' ORDER BY a DESC;
SELECT id, a FROM t WHERE a BETWEEN 'a' AND char(0xFFFF) ORDER BY id;
SELECT id, n FROM t WHERE n < 'b' ORDER BY n, id;
SELECT id, n FROM t WHERE n > 'b' COLLATE BINARY ORDER BY n COLLATE BINARY;
SELECT id, r FROM t WHERE r > 'b' ORDER BY r;
SELECT id, d FROM t WHERE d > 'b' ORDER BY d;
SELECT id, i FROM t WHERE i > 5 ORDER BY i;
SELECT id, i FROM t WHERE i > 'b' ORDER BY i LIMIT 2;
SELECT id FROM t WHERE a GLOB 'a*';
.print == equalities
SELECT id FROM t WHERE a = char(256);
SELECT id FROM t WHERE a IN ('a', char(0x1F600)) ORDER BY id;
SELECT id FROM t WHERE n = 'c';
SELECT id FROM t WHERE a <> 'a' ORDER BY id;
SELECT id FROM t WHERE a IS NOT NULL ORDER BY id DESC;
.print == extremes, order
SELECT min(a), max(a) FROM t;
SELECT max(a) FROM t;
SELECT min(n), max(n) FROM t;
SELECT id FROM t ORDER BY a LIMIT 3;
SELECT id FROM t ORDER BY a DESC LIMIT 3 OFFSET 1;
SELECT id FROM t ORDER BY n, id;
SELECT x.id, y.id FROM t AS x JOIN t AS y ON x.a < y.a WHERE y.id = 4 ORDER BY 1;
.print == changes
UPDATE t SET i = 0 WHERE a < 'b';
DELETE FROM t WHERE a > char(0xFFFF);
SELECT id, i FROM t ORDER BY id;
