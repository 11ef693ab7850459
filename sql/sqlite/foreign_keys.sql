-- The foreign keys of one table.  The contract is the same for every engine.
-- Arguments: schema (NULL = main), name; the pair as often as it stands here.
-- Rows: one per column, in order; columns of one key stand together.
--   name, column_name
--   parent_schema  NULL = the child's
--   parent_table, parent_column (NULL = the parent's primary key)
--   on_delete, on_update   'NO ACTION', 'RESTRICT', 'SET NULL', 'SET DEFAULT', 'CASCADE'
--   flags          1 deferrable, 2 initially deferred, 4 first column of a key
SELECT NULL AS name, f."from" AS column_name, NULL AS parent_schema, f."table" AS parent_table,
       f."to" AS parent_column, f.on_delete, f.on_update, 4 * (f.seq = 0) AS flags
FROM (SELECT coalesce(?, 'main') AS schema, ? AS name) r CROSS JOIN pragma_foreign_key_list(r.name, r.schema) f
ORDER BY f.id DESC, f.seq
