-- native: same
-- <>, IS NOT, IS NOT NULL, LIKE and GLOB are decided by the server, unless they can be of an outer join's ON clause on a host
-- that does not tell.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, a INTEGER, s VARCHAR(40), r DOUBLE);
CREATE VIRTUAL TABLE u USING bind(bind_key='x', id INTEGER PRIMARY KEY, a INTEGER, "left" VARCHAR(40));
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO t WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 400)
  SELECT n, CASE WHEN n % 100 THEN 5 ELSE n END, CASE n % 100 WHEN 7 THEN 'Needle ' || n WHEN 8 THEN NULL ELSE 'hay ' || n END, CASE WHEN n % 200 = 9 THEN n END FROM i;
INSERT INTO u SELECT id, a, s FROM t WHERE id % 100 < 9;
CREATE TABLE l (id INTEGER PRIMARY KEY, a);
INSERT INTO l VALUES (7, '%needle%'), (8, NULL), (9, '%9'), (100, 5);
CREATE TABLE mark (seq INTEGER);
CREATE TEMP VIEW came AS SELECT coalesce(sum(rows), 0) AS n FROM bind_log WHERE seq > (SELECT seq FROM mark); -- remote
INSERT INTO mark VALUES (0);
.print == sent
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT id FROM t WHERE s LIKE '%NEEDLE%' ORDER BY id;
SELECT 'LIKE: read ' || n FROM came WHERE n > 4; -- remote
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT id FROM t WHERE a <> 5 ORDER BY id;
SELECT '<>: read ' || n FROM came WHERE n > 4; -- remote
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT id FROM t WHERE r IS NOT NULL ORDER BY id;
SELECT 'IS NOT NULL: read ' || n FROM came WHERE n > 2; -- remote
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT id FROM t WHERE a IS NOT 5 AND s GLOB 'hay [12]*' ORDER BY id;
SELECT 'IS NOT, GLOB: read ' || n FROM came WHERE n > 4; -- remote
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT l.id, t.id FROM l JOIN t ON t.s LIKE l.a ORDER BY 1, 2 LIMIT 5;
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
CREATE TABLE copy AS SELECT id FROM t WHERE s LIKE '%NEEDLE%';
INSERT INTO copy SELECT id FROM t WHERE a <> 5;
SELECT 'written: read ' || n FROM came WHERE n > 8; -- remote
SELECT * FROM copy ORDER BY id;
.print == kept by the join
SELECT t.id, u.id FROM t LEFT JOIN u ON u.id = t.id AND t.a <> 5 WHERE t.id % 100 < 2 ORDER BY 1;
SELECT count(*), count(u.id) FROM t LEFT JOIN u ON u.id = t.id AND t.s LIKE '%needle%';
SELECT count(*), count(u.id) FROM t LEFT JOIN u ON u.id = t.id AND t.s GLOB '*N*';
SELECT count(*), count(u.id) FROM t LEFT JOIN u ON u.id = t.id AND t.r IS NOT NULL;
SELECT count(*), count(u.id) FROM t LEFT JOIN u ON u.id = t.id AND t.a IS NOT 5;
SELECT count(*), count(l.id) FROM t NATURAL LEFT JOIN (SELECT id FROM l) l WHERE t.a <> 7;
SELECT count(*) FROM t LEFT JOIN l ON l.id = t.id AND t.a <> 5; -- l is not looked at
SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.a <> 5;
SELECT count(*), count(t.id), count(u.id) FROM t RIGHT JOIN u ON u.id = t.id AND t.a <> 5;
SELECT count(*), count(t.id), count(u.id) FROM t FULL JOIN u ON u.id = t.id AND t.a <> 5;
SELECT count(*), count(u.id) FROM t LEFT JOIN u ON u.id = t.id AND t.a <> 5 WHERE t.s LIKE 'needle%';
SELECT id, "left" FROM u WHERE "left" LIKE 'n%' ORDER BY id;
.print == in views, views over views, of temp, quoted, in any case
CREATE VIEW v AS SELECT t.id AS id, u.id AS other FROM t left join u ON u.id = t.id AND t.a <> 5;
CREATE VIEW "over v" AS SELECT * FROM v;
CREATE TEMP VIEW w AS SELECT t.id AS id FROM main.t LEFT OUTER JOIN l ON l.id = t.id AND t.s LIKE '%needle%';
UPDATE mark SET seq = (SELECT max(seq) FROM bind_log); -- remote
SELECT id FROM t WHERE s LIKE '%NEEDLE%' ORDER BY id;
SELECT 'beside views: read ' || n FROM came WHERE n > 4; -- remote
SELECT count(*), count(other) FROM v;
SELECT count(*), count(other) FROM [OVER V] WHERE id > 10;
SELECT count(*) FROM w;
SELECT count(*) FROM 'w', 'over v' x WHERE w.id = x.id;
.print == the view becomes another one
DROP VIEW v;
CREATE VIEW v AS SELECT t.id AS id, u.id AS other FROM t JOIN u ON u.id = t.id AND t.a <> 5;
SELECT count(*), count(other) FROM v;
SELECT count(*), count(other) FROM "over v";
.print == in triggers
CREATE TABLE fires (n INTEGER, m INTEGER);
CREATE TRIGGER f AFTER INSERT ON fires WHEN new.m IS NULL BEGIN
  UPDATE fires SET m = (SELECT count(*) FROM t LEFT JOIN l ON l.id = t.id AND t.a <> 5) WHERE n = new.n;
END;
INSERT INTO fires(n) VALUES (1);
INSERT INTO fires SELECT id, id FROM t WHERE a <> 5 ORDER BY id;
DELETE FROM t WHERE s LIKE '%needle 1%';
UPDATE t SET a = 6 WHERE a <> 5;
SELECT * FROM fires;
SELECT count(*), sum(a) FROM t;
