-- What has this name?  One SELECT without ORDER BY, since many of them are joined by UNION ALL.  The contract
-- is the same for every engine.  No row: nothing has.
-- Arguments: schema (NULL = main), name; the pair as often as it stands here.
--   kind   'table' (can be dropped as one), 'view' (can be read like one), 'other'
--   what   the kind in words: 'foreign table', 'sequence' …
--   exact  the name as it is written there, if only that counts, else NULL
SELECT CASE type WHEN 'view' THEN 'view' ELSE 'table' END AS kind,
       type AS what, NULL AS exact
FROM pragma_table_list
WHERE schema = coalesce(?, 'main') AND name = ? COLLATE NOCASE
