-- engines: once
-- A join of a Postgres, a MySQL, a SQLite and a local table gives what the same four native tables give.
INSERT INTO binds(key, url) VALUES ('p', '@postgresql@'), ('m', '@mariadb@'), ('s', '@sqlite@');
CREATE VIRTUAL TABLE author USING bind(bind_key='p', id INTEGER PRIMARY KEY, name TEXT, born DATE);
CREATE VIRTUAL TABLE book USING bind(bind_key='m', id INTEGER PRIMARY KEY, author INTEGER, title VARCHAR(80), price NUMERIC(8,2));
CREATE VIRTUAL TABLE stock USING bind(bind_key='s', book INTEGER, shop TEXT, copies INTEGER, PRIMARY KEY (book, shop));
CREATE TABLE shop(code TEXT PRIMARY KEY, city TEXT COLLATE NOCASE);
SELECT create_all();
CREATE TABLE n_author(id INTEGER PRIMARY KEY, name TEXT, born DATE);
CREATE TABLE n_book(id INTEGER PRIMARY KEY, author INTEGER, title VARCHAR(80), price NUMERIC(8,2));
CREATE TABLE n_stock(book INTEGER, shop TEXT, copies INTEGER, PRIMARY KEY (book, shop));
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 60)
  INSERT INTO n_author SELECT n, 'Author ' || char(64 + n % 26, 97 + n % 7), date('1900-01-01', (n * 400) || ' days') FROM i;
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 400)
  INSERT INTO n_book SELECT n, nullif(n * 7 % 63, 5), 'Title ' || (n % 90), n * 37 % 1000 / 4.0 FROM i;
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1000)
  INSERT OR IGNORE INTO n_stock SELECT n * 13 % 410, char(65 + n % 5), n % 17 FROM i;
INSERT INTO shop VALUES ('A', 'Rome'), ('B', 'oslo'), ('C', 'Oslo'), ('D', NULL);
INSERT INTO author SELECT * FROM n_author;
INSERT INTO book SELECT * FROM n_book;
INSERT INTO stock SELECT * FROM n_stock;
CREATE VIEW far AS SELECT a.id, a.name, a.born, b.id AS b, b.title, b.price, s.shop, s.copies, h.city
  FROM author a JOIN book b ON b.author = a.id JOIN stock s ON s.book = b.id LEFT JOIN shop h ON h.code = s.shop;
CREATE VIEW near AS SELECT a.id, a.name, a.born, b.id AS b, b.title, b.price, s.shop, s.copies, h.city
  FROM n_author a JOIN n_book b ON b.author = a.id JOIN n_stock s ON s.book = b.id LEFT JOIN shop h ON h.code = s.shop;
SELECT 'all', count(*), (SELECT count(*) FROM near) FROM far;
SELECT 'differences', count(*) FROM (SELECT * FROM far EXCEPT SELECT * FROM near);
SELECT 'differences', count(*) FROM (SELECT * FROM near EXCEPT SELECT * FROM far);
SELECT 'differences', count(*) FROM (SELECT typeof(id), typeof(born), typeof(price), typeof(copies), typeof(title) FROM far
  EXCEPT SELECT typeof(id), typeof(born), typeof(price), typeof(copies), typeof(title) FROM near);
SELECT 'far', upper(city), sum(copies), round(sum(price), 2), min(name), max(born) FROM far WHERE price > 20 GROUP BY city ORDER BY city;
SELECT 'near', upper(city), sum(copies), round(sum(price), 2), min(name), max(born) FROM near WHERE price > 20 GROUP BY city ORDER BY city;
SELECT 'far', name, title, city, copies FROM far WHERE born > '1940-01-01' AND city = 'OSLO' ORDER BY copies DESC, name, title, b LIMIT 5;
SELECT 'near', name, title, city, copies FROM near WHERE born > '1940-01-01' AND city = 'OSLO' ORDER BY copies DESC, name, title, b LIMIT 5;
