-- A subquery in SET that reads what the statement changes, where working it out once more would not be the same.
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('b', '@URL@'), ('c', '@URL@');
CREATE VIRTUAL TABLE t USING bind(bind_key='b', id INTEGER PRIMARY KEY, g INTEGER, n INTEGER, r REAL);
CREATE VIRTUAL TABLE bag USING bind(bind_key='b', g INTEGER, n INTEGER);
CREATE TABLE l(x);
SELECT create_all();
INSERT INTO t VALUES (1, 1, 0, 1.5), (2, 1, 0, 2.5), (3, 2, 0, 3.5);
INSERT INTO bag VALUES (1, 1), (1, 2);
-- a subquery that is worked out once, but not for the first row
UPDATE t SET n = CASE WHEN id > 1 THEN (SELECT sum(n) + 1 FROM t) ELSE 5 END;
-- two columns at once; another value each time; no key to tell the order of the rows
UPDATE t SET (n, r) = (SELECT max(n) + 1, max(r) FROM t AS o WHERE o.g = t.g);
UPDATE t SET n = (SELECT max(n) + abs(random() % 2) FROM t AS o WHERE o.g = t.g);
UPDATE bag SET n = (SELECT max(n) + 1 FROM bag AS o WHERE o.g = bag.g);
-- a real as a parameter
.parameter set ?1 0.1
UPDATE t SET n = (SELECT count(*) FROM t AS o WHERE o.n > ?1 AND o.g >= t.g);
-- in a trigger
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN UPDATE t SET n = (SELECT max(n) + 1 FROM t AS o WHERE o.g = t.g); END;
INSERT INTO l VALUES (1);
SELECT * FROM t ORDER BY id;
SELECT count(*), sum(n) FROM bag;
-- none of these can be told from what a native table does
UPDATE t SET n = CASE WHEN id > 1 THEN (SELECT sum(g) FROM t) ELSE 5 END;
UPDATE t SET (g, r) = (SELECT max(n) + 1, max(n) FROM t AS o WHERE o.id = t.id);
UPDATE t SET n = (SELECT max(n) + 1 FROM t AS o WHERE o.g = t.g) WHERE id = 2;
DROP TRIGGER l_new;
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN UPDATE t SET n = (SELECT max(r) + new.x FROM t AS o WHERE o.g = t.g); END;
INSERT INTO l VALUES (1);
SELECT * FROM t ORDER BY id;
