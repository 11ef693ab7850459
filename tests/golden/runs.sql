-- Changes of rows whose keys follow each other: as ranges of keys, the values picked by the distance from the first one.
-- native: same
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(bind_key='x', id INTEGER PRIMARY KEY, i2 SMALLINT, i4 INTEGER, i8 BIGINT, r DOUBLE, b BOOLEAN, d DATE, h TIME, s DATETIME, u UUID, n NUMERIC(10,2), v VARCHAR(20), o INTEGER);
CREATE VIRTUAL TABLE far USING bind(bind_key='x', id BIGINT PRIMARY KEY, a INTEGER, v VARCHAR(10));
CREATE TEMP TABLE made AS SELECT create_all(); -- remote
INSERT INTO t WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 5200)
  SELECT k, k % 30000, k * 7, k * 1000000007, k / 3.0, k % 2, date('2000-01-01', k || ' days'), time(k, 'unixepoch'), datetime(k * 86399, 'unixepoch'),
    printf('00000000-0000-4000-8000-%012d', k), k / 4, 'v' || k, 0 FROM i;
INSERT INTO far SELECT 9223372036854775807 - id, id, 'a' FROM t WHERE id <= 200 AND id % 50;
INSERT INTO far SELECT -9223372036854775807 + id, id, 'b' FROM t WHERE id <= 200 AND id % 50;
CREATE TABLE l AS WITH RECURSIVE i(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM i WHERE k < 99) SELECT 700 - k AS id, k FROM i;
CREATE VIEW sums AS SELECT count(*) || ' ' || sum(i2 * id) || ' ' || sum(i4 * id) || ' ' || sum(i8) || ' ' || sum(CAST(r * 8 AS INTEGER)) || ' ' || sum(b * id) || ' ' || max(d) || ' ' || max(h) || ' ' ||
  max(s) || ' ' || max(u) || ' ' || sum(n) || ' ' || max(v) || ' ' || sum(length(v) * id) || ' ' || sum(o * id) AS sums FROM t;
SELECT sums FROM sums;
UPDATE t SET i2 = i2 - 20, i4 = -i4, i8 = i8 - 1 WHERE id BETWEEN 101 AND 160; SELECT changes(), sums FROM sums;
UPDATE t SET i4 = i4 + 1; SELECT changes(), sums FROM sums;
UPDATE t SET r = r * 64, o = id WHERE id > 300; SELECT changes(), sums FROM sums;
UPDATE t SET r = -1 / r WHERE id < 300; SELECT changes(), sums FROM sums;
UPDATE t SET b = NOT b, o = o + b WHERE id < 300; SELECT changes(), sums FROM sums;
UPDATE t SET d = date(d, '1 year'), h = time(h, '1 hour'), s = datetime(s, '50 years') WHERE id < 3000; SELECT changes(), sums FROM sums;
UPDATE t SET u = printf('10000000-0000-4000-8000-%012d', id * 2) WHERE id < 3000; SELECT changes(), sums FROM sums;
UPDATE t SET n = n + 1.25 WHERE id < 3000; SELECT changes(), sums FROM sums;
UPDATE t SET v = v || id WHERE id < 3000; SELECT changes(), sums FROM sums;
.print == NULLs, gaps, down
UPDATE t SET i4 = CASE WHEN id % 3 THEN i4 + 1 END WHERE id < 3000; SELECT changes(), sums FROM sums;
UPDATE t SET i4 = ifnull(i4, 5) + 1, i2 = NULL WHERE id < 3000; SELECT changes(), sums FROM sums;
UPDATE t SET i4 = id % 1000 WHERE id % 300 > 20; SELECT changes(), sums FROM sums;
UPDATE t SET i4 = id % 900, r = id WHERE id % 30 > 20; SELECT changes(), sums FROM sums;
UPDATE t SET i4 = l.k, r = l.k / 2.0 FROM l WHERE l.id + 0 = t.id; SELECT changes(), sums FROM sums;
SELECT id, i4, round(r, 1) FROM t WHERE id IN (600, 601, 602, 650, 699, 700, 701);
DELETE FROM t WHERE id IN (SELECT id FROM l WHERE k % 10); SELECT changes(), sums FROM sums;
DELETE FROM t WHERE id % 100 < 50; SELECT changes(), sums FROM sums;
.print == at the ends of integers, in BEGIN
UPDATE far SET a = a + 1; SELECT changes(), count(*), sum(a * (id % 1000)) FROM far;
UPDATE far SET a = a + 1 WHERE id > 0; SELECT changes(), count(*), sum(a * (id % 1000)) FROM far;
BEGIN;
UPDATE t SET i4 = i4 * 2, r = i4 WHERE id < 1000; SELECT changes(), sums FROM sums;
UPDATE t SET o = id; SELECT changes(), sums FROM sums;
ROLLBACK;
SELECT sums FROM sums;
DELETE FROM far WHERE a > 10; SELECT changes(), count(*), sum(a * (id % 1000)) FROM far;
