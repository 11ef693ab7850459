-- native: same
-- A column that equals a constant is replaced by it, but keeps its affinity: against a date, the texts of another column
-- that look like numbers are numbers, and so below it.
INSERT INTO binds(key, url) VALUES (NULL, '@URL@'); -- remote
CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, c VARCHAR(20), d DATE, k VARCHAR(20));
CREATE VIRTUAL TABLE u USING bind(id INTEGER PRIMARY KEY, a DATE);
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO t VALUES (1, '5', '2024-01-02', '2024-01-02'), (2, '7', '2024-01-02', '2024-01-02'), (3, '2024-01-01', '2024-01-02', '2024-01-02'),
  (4, 'x', '2024-01-02', '2024-01-02'), (5, '', '2024-01-02', '2024-01-02'), (6, '30', '2024-01-03', '2024-01-02'), (7, NULL, '2024-01-02', '2024-01-02'), (8, '1e3', '2024-01-02', '2024-01-02');
INSERT INTO u VALUES (1, '2024-01-02'), (2, '2024-01-03');
.parameter init
.parameter set ?1 "'2024-01-02'"
SELECT id FROM t WHERE c < d AND d = ?1 ORDER BY id;
SELECT id FROM t WHERE c <= d AND d = ?1 ORDER BY id;
SELECT id FROM t WHERE c > d AND d = ?1 ORDER BY id;
SELECT id FROM t WHERE c >= d AND d = ?1 ORDER BY id;
SELECT id FROM t WHERE c BETWEEN '' AND d AND d = ?1 ORDER BY id;
SELECT id FROM t WHERE c < d AND d = '2024-01-02' ORDER BY id;
SELECT id FROM t WHERE c > d AND d = '2024-01-02' ORDER BY id;
SELECT q.id, p.id FROM u p JOIN t q ON q.c < p.a AND p.a = ?1 ORDER BY 1, 2;
SELECT q.id, p.id FROM u p JOIN t q ON q.c >= p.a AND p.a = ?1 ORDER BY 1, 2;
SELECT q.id, p.id FROM u p JOIN t q ON q.c <= p.a AND p.a = '2024-01-02' ORDER BY 1, 2;
-- without such a column, or one of texts, they are texts
SELECT id FROM t WHERE c < ?1 ORDER BY id;
SELECT id FROM t WHERE c >= ?1 ORDER BY id;
SELECT id FROM t WHERE c < k AND k = ?1 ORDER BY id;
SELECT id FROM t WHERE c < ?1 AND id IN (SELECT q.id FROM t q WHERE q.c < q.d AND q.d = ?1) ORDER BY id;
SELECT id FROM t WHERE c < CAST(?1 AS TEXT) ORDER BY id LIMIT 2;
SELECT id FROM t WHERE c > ?1 ORDER BY id LIMIT 2;
SELECT id FROM t WHERE c > d AND d = ?1 ORDER BY id LIMIT 1;
