-- native: same
-- errors: code
-- What a comparison means, whoever works it out: affinity, class order, collations, numbers at the edge of their type.
-- (1 << id: which rows, whatever order they come in)
.nullvalue NULL
INSERT INTO binds(key, url) VALUES ('x', '@URL@'); -- remote
CREATE VIRTUAL TABLE v USING bind(bind_key='x', id INTEGER PRIMARY KEY, i BIGINT, r DOUBLE, dec NUMERIC(10,2), wide NUMERIC(20,2), t VARCHAR(40), nc VARCHAR(40) COLLATE NOCASE, rt VARCHAR(40) COLLATE RTRIM, long VARCHAR(2000), b BLOB, d DATE, dt DATETIME, ti TIME, u UUID, e "enum('a','B','b')");
CREATE VIRTUAL TABLE c USING bind(bind_key='x', id INTEGER PRIMARY KEY, ch CHAR(5), cn CHAR(5) COLLATE NOCASE);
SELECT 1 WHERE create_all() <> 2; -- remote
INSERT INTO c VALUES (1, 'ab', 'ab'), (2, 'Ab', 'Ab'), (3, 'b', 'b'), (4, '', ''), (5, 'ab c', 'B c'), (6, NULL, NULL), (7, 'é', 'É');
INSERT INTO v VALUES
  (1, 5, 5.0, 5, 5, '5', 'Ab', 'x', 'long', x'35', '2024-01-02', '2024-01-02 10:00:00', '10:00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a'),
  (2, 9007199254740992, 9007199254740992.0, 99999999.99, 90071992547409.92, '05', 'aB', 'x ', 'long', x'', '2024-01-01', '2024-01-01 00:00:00', '00:00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'b'),
  (3, 9007199254740993, 9007199254740994.0, -0.01, 90071992547409.93, '', '', '', '', x'00', '1999-12-31', '1999-12-31 23:59:59', '23:59:59', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'B'),
  (4, -9223372036854775807 - 1, -0.0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 9223372036854775807, 1e300, 0.1, 0.3, 'abc', 'AB', ' x', 'Long', x'6162', '9999-12-31', '9999-12-31 23:59:59', '09:59:59.500000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'a'),
  (6, 0, 0.0, 0.3, 0.1, 'ABC', 'ac', 'y', NULL, x'616200', '0001-01-01', '0001-01-01 00:00:00', '09:59:59', '00000000-0000-0000-0000-000000000000', NULL);
-- rows that are equal in all that a server sorts by
UPDATE v SET long = replace(printf('%.1100c', 'x'), 'x', 'é') || CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE 'B' END WHERE id IN (1, 2, 5);
SELECT 'long', id FROM v ORDER BY long, id;
SELECT 'long', id FROM v ORDER BY long DESC, id LIMIT 2;
SELECT 'long', max(length(long)), count(*) FROM v WHERE long > replace(printf('%.1100c', 'x'), 'x', 'é') || 'A';
-- integers against everything
SELECT 'i', sum(1 << id) FROM v WHERE i = '5';
SELECT 'i', sum(1 << id) FROM v WHERE i < 'abc';
SELECT 'i', sum(1 << id) FROM v WHERE i > 'abc';
SELECT 'i', sum(1 << id) FROM v WHERE i = 5.5;
SELECT 'i', sum(1 << id) FROM v WHERE i > 4.5 AND i < 5.5;
SELECT 'i', sum(1 << id) FROM v WHERE i = 9007199254740992.0;
SELECT 'i', sum(1 << id) FROM v WHERE i > 9007199254740992.0;
SELECT 'i', sum(1 << id) FROM v WHERE i IN (9007199254740991, 9007199254740993, '5', 'x', NULL, 5.5);
SELECT 'i', sum(1 << id) FROM v WHERE i >= 9223372036854775807;
SELECT 'i', sum(1 << id) FROM v WHERE i < 9223372036854775808.0;
SELECT 'i', sum(1 << id) FROM v WHERE i <= -9223372036854775808;
SELECT 'i', sum(1 << id) FROM v WHERE i < -9223372036854775808;
SELECT 'i', sum(1 << id) FROM v WHERE i < x'00';
SELECT 'i', sum(1 << id) FROM v WHERE i < 1e999;
SELECT 'i', sum(1 << id) FROM v WHERE i <> NULL;
-- reals
SELECT 'r', sum(1 << id) FROM v WHERE r = 0;
SELECT 'r', sum(1 << id) FROM v WHERE r = -0.0;
SELECT 'r', sum(1 << id) FROM v WHERE r = 9007199254740993;
SELECT 'r', sum(1 << id) FROM v WHERE r > 9007199254740993;
SELECT 'r', sum(1 << id) FROM v WHERE r < 9007199254740993 AND r > 5;
SELECT 'r', sum(1 << id) FROM v WHERE r < 1e999;
SELECT 'r', sum(1 << id) FROM v WHERE r = 1e999;
SELECT 'r', sum(1 << id) FROM v WHERE r IN ('5.0', '0', 1e300, 'x');
SELECT 'r', sum(1 << id) FROM v WHERE r >= '';
-- decimals
SELECT 'dec', sum(1 << id) FROM v WHERE dec = 0.1;
SELECT 'dec', sum(1 << id) FROM v WHERE dec = 0.30000000000000004;
SELECT 'dec', sum(1 << id) FROM v WHERE dec > 0.29999 AND dec < 0.3000001;
SELECT 'dec', sum(1 << id) FROM v WHERE dec IN (0.1, '5.00', 99999999.99);
SELECT 'dec', sum(1 << id) FROM v WHERE dec < 1e300 AND dec > -0.015;
SELECT 'wide', sum(1 << id) FROM v WHERE wide = 90071992547409.92;
SELECT 'wide', sum(1 << id) FROM v WHERE wide < 90071992547409.93;
SELECT 'wide', sum(1 << id) FROM v WHERE wide > 90071992547409.92;
SELECT 'wide', sum(1 << id) FROM v WHERE wide >= 0.3 AND wide <> 5;
SELECT 'wide', sum(1 << id) FROM v WHERE wide IN (0.1, 0.3);
SELECT 'wide', id FROM v ORDER BY wide DESC;
-- text
SELECT 't', sum(1 << id) FROM v WHERE t = 5;
SELECT 't', sum(1 << id) FROM v WHERE t = '';
SELECT 't', sum(1 << id) FROM v WHERE t IS NULL;
SELECT 't', sum(1 << id) FROM v WHERE t < 'a';
SELECT 't', sum(1 << id) FROM v WHERE t > 10;
SELECT 't', sum(1 << id) FROM v WHERE t < x'';
SELECT 't', sum(1 << id) FROM v WHERE t = 'abc' COLLATE NOCASE;
SELECT 't', sum(1 << id) FROM v WHERE t COLLATE NOCASE IN ('ABC', '05 ');
SELECT 't', sum(1 << id) FROM v WHERE t COLLATE RTRIM IN ('ABC  ', '05 ');
SELECT 't', sum(1 << id) FROM v WHERE t LIKE 'A%' AND t GLOB 'a*';
SELECT 't', sum(1 << id) FROM v WHERE t LIKE '%b%' ESCAPE 'b';
SELECT 't', sum(1 << id) FROM v WHERE t NOT LIKE 'a%';
SELECT 't', sum(1 << id) FROM v WHERE t = 'a' || char(0) || 'b' OR t > 'ABB' || char(0);
SELECT 'nc', sum(1 << id) FROM v WHERE nc = 'ab';
SELECT 'nc', sum(1 << id) FROM v WHERE nc IN ('ab', 'AC');
SELECT 'nc', sum(1 << id) FROM v WHERE nc <> 'AB';
SELECT 'nc', sum(1 << id) FROM v WHERE nc > 'AB';
SELECT 'nc', sum(1 << id) FROM v WHERE nc = 'Ab' COLLATE BINARY;
SELECT 'nc', count(*), min(id) FROM v GROUP BY nc ORDER BY nc;
SELECT 'nc', id FROM v ORDER BY nc DESC, id;
SELECT 'nc', count(*) FROM (SELECT DISTINCT nc FROM v);
SELECT 'rt', sum(1 << id) FROM v WHERE rt = 'x  ';
SELECT 'rt', sum(1 << id) FROM v WHERE rt IN ('x   ', 'y ');
SELECT 'rt', sum(1 << id) FROM v WHERE rt > 'x ';
SELECT 'rt', id FROM v ORDER BY rt, id;
SELECT 'ch', sum(1 << id) FROM c WHERE ch = 'ab';
SELECT 'ch', sum(1 << id) FROM c WHERE ch = 'ab ';
SELECT 'ch', sum(1 << id) FROM c WHERE ch IN ('ab', 'b ');
SELECT 'ch', sum(1 << id) FROM c WHERE ch > 'ab';
SELECT 'ch', sum(1 << id) FROM c WHERE ch <> 'AB' COLLATE NOCASE;
SELECT 'ch', sum(1 << id) FROM c WHERE ch = 'ab  ' COLLATE RTRIM;
SELECT 'ch', sum(1 << id) FROM c WHERE ch LIKE 'A%' AND ch >= '';
SELECT 'ch', id FROM c ORDER BY ch;
SELECT 'cn', sum(1 << id) FROM c WHERE cn <= 'AB';
SELECT 'cn', sum(1 << id) FROM c WHERE cn = 'é';
SELECT 'cn', sum(1 << id) FROM c WHERE cn = 'É' OR cn = 'E';
SELECT 'cn', sum(1 << id) FROM c WHERE cn IN ('AB', 'B');
SELECT 'cn', id FROM c ORDER BY cn DESC, id;
-- blobs
SELECT 'b', sum(1 << id) FROM v WHERE b = x'35';
SELECT 'b', sum(1 << id) FROM v WHERE b = '5';
SELECT 'b', sum(1 << id) FROM v WHERE b > 'zz';
SELECT 'b', sum(1 << id) FROM v WHERE b > x'6162';
SELECT 'b', sum(1 << id) FROM v WHERE b IN (x'', x'00', '', 5);
SELECT 'b', id FROM v ORDER BY b;
-- dates, as texts of any length
SELECT 'd', sum(1 << id) FROM v WHERE d >= '2024';
SELECT 'd', sum(1 << id) FROM v WHERE d > '2024-01-01 00:00';
SELECT 'd', sum(1 << id) FROM v WHERE d = '2024-1-2';
SELECT 'd', sum(1 << id) FROM v WHERE d <> '2024-01-01 ';
SELECT 'd', sum(1 << id) FROM v WHERE d < 'foo';
SELECT 'd', sum(1 << id) FROM v WHERE d < 2025;
SELECT 'd', sum(1 << id) FROM v WHERE d IN ('2024-01-02', '2024', 'x');
SELECT 'd', sum(1 << id) FROM v WHERE d = '2024-01-02' COLLATE NOCASE;
SELECT 'd', id FROM v ORDER BY d DESC LIMIT 3;
SELECT 'dt', sum(1 << id) FROM v WHERE dt > '2024-01-01';
SELECT 'dt', sum(1 << id) FROM v WHERE dt >= '2024-01-02T10:00:00';
SELECT 'dt', sum(1 << id) FROM v WHERE dt BETWEEN '2024-01-01' AND '2024-01-02';
SELECT 'dt', sum(1 << id) FROM v WHERE dt < '2024-01-02 10:00:00.000000';
SELECT 'ti', sum(1 << id) FROM v WHERE ti < '10';
SELECT 'ti', sum(1 << id) FROM v WHERE ti > '09:59:59';
SELECT 'ti', sum(1 << id) FROM v WHERE ti IN ('10:00:00', '9:59:59');
SELECT 'ti', id FROM v ORDER BY ti;
-- labels and keys of text
SELECT 'u', sum(1 << id) FROM v WHERE u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11';
SELECT 'u', sum(1 << id) FROM v WHERE u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' COLLATE NOCASE;
SELECT 'u', sum(1 << id) FROM v WHERE u > 'a0eebc99' AND u < 'b';
SELECT 'u', sum(1 << id) FROM v WHERE u COLLATE NOCASE IN ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'x');
SELECT 'u', id FROM v ORDER BY u LIMIT 3;
SELECT 'e', sum(1 << id) FROM v WHERE e = 'b';
SELECT 'e', sum(1 << id) FROM v WHERE e = 'b' COLLATE NOCASE;
SELECT 'e', sum(1 << id) FROM v WHERE e IN ('B', 'x', '');
SELECT 'e', sum(1 << id) FROM v WHERE e < 'a';
SELECT 'e', sum(1 << id) FROM v WHERE e IS NOT 'a';
SELECT 'e', id FROM v ORDER BY e, id;
-- row values, OR, subqueries
SELECT 'row', sum(1 << id) FROM v WHERE (i, t) = (5, '5');
SELECT 'row', sum(1 << id) FROM v WHERE (id, t) > (2, '') AND (id, i) <= (5, 0);
SELECT 'or', sum(1 << id) FROM v WHERE i = 5 OR t = 'abc' OR d < '1000';
SELECT 'in', sum(1 << id) FROM v WHERE i IN (SELECT i FROM v WHERE r < 10);
-- Numbers that a server may not add to.
SELECT 'greatest', (SELECT sum(1 << id) FROM v WHERE wide < 1.7976931348623157e308), (SELECT sum(1 << id) FROM v WHERE wide >= -1.7976931348623157e308),
  (SELECT sum(1 << id) FROM v WHERE wide = 1.7976931348623157e308), (SELECT sum(1 << id) FROM v WHERE wide > 1.7e308 AND id < 99),
  (SELECT sum(1 << id) FROM v WHERE dec <= 1.7976931348623157e308), (SELECT sum(1 << id) FROM v WHERE i < 1.7976931348623157e308),
  (SELECT sum(1 << id) FROM v WHERE r >= -1.7976931348623157e308), (SELECT sum(1 << id) FROM v WHERE wide IN (1.7976931348623157e308, 5)),
  (SELECT sum(1 << id) FROM v WHERE wide < 9e999), (SELECT sum(1 << id) FROM v WHERE wide > -9e999);
SELECT 'exists', sum(1 << id) FROM v WHERE EXISTS (SELECT 1 FROM v w WHERE w.wide = v.dec AND w.id <> v.id);
SELECT 'left', v.id, w.id FROM v LEFT JOIN v w ON w.nc = v.nc AND w.id > v.id AND w.t <> 'x' ORDER BY 2, 3;
SELECT 'offset', id FROM v WHERE i > 0 ORDER BY r DESC LIMIT 2 OFFSET 1;
SELECT 'offset', id FROM v WHERE t > '' ORDER BY id LIMIT 2 OFFSET 1;
SELECT 'first', min(i), max(r), min(t), max(nc), min(d), max(u), count(*) FROM v;
