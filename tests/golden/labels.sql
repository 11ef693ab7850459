-- engines: postgresql
-- native: same
-- Postgres's enums, citext and domains over them: found as the texts that they are, whatever is asked for, and also
-- labels that came after binds has read what the type is.
.shell env -u LD_PRELOAD psql -X -q "'@postgresql@'" -c 'CREATE EXTENSION citext; CREATE SCHEMA \"S x\"' -c 'CREATE TYPE \"S x\".\"Mood\" AS ENUM (\$\$red\$\$, \$\$Red\$\$, \$\$5\$\$, \$\$05\$\$, \$\$\$\$, \$\$a\"b\$\$, \$\$c\\d\$\$)' -c 'CREATE DOMAIN dm AS \"S x\".\"Mood\"' -c 'CREATE DOMAIN dc AS citext NOT NULL' -c 'CREATE TABLE t (id int8 PRIMARY KEY, e \"S x\".\"Mood\", d dm, c citext, x dc)'; true -- remote
INSERT INTO binds(key, url) VALUES (NULL, '@postgresql@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, e VARCHAR(20), d VARCHAR(20), c CITEXT, x TEXT);
INSERT INTO t VALUES (1, 'red', 'red', 'red', 'red'), (2, 'Red', 'Red', 'Red', 'Red'), (3, '5', '5', '5', '5'), (4, '05', NULL, '05', '05'),
  (5, '', '', '', ''), (6, 'a"b', 'a"b', 'a"b', 'a"b'), (7, 'c\d', 'c\d', 'C\D', 'c\d'), (8, NULL, NULL, NULL, 'RED');
.print == texts, labels or none, and values of other classes
SELECT id FROM t WHERE e = 'red';
SELECT id FROM t WHERE d = 'red';
SELECT id FROM t WHERE c = 'red';
SELECT id FROM t WHERE x = 'red';
SELECT id FROM t WHERE e = 'none' OR d = 'RED' OR c = 'rED' OR x = 'rED';
SELECT id FROM t WHERE e = 'red' || char(0) OR d = 'red ' OR c = 'red ' OR x = 'red' || char(0);
SELECT id FROM t WHERE e = CAST(x'ff' AS TEXT) OR c = CAST(x'ff' AS TEXT);
SELECT id FROM t WHERE e = '' ORDER BY id;
SELECT id FROM t WHERE e = 5;
SELECT id FROM t WHERE d = 5;
SELECT id FROM t WHERE c = 5;
SELECT id FROM t WHERE x = 5.0;
SELECT id FROM t WHERE e IS NULL OR d IS 'a"b' OR c IS 'a"b' ORDER BY id;
SELECT id FROM t WHERE e = 'a"b' OR d = 'c\d' OR c = 'c\d' ORDER BY id;
SELECT id FROM t WHERE e = 'RED' COLLATE NOCASE ORDER BY id;
SELECT id FROM t WHERE c = 'RED' COLLATE NOCASE ORDER BY id;
.print == lists
SELECT id FROM t WHERE e IN ('red', '05', 'a"b', '') ORDER BY id;
SELECT id FROM t WHERE e IN ('red', 'none', 'RED', NULL) ORDER BY id;
SELECT id FROM t WHERE d IN ('none', 'c\d', 'a"b', 5) ORDER BY id;
SELECT id FROM t WHERE c IN ('red', 'RED', 'c\d', 'C\D') ORDER BY id;
SELECT id FROM t WHERE x IN ('red', 'Red', 'x') ORDER BY id;
SELECT id FROM t WHERE e IN ('x', 'y') OR d IN ('x', 'y');
SELECT id FROM t WHERE e IN (SELECT c FROM t) ORDER BY id;
SELECT id FROM t WHERE c IN (SELECT e FROM t UNION SELECT 'none') ORDER BY id;
.print == joins
SELECT p.id, q.id FROM t p JOIN t q ON q.e = p.c ORDER BY 1, 2;
SELECT p.id, q.id FROM t p JOIN t q ON q.c = p.x ORDER BY 1, 2;
SELECT p.id, q.id FROM t p LEFT JOIN t q ON q.d = p.id ORDER BY 1, 2;
.print == labels that came, went by another name, and are asked for in the same breath
.shell env -u LD_PRELOAD psql -X -q "'@postgresql@'" -c 'ALTER TYPE \"S x\".\"Mood\" ADD VALUE \$\$new\$\$' -c 'ALTER TYPE \"S x\".\"Mood\" RENAME VALUE \$\$Red\$\$ TO \$\$rot\$\$' -c 'UPDATE t SET d = \$\$new\$\$ WHERE id = 8'; true -- remote
UPDATE t SET e = 'rot' WHERE id = 2;
UPDATE t SET d = iif(id = 2, 'rot', 'new') WHERE id IN (2, 8);
SELECT id FROM t WHERE d = 'new' OR e = 'Red';
SELECT id, e, d FROM t WHERE e IN ('new', 'Red', 'rot', 'red') ORDER BY id;
SELECT id FROM t WHERE d IN ('new', 'red') ORDER BY id;
SELECT id FROM t WHERE d IN ('new', 'Red') ORDER BY id;
