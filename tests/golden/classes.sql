-- engines: once
-- Values that a column of the server holds and one of that declaration would not: what is asked for is compared as if
-- it stood there.  Each line: what the bind finds, what a native table of the same values finds.
.nullvalue NULL
.shell env -u LD_PRELOAD sqlite3 '@DIR@/classes.db' "CREATE TABLE whole (id INTEGER PRIMARY KEY, x INTEGER, y NUMERIC); INSERT INTO whole VALUES (1, 9007199254740993, 9007199254740993), (2, 9007199254740992, 9007199254740992.0), (3, 9223372036854775807, 9223372036854775807), (4, 5, 5.5); CREATE INDEX whole_x ON whole(x); CREATE TABLE loose (id INTEGER PRIMARY KEY, x ANY) STRICT; INSERT INTO loose VALUES (1, 5), (2, '5'), (3, x'35'), (4, 5.5); CREATE VIEW seen AS SELECT id, x FROM loose"
.shell env -u LD_PRELOAD psql -X -q "'@postgresql@'" -c 'CREATE TYPE pair AS (a int, b text)' -c 'CREATE TABLE pairs (id int PRIMARY KEY, x pair)' -c "INSERT INTO pairs VALUES (1, '(1,a)'), (2, '(,)'), (3, NULL), (4, '(,b)')" -c 'CREATE TABLE small (id int PRIMARY KEY, x numeric(3,5))' -c 'INSERT INTO small VALUES (1, 0.00999), (2, 0.00001), (3, 0.00998)'
INSERT INTO binds(key, url) VALUES ('m', '@mariadb@');
INSERT INTO binds(key, url) VALUES ('f', 'sqlite:///@DIR@/classes.db'), ('p', '@postgresql@');
-- an integer is rounded when it becomes a REAL
CREATE VIRTUAL TABLE whole USING bind(bind_key='f', id INTEGER PRIMARY KEY, x REAL, y DOUBLE);
CREATE TABLE n_whole (id INTEGER PRIMARY KEY, x REAL, y DOUBLE);
INSERT INTO n_whole SELECT * FROM whole;
SELECT 'x', (SELECT sum(1 << id) FROM whole WHERE x = 9007199254740992.0), (SELECT sum(1 << id) FROM n_whole WHERE x = 9007199254740992.0);
SELECT 'x', (SELECT sum(1 << id) FROM whole WHERE x = 9007199254740993), (SELECT sum(1 << id) FROM n_whole WHERE x = 9007199254740993);
SELECT 'x', (SELECT sum(1 << id) FROM whole WHERE x > 9223372036854775807), (SELECT sum(1 << id) FROM n_whole WHERE x > 9223372036854775807);
SELECT 'y', (SELECT sum(1 << id) FROM whole WHERE y IN (9007199254740992.0, 5.5)), (SELECT sum(1 << id) FROM n_whole WHERE y IN (9007199254740992.0, 5.5));
SELECT 'y', (SELECT count(*) FROM whole a JOIN whole b ON a.y = b.x), (SELECT count(*) FROM n_whole a JOIN n_whole b ON a.y = b.x);
SELECT 'x', (SELECT count(DISTINCT x) FROM whole), (SELECT count(DISTINCT x) FROM n_whole);
-- ANY of a STRICT table converts nothing, that of a declaration is NUMERIC
CREATE VIRTUAL TABLE loose USING bind(bind_key='f', id INTEGER PRIMARY KEY, x ANY);
CREATE VIRTUAL TABLE seen USING bind(bind_key='f', id INTEGER PRIMARY KEY, x ANY);
CREATE TABLE n_loose (id INTEGER PRIMARY KEY, x ANY);
INSERT INTO n_loose SELECT * FROM loose;
SELECT 'any', (SELECT sum(1 << id) FROM loose WHERE x = 5), (SELECT sum(1 << id) FROM n_loose WHERE x = 5);
SELECT 'any', (SELECT sum(1 << id) FROM loose WHERE x = '5'), (SELECT sum(1 << id) FROM n_loose WHERE x = '5');
SELECT 'any', (SELECT sum(1 << id) FROM seen WHERE x IN (5, x'35')), (SELECT sum(1 << id) FROM n_loose WHERE x IN (5, x'35'));
-- a composite value of NULLs is a text like any other
CREATE VIRTUAL TABLE pairs USING bind(bind_key='p', id INTEGER PRIMARY KEY, x TEXT);
CREATE TABLE n_pairs (id INTEGER PRIMARY KEY, x TEXT);
INSERT INTO n_pairs SELECT * FROM pairs;
SELECT 'pair', (SELECT sum(1 << id) FROM pairs WHERE x IS NULL), (SELECT sum(1 << id) FROM n_pairs WHERE x IS NULL);
SELECT 'pair', (SELECT sum(1 << id) FROM pairs WHERE x < x''), (SELECT sum(1 << id) FROM n_pairs WHERE x < x'');
SELECT 'pair', (SELECT sum(1 << id) FROM pairs WHERE x > 5), (SELECT sum(1 << id) FROM n_pairs WHERE x > 5);
SELECT 'pair', (SELECT sum(1 << id) FROM pairs WHERE x = '(,)'), (SELECT sum(1 << id) FROM n_pairs WHERE x = '(,)');
-- a decimal with more digits behind the point than it has
CREATE VIRTUAL TABLE small USING bind(bind_key='p', id INTEGER PRIMARY KEY, x NUMERIC);
CREATE TABLE n_small (id INTEGER PRIMARY KEY, x NUMERIC);
INSERT INTO n_small SELECT * FROM small;
SELECT 'small', (SELECT sum(1 << id) FROM small WHERE x = 0.00999), (SELECT sum(1 << id) FROM n_small WHERE x = 0.00999);
SELECT 'small', (SELECT sum(1 << id) FROM small WHERE x >= 0.00998), (SELECT sum(1 << id) FROM n_small WHERE x >= 0.00998);
SELECT 'small', (SELECT count(*) FROM small a JOIN small b ON a.x = b.x), (SELECT count(*) FROM n_small a JOIN n_small b ON a.x = b.x);
-- what is no number is NULL, of whatever type it was
.shell env -u LD_PRELOAD psql -X -q "'@postgresql@'" -c 'CREATE TABLE nan (id int PRIMARY KEY, r float4, n numeric(10,2), w numeric)' -c "INSERT INTO nan VALUES (1, 'NaN', 'NaN', 'NaN'), (2, 1.5, 1.5, 1.5), (3, NULL, NULL, NULL)"
CREATE VIRTUAL TABLE nan USING bind(bind_key='p', id INTEGER PRIMARY KEY, r REAL, n NUMERIC(10,2), w NUMERIC);
CREATE TABLE n_nan (id INTEGER PRIMARY KEY, r REAL, n NUMERIC, w NUMERIC);
INSERT INTO n_nan SELECT * FROM nan;
SELECT 'nan', (SELECT count(*) FROM nan WHERE r IS NULL), (SELECT count(*) FROM nan WHERE n IS NULL), (SELECT count(*) FROM nan WHERE w IS NULL), (SELECT count(*) FROM n_nan WHERE r IS NULL AND n IS NULL AND w IS NULL);
SELECT 'nan', (SELECT count(*) FROM nan WHERE r IS NOT NULL), (SELECT count(*) FROM nan WHERE n IS NOT NULL), (SELECT count(*) FROM nan WHERE w IS NOT NULL), (SELECT count(*) FROM n_nan WHERE r IS NOT NULL);
SELECT 'nan', (SELECT id FROM nan WHERE r IS NOT NULL LIMIT 1), (SELECT id FROM nan WHERE n IS NOT NULL LIMIT 1), (SELECT id FROM nan WHERE w IS NOT NULL LIMIT 1), (SELECT id FROM n_nan WHERE r IS NOT NULL LIMIT 1);
-- zero dates are texts like others
.shell u='@mariadb@'; d=${u#*://*/}; env -u LD_PRELOAD mariadb --no-defaults --default-character-set=utf8mb4 -u app -S "${d#*unix_socket=}" "${d%%[?]*}" -e "SET sql_mode = ''; CREATE TABLE zero (id int PRIMARY KEY, d date NOT NULL, m datetime NOT NULL, s timestamp NOT NULL); INSERT INTO zero VALUES (1, 0, 0, 0), (2, '2024-01-02', '2024-01-02', '2024-01-02')"
CREATE VIRTUAL TABLE zero USING bind(bind_key='m', id INTEGER PRIMARY KEY, d DATE, m DATETIME, s TIMESTAMP);
CREATE TABLE n_zero (id INTEGER PRIMARY KEY, d DATE, m DATETIME, s TIMESTAMP);
INSERT INTO n_zero SELECT * FROM zero;
SELECT 'zero', (SELECT count(*) FROM zero WHERE d IS NULL), (SELECT count(*) FROM zero WHERE m IS NULL), (SELECT count(*) FROM zero WHERE s IS NULL), (SELECT count(*) FROM n_zero WHERE d IS NULL OR m IS NULL OR s IS NULL);
SELECT 'zero', (SELECT count(*) FROM zero WHERE d IS NOT NULL), (SELECT count(*) FROM zero WHERE m IS NOT NULL), (SELECT count(*) FROM zero WHERE s IS NOT NULL), (SELECT count(*) FROM n_zero WHERE d IS NOT NULL AND m IS NOT NULL AND s IS NOT NULL);
-- an index that keeps one text for all that are equal to it
.shell u='@mariadb@'; d=${u#*://*/}; env -u LD_PRELOAD mariadb --no-defaults --default-character-set=utf8mb4 -u app -S "${d#*unix_socket=}" "${d%%[?]*}" -e "CREATE TABLE aria (id int PRIMARY KEY, x varchar(20) CHARACTER SET latin1 COLLATE latin1_german2_ci, KEY (x)) ENGINE=Aria; INSERT INTO aria VALUES (1, 'a'), (2, 'A'), (3, 'ab'), (4, 'aB ')"
CREATE VIRTUAL TABLE aria USING bind(bind_key='m', id INTEGER PRIMARY KEY, x VARCHAR(20));
SELECT 'aria', (SELECT sum(1 << id) FROM aria WHERE x = 'A'), (SELECT sum(1 << id) FROM aria WHERE x = 'aB '), (SELECT sum(1 << id) FROM aria WHERE x IN ('A', 'ab'));
-- types that take whole numbers alone: of a text the server would keep the bytes, of 26 another year
.shell u='@mariadb@'; d=${u#*://*/}; env -u LD_PRELOAD mariadb --no-defaults --default-character-set=utf8mb4 -u app -S "${d#*unix_socket=}" "${d%%[?]*}" -e "CREATE TABLE bits (id int PRIMARY KEY, one bit(1), eight bit(8), most bit(64), y year); INSERT INTO bits VALUES (1, 1, 200, ~0, 2026)"
CREATE VIRTUAL TABLE bits USING bind(bind_key='m');
CREATE VIRTUAL TABLE texts USING bind(bind_key='m', table='bits', id INTEGER PRIMARY KEY, one TEXT, eight TEXT, most TEXT, y TEXT);
SELECT 'bits', id, one, typeof(one), eight, typeof(eight), most, typeof(most), y, typeof(y) FROM bits;
INSERT INTO bits VALUES (2, 0, 49, 5, 1901), (3, 1, 9, NULL, 0);
INSERT INTO bits(id, eight) VALUES (4, 'a');
INSERT INTO bits(id, eight) VALUES (4, -1);
INSERT INTO bits(id, y) VALUES (4, 26);
INSERT INTO bits(id, y) VALUES (4, 2200);
INSERT INTO texts(id, most) VALUES (4, '18446744073709551615');
INSERT INTO texts(id, eight) VALUES (4, '050');
UPDATE texts SET eight = '50', most = '7', y = '2000' WHERE id = 2;
SELECT 'bits', id, one, eight, most, y FROM bits ORDER BY id;
SELECT 'texts', id, one, eight, most, y FROM texts WHERE eight = '50' AND y > '1999';
SELECT 'bits', count(*) FROM bits WHERE eight > 48 AND y <> 1901 AND one IN (0, 1);
SELECT 'state', name, state FROM bind_tables WHERE name IN ('bits', 'texts');
-- many rows in one statement
WITH RECURSIVE c(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM c WHERE i < 200) INSERT INTO bits SELECT i, i % 2, i, i, 1900 + i % 99 + 1 FROM c;
UPDATE bits SET one = 1 - one, eight = eight + id % 3, most = most + id % 5, y = y + 50 + id % 7 WHERE id >= 10;
SELECT 'bits', count(*), sum(one = 1 - id % 2), sum(eight = id + id % 3), sum(most = id + id % 5), sum(y = 1951 + id % 99 + id % 7) FROM bits WHERE id >= 10;
-- floats of so many decimals, which the server would round
.shell u='@mariadb@'; d=${u#*://*/}; env -u LD_PRELOAD mariadb --no-defaults --default-character-set=utf8mb4 -u app -S "${d#*unix_socket=}" "${d%%[?]*}" -e "CREATE TABLE cut (id int PRIMARY KEY, f float(7,2), d double(10,2), r real(8,3), w double, KEY (d)); INSERT INTO cut VALUES (1, 1.1, 1.1, 1.1, 1.1)"
CREATE VIRTUAL TABLE cut USING bind(bind_key='m');
INSERT INTO cut(id, d) VALUES (2, 1.2345);
INSERT INTO cut(id, d) VALUES (2, 3.97);
INSERT INTO cut(id, f) VALUES (2, 1.125);
INSERT INTO cut(id, r) VALUES (2, 0.0001);
UPDATE cut SET d = d + 0.001;
UPDATE cut SET f = f, d = d, r = r, w = w + 0.0001;
INSERT INTO cut VALUES (2, 1.25, 1.25, 1.125, 1.2345), (3, -7, -7.01, 12345.678, 3.97), (4, 0.5, 99999.99, -0.5, 1e300);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) INSERT INTO cut(id, d, w) SELECT 10 + i, (i * 7919 % 200000 - 100000) / 100.0, (i * 7919 % 200000 - 100000) / 100.0 FROM c WHERE i NOT IN (644, 1326);
SELECT 'cut', id, round(f, 5), d, r, w FROM cut WHERE id < 10 ORDER BY id;
SELECT 'cut', count(*) > 2900, sum(d = w), (SELECT count(*) FROM cut WHERE d = -7.01) FROM cut WHERE id > 10;
