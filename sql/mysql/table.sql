-- Everything about one table, in one round trip.  The contract is the same for every engine.
-- Arguments: schema (NULL = the connection's), name; the pair as often as it stands here.  No row: no relation.
-- Rows: one `table`, then the columns in order, then the columns of each index in order.
--   part           'table'      'column'                         'index'
--   name           its name     its name                         the index's name
--   detail         not read     its type                         the column, NULL = an expression
--   kind           'table', 'view', 'other'   'bytes', 'equal', 'pad', 'loose' (enum text_order), or NULL
--   collation_name, charset, default_text     of a column (of a generated one: its expression); of a table the last
--                  one is the storage engine that it is in, NULL where there is but one
--   flags          table: 1 transactional
--                  column: 1 not null, 2 default, 4 generated, 8 numbered by the server, 16 virtual
--                  index: 1 primary, 2 unique, 4 partial, 8 descending, 16 in byte order,
--                         32 in the order of the column's own collation, 64 only a prefix of the column
--   amount         table: rows, negative = unknown; index: distinct values of the columns so far, 0 = unknown
--   size           table: bytes
-- The names of information_schema are compared without case; where the server's own are not, BINARY tells.
-- Only b-trees count as indexes.
SELECT part, name, detail, kind, collation_name, charset, default_text, flags, amount, size
FROM (
  SELECT 0 AS section, 0 AS major, '' AS middle, 0 AS minor, 'table' AS part, t.TABLE_NAME AS name,
         NULL AS detail,
         CASE WHEN t.TABLE_TYPE LIKE '%VIEW' THEN 'view' WHEN t.TABLE_TYPE = 'SEQUENCE' THEN 'other'
              ELSE 'table' END AS kind,
         NULL AS collation_name, NULL AS charset, t.ENGINE AS default_text,
         t.ENGINE IS NULL OR
           (SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE e.ENGINE = t.ENGINE) = 'YES' AS flags,
         CAST(COALESCE(t.TABLE_ROWS, -1) AS SIGNED) AS amount, CAST(t.DATA_LENGTH AS SIGNED) AS size,
         t.TABLE_NAME AS owner
  FROM information_schema.TABLES t
  WHERE t.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND t.TABLE_NAME = ?
  UNION ALL
  SELECT 1, c.ORDINAL_POSITION, '', 0, 'column', c.COLUMN_NAME, c.COLUMN_TYPE,
         CASE WHEN c.DATA_TYPE NOT IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext') THEN NULL
              WHEN c.CHARACTER_SET_NAME NOT IN ('utf8mb4', 'utf8mb3', 'utf8', 'ascii') THEN 'loose'
              WHEN c.COLLATION_NAME LIKE '%nopad\_bin' OR c.COLLATION_NAME LIKE '%0900\_bin' THEN 'bytes'
              WHEN c.COLLATION_NAME LIKE '%\_bin' THEN 'pad'
              ELSE 'loose' END,
         c.COLLATION_NAME, c.CHARACTER_SET_NAME,
         CASE WHEN c.EXTRA LIKE '%GENERATED%' AND c.EXTRA NOT LIKE '%DEFAULT_GENERATED%'
                THEN c.GENERATION_EXPRESSION
              WHEN c.COLUMN_DEFAULT IS NULL THEN NULL
              WHEN VERSION() LIKE '%MariaDB%' THEN NULLIF(c.COLUMN_DEFAULT, 'NULL')
              WHEN c.EXTRA LIKE '%DEFAULT_GENERATED%' THEN c.COLUMN_DEFAULT
              ELSE QUOTE(c.COLUMN_DEFAULT) END,
         (c.IS_NULLABLE = 'NO') +
           2 * (c.COLUMN_DEFAULT IS NOT NULL AND NOT (VERSION() LIKE '%MariaDB%' AND c.COLUMN_DEFAULT = 'NULL')
                OR c.EXTRA LIKE '%auto\_increment%') +
           4 * (c.EXTRA LIKE '%GENERATED%' AND c.EXTRA NOT LIKE '%DEFAULT_GENERATED%') +
           8 * (c.EXTRA LIKE '%auto\_increment%') + 16 * (c.EXTRA LIKE '%VIRTUAL%'),
         NULL, NULL, c.TABLE_NAME
  FROM information_schema.COLUMNS c
  WHERE c.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND c.TABLE_NAME = ?
  UNION ALL
  SELECT 2, s.INDEX_NAME <> 'PRIMARY', s.INDEX_NAME, s.SEQ_IN_INDEX, 'index', s.INDEX_NAME, s.COLUMN_NAME,
         NULL, NULL, NULL, NULL,
         (s.INDEX_NAME = 'PRIMARY') + 2 * (s.NON_UNIQUE = 0) + 8 * COALESCE(s.COLLATION = 'D', 0) +
           IF(s.SUB_PART IS NULL, 32, 64),
         CAST(COALESCE(s.CARDINALITY, 0) AS SIGNED), NULL, s.TABLE_NAME
  FROM information_schema.STATISTICS s
  WHERE s.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND s.TABLE_NAME = ? AND s.INDEX_TYPE = 'BTREE'
) answer
WHERE COALESCE(?, '') IS NOT NULL AND (@@lower_case_table_names <> 0 OR BINARY owner = BINARY ?)
ORDER BY section, major, middle, minor
