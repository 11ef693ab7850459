-- engines: mariadb
-- native: same
-- MySQL's TIME is a span: beyond a day and below zero it sorts otherwise than its text.
INSERT INTO binds(key, url) VALUES ('x', '@mariadb@'); -- remote
CREATE VIRTUAL TABLE s USING bind(bind_key='x', id INTEGER PRIMARY KEY, ti TIME);
SELECT 1 WHERE create_all() <> 1; -- remote
INSERT INTO s VALUES (1, '10:00:00'), (2, '100:00:00'), (3, '-05:00:00'), (4, '20:00:00'), (5, '838:59:59'), (6, '-100:00:00'), (7, '00:00:00'), (8, NULL);
-- (1 << id: which rows, whatever order they come in)
SELECT '<', sum(1 << id) FROM s WHERE ti < '20:00:00';
SELECT '<=', sum(1 << id) FROM s WHERE ti <= '10:00:00';
SELECT '>', sum(1 << id) FROM s WHERE ti > '10:00:00';
SELECT '>=', sum(1 << id) FROM s WHERE ti >= '00:00:00';
SELECT '=', sum(1 << id) FROM s WHERE ti = '100:00:00';
SELECT 'IN', sum(1 << id) FROM s WHERE ti IN ('-05:00:00', '838:59:59', '5');
SELECT '<>', sum(1 << id) FROM s WHERE ti <> '10:00:00';
SELECT 'order', id FROM s ORDER BY ti;
