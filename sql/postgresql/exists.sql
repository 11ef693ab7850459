-- What has this name?  One SELECT without ORDER BY, since many of them are joined by UNION ALL.  The contract
-- is the same for every engine.  No row: nothing has.
-- Arguments: schema (NULL = as the search path finds it), name.
--   kind   'table' (can be dropped as one), 'view' (can be read like one), 'other'
--   what   the kind in words: 'foreign table', 'sequence' …
--   exact  the name as it is written there, if only that counts, else NULL
-- to_regclass() sees what other sessions have committed even under an old snapshot; pg_class may not yet.
SELECT CASE WHEN coalesce(c.relkind, 'r') IN ('r', 'p') THEN 'table'
            WHEN c.relkind IN ('v', 'm', 'f') THEN 'view' ELSE 'other' END AS kind,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' WHEN 'i' THEN 'index'
            WHEN 'I' THEN 'index' ELSE 'table' END AS what, NULL::text AS exact
FROM (SELECT to_regclass(CASE WHEN $1::text IS NULL THEN quote_ident($2::text)
                              ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END) AS oid) r
LEFT JOIN pg_class c ON c.oid = r.oid
WHERE r.oid IS NOT NULL
