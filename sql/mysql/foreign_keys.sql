-- The foreign keys of one table.  The contract is the same for every engine.
-- Arguments: schema (NULL = the connection's), name; the pair as often as it stands here.
-- Rows: one per column, in order; columns of one key stand together.
--   name, column_name
--   parent_schema  NULL = the child's
--   parent_table, parent_column (NULL = the parent's primary key)
--   on_delete, on_update   'NO ACTION', 'RESTRICT', 'SET NULL', 'SET DEFAULT', 'CASCADE'
--   flags          1 deferrable, 2 initially deferred, 4 first column of a key
SELECT k.CONSTRAINT_NAME AS name, k.COLUMN_NAME AS column_name,
       NULLIF(k.REFERENCED_TABLE_SCHEMA, k.TABLE_SCHEMA) AS parent_schema,
       k.REFERENCED_TABLE_NAME AS parent_table, k.REFERENCED_COLUMN_NAME AS parent_column,
       r.DELETE_RULE AS on_delete, r.UPDATE_RULE AS on_update, IF(k.ORDINAL_POSITION = 1, 4, 0) AS flags
FROM information_schema.KEY_COLUMN_USAGE k
JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA
  AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL
  AND r.CONSTRAINT_SCHEMA = COALESCE(?, DATABASE()) AND r.TABLE_NAME = ?
ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION
