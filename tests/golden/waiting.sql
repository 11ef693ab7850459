-- errors: code
-- A row that a trigger's plain INSERT has left to wait fails as one: a later statement of the trigger with a clause has
-- no say in it.  (Natively the same, but for the code of the first error: it is that of the violation.)
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE s USING bind(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE);
SELECT create_all();
CREATE TABLE l(id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO s VALUES (1, 1);
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN
  INSERT INTO s VALUES (new.id, 1);
  INSERT OR FAIL INTO s VALUES (new.id + 100, new.id);
END;
INSERT INTO l VALUES (2, 0), (3, 0);
SELECT (SELECT count(*) FROM l), (SELECT count(*) FROM s);
DROP TRIGGER l_new;
CREATE TRIGGER l_new AFTER INSERT ON l BEGIN
  INSERT INTO s VALUES (new.id, 1);
  INSERT OR IGNORE INTO s VALUES (new.id + 100, new.id);
END;
INSERT INTO l VALUES (2, 0), (3, 0);
SELECT (SELECT count(*) FROM l), (SELECT count(*) FROM s);
INSERT OR IGNORE INTO l VALUES (4, 0);
SELECT (SELECT count(*) FROM l), (SELECT id FROM s WHERE u = 4);
-- rows that RETURNING has shown do not fail when the statement commits
INSERT INTO s VALUES (60, 60), (1, 61) RETURNING id;
SELECT count(*) FROM s WHERE id = 60;
