-- The foreign keys of one table.  The contract is the same for every engine.
-- Arguments: schema (NULL = as the search path finds it), name.
-- Rows: one per column, in order; columns of one key stand together.
--   name, column_name
--   parent_schema  NULL = the child's
--   parent_table, parent_column (NULL = the parent's primary key)
--   on_delete, on_update   'NO ACTION', 'RESTRICT', 'SET NULL', 'SET DEFAULT', 'CASCADE'
--   flags          1 deferrable, 2 initially deferred, 4 first column of a key
SELECT k.conname::text AS name, a.attname::text AS column_name,
       CASE WHEN p.relnamespace <> c.relnamespace THEN n.nspname::text END AS parent_schema,
       p.relname::text AS parent_table, b.attname::text AS parent_column,
       CASE k.confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
         WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_delete,
       CASE k.confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
         WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_update,
       (k.condeferrable::int + 2 * k.condeferred::int + 4 * (i = 1)::int)::int8 AS flags
FROM pg_class c
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
JOIN pg_class p ON p.oid = k.confrelid
JOIN pg_namespace n ON n.oid = p.relnamespace
CROSS JOIN generate_subscripts(k.conkey, 1) i
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[i]
JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = k.confkey[i]
WHERE c.oid = to_regclass(CASE WHEN $1::text IS NULL THEN quote_ident($2::text)
                               ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END)
ORDER BY k.oid, i
