-- What has this name?  One SELECT without ORDER BY, since many of them are joined by UNION ALL.  The contract
-- is the same for every engine.  No row: nothing has.
-- Arguments: schema (NULL = the connection's), name; the pair as often as it stands here.
--   kind   'table' (can be dropped as one), 'view' (can be read like one), 'other'
--   what   the kind in words: 'foreign table', 'sequence' …
--   exact  the name as it is written there, if only that counts, else NULL
SELECT CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN 'view' WHEN TABLE_TYPE = 'SEQUENCE' THEN 'other'
            ELSE 'table' END AS kind, LOWER(TABLE_TYPE) AS what,
       IF(@@lower_case_table_names = 0, TABLE_NAME, NULL) AS exact
FROM information_schema.TABLES WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?
