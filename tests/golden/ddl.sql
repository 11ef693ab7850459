-- own output: postgresql: DDL of that engine
-- own output: mariadb: DDL of that engine
-- own output: sqlite: DDL of that engine
-- bind_ddl: the text of create_all and drop_all; afterwards the server takes it.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@');
CREATE VIRTUAL TABLE "order" USING bind(id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer(id) ON DELETE CASCADE,
  "when" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, note TEXT DEFAULT 'it''s "new"', total NUMERIC(10, 2) NOT NULL DEFAULT 0 CHECK (total >= 0),
  paid BOOLEAN NOT NULL DEFAULT 0, INDEX order_when ("when"), UNIQUE INDEX order_note_total (customer, total));
CREATE VIRTUAL TABLE customer USING bind(id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL COLLATE NOCASE, mail VARCHAR(120) UNIQUE,
  kind ENUM('private', 'company') NOT NULL DEFAULT 'private', photo BLOB, born DATE, wakes TIME, height FLOAT, weight DOUBLE PRECISION, age SMALLINT, big BIGINT,
  CONSTRAINT sane CHECK (age < 200 AND height > 0));
CREATE VIRTUAL TABLE line USING bind(order_id INTEGER REFERENCES "order"(id), number INTEGER, what CHAR(8), doc JSON, PRIMARY KEY (order_id, number));
CREATE VIRTUAL TABLE egg USING bind(id INTEGER PRIMARY KEY, hen INTEGER REFERENCES hen(id));
CREATE VIRTUAL TABLE hen USING bind(id INTEGER PRIMARY KEY, egg INTEGER, CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg(id));
CREATE VIRTUAL TABLE codes USING bind(code VARCHAR(10) PRIMARY KEY, n INTEGER);
SELECT bind_ddl();
SELECT '----';
SELECT bind_ddl(NULL, 'drop');
SELECT '----';
SELECT bind_ddl('nope');
SELECT bind_ddl(NULL, 'burn');
SELECT 'created', create_all();
SELECT 'again', create_all();
SELECT 'dropped', drop_all();
