-- native: same
-- Reading: what comes back, in which storage class, and every kind of query over it.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE kind USING bind(id INTEGER PRIMARY KEY, i INTEGER, s SMALLINT, big BIGINT, r REAL, price NUMERIC(10,2),
  t TEXT, v VARCHAR(20), nc TEXT COLLATE NOCASE, b BLOB, flag BOOLEAN, d DATE, tm TIME, dt DATETIME);
CREATE VIRTUAL TABLE person USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40), boss INTEGER, born INTEGER, city TEXT);
CREATE VIRTUAL TABLE pet USING bind(owner INTEGER, name VARCHAR(40), PRIMARY KEY (owner, name));
SELECT 1 WHERE create_all() <> 3; -- remote
INSERT INTO kind VALUES
  (1, 0, 0, 0, 0.0, 0, '', '', '', x'', 0, '2000-01-01', '00:00:00', '2000-01-01 00:00:00'),
  (2, -1, -32768, -9223372036854775808, -1.5, -99999999.99, 'a', 'a ', 'A', x'00', 1, '1999-12-31', '23:59:59', '1999-12-31 23:59:59'),
  (3, 2147483647, 32767, 9223372036854775807, 1e300, 12.5, 'Ä😀', 'ß', 'a', x'deadbeef00ff', 1, '2024-02-29', '12:30:00.250000', '2024-02-29 12:30:00.250000'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 5, 5, 9007199254740993, 0.1, 0.1, 'it''s "quoted" \ %', '5', 'ä', x'27', 0, '0001-01-01', '00:00:00.000001', '9999-12-31 23:59:59.999999'),
  (6, 10, 10, 10, 1e-300, 100, 'line
break	tab', '05', 'b', x'ff', 1, '2000-02-29', '01:02:03', '2000-02-29 01:02:03');
SELECT id, typeof(i), i, typeof(s), s, typeof(big), big FROM kind ORDER BY id;
SELECT id, typeof(r), r, typeof(price), price FROM kind ORDER BY id;
SELECT id, typeof(t), quote(t), typeof(v), quote(v), quote(nc), length(t) FROM kind ORDER BY id;
SELECT id, typeof(b), hex(b), typeof(flag), flag FROM kind ORDER BY id;
SELECT id, typeof(d), d, typeof(tm), tm, typeof(dt), dt FROM kind ORDER BY id;
-- comparisons: affinity, classes, collations, padding, case
SELECT 'i = 5', id FROM kind WHERE i = 5;
SELECT 'i = ''5''', id FROM kind WHERE i = '5';
SELECT 'i = 5.0', id FROM kind WHERE i = 5.0;
SELECT 'i < 5.5', id FROM kind WHERE i < 5.5 ORDER BY id;
SELECT 'i > ''abc''', id FROM kind WHERE i > 'abc';
SELECT 'i < ''abc''', id FROM kind WHERE i < 'abc' ORDER BY id;
SELECT 'v = 5', id FROM kind WHERE v = 5;
SELECT 'v = ''a''', id FROM kind WHERE v = 'a';
SELECT 'v = ''a ''', id FROM kind WHERE v = 'a ';
SELECT 'v = ''A ''', id FROM kind WHERE v = 'A ';
SELECT 'nc = ''a''', id FROM kind WHERE nc = 'a' ORDER BY id;
SELECT 'nc = ''Ä''', id FROM kind WHERE nc = 'Ä';
SELECT 'v COLLATE NOCASE', id FROM kind WHERE v = 'A ' COLLATE NOCASE;
SELECT 'big', id FROM kind WHERE big = 9007199254740993;
SELECT 'big as real', id FROM kind WHERE big = 9007199254740992.0;
SELECT 'r', id FROM kind WHERE r = 0.1;
SELECT 'price', id FROM kind WHERE price = 0.1;
SELECT 'price > 12', id FROM kind WHERE price > 12 ORDER BY id;
SELECT 'b', id FROM kind WHERE b = x'00';
SELECT 'b >', id FROM kind WHERE b > x'27' ORDER BY id;
SELECT 'd', id FROM kind WHERE d >= '2000-01-01' ORDER BY id;
SELECT 'dt', id FROM kind WHERE dt BETWEEN '1999-01-01' AND '2024-12-31' ORDER BY id;
SELECT 'null', id FROM kind WHERE i IS NULL;
SELECT 'not null', id FROM kind WHERE i IS NOT NULL AND i <> 0 ORDER BY id;
SELECT 'is not', id FROM kind WHERE i IS NOT 5 ORDER BY id;
SELECT 'in', id FROM kind WHERE i IN (5, '10', NULL, 2.5) ORDER BY id;
SELECT 'not in', id FROM kind WHERE i NOT IN (5, 10) ORDER BY id;
SELECT 'v in', id FROM kind WHERE v IN (5, 'ß', 'a') ORDER BY id;
SELECT 'like', id FROM kind WHERE t LIKE 'A%' ORDER BY id;
SELECT 'like', id FROM kind WHERE t LIKE '%quoted" \ \%' ESCAPE '!' ORDER BY id;
SELECT 'glob', id FROM kind WHERE t GLOB 'a*' ORDER BY id;
SELECT 'or', id FROM kind WHERE i = 5 OR v = 'ß' OR r < 0 ORDER BY id;
SELECT 'none', id FROM kind WHERE i = NULL;
SELECT 'flag', id FROM kind WHERE flag ORDER BY id;
SELECT 'text order', id, quote(t) FROM kind ORDER BY t, id;
SELECT 'nocase order', id, nc FROM kind ORDER BY nc DESC, id;
SELECT 'blob order', id FROM kind ORDER BY b, id;
SELECT 'limit', id FROM kind ORDER BY id LIMIT 2 OFFSET 1;
SELECT 'nulls last', id, i FROM kind ORDER BY i NULLS LAST LIMIT 6;
SELECT count(*), count(i), sum(i), min(big), max(big), min(t) IS '', max(dt), total(r) FROM kind;
-- joins
INSERT INTO person VALUES (1, 'Ann', NULL, 1960, 'Rome'), (2, 'Bob', 1, 1980, 'Oslo'), (3, 'Cid', 1, 1985, 'Rome'),
  (4, 'Dee', 2, 2001, NULL), (5, 'Eve', 9, 1960, 'oslo');
INSERT INTO pet VALUES (1, 'Rex'), (1, 'Tom'), (3, 'Kit'), (8, 'Stray');
CREATE TABLE weather(city TEXT, t REAL);
INSERT INTO weather VALUES ('Rome', 25.5), ('Oslo', 3), ('Lima', 18);
SELECT p.name, b.name FROM person p JOIN person b ON b.id = p.boss ORDER BY p.id;
SELECT p.name, b.name FROM person p LEFT JOIN person b ON b.id = p.boss ORDER BY p.id;
SELECT p.name, b.name, g.name FROM person p, person b, person g WHERE b.id = p.boss AND g.id = b.boss;
SELECT p.name, pet.name FROM person p LEFT JOIN pet ON pet.owner = p.id ORDER BY p.id, pet.name;
SELECT p.name, pet.name FROM person p FULL JOIN pet ON pet.owner = p.id ORDER BY p.id, pet.name;
SELECT p.name, w.t FROM person p JOIN weather w ON w.city = p.city ORDER BY p.id;
SELECT w.city, count(p.id) FROM weather w LEFT JOIN person p ON p.city = w.city GROUP BY w.city ORDER BY w.city;
SELECT p.name FROM person p WHERE EXISTS (SELECT 1 FROM pet WHERE owner = p.id) ORDER BY 1;
SELECT p.name FROM person p WHERE NOT EXISTS (SELECT 1 FROM pet WHERE owner = p.id) ORDER BY 1;
SELECT name, (SELECT count(*) FROM pet WHERE owner = person.id) FROM person ORDER BY id;
SELECT name FROM person WHERE id IN (SELECT owner FROM pet) ORDER BY name;
SELECT name FROM person WHERE city IN (SELECT city FROM weather WHERE t > 10) ORDER BY name;
SELECT born, count(*), group_concat(name, '+') FROM (SELECT * FROM person ORDER BY name) GROUP BY born HAVING count(*) > 1;
SELECT DISTINCT born FROM person ORDER BY born;
SELECT DISTINCT city FROM person ORDER BY city;
SELECT name FROM person ORDER BY born DESC, name LIMIT 3;
SELECT name FROM person WHERE born > 1950 ORDER BY name LIMIT 2 OFFSET 2;
SELECT max(born), min(name) FROM person;
SELECT name FROM person WHERE (boss, born) > (1, 1982) ORDER BY id;
SELECT name FROM person UNION SELECT name FROM pet ORDER BY 1 LIMIT 4;
SELECT city FROM person INTERSECT SELECT city FROM weather;
SELECT name, rank() OVER (ORDER BY born) FROM person ORDER BY id;
WITH RECURSIVE up(id, depth) AS (SELECT id, 0 FROM person WHERE boss IS NULL
  UNION ALL SELECT p.id, depth + 1 FROM person p JOIN up ON p.boss = up.id) SELECT id, depth FROM up ORDER BY id;
WITH n(x) AS (VALUES (1), (3), (1)) SELECT x, name FROM n JOIN person ON id = x ORDER BY x;
SELECT count(*) FROM person a, person b, person c WHERE a.id <> b.id;
CREATE VIEW roman AS SELECT id, name FROM person WHERE city = 'Rome';
SELECT * FROM roman WHERE id > 1;
CREATE TABLE copied AS SELECT * FROM person;
SELECT count(*) FROM copied NATURAL JOIN person;
