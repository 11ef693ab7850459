-- An enum type, as exists.sql for tables.  No row: nothing has this name.
-- Arguments: schema (NULL = as the search path finds it), name.
--   kind   its labels as ENUM('a','b'), or 'other' for any other type
--   what   'used' when a table or a function depends on it, else 'free'
--   exact  NULL
SELECT coalesce((SELECT 'ENUM(' || string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) || ')'
                 FROM pg_enum WHERE enumtypid = r.oid), 'other') AS kind,
       CASE WHEN EXISTS (SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass
                         AND d.refobjid = r.oid AND d.deptype <> 'i') THEN 'used' ELSE 'free' END AS what,
       NULL::text AS exact
FROM (SELECT to_regtype(CASE WHEN $1::text IS NULL THEN quote_ident($2::text)
                             ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END) AS oid) r
WHERE r.oid IS NOT NULL
