-- What has this name?  One SELECT without ORDER BY, since many of them are joined by UNION ALL.  The contract
-- is the same for every engine.  No row: nothing has.
-- Arguments: schema (NULL = the connection's), name; the pair as often as it stands here.
--   kind   'table' (can be dropped as one), 'view' (can be read like one), 'other'
--   what   the kind in words: 'foreign table', 'sequence' …
SELECT CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN 'view' WHEN TABLE_TYPE = 'SEQUENCE' THEN 'other'
            ELSE 'table' END AS kind,
       CASE WHEN TABLE_TYPE = 'SEQUENCE' THEN 'sequence' WHEN TABLE_TYPE LIKE '%VIEW' THEN 'view'
            ELSE 'table' END AS what
FROM information_schema.TABLES
WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?
  AND COALESCE(?, '') IS NOT NULL AND (@@lower_case_table_names <> 0 OR BINARY TABLE_NAME = BINARY ?)
